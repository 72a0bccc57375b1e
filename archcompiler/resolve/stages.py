"""Settle one stage: the fields of each of its blocks, exceptions included."""

from __future__ import annotations

from archcompiler.diagnostics import Diagnostic
from archcompiler.resolve.defaults import Defaults
from archcompiler.resolve.merge import alternatives
from archcompiler.resolve.selectors import selected
from archcompiler.resolve.spec import Stage
from archcompiler.schema.language import fill, language
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Entry, Mapping, Scalar, mapping_at

_STAGE_KEYS = ("blocks", "override", "transition")
_Settled = tuple[Mapping, Stage, list[Diagnostic]]


def settle_stage(name: str, key_span: Span, written: Mapping, defaults: Defaults) -> _Settled:
    """Return a stage as its document shows it, its blocks one by one, and selectors that match none of them."""
    written = defaults.take(defaults.take(written, "block"), "transition")
    count = _count(written)
    blocks = _blocks(written, count, defaults)
    own = _filled(written, Defaults(defaults.entries))
    transition = mapping_at(own, "transition") if "transition" in own.entries else None
    return own, Stage(name, key_span, blocks, transition), _unmatched(written, count)


def _blocks(written: Mapping, count: int, defaults: Defaults) -> tuple[Mapping, ...]:
    """Return each block's fields; blocks that agree on the overrides that select them share one object."""
    known: dict[tuple[bool, tuple[str, ...]], Mapping] = {}
    result = []
    for index in range(count):
        selectors = tuple(key for key in mapping_at(written, "override").entries if selected(key, index, count))
        key = (index == 0, selectors)
        if key not in known:
            known[key] = _block(written, selectors, defaults, first=index == 0)
        result.append(known[key])
    return tuple(result)


def _block(written: Mapping, selectors: tuple[str, ...], defaults: Defaults, *, first: bool) -> Mapping:
    """Return one block's fields, complete. The stage's stride is its first block's; the later selector wins."""
    entries = {key: entry for key, entry in written.entries.items() if key not in _STAGE_KEYS}
    if not first:
        entries["stride"] = Entry(SCHEMA_ORIGIN, Scalar(1, SCHEMA_ORIGIN))
    override = mapping_at(written, "override")
    for selector in selectors:
        for key, entry in mapping_at(override, selector).entries.items():
            for alternative in alternatives(key):
                entries.pop(alternative, None)
            entries[key] = entry.over(entries[key]) if key in entries else entry
    return _filled(Mapping(entries, written.span), defaults)


def _filled(stage: Mapping, defaults: Defaults) -> Mapping:
    """Return a stage or block with the defaults of the spec, then those of the schema, for the fields it lacks."""
    block = stage.get("block")
    fields = language().blocks.get(str(block.value), {}) if isinstance(block, Scalar) else {}
    complete = fill(defaults.under(stage, fields), fields)
    transition = complete.entries.get("transition")
    if not transition or not isinstance(transition.value, Mapping):
        return complete
    value = fill(transition.value, language().transition)
    entries = {**complete.entries, "transition": Entry(transition.key_span, value, transition.shadows)}
    return Mapping(entries, complete.span)


def _unmatched(stage: Mapping, count: int) -> list[Diagnostic]:
    return [
        Diagnostic(
            "R004",
            f"the selector `{selector}` matches none of the {count} blocks",
            entry.key_span,
            f"blocks count from 0 to {count - 1}",
        )
        for selector, entry in mapping_at(stage, "override").entries.items()
        if not any(selected(selector, index, count) for index in range(count))
    ]


def _count(stage: Mapping) -> int:
    """Return how many blocks a stage has; 0 while the number is missing or faulty."""
    blocks = stage.get("blocks")
    return blocks.value if isinstance(blocks, Scalar) and type(blocks.value) is int else 0
