"""Lay one object over another: what replaces, what merges, what null removes."""

from __future__ import annotations

from collections.abc import Mapping as Keys

from archcompiler.diagnostics import Diagnostic
from archcompiler.tree import Entry, Mapping, Node, Scalar

Alternatives = Keys[str, tuple[str, ...]]
"""The keys that a key replaces and that replace it."""


def merge(
    base: Mapping, over: Mapping, faults: list[Diagnostic], alternatives: Alternatives, *, keep_nulls: bool = False
) -> Mapping:
    """Return `base` with `over` laid on it, key by key; lists replace, and so does an object of another type."""
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        hidden = entries.get(key)
        if _is_null(entry.value) and not keep_nulls:
            _remove(entries, key, entry, faults)
            continue
        if hidden and isinstance(hidden.value, Mapping) and isinstance(entry.value, Mapping):
            below = merge_object(hidden.value, entry.value, faults, alternatives, keep_nulls=keep_nulls)
            entry = Entry(entry.key_span, below, hidden.shadows)
        elif hidden:
            entry = entry.over(hidden)
        elif isinstance(entry.value, Mapping) and not keep_nulls:
            entry = Entry(entry.key_span, without_nulls(entry.value, faults, alternatives))
        for alternative in alternatives.get(key, ()):
            if alternative in entries and alternative not in over.entries:
                entry = entry.over(entries.pop(alternative))
        entries[key] = entry
    return Mapping(entries, over.span)


def merge_object(
    base: Mapping, over: Mapping, faults: list[Diagnostic], alternatives: Alternatives, *, keep_nulls: bool = False
) -> Mapping:
    """Return one object laid on another: where it says another type, or names another table, it replaces the base."""
    old, new = base.get("type"), over.get("type")
    other_type = isinstance(old, Scalar) and isinstance(new, Scalar) and old.value != new.value
    if not other_type and "extends" not in over.entries:
        return merge(base, over, faults, alternatives, keep_nulls=keep_nulls)
    alone = over if keep_nulls else without_nulls(over, faults, alternatives)
    if not other_type:
        return alone
    return Mapping({**alone.entries, "type": alone.entries["type"].over(base.entries["type"])}, alone.span)


def _remove(entries: dict[str, Entry], key: str, entry: Entry, faults: list[Diagnostic]) -> None:
    if entries.pop(key, None) is None:
        faults.append(
            Diagnostic("R005", f"null removes `{key}`, which is not inherited", entry.value.span, "remove this line")
        )


def without_nulls(mapping: Mapping, faults: list[Diagnostic], alternatives: Alternatives) -> Mapping:
    """Return what a mapping says where nothing is inherited: a null there removes nothing, which is a fault."""
    return merge(Mapping({}, mapping.span), mapping, faults, alternatives)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None
