"""In which state of a repository a text stood: what a diff driver is not told, and needs for the text's bases."""

from __future__ import annotations

import os
from collections.abc import Sequence

from archcompiler.diagnostics import SpecError
from archcompiler.git.process import GitError, Objects
from archcompiler.git.repository import BlobChange, Repository
from archcompiler.git.state import Revision, WorkingTree
from archcompiler.resolve import Spec, load_spec
from archcompiler.syntax.files import Files


class Overlay:
    """The files of one state, but for one, which has another text."""

    def __init__(self, below: Files, path: str, text: bytes, shown: str) -> None:
        self._below = below
        self._path = os.path.abspath(path)
        self._text = text
        self._shown = shown

    def is_file(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return self._is_over(path) or self._below.is_file(path)

    def read(self, path: str) -> bytes:
        """Return what is in a file; SpecError, `unreadable` where no text can be had."""
        return self._text if self._is_over(path) else self._below.read(path)

    def shown(self, path: str) -> str:
        """Return the path as messages and origins show it."""
        return self._shown if self._is_over(path) else self._below.shown(path)

    def _is_over(self, path: str) -> bool:
        return os.path.abspath(path) == self._path


class History:
    """The states of a repository in which the two texts of one path may have stood."""

    def __init__(self, repository: Repository, objects: Objects, path: str) -> None:
        self._repository = repository
        self._objects = objects
        self._path = path
        self._changes: list[BlobChange] | None = None

    def pair(self, old: str, new: str) -> tuple[list[Files], list[Files]]:
        """Return the states to try for each of two objects of the path, the likeliest first.

        Where a commit made exactly this change, they are its parent and itself: so it is in `git show` and `git log`.
        """
        for change in self._all() if old.strip("0") and new.strip("0") else ():
            if (change.old, change.new) == (old, new):
                return self._states(f"{change.commit}^"), self._states(change.commit)
        return self.of(old), self.of(new)

    def of(self, oid: str) -> list[Files]:
        """Return the states to try for one object: the last in which it stood, then the working tree."""
        if not oid.strip("0"):
            return [WorkingTree(self._repository)]
        if self._repository.object_at("HEAD", self._path) == oid:
            return self._states("HEAD")
        left = next((f"{change.commit}^" for change in self._all() if change.old == oid), None)
        came = next((change.commit for change in self._all() if change.new == oid), None)
        return self._states(left or came)

    def has(self, oid: str) -> bool:
        """Tell whether an object ever stood at the path."""
        return any(change.new == oid for change in self._all())

    def _all(self) -> Sequence[BlobChange]:
        if self._changes is None:
            try:
                self._changes = list(self._repository.changes_of(self._path))
            except GitError:  # there is no commit yet
                self._changes = []
        return self._changes

    def _states(self, revision: str | None) -> list[Files]:
        states: list[Files] = [WorkingTree(self._repository)]
        if revision is None:
            return states
        try:
            commit = self._repository.commit(revision)
        except GitError:  # the parent of the first commit
            return states
        return [Revision(self._repository, commit[:8], commit, self._objects), *states]


def load_text(path: str, text: bytes, states: Sequence[Files], shown: str) -> Spec:
    """Return the spec that a text is at a path, in the first state that has its bases; SpecError of the last one."""
    for state in states[:-1]:
        try:
            return load_spec(path, files=Overlay(state, path, text, shown))
        except SpecError:
            continue
    return load_spec(path, files=Overlay(states[-1], path, text, shown))
