"""The one place that starts another program: git, never through a shell, and never what a repository configures.

A repository's own configuration names programs that git runs: hooks, file system monitors, filters, text converters,
external diffs, transports. The commands used here are plumbing that knows no filter, converter or external diff:
`rev-parse`, `merge-base`, `rev-list`, `diff-tree --raw`, `ls-tree`, `ls-files`, `cat-file --batch`, `config`. Monitors
and hooks are switched off by options that outrank the repository's, and no transport is allowed, so that a partial
clone fetches nothing. (`diff` itself is run on two files in a folder of their own.)
"""

from __future__ import annotations

import os
import subprocess
from types import TracebackType
from typing import IO

_GIT = ("git", "--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


class GitError(Exception):
    """What git refused, in its own words."""


def git(folder: str, *arguments: str, given: bytes = b"", fine: tuple[int, ...] = (0,)) -> bytes:
    """Return what a git command prints on what it is given; GitError where there is no git, or where it refuses."""
    command = [*_GIT, *arguments]
    try:
        run = subprocess.run(command, cwd=folder, env=_environment(), input=given, capture_output=True, check=False)
    except (OSError, ValueError) as error:  # no git, no such folder; a NUL in an argument
        raise GitError(f"cannot run git in {folder!r}: {error}") from None
    if run.returncode not in fine:
        said = run.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise GitError(said or f"git {arguments[0]} failed")
    return run.stdout


def differing_lines(old: bytes, new: bytes, *, colour: bool) -> str:
    """Return the hunks of two texts as git prints them: it is quick on large ones, where Python's difflib is not.

    The texts lie in a folder of their own, on which no repository's attributes or filters have a say.
    """
    options = ("--no-index", "--no-ext-diff", "--no-textconv", "--text", f"--color={'always' if colour else 'never'}")
    import tempfile  # with what it needs, slower to import than all else here

    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("a", old), ("b", new)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(text)
        said = git(folder, "diff", *options, "--", "a", "b", fine=(0, 1)).decode("utf-8", "surrogateescape")
    lines = said.removesuffix("\n").split("\n")
    first = next((index for index, line in enumerate(lines) if "@@" in line), len(lines))
    return "\n".join(lines[first:])


class Objects:
    """The contents of a repository's objects, asked for one by one from one `git cat-file --batch`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Objects:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process:
            self._process.communicate()  # closes its input, at which it ends

    def read(self, oid: str, limit: int) -> bytes | None:
        """Return an object's content, None where it has more than `limit` bytes; GitError where there is none."""
        requests, answers = self._pipes()
        try:
            requests.write(f"{oid}\n".encode())
            requests.flush()
            *_, size = answers.readline().split()
        except (OSError, ValueError):
            raise GitError("git cat-file ended unexpectedly") from None
        if not size.isdigit():
            raise GitError(f"object {oid} is missing")
        return _content(answers, int(size), limit)

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            command = [*_GIT, "cat-file", "--batch"]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                command, cwd=self._folder, env=_environment(), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
            )
        requests, answers = self._process.stdin, self._process.stdout
        if requests is None or answers is None:
            raise GitError("git cat-file has no pipes")
        return requests, answers


def _content(answers: IO[bytes], size: int, limit: int) -> bytes | None:
    """Read one answer to its end, a line end included, in pieces where nobody wants all of it."""
    if size <= limit:
        return answers.read(size + 1)[:-1]
    left = size + 1
    while left:
        left -= len(answers.read(min(left, limit))) or left
    return None


def _environment() -> dict[str, str]:
    return {**os.environ, **_ENVIRONMENT}
