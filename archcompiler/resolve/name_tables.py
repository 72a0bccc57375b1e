"""Tables of module names that specs share: `names: names/torchvision`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archcompiler.diagnostics import SpecError
from archcompiler.resolve.bases import Link, find_base
from archcompiler.resolve.merge import merge
from archcompiler.schema.check import names_faults
from archcompiler.schema.language import canonical_document
from archcompiler.syntax.parse import read
from archcompiler.tree import Entry, Mapping, Scalar, mapping_at


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
    found = read(link.path)
    faults = names_faults(found)
    if faults:
        raise SpecError(faults)
    inherited = mapping_at(with_name_table(canonical_document(found), (*chain, link)), "names")
    roles = {role: replace(entry, key_span=table.span) for role, entry in inherited.entries.items()}
    merged = merge(Mapping(roles, inherited.span), names, faults)
    if faults:
        raise SpecError(faults)
    entry = replace(document.entries["names"], value=merged)
    return Mapping({**document.entries, "names": entry}, document.span)


def from_table(entry: Entry) -> bool:
    """Tell whether a role comes out of a shared table: its key then stands where the table is named."""
    return entry.key_span.path != entry.value.span.path
