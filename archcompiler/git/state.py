"""The files of a repository in one state: a revision, or the working tree as it is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Protocol

from archcompiler.diagnostics import SpecError
from archcompiler.git.process import GitError, Objects
from archcompiler.git.repository import Blob, Repository
from archcompiler.limits import current
from archcompiler.shipped import shipped
from archcompiler.syntax.files import Disk, Files, unreadable
from archcompiler.syntax.source import too_large

_MOST_LINKS = 40  # as Linux follows


class State(Files, Protocol):
    """Files of which one can also say which there are, and whether two states have the same in one."""

    def paths(self) -> Iterable[str]:
        """Return the path of every file of the repository."""
        ...

    def content(self, path: str) -> str:
        """Return what stands for a file's content: equal where the bytes are; SpecError as `read`."""
        ...


class _Disk(Disk):
    """The disk without the folders of git itself, which may hold credentials: a spec may name any file as its base."""

    def is_file(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return super().is_file(path) and ".git" not in os.path.realpath(path).lower().split(os.sep)

    def read(self, path: str) -> bytes:
        """Return what is in a file; SpecError, `unreadable` where no text can be had."""
        data = super().read(path)
        if not self.is_file(path):
            raise unreadable("it lies in a folder of git itself", path)
        return data


_DISK = _Disk()


class Revision:
    """The files of one commit. What lies outside the repository, and what is shipped, is as it is on the disk."""

    def __init__(self, repository: Repository, name: str, commit: str, objects: Objects) -> None:
        self.name = name
        self._repository = repository
        self._blobs = repository.tree(commit)
        self._objects = objects

    def paths(self) -> Iterable[str]:
        """Return the path of every file of the repository."""
        return map(self._repository.place, self._blobs)

    def is_file(self, path: str) -> bool:
        """Tell whether the commit has such a file."""
        return _DISK.is_file(path) if self._is_on_disk(path) else self._blob(path) is not None

    def content(self, path: str) -> str:
        """Return the object of a file; SpecError as `read`."""
        blob = None if self._is_on_disk(path) else self._blob(path)
        return blob.oid if blob else self._repository.object_name(self.read(path))

    def read(self, path: str) -> bytes:
        """Return what is in a file; SpecError, `unreadable` where no text can be had."""
        if self._is_on_disk(path):
            return _DISK.read(path)
        blob = self._blob(path)
        if blob is None:
            raise unreadable(f"there is no such file in {self.name}", self.shown(path))
        try:
            data = self._objects.read(blob.oid, current().bytes)
        except GitError as error:
            raise unreadable(str(error), self.shown(path)) from None
        if data is None:
            raise SpecError([too_large(self.shown(path))])
        return data

    def shown(self, path: str) -> str:
        """Return the path as git writes it: `REV:path`, from the root of the repository."""
        return path if self._is_on_disk(path) else f"{self.name}:{self._repository.within(path)}"

    def _is_on_disk(self, path: str) -> bool:
        within = self._repository.within(path)
        is_shipped = os.path.abspath(path).startswith(f"{shipped('specs')}{os.sep}")
        return within is None or (is_shipped and within not in self._blobs)

    def _blob(self, path: str) -> Blob | None:
        """Return the file of a path, links to files of the same commit followed."""
        within = self._repository.within(path)
        for _ in range(_MOST_LINKS):
            blob = None if within is None else self._blobs.get(within)
            if within is None or blob is None or not blob.is_link:
                return blob
            target = os.fsdecode(self._objects.read(blob.oid, current().bytes) or b"")
            within = os.path.normpath(os.path.join(os.path.dirname(within), target))
        return None


class WorkingTree(_Disk):
    """The files as they are now; with `objects`, those that a sparse checkout leaves out as git would write them."""

    def __init__(self, repository: Repository, objects: Objects | None = None) -> None:
        self._repository = repository
        self._objects = objects
        self._left_out = repository.left_out() if objects else {}
        self._known: dict[str, bytes] = {}

    def is_file(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return super().is_file(path) or self._repository.within(path) in self._left_out

    def paths(self) -> Iterable[str]:
        """Return the path of every file of the repository that git tracks or could."""
        return map(self._repository.place, self._repository.working_files())

    def content(self, path: str) -> str:
        """Return the name that git gives to the content; SpecError as `read`."""
        return self._repository.object_name(self.read(path))

    def read(self, path: str) -> bytes:
        """Return what is in a file, the same each time; SpecError, `unreadable` where no text can be had."""
        if path not in self._known:
            self._known[path] = self._sparse(path) or super().read(path)
        return self._known[path]

    def _sparse(self, path: str) -> bytes | None:
        oid = self._left_out.get(self._repository.within(path) or "")
        return self._objects.read(oid, current().bytes) if oid and self._objects and not os.path.lexists(path) else None
