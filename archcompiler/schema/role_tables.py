"""Tables of roles: an object under a key of `names` is a short form of the keys that begin with it and a dot."""

from __future__ import annotations

from collections.abc import Iterator

from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.tree import Entry, Mapping

_PATH = ".path"
"""`{transition: {path: X}}` is `{transition: X}`: beside the path there is room for the roles inside."""


def flat_names(names: Mapping) -> Mapping:
    """Return the table with one key for each path and each list of roles."""
    return Mapping(dict(_flat(names, "")), names.span)


def said_twice(names: Mapping) -> Iterator[Diagnostic]:
    """Yield the keys that a table says in more than one form."""
    known: dict[str, Entry] = {}
    for key, entry in _flat(names, ""):
        if key in known:
            label = Label(known[key].key_span, "it is written here too")
            yield Diagnostic("Y002", f"the key `{key}` is written twice", entry.key_span, "keep one of them", (label,))
        known[key] = entry


def _flat(names: Mapping, above: str) -> Iterator[tuple[str, Entry]]:
    for key, entry in names.entries.items():
        if isinstance(entry.value, Mapping):
            yield from _flat(entry.value, f"{above}{key}.")
        else:
            yield f"{above}{key}".removesuffix(_PATH), entry
