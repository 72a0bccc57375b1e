"""Write files so that nothing is lost: beside the target first, then renamed over it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


class OutputRefused(Exception):
    """A file that cannot be written, or that exists and was not to be overwritten."""


def write_file(path: str, content: str | bytes, *, force: bool) -> None:
    """Write a file atomically; OutputRefused where it exists (without `force`) or cannot be written."""
    target = Path(os.path.realpath(path))  # what a link leads to: the link stays
    if target.is_dir():
        raise OutputRefused(f"cannot write {path}: it is a folder; name a file in it")
    if target.exists() and not target.is_file():
        raise OutputRefused(f"cannot write {path}: it is no regular file, and would be replaced")
    if target.exists() and not force:
        raise OutputRefused(f"{path} exists: give --force to overwrite it, or another name")
    try:
        _replace(target, content if isinstance(content, bytes) else content.encode())
    except OSError as error:
        raise OutputRefused(f"cannot write {path}: {error.strerror}") from None
    except UnicodeEncodeError:
        raise OutputRefused(f"cannot write {path}: the text holds a path that is not UTF-8") from None


def append_text(path: str, text: str) -> None:
    """Add text to the end of a file that others add to as well; OutputRefused where it cannot be written."""
    try:
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        raise OutputRefused(f"cannot write {path}: {error.strerror}") from None


def _replace(target: Path, content: bytes) -> None:
    import tempfile  # with what it needs, slower to import than most verbs

    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, target.stat().st_mode if target.exists() else 0o666 & ~_umask())
        os.replace(temporary, target)
        _sync_folder(target.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Have a renamed file survive a power cut; a file system that cannot do so is no reason to fail."""
    descriptor = os.open(folder, os.O_RDONLY)
    with suppress(OSError):
        os.fsync(descriptor)
    os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
