"""Answer, for every field: whose value is it? An override's, the stage's, that of `defaults`, the schema's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from archcompiler.diagnostics import Diagnostic
from archcompiler.limits import current, mend
from archcompiler.resolve.defaults import Defaults
from archcompiler.resolve.stages import SettledStage, settle_stage
from archcompiler.schema.canonical import fill, filled
from archcompiler.schema.language import Language
from archcompiler.tree import Entry, Mapping, Scalar, mapping_at


@dataclass(frozen=True, slots=True)
class Settled:
    """The document with every value in place, and its stages."""

    document: Mapping
    stages: tuple[SettledStage, ...]


def settle(document: Mapping, known: Language) -> tuple[Settled, list[Diagnostic]]:
    """Return a merged document settled, and what was found: unused defaults, selectors that match nothing."""
    defaults = Defaults(mapping_at(document, "defaults"), known)
    faults: list[Diagnostic] = []
    stages: list[SettledStage] = []

    def settle_stages(value: Mapping) -> Mapping:
        entries = dict(islice(value.entries.items(), current().stages))
        left = current().blocks
        for name, entry in list(entries.items()):
            if isinstance(entry.value, Mapping):
                settled = settle_stage(name, entry.key_span, entry.value, defaults, left)
                entries[name] = replace(entry, value=settled.shown)
                left -= len(settled.stage.blocks)
                stages.append(settled)
                faults.extend(_news(settled.faults, faults))
        faults.extend(_too_many(value))
        return Mapping(entries, value.span)

    passes: dict[str, Callable[[Mapping], Mapping]] = {
        "input": lambda value: fill(value, known.input),
        "stem": lambda value: _settle_stem(value, defaults),
        "stages": settle_stages,
        "head": lambda value: filled(value, "head"),
    }
    entries: dict[str, Entry] = {}
    order = {key: place for place, key in enumerate(known.document)}
    for key, entry in sorted(document.entries.items(), key=lambda item: order.get(item[0], len(order))):
        change = passes.get(key)
        value = change(entry.value) if change and isinstance(entry.value, Mapping) else entry.value
        if key != "defaults":
            entries[key] = replace(entry, value=value)
    unused = defaults.unused() if isinstance(document.get("stages"), Mapping) else []
    return Settled(Mapping(entries, document.span), tuple(stages)), [*faults, *unused]


def _news(found: Iterable[Diagnostic], known: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return what was found on a stage; that the blocks are too many is told of the first stage beyond the limit."""
    beyond = any(fault.code == "M001" for fault in known)
    return [fault for fault in found if not (beyond and fault.code == "M001")]


def _too_many(stages: Mapping) -> Iterator[Diagnostic]:
    """Yield a fault at the first stage beyond the limit."""
    for entry in islice(stages.entries.values(), current().stages, current().stages + 1):
        message = f"{len(stages.entries)} stages are more than the {current().stages} that a network may have"
        yield Diagnostic("M001", message, entry.key_span, mend("stages"))


def _settle_stem(value: Mapping, defaults: Defaults) -> Mapping:
    kind = value.get("type")
    variant = defaults.known.unions["stem"].variants.get(str(kind.value), {}) if isinstance(kind, Scalar) else {}
    return filled(defaults.under(value, variant), "stem")
