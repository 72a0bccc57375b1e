"""Which of the files that a hook is given are meant: `--only-specs` and `--and-derived`."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Sequence

from archcompiler.diagnostics import SpecError
from archcompiler.verbs import Usage


def add_selection(parser: ArgumentParser) -> None:
    """Declare what hooks need, which are given every YAML file that changes."""
    parser.add_argument("--only-specs", action="store_true", help="leave out YAML files without the key `archc`")
    parser.add_argument(
        "--and-derived", action="store_true", help="also take every spec of the git repository that extends one of them"
    )


def selected(specs: Sequence[str], *, only_specs: bool, and_derived: bool, tables: bool) -> list[str]:
    """Return the specs that are meant, each once, in order, those below a folder among them.

    With `tables`, tables of names are not left out.
    """
    given = [file for spec in specs for file in (_below(spec, tables=tables) if os.path.isdir(spec) else [spec])]
    chosen = [spec for spec in given if not only_specs or _is_meant(spec, tables=tables)]
    return list(dict.fromkeys([*chosen, *(_derived(specs) if and_derived else [])]))


def _below(folder: str, *, tables: bool) -> list[str]:
    from archcompiler.syntax.files import unreadable
    from archcompiler.verbs.files import below

    found = [file for file in below(folder) if _is_meant(file, tables=tables)]
    if not found:
        raise unreadable("a directory, and no spec lies below it", folder)
    return found


def _is_meant(spec: str, *, tables: bool) -> bool:
    from archcompiler.resolve.references import references
    from archcompiler.syntax.files import DISK

    try:
        found = references(DISK.read(spec))
    except SpecError:
        return True  # the verb says why it cannot be read
    return found.is_spec or (tables and found.is_table)


def _derived(specs: Sequence[str]) -> list[str]:
    from archcompiler.git.process import GitError
    from archcompiler.git.repository import repository_of
    from archcompiler.git.state import WorkingTree
    from archcompiler.review.chains import Chains
    from archcompiler.syntax.files import as_typed

    try:
        chains = Chains(WorkingTree(repository_of(".")), {})
        every = list(chains.specs())
    except GitError as error:
        raise Usage(f"--and-derived: {error}") from None
    given = set(map(as_typed, specs))
    return [path for path in every if any(piece.path in given for piece in chains.pieces(path))]
