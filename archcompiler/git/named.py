"""`REV:path` as the name of a file: as `git show` takes it, from the root of the repository, or from here with `./`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.git.process import GitError, Objects
from archcompiler.git.repository import repository_of
from archcompiler.git.state import Revision
from archcompiler.span import Span
from archcompiler.syntax.files import Files, as_typed


@contextmanager
def revision_of(name: str) -> Iterator[tuple[str, Files]]:
    """Yield the path of a file and the state that it is of; SpecError (unreadable) where there is none."""
    revision, _, within = name.partition(":")
    try:
        repository = repository_of(".")
        commit = repository.commit(revision)
        path = as_typed(within) if within.startswith((".", "/")) else repository.place(within)
        with Objects(repository.root) as objects:
            state = Revision(repository, revision, commit, objects)
            if repository.within(path) is None or not state.is_file(path):
                raise _missing(f"{revision} has no file {within!r}", name)
            yield path, state
    except GitError as error:
        raise _missing(str(error), name) from None


def _missing(message: str, name: str) -> SpecError:
    help = "REV:path begins at the root of the repository, REV:./path in the working folder"
    return SpecError([Diagnostic("R009", message, Span(name, 1, 1, 1, 1), help)], unreadable=True)
