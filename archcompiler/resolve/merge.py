"""Lay a document over its base: what replaces, what merges, what null removes."""

from __future__ import annotations

from collections.abc import Sequence as Documents

from archcompiler.diagnostics import Diagnostic
from archcompiler.schema.language import language
from archcompiler.tree import Entry, Mapping, Node, Scalar

NEVER_INHERITED = ("archc", "name", "description", "extends")


def merge_chain(documents: Documents[Mapping]) -> tuple[Mapping, list[Diagnostic]]:
    """Return the documents, base first, as one, and the faults of laying them over each other."""
    faults: list[Diagnostic] = []
    merged = _without_nulls(documents[0], faults)
    for document in documents[1:]:
        own = {
            key: entry for key, entry in merged.entries.items() if key not in NEVER_INHERITED or _is_setting(document)
        }
        merged = merge(Mapping(own, document.span), document, faults)
    merged = _place_stages(merged, faults)
    return Mapping({k: e for k, e in merged.entries.items() if k != "extends"}, merged.span), faults


def merge(base: Mapping, over: Mapping, faults: list[Diagnostic], *, keep_nulls: bool = False) -> Mapping:
    """Return `base` with `over` laid on it, key by key; lists replace, and so does an object of another type."""
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        hidden = entries.get(key)
        if _is_null(entry.value) and not keep_nulls:
            _remove(entries, key, entry, faults)
            continue
        if hidden and isinstance(hidden.value, Mapping) and isinstance(entry.value, Mapping):
            entry = Entry(entry.key_span, _merge_object(hidden.value, entry.value, faults, keep_nulls), hidden.shadows)
        elif hidden:
            entry = entry.over(hidden)
        elif isinstance(entry.value, Mapping) and not keep_nulls:
            entry = Entry(entry.key_span, _without_nulls(entry.value, faults))
        for alternative in alternatives(key):
            if alternative in entries and alternative not in over.entries:
                entry = entry.over(entries.pop(alternative))
        entries[key] = entry
    return Mapping(entries, over.span)


def _merge_object(base: Mapping, over: Mapping, faults: list[Diagnostic], keep_nulls: bool) -> Mapping:
    old, new = base.get("type"), over.get("type")
    if isinstance(old, Scalar) and isinstance(new, Scalar) and old.value != new.value:
        return over if keep_nulls else _without_nulls(over, faults)
    return merge(base, over, faults, keep_nulls=keep_nulls)


def _remove(entries: dict[str, Entry], key: str, entry: Entry, faults: list[Diagnostic]) -> None:
    if entries.pop(key, None) is None:
        faults.append(
            Diagnostic("R005", f"null removes `{key}`, which is not inherited", entry.value.span, "remove this line")
        )


def _without_nulls(mapping: Mapping, faults: list[Diagnostic]) -> Mapping:
    return merge(Mapping({}, mapping.span), mapping, faults)


def _place_stages(document: Mapping, faults: list[Diagnostic]) -> Mapping:
    """Return the document with each stage that says `after` behind the one it names, and `after` gone."""
    stages = document.entries.get("stages")
    if not stages or not isinstance(stages.value, Mapping):
        return document
    entries = dict(stages.value.entries)
    for name, entry in stages.value.entries.items():
        after = entry.value.get("after") if isinstance(entry.value, Mapping) else None
        if not isinstance(after, Scalar) or not isinstance(entry.value, Mapping):
            continue
        del entries[name]
        if after.value not in entries:
            help = f"name one of {', '.join(entries) or 'the other stages'}"
            faults.append(Diagnostic("R006", f"`after` names no other stage: {after.value}", after.span, help))
        own = Mapping({k: e for k, e in entry.value.entries.items() if k != "after"}, entry.value.span)
        entries = _insert_after(entries, str(after.value), name, Entry(entry.key_span, own, entry.shadows))
    placed = Entry(stages.key_span, Mapping(entries, stages.value.span), stages.shadows)
    return Mapping({**document.entries, "stages": placed}, document.span)


def _insert_after(entries: dict[str, Entry], place: str, name: str, entry: Entry) -> dict[str, Entry]:
    result: dict[str, Entry] = {}
    for key, value in entries.items():
        result[key] = value
        if key == place:
            result[name] = entry
    result.setdefault(name, entry)
    return result


def alternatives(key: str) -> tuple[str, ...]:
    """Return the keys of a block that the key replaces and that replace it."""
    field = language().block_fields.get(key)
    return field.alternatives if field else ()


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _is_setting(document: Mapping) -> bool:
    return document.span.path.startswith("<--set")
