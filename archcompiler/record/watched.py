"""Which values of an object are read while something is recorded."""

from __future__ import annotations

from typing import Any, Union

from archcompiler.tree import Entry, Mapping

Reads = dict[str, Union["Reads", None]]
"""The keys that were read of an object, each with those of the object below it."""


class Watched(dict[str, Entry]):
    """The entries of one object, and the keys that somebody looked up. To copy or to search them is not to read."""

    def __init__(self, entries: dict[str, Entry]) -> None:
        super().__init__(entries)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> Entry:
        self.read.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return an entry, and note that its key was looked up."""
        self.read.add(key)
        return super().get(key, default)


def watched(mapping: Mapping) -> Mapping:
    """Return a copy of an object, and of the objects in it, that notes what is read."""
    entries = Watched(mapping.entries)
    for key, entry in mapping.entries.items():
        if isinstance(entry.value, Mapping):
            dict.__setitem__(entries, key, Entry(entry.key_span, watched(entry.value), entry.shadows))
    return Mapping(entries, mapping.span)


def reads_of(mapping: Mapping) -> Reads:
    """Return what was read of a watched object."""
    entries = mapping.entries
    assert isinstance(entries, Watched)
    below = {key: dict.__getitem__(entries, key).value for key in entries.read & entries.keys()}
    return {key: reads_of(value) if isinstance(value, Mapping) else None for key, value in below.items()}


def read_again(mapping: Mapping, reads: Reads) -> None:
    """Read of an object what was read of another one that says the same."""
    for key, below in reads.items():
        value = mapping.entries[key].value
        if below and isinstance(value, Mapping):
            read_again(value, below)
