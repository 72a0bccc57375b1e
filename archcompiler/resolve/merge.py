"""Lay a document over its base: what replaces, what merges, what null removes."""

from __future__ import annotations

from collections.abc import Mapping as Keys
from collections.abc import Sequence as Documents
from dataclasses import replace

from archcompiler.diagnostics import Diagnostic
from archcompiler.resolve.placing import place_stages
from archcompiler.schema.language import Language
from archcompiler.tree import Entry, Mapping, Node, Scalar

Alternatives = Keys[str, tuple[str, ...]]
"""The keys that a key replaces and that replace it."""
NEVER_INHERITED = ("archc", "name", "description", "extends", "claims")
NOT_KEPT_UNDER_SETTINGS = ("extends", "claims")
"""A network with a setting is another one than its claims speak of, though it keeps its name."""


def merge_chain(documents: Documents[Mapping], known: Language) -> tuple[Mapping, list[Diagnostic]]:
    """Return the documents, base first, as one, and the faults of laying them over each other."""
    faults: list[Diagnostic] = []
    merged = place_stages(_without_nulls(documents[0], faults, known.alternatives), faults)
    for document in documents[1:]:
        left_out = NOT_KEPT_UNDER_SETTINGS if _is_setting(document) else NEVER_INHERITED
        own = {key: entry for key, entry in merged.entries.items() if key not in left_out}
        merged = place_stages(merge(Mapping(own, document.span), document, faults, known.alternatives), faults)
    return _without_extends(merged), faults


def _without_extends(document: Mapping) -> Mapping:
    """Return the document without what has been followed: its own `extends` and that of its `names`."""
    entries = {key: entry for key, entry in document.entries.items() if key != "extends"}
    names = entries.get("names")
    if names and isinstance(names.value, Mapping):
        roles = {role: entry for role, entry in names.value.entries.items() if role != "extends"}
        entries["names"] = replace(names, value=Mapping(roles, names.value.span))
    return Mapping(entries, document.span)


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
            inside = {} if key == "blocks" else alternatives  # there, names of fields are no fields
            below = merge_object(hidden.value, entry.value, faults, inside, keep_nulls=keep_nulls)
            entry = Entry(entry.key_span, below, hidden.shadows)
        elif hidden:
            entry = entry.over(hidden)
        elif isinstance(entry.value, Mapping) and not keep_nulls:
            inside = {} if key == "blocks" else alternatives
            entry = Entry(entry.key_span, _without_nulls(entry.value, faults, inside))
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
    alone = over if keep_nulls else _without_nulls(over, faults, alternatives)
    if not other_type:
        return alone
    return Mapping({**alone.entries, "type": alone.entries["type"].over(base.entries["type"])}, alone.span)


def _remove(entries: dict[str, Entry], key: str, entry: Entry, faults: list[Diagnostic]) -> None:
    if entries.pop(key, None) is None:
        faults.append(
            Diagnostic("R005", f"null removes `{key}`, which is not inherited", entry.value.span, "remove this line")
        )


def _without_nulls(mapping: Mapping, faults: list[Diagnostic], alternatives: Alternatives) -> Mapping:
    return merge(Mapping({}, mapping.span), mapping, faults, alternatives)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _is_setting(document: Mapping) -> bool:
    return document.span.path.startswith("<--set")
