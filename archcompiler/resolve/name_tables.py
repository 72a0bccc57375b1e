"""Tables of module names that specs share: `names: names/torchvision`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.resolve.bases import Link, find_base, opened, read_link
from archcompiler.resolve.merge import merge
from archcompiler.schema.canonical import canonical_document
from archcompiler.schema.check import names_faults
from archcompiler.syntax.files import DISK, Files
from archcompiler.syntax.parse import parse, parse_on
from archcompiler.tree import Mapping, Scalar, mapping_at


def with_name_table(document: Mapping, chain: Sequence[Link], files: Files) -> Mapping:
    """Return a canonical document with the table that its `names` extends laid under them; SpecError as `read`.

    `chain` is the document's own file, behind the tables that led to it.
    `extends` stays in `names`: it says that these replace the base's names, where those without it are laid over them.
    """
    names = mapping_at(document, "names")
    table = names.get("extends")
    if not isinstance(table, Scalar) or not isinstance(table.value, str):
        return document
    link = find_base(table.value, table.span, chain, files)
    found = _table(read_link(link, files), files.shown(link.path))
    inherited = mapping_at(with_name_table(found, (*chain, link), files), "names")
    roles = {role: replace(entry, key_span=table.span) for role, entry in inherited.entries.items()}
    faults: list[Diagnostic] = []
    merged = merge(Mapping(roles, inherited.span), names, faults, {})
    if faults:
        raise SpecError(faults)
    entry = replace(document.entries["names"], value=merged)
    return Mapping({**document.entries, "names": entry}, document.span)


@lru_cache(maxsize=32)
def _table(text: bytes, path: str) -> Mapping:
    """Return a table in canonical form: whole families share one."""
    found = parse(text, path)
    faults = names_faults(found)
    if faults:
        raise SpecError(faults)
    return canonical_document(found)


def is_table(document: Mapping) -> bool:
    """Tell whether a document is a table of module names: it says nothing else."""
    return "names" in document.entries and document.entries.keys() <= {"archc", "names"}


def table_faults(path: str, files: Files = DISK) -> list[Diagnostic] | None:
    """Return the faults of a file that is a table of module names; None where it is none."""
    try:
        with opened(path, files) as (file, state):
            document, found = parse_on(state.read(file), state.shown(file))
            if not is_table(document):
                return None
            faults = names_faults(document, found)
            if not faults:
                with_name_table(canonical_document(document), (Link(file),), state)
    except SpecError as error:
        return list(error.diagnostics)
    return faults
