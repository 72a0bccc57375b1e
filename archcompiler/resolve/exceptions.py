"""Check the blocks that overrides make: an override may say another kind of block, which needs other fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from archcompiler.diagnostics import Diagnostic
from archcompiler.resolve.stages import SettledException, SettledStage
from archcompiler.schema.check import complete_faults
from archcompiler.schema.language import Language
from archcompiler.tree import Entry, Mapping, Scalar


def exception_faults(document: Mapping, stages: Iterable[SettledStage], known: Language) -> list[Diagnostic]:
    """Return what the blocks that overrides make lack; each is checked as a stage of its own."""
    faults = [fault for found in stages for each in found.exceptions for fault in _faults(document, found, each, known)]
    return list(dict.fromkeys(faults))


def _faults(document: Mapping, found: SettledStage, exception: SettledException, known: Language) -> list[Diagnostic]:
    place, name = exception.key_span, found.stage.name
    alone = Mapping({**exception.block.entries, "blocks": Entry(place, Scalar(1, place))}, place)
    stages = Mapping({name: Entry(place, alone)}, place)
    faults = complete_faults(Mapping({**document.entries, "stages": Entry(place, stages)}, document.span), known)
    called = f"override `{exception.selector}` of stage `{name}`"
    return [replace(fault, message=fault.message.replace(f"stage `{name}`", called, 1)) for fault in faults]
