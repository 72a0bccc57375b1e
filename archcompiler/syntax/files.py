"""Where the texts of specs are read from: the disk here, one revision of a repository in `git/`."""

from __future__ import annotations

import os
import stat
from typing import Protocol

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.shipped import shipped
from archcompiler.span import Span
from archcompiler.syntax.source import MAX_BYTES, too_large


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
        try:
            status = os.stat(path)  # before opening: to open a FIFO is to wait for its writer
            if not stat.S_ISREG(status.st_mode):
                raise unreadable("a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file", path)
            if status.st_size > MAX_BYTES:
                raise SpecError([too_large(path)])
            with open(path, "rb") as file:
                return file.read(MAX_BYTES + 1)
        except OSError as error:
            raise unreadable(error.strerror or str(error), path) from None
        except ValueError:  # a NUL or an unencodable character in the path
            raise unreadable("no path can be of this form", path) from None

    def shown(self, path: str) -> str:
        """Return the path itself."""
        return path


DISK = Disk()


class Rooted(Disk):
    """The files below one folder, and those that are shipped: of any other nothing is told, not even that it exists."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._allowed = [os.path.realpath(folder) + os.sep for folder in (root, shipped("specs"))]

    def is_file(self, path: str) -> bool:
        """Tell whether there is such a file; what lies outside may be one, which `read` refuses."""
        return not self._allows(path) or super().is_file(path)

    def read(self, path: str) -> bytes:
        """Return what is in a file; SpecError, `unreadable`, where it lies outside, by a symbolic link too."""
        if not self._allows(path):
            raise unreadable(f"it lies outside of --root {self._root}", path)
        return super().read(path)

    def _allows(self, path: str) -> bool:
        return os.path.realpath(path).startswith(tuple(self._allowed))


def as_typed(path: str | os.PathLike[str]) -> str:
    """Return a path as a person would type it: relative where it lies below the working folder."""
    absolute = os.path.abspath(path)
    below = os.getcwd() + os.sep
    return absolute[len(below) :] if absolute.startswith(below) else absolute


def unreadable(reason: str, shown: str) -> SpecError:
    """Return the error of a file of which no text can be had."""
    fault = Diagnostic("Y013", f"cannot read the file: {reason}", Span(shown, 1, 1, 1, 1))
    return SpecError([fault], unreadable=True)
