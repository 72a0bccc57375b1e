"""Answer, for every field of every block: whose value is it? An override's, the stage's, `defaults`', the schema's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from archcompiler.diagnostics import Diagnostic
from archcompiler.language import Field, fill, filled, language
from archcompiler.resolve.merge import alternatives
from archcompiler.resolve.selectors import selected
from archcompiler.resolve.spec import Stage
from archcompiler.span import SCHEMA_ORIGIN
from archcompiler.tree import Entry, Mapping, Node, Scalar

STAGE_KEYS = ("blocks", "override", "transition")


@dataclass(frozen=True, slots=True)
class Settled:
    """The document with every value in place, and the fields of each block of each stage."""

    document: Mapping
    stages: tuple[Stage, ...]


@dataclass(slots=True)
class _Settling:
    defaults: Mapping
    used: set[str] = field(default_factory=set)
    faults: list[Diagnostic] = field(default_factory=list)


def settle(document: Mapping) -> tuple[Settled, list[Diagnostic]]:
    """Return a merged document settled, and what was found: unused defaults, selectors that match nothing."""
    state = _Settling(_mapping(document, "defaults"))
    entries = {key: entry for key, entry in document.entries.items() if key != "defaults"}
    for key, settle_one in (("input", _settle_input), ("stem", _settle_stem), ("head", _settle_head)):
        entry = entries.get(key)
        if entry and isinstance(entry.value, Mapping):
            entries[key] = Entry(entry.key_span, settle_one(entry.value, state), entry.shadows)
    stages: list[Stage] = []
    stages_entry = entries.get("stages")
    if stages_entry and isinstance(stages_entry.value, Mapping):
        settled = {name: _settle_stage(name, entry, state, stages) for name, entry in stages_entry.value.entries.items()}
        entries["stages"] = Entry(stages_entry.key_span, Mapping(settled, stages_entry.value.span))
    _report_unused(state)
    return Settled(Mapping(entries, document.span), tuple(stages)), state.faults


def _settle_input(value: Mapping, state: _Settling) -> Mapping:
    return fill(value, language().input)


def _settle_stem(value: Mapping, state: _Settling) -> Mapping:
    variant = language().unions["stem"].variants.get(_text(value, "type"), {})
    return filled(_inherit(value, variant, state), "stem")


def _settle_head(value: Mapping, state: _Settling) -> Mapping:
    return filled(value, "head")


def _settle_stage(name: str, entry: Entry, state: _Settling, stages: list[Stage]) -> Entry:
    """Return the stage's entry with the fields of its effective block, and note its blocks in `stages`."""
    if not isinstance(entry.value, Mapping):
        return entry
    written = entry.value
    inherited = {key: state.defaults.entries[key] for key in ("block", "transition") if key in state.defaults.entries}
    for key in inherited.keys() - written.entries.keys():
        state.used.add(key)
        written = Mapping({key: inherited[key], **written.entries}, written.span)
    count = _count(written)
    rows = [_overrides(name, written, index, count) for index in range(count)]
    blocks: dict[tuple[int, ...], Mapping] = {}
    order = []
    for index, row in enumerate(rows):
        key = (min(index, 1), *(id(item) for item in row))
        if key not in blocks:
            blocks[key] = _settle_block(written, row, state, first=index == 0)
        order.append(blocks[key])
    _report_selectors(written, count, state)
    own = _stage_fields(written, state)
    transition = _mapping(own, "transition") if "transition" in own.entries else None
    stages.append(Stage(name, entry.key_span, tuple(order), transition))
    return Entry(entry.key_span, own, entry.shadows)


def _stage_fields(written: Mapping, state: _Settling) -> Mapping:
    """Return the stage as it stands for all of its blocks: the fields of its block, filled."""
    fields = language().blocks.get(_text(written, "block"), {})
    own = fill(_inherit(written, fields, _Settling(state.defaults)), fields)
    transition = own.entries.get("transition")
    if not transition or not isinstance(transition.value, Mapping):
        return own
    complete = replace(transition, value=fill(transition.value, language().transition))
    return Mapping({**own.entries, "transition": complete}, own.span)


def _settle_block(written: Mapping, overrides: list[Mapping], state: _Settling, *, first: bool) -> Mapping:
    """Return one block's fields, complete; the stage's stride is its first block's."""
    entries = {key: entry for key, entry in written.entries.items() if key not in STAGE_KEYS}
    if not first:
        entries.pop("stride", None)
    for override in overrides:
        for key, entry in override.entries.items():
            for alternative in alternatives(key):
                entries.pop(alternative, None)
            entries[key] = entry
    written = Mapping(entries, written.span)
    fields = language().blocks.get(_text(written, "block"), {})
    if not first and "stride" not in entries and "stride" in fields:
        entries["stride"] = Entry(SCHEMA_ORIGIN, Scalar(1, SCHEMA_ORIGIN))
    return fill(_inherit(written, fields, state), fields)


def _inherit(value: Mapping, fields: dict[str, Field], state: _Settling) -> Mapping:
    """Return the object with each `defaults` entry that it has a field for and says nothing on."""
    entries = dict(value.entries)
    for key, entry in state.defaults.entries.items():
        if key not in fields or any(other in value.entries for other in (key, *fields[key].alternatives)):
            continue
        entries[key] = entry
        state.used.add(key)
    return Mapping(entries, value.span)


def _overrides(name: str, stage: Mapping, index: int, count: int) -> list[Mapping]:
    """Return the override entries that select a block, in the order written: the later one wins."""
    override = _mapping(stage, "override")
    chosen = [entry.value for key, entry in override.entries.items() if selected(key, index, count)]
    return [value for value in chosen if isinstance(value, Mapping)]


def _report_selectors(stage: Mapping, count: int, state: _Settling) -> None:
    for key, entry in _mapping(stage, "override").entries.items():
        if not any(selected(key, index, count) for index in range(count)):
            message = f"the selector `{key}` matches none of the {count} blocks"
            help = f"blocks count from 0 to {count - 1}"
            state.faults.append(Diagnostic("R004", message, entry.key_span, help))


def _report_unused(state: _Settling) -> None:
    for key, entry in state.defaults.entries.items():
        if key not in state.used:
            message = f"nothing uses the default `{key}`: no block has such a field, or each says its own value"
            help = f"remove it, or, where a base says it, write `defaults: {{{key}: null}}`"
            state.faults.append(Diagnostic("R003", message, entry.key_span, help))


def _count(stage: Mapping) -> int:
    """Return how many blocks a stage has; 0 while the number is missing or faulty."""
    blocks = stage.get("blocks")
    return blocks.value if isinstance(blocks, Scalar) and type(blocks.value) is int else 0


def _mapping(document: Mapping, key: str) -> Mapping:
    value = document.get(key)
    return value if isinstance(value, Mapping) else Mapping({}, document.span)


def _text(mapping: Mapping, key: str) -> str:
    value: Node | None = mapping.get(key)
    return value.value if isinstance(value, Scalar) and isinstance(value.value, str) else ""
