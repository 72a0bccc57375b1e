"""Lay the documents of a chain over each other: one document, which extends nothing."""

from __future__ import annotations

from collections.abc import Sequence as Documents
from dataclasses import replace

from archcompiler.diagnostics import Diagnostic
from archcompiler.resolve.extending import plain_blocks
from archcompiler.resolve.merge import merge, without_nulls
from archcompiler.resolve.placing import place_stages
from archcompiler.schema.language import Language
from archcompiler.tree import Entry, Mapping

NEVER_INHERITED = ("archc", "name", "description", "extends", "claims")
NOT_KEPT_UNDER_SETTINGS = ("extends", "claims")
"""A network with a setting is another one than its claims speak of, though it keeps its name."""


def merge_chain(documents: Documents[Mapping], known: Language) -> tuple[Mapping, list[Diagnostic]]:
    """Return the documents, base first, as one, and the faults of laying them over each other."""
    faults: list[Diagnostic] = []
    blocks = plain_blocks(documents, faults)
    first, *others = [_without(document, "blocks") for document in documents]
    merged = place_stages(without_nulls(first, faults, known.alternatives), faults)
    for document in others:
        left_out = NOT_KEPT_UNDER_SETTINGS if _is_setting(document) else NEVER_INHERITED
        own = {key: entry for key, entry in merged.entries.items() if key not in left_out}
        merged = place_stages(merge(Mapping(own, document.span), document, faults, known.alternatives), faults)
    merged = _without_extends(merged)
    said = {"blocks": Entry(merged.span, blocks)} if blocks.entries else {}
    return Mapping({**merged.entries, **said}, merged.span), faults


def _without_extends(document: Mapping) -> Mapping:
    """Return the document without what has been followed: its own `extends` and that of its `names`."""
    entries = _without(document, "extends").entries
    names = entries.get("names")
    if names and isinstance(names.value, Mapping):
        entries["names"] = replace(names, value=_without(names.value, "extends"))
    return Mapping(entries, document.span)


def _without(mapping: Mapping, key: str) -> Mapping:
    return Mapping({each: entry for each, entry in mapping.entries.items() if each != key}, mapping.span)


def _is_setting(document: Mapping) -> bool:
    return document.span.path.startswith("<--set")
