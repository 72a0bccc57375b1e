"""The values of a document, each with the place it was written at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Union

from archcompiler.span import Span

Plain = Union[None, bool, int, float, str, list["Plain"], dict[str, "Plain"]]


@dataclass(frozen=True, slots=True)
class Scalar:
    """One typed value."""

    value: bool | int | float | str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Sequence:
    """An ordered list of values."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping: where the key stands, and the values that this one hides, nearest first."""

    key_span: Span
    value: Node
    shadows: tuple[Node, ...] = ()

    def over(self, hidden: Entry) -> Entry:
        """Return this entry, remembering the one that it replaces."""
        return replace(self, shadows=(*self.shadows, hidden.value, *hidden.shadows))


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys in the order written, each with its entry."""

    entries: dict[str, Entry]
    span: Span = field(compare=False)

    def get(self, key: str) -> Node | None:
        """Return the value under the key, or None."""
        entry = self.entries.get(key)
        return entry.value if entry else None


def mapping_at(mapping: Mapping, key: str) -> Mapping:
    """Return the mapping under a key; an empty one where there is none."""
    value = mapping.get(key)
    return value if isinstance(value, Mapping) else Mapping({}, mapping.span)


Node = Union[Scalar, Sequence, Mapping]
Path = tuple[Union[str, int], ...]


def plain(node: Node) -> Plain:
    """Return the values alone, as Python objects."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(entry.value) for key, entry in node.entries.items()}


def from_plain(value: Plain, span: Span) -> Node:
    """Return a tree of Python values, all of which stand at one place."""
    if isinstance(value, dict):
        return Mapping({key: Entry(span, from_plain(item, span)) for key, item in value.items()}, span)
    if isinstance(value, list):
        return Sequence(tuple(from_plain(item, span) for item in value), span)
    return Scalar(value, span)


def find(node: Node, path: Path) -> Node:
    """Return the node under a path of keys and indices; KeyError or IndexError where there is none."""
    for part in path:
        if isinstance(node, Mapping):
            node = node.entries[str(part)].value
        elif isinstance(node, Sequence):
            node = node.items[int(part)]
        else:
            raise KeyError(part)
    return node


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Entry]]:
    """Yield every entry of every mapping below a node, with its path, in document order."""
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            yield (*path, key), entry
            yield from walk(entry.value, (*path, key))
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from walk(item, (*path, index))
