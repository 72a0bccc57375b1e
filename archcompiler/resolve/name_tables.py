"""Tables of module names that specs share: `names: names/torchvision`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.resolve.bases import Link, find_base
from archcompiler.resolve.merge import merge
from archcompiler.schema.check import names_faults
from archcompiler.schema.language import canonical_document
from archcompiler.syntax.parse import read
from archcompiler.tree import Mapping, Scalar, mapping_at


def with_name_table(document: Mapping, chain: Sequence[Link] = ()) -> Mapping:
    """Return a canonical document with the table that its `names` extends laid under them; SpecError as `read`.

    `extends` stays in `names`: it says that these replace the base's names, where those without it are laid over them.
    """
    names = mapping_at(document, "names")
    table = names.get("extends")
    if not isinstance(table, Scalar) or not isinstance(table.value, str):
        return document
    chain = chain or (Link(document.span.path),)
    link = find_base(table.value, table.span, chain)
    status = os.stat(link.path)
    found = _read_table(link.path, status.st_mtime_ns, status.st_size)
    inherited = mapping_at(with_name_table(found, (*chain, link)), "names")
    roles = {role: replace(entry, key_span=table.span) for role, entry in inherited.entries.items()}
    faults: list[Diagnostic] = []
    merged = merge(Mapping(roles, inherited.span), names, faults)
    if faults:
        raise SpecError(faults)
    entry = replace(document.entries["names"], value=merged)
    return Mapping({**document.entries, "names": entry}, document.span)


@lru_cache(maxsize=32)
def _read_table(path: str, modified: int, size: int) -> Mapping:
    """Return a table in canonical form, read once while its file stays the same: whole families share one."""
    found = read(path)
    faults = names_faults(found)
    if faults:
        raise SpecError(faults)
    return canonical_document(found)


def is_table(document: Mapping) -> bool:
    """Tell whether a document is a table of module names: it says nothing else."""
    return "names" in document.entries and document.entries.keys() <= {"archc", "names"}


def table_faults(path: str) -> list[Diagnostic] | None:
    """Return the faults of a file that is a table of module names; None where it is none."""
    try:
        document = read(path)
        if not is_table(document):
            return None
        faults = names_faults(document)
        if not faults:
            with_name_table(canonical_document(document))
    except SpecError as error:
        return list(error.diagnostics)
    return faults
