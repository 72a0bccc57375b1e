"""Tables of module names that specs share: `names: names/torchvision`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archcompiler.diagnostics import SpecError
from archcompiler.resolve.bases import Link, find_base
from archcompiler.schema.check import names_faults
from archcompiler.schema.language import canonical_document
from archcompiler.syntax.parse import read
from archcompiler.tree import Mapping, Scalar, mapping_at


def with_name_table(document: Mapping, chain: Sequence[Link] = ()) -> Mapping:
    """Return a canonical document with the table that its `names` extends laid under them; SpecError as `read`."""
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
    own = {role: entry for role, entry in names.entries.items() if role != "extends"}
    entry = replace(document.entries["names"], value=Mapping({**inherited.entries, **own}, names.span))
    return Mapping({**document.entries, "names": entry}, document.span)
