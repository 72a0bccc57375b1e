"""Where two documents differ, and documents that lie between them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from archcompiler.compare.steps import are_steps
from archcompiler.schema.language import language
from archcompiler.tree import Entry, Mapping, Node, Path, Scalar, Sequence, plain

ORDER = "<order>"
"""The last part of the path of a leaf that stands for the order of a mapping's keys, where that matters."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The smallest value that differs, on both sides; None where a side has no such key."""

    path: Path
    old: Node | None
    new: Node | None


def leaves(old: Node | None, new: Node | None, path: Path = ()) -> Iterator[Leaf]:
    """Yield where two nodes differ: below objects of one type, and below lists of steps of the same kinds."""
    if isinstance(old, Mapping) and isinstance(new, Mapping) and _are_alike(old, new, path):
        for key in joined(list(new.entries), list(old.entries)):
            yield from leaves(old.get(key), new.get(key), (*path, key))
        if _is_ordered(path) and not _same_order(old, new):
            yield Leaf((*path, ORDER), old, new)
    elif isinstance(old, Sequence) and isinstance(new, Sequence) and _kinds(old) == _kinds(new) != []:
        for index, (one, other) in enumerate(zip(old.items, new.items, strict=True)):
            yield from leaves(one, other, (*path, index))
    elif (old is None) != (new is None) or (old and new and plain(old) != plain(new)):
        yield Leaf(path, old, new)


def mixed(old: Mapping, new: Mapping, chosen: Collection[Path]) -> Mapping:
    """Return the old document with the chosen leaves, of those that differ, as the new one has them."""
    above = {path[:length] for path in chosen for length in range(len(path))}
    result = _mixed(old, new, chosen, above, ())
    if not isinstance(result, Mapping):
        raise TypeError("a document is a mapping")
    return result


def joined(first: list[str], second: list[str]) -> list[str]:
    """Return the keys of two mappings: in the order of the first, those of the second alone behind their neighbour."""
    known = set(first)
    behind: dict[str | None, list[str]] = {}
    neighbour = None
    for key in second:
        if key in known:
            neighbour = key
        else:
            behind.setdefault(neighbour, []).append(key)
    return [*behind.get(None, ()), *(each for key in first for each in (key, *behind.get(key, ())))]


def _mixed(
    old: Node | None, new: Node | None, chosen: Collection[Path], above: Collection[Path], path: Path
) -> Node | None:
    """Return a node of the mixed document; what is not `above` a chosen leaf is the old one."""
    if path in chosen:
        return new
    if path not in above:
        return old
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        if (*path, ORDER) in chosen:
            keys = joined(list(new.entries), list(old.entries))
        else:
            keys = joined(list(old.entries), list(new.entries))
        entries = {}
        for key in keys:
            value = _mixed(old.get(key), new.get(key), chosen, above, (*path, key))
            if value is not None:
                entries[key] = Entry((old.entries.get(key) or new.entries[key]).key_span, value)
        return Mapping(entries, old.span)
    if isinstance(old, Sequence) and isinstance(new, Sequence) and len(old.items) == len(new.items):
        pairs = enumerate(zip(old.items, new.items, strict=True))
        items = (_mixed(one, other, chosen, above, (*path, index)) for index, (one, other) in pairs)
        return Sequence(tuple(item for item in items if item is not None), old.span)
    return old


def _are_alike(old: Mapping, new: Mapping, path: Path) -> bool:
    """Tell whether two objects are of one type, or two steps of one kind."""
    return _type(old) == _type(new) and (not are_steps(path[:-1]) or _kind(old) == _kind(new))


def _type(node: Mapping) -> object:
    kind = node.get("type")
    return kind.value if isinstance(kind, Scalar) else None


def _kinds(node: Sequence) -> list[str | None]:
    """Return which step each item of a list is; empty where it is no list of steps."""
    kinds = [_kind(item) for item in node.items]
    return kinds if all(kinds) else []


def _kind(item: Node) -> str | None:
    if not isinstance(item, Mapping):
        return None
    return next((name for name in language().steps if name in item.entries), None)


def _is_ordered(path: Path) -> bool:
    """Tell whether the order of the keys at a path says something: stages and steps run in it, later selectors win."""
    return path == ("stages",) or (len(path) == 3 and path[2] == "override") or are_steps(path)


def _same_order(old: Mapping, new: Mapping) -> bool:
    return [key for key in old.entries if key in new.entries] == [key for key in new.entries if key in old.entries]
