"""Whether `defaults` suit the blocks of a spec: a value is held against the bounds of each block that has the field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, replace

from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.explain.field import page_of
from archcompiler.resolve.spec import kind_of, kinds_of
from archcompiler.resolve.stages import SettledException, SettledStage
from archcompiler.schema.language import Language
from archcompiler.schema.values import value_faults
from archcompiler.span import Span
from archcompiler.tree import Entry, Mapping, Sequence, plain

_Found = dict[Span, list[Diagnostic]]


@dataclass(frozen=True, slots=True)
class _Taker:
    """Blocks of one kind in one stage that take a default: their place, and what it is called."""

    kind: str
    place: Span
    what: str


def unsuited_defaults(defaults: Mapping, stages: Iterable[SettledStage], known: Language) -> _Found:
    """Return what is wrong with the values of `defaults` that blocks take, by the places of those values.

    One that no block of the spec takes is a fault itself; one that some take is a fault of the stages whose blocks do
    not, and which leave it at that.
    """
    settled = list(stages)
    kinds = kinds_of(each.stage for each in settled)
    found: _Found = {}
    for key, entry in defaults.entries.items():
        owners = {kind: _fault(key, entry, kind, known) for kind in kinds if key in known.blocks.get(kind, ())}
        takers = [taker for stage in settled for taker in _takers(key, entry, stage)] if any(owners.values()) else []
        faults = _faults(key, entry, owners, takers, known) if takers else []
        found |= dict.fromkeys(_places(entry), faults) if faults else {}
    return found


def _fault(key: str, entry: Entry, kind: str, known: Language) -> Diagnostic | None:
    """Return the first thing that a kind of block finds wrong with the plain value of a field."""
    found = value_faults(known.schema, f"override.{kind}", Mapping({key: entry}, entry.value.span))
    return next(iter(found.get(key, ())), None)


def _takers(key: str, entry: Entry, settled: SettledStage) -> Iterator[_Taker]:
    """Yield the kinds of block of a stage that take a default; one that only overrides make, at its selector."""
    exceptions = {id(each.block): each for each in settled.exceptions}
    found: dict[str, _Taker] = {}
    for block in sorted(settled.stage.blocks, key=lambda block: id(block) in exceptions):
        kind, value = kind_of(block), block.get(key)
        if value is not None and value.span == entry.value.span and kind not in found:
            found[kind] = _Taker(kind, *_place(settled, exceptions.get(id(block))))
    yield from found.values()


def _place(settled: SettledStage, exception: SettledException | None) -> tuple[Span, str]:
    stage = f"stage `{settled.stage.name}`"
    if exception:
        return exception.key_span, f"override `{exception.selector}` of {stage}"
    return settled.stage.key_span, stage


def _faults(
    key: str, entry: Entry, owners: Map[str, Diagnostic | None], takers: Iterable[_Taker], known: Language
) -> list[Diagnostic]:
    """Return the fault of a default that suits none of its owners, or those of the takers that it does not suit."""
    wrong = {kind: fault for kind, fault in owners.items() if fault}
    takes = {kind: page_of(key, known.schema.definition(f"override.{kind}"), known.schema.root).value for kind in wrong}
    first = next(iter(wrong.values()))
    if len(wrong) < len(owners):
        return [_landed(wrong[each.kind], key, entry, each, takes[each.kind]) for each in takers if each.kind in wrong]
    if len(set(takes.values())) == 1:
        return [first]
    message = f"{key}: no block of this network takes {json.dumps(plain(entry.value))}"
    help = "; ".join(f"block `{kind}` takes {values}" for kind, values in takes.items())
    return [replace(first, message=message, help=help, fix=None)]


def _landed(fault: Diagnostic, key: str, entry: Entry, taker: _Taker, takes: str) -> Diagnostic:
    """Return the fault of a default at the stage or override that takes it."""
    message, help = f"{fault.message} in `defaults`", f"say `{key}` in {taker.what}"
    label = Label(entry.value.span, f"{taker.what} has it from here, and its block `{taker.kind}` takes {takes}")
    return replace(fault, message=message, span=taker.place, help=help, labels=(label,), fix=None)


def _places(entry: Entry) -> Iterator[Span]:
    yield entry.value.span
    yield from (item.span for item in (entry.value.items if isinstance(entry.value, Sequence) else ()))
