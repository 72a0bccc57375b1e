"""A repository: its root, its revisions, and which files each of them has."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from archcompiler.git.process import GitError, git
from archcompiler.syntax.files import as_typed

_FILE_MODES = (b"100644", b"100755", b"100664")  # the last one: written by very old versions of git
_LINK_MODE = b"120000"
_MOST_COMMITS = 1000


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of a revision: its object, and whether that is the target of a symbolic link."""

    oid: str
    is_link: bool


@dataclass(frozen=True, slots=True)
class BlobChange:
    """What one commit made of a file: the objects before and after, zeros where there is none."""

    commit: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with a working tree. Paths within it are given from `root`, which no symbolic link is a part of."""

    root: str
    hash_name: str

    def commit(self, revision: str) -> str:
        """Return the commit that a revision names; GitError where it names none."""
        if not revision or revision.startswith("-"):
            raise GitError(f"{revision!r} is no revision")
        try:
            return _line(git(self.root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"))
        except GitError as error:
            reason = "" if "failed" in str(error) else f": {error}"
            raise GitError(f"{revision!r} names no commit of {self.root}{reason}") from None

    def merge_base(self, one: str, other: str) -> str:
        """Return the last commit that two commits have in common; GitError where there is none."""
        try:
            return _line(git(self.root, "merge-base", one, other))
        except GitError:
            raise GitError("the two revisions have no commit in common") from None

    def tree(self, commit: str) -> dict[str, Blob]:
        """Return every file of a commit, by its path."""
        blobs = {}
        for row in git(self.root, "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0")[:-1]:
            facts, _, path = row.partition(b"\t")
            mode, _, oid = facts.split(b" ")
            if mode in (*_FILE_MODES, _LINK_MODE):
                blobs[os.fsdecode(path)] = Blob(oid.decode(), mode == _LINK_MODE)
        return blobs

    def object_at(self, revision: str, path: str) -> str | None:
        """Return the object that a revision has at a path, None where it has none."""
        try:
            return _line(git(self.root, "rev-parse", "--verify", "--quiet", f"{revision}:{path}"))
        except GitError:
            return None

    def changes_of(self, path: str) -> Iterator[BlobChange]:
        """Yield how a file's content changed, the latest of the commits of all branches first."""
        commits = git(self.root, "rev-list", f"--max-count={_MOST_COMMITS}", "HEAD", "--all", "--", path)
        options = ("--stdin", "--root", "-r", "-m", "-z", "--raw", "--no-abbrev", "--no-renames", "--always")
        fields = iter(git(self.root, "diff-tree", *options, "--", path, given=commits).split(b"\0"))
        commit = ""
        for field in fields:
            if field.startswith(b":"):
                _, _, old, new, _ = field.decode("ascii").split(" ")
                next(fields)
                yield BlobChange(commit, old, new)
            else:
                commit = field.decode("ascii", "replace").split(" ")[0].strip()

    def working_files(self) -> list[str]:
        """Return the path of every file of the working tree that is tracked, or neither tracked nor ignored."""
        listed = git(self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return sorted({os.fsdecode(path) for path in listed.split(b"\0")[:-1]})

    def left_out(self) -> dict[str, str]:
        """Return the files that a sparse checkout leaves out of the working tree, each with its object."""
        rows = git(self.root, "ls-files", "-z", "-t", "-s").split(b"\0")[:-1]
        fields = [(facts.split(b" "), path) for facts, _, path in (row.partition(b"\t") for row in rows)]
        return {os.fsdecode(path): oid.decode() for (tag, _, oid, _), path in fields if tag == b"S"}

    def object_name(self, data: bytes) -> str:
        """Return the name that git gives to a content."""
        return hashlib.new(self.hash_name, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()

    def place(self, within: str) -> str:
        """Return where a file of the repository lies, as a person would type it."""
        return as_typed(os.path.join(self.root, within))

    def within(self, path: str) -> str | None:
        """Return the path of a file from the root; None where it lies outside."""
        absolute, below = os.path.abspath(path), os.path.join(self.root, "")
        return absolute.removeprefix(below) if absolute.startswith(below) else None


def repository_of(folder: str) -> Repository:
    """Return the repository that a folder lies in; GitError where there is none, or none with a working tree."""
    said = git(folder, "rev-parse", "--show-toplevel", "--show-object-format").removesuffix(b"\n")
    root, _, hash_name = said.rpartition(b"\n")
    return Repository(os.path.realpath(os.fsdecode(root)), hash_name.decode())


def _line(printed: bytes) -> str:
    return printed.decode("ascii").strip()
