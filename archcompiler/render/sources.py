"""The texts that excerpts are cut from."""

from __future__ import annotations

from collections.abc import Callable

from archcompiler.diagnostics import SpecError
from archcompiler.resolve.bases import opened
from archcompiler.syntax.files import DISK, Disk, GivenText, is_allowed


def texts_of(files: Disk) -> Callable[[str], str | None]:
    """Return what gives the text of a path, be it of a file or of the one text that is in none."""

    def of_given(path: str) -> str | None:
        given = isinstance(files, GivenText) and path == files.name
        return files.read(path).decode("utf-8-sig", "replace") if given else text_of(path)

    return of_given


def text_of(path: str) -> str | None:
    """Return a file's text, or None where the path is no readable text: a setting, the schema, a folder."""
    if path.startswith("<") or not is_allowed(path):
        return None
    try:
        with opened(path, DISK) as (file, files):
            return files.read(file).decode("utf-8-sig")
    except (SpecError, UnicodeDecodeError):
        return None
