"""Where the texts of specs are read from: the disk here, one revision of a repository in `git/`."""

from __future__ import annotations

import os
import stat
from difflib import get_close_matches
from typing import Protocol

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.limits import current
from archcompiler.shipped import shipped
from archcompiler.span import Span
from archcompiler.syntax.source import too_large


class Files(Protocol):
    """One state of all files, under the paths that they have on the disk."""

    def is_file(self, path: str) -> bool:
        """Tell whether there is such a file."""
        ...

    def read(self, path: str) -> bytes:
        """Return what is in a file; SpecError, `unreadable` where no text can be had."""
        ...

    def shown(self, path: str) -> str:
        """Return the path as messages and origins show it."""
        ...


class Disk:
    """The files as they are now."""

    def is_file(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return os.path.isfile(path)

    def read(self, path: str) -> bytes:
        """Return what is in a file; SpecError, `unreadable` where no text can be had."""
        if not is_allowed(path):
            raise unreadable("it lies outside the folders that are allowed", path)
        try:
            status = os.stat(path)  # before opening: to open a FIFO is to wait for its writer
            if not stat.S_ISREG(status.st_mode):
                raise unreadable("a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file", path)
            if status.st_size > current().bytes:
                raise SpecError([too_large(path)])
            with open(path, "rb") as file:
                return file.read(current().bytes + 1)
        except OSError as error:
            raise unreadable(error.strerror or str(error), path) from None
        except ValueError:  # a NUL or an unencodable character in the path
            raise unreadable("no path can be of this form", path) from None

    def shown(self, path: str) -> str:
        """Return the path itself."""
        return path


class StandardInput(Disk):
    """The disk, and one text that is in no file."""

    NAME = "<stdin>"

    def __init__(self, text: bytes) -> None:
        self._text = text

    def is_file(self, path: str) -> bool:
        """Tell whether this is the text, or there is such a file."""
        return path == self.NAME or super().is_file(path)

    def read(self, path: str) -> bytes:
        """Return the text, or what is in a file; SpecError, `unreadable` where no text can be had."""
        return self._text if path == self.NAME else super().read(path)


DISK = Disk()


def is_allowed(path: str) -> bool:
    """Tell whether a path lies in one of the allowed folders or among what is shipped, links followed."""
    roots = current().roots
    if not roots or "\0" in path:
        return True  # no file has a NUL in its path: whoever opens it says so
    real = os.path.realpath(path)
    folders = [os.path.realpath(root) for root in (*roots, str(shipped("specs")))]
    return any(os.path.commonpath((real, folder)) == folder for folder in folders)


class Edited:
    """Files of which some have another text, in `texts` by their paths."""

    def __init__(self, files: Files) -> None:
        self.texts: dict[str, bytes] = {}
        self._files = files

    def is_file(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return self._files.is_file(path)

    def read(self, path: str) -> bytes:
        """Return what is, or is to be, in a file; SpecError as those below."""
        return self.texts[path] if path in self.texts else self._files.read(path)

    def shown(self, path: str) -> str:
        """Return the path as messages and origins show it."""
        return self._files.shown(path)


def near_file(path: str) -> str | None:
    """Return the file beside a missing one whose name is nearest to its name; None where none is near."""
    folder, name = os.path.split(path)
    try:
        found = get_close_matches(name, os.listdir(folder or "."), n=1, cutoff=0.7)
    except (OSError, ValueError):
        return None
    return os.path.join(folder, found[0]) if found else None


def as_typed(path: str | os.PathLike[str]) -> str:
    """Return a path as a person would type it: relative where it lies below the working folder."""
    absolute = os.path.abspath(path)
    below = os.getcwd() + os.sep
    return absolute[len(below) :] if absolute.startswith(below) else absolute


def unreadable(reason: str, shown: str) -> SpecError:
    """Return the error of a file of which no text can be had."""
    fault = Diagnostic("Y013", f"cannot read the file: {reason}", Span(shown, 1, 1, 1, 1))
    return SpecError([fault], unreadable=True)
