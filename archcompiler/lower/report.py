"""Put a number that does not fit into its place: who wrote it, what it replaced, what arrived, what would fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archcompiler.diagnostics import Choice, Diagnostic, Label
from archcompiler.graph.named import Expression, names_in, substitute, text
from archcompiler.graph.ops import Shape
from archcompiler.record.fault import ShapeFault
from archcompiler.record.recorder import shape_text
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Entry, Mapping, Plain, Scalar, plain

_LONGEST_TRAIL = 6


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault was found: the fields of the block, stem or head, its key, what arrives there and how it came."""

    fields: Mapping
    key_span: Span
    where: str
    shape: Shape
    trail: Sequence[tuple[str, Shape]]


def report(fault: ShapeFault, place: Place, derivation: Expression) -> Diagnostic:
    """Return the diagnostic of a fault: at the first value that somebody wrote, else at the object that lacks it."""
    written: dict[str, Entry] = {}
    for held, name in fault.culprits:
        written = {**_written(held, (name,)), **written}
    written = {name: written[name] for _, name in fault.culprits if name in written}
    span = next((entry.value.span for entry in written.values()), _lacking(fault, place))
    derived = _written(place.fields, sorted(names_in(derivation)))
    labels = [*_labels({**written, **derived}, span), Label(place.key_span, f"{shape_text(place.shape)} {place.where}")]
    notes = [*_derivation(derivation, place), *(_trail(place) if fault.code == "G004" else ())]
    choices = tuple(_choices(fault))
    return Diagnostic(fault.code, fault.message, span, fault.help, tuple(labels), notes=tuple(notes), choices=choices)


def _lacking(fault: ShapeFault, place: Place) -> Span:
    """Return where a fault stands that no written value is to blame for."""
    if fault.within and fault.within.mapping.span != SCHEMA_ORIGIN:
        return fault.within.mapping.span
    objects = (held.span for held, _ in fault.culprits if held is not place.fields and held.span != SCHEMA_ORIGIN)
    return next(objects, fault.step or place.key_span)


def _written(mapping: Mapping, names: Sequence[str]) -> dict[str, Entry]:
    """Return those of the fields that somebody wrote."""
    entries = {name: mapping.entries[name] for name in names if name in mapping.entries}
    return {name: entry for name, entry in entries.items() if entry.value.span != SCHEMA_ORIGIN}


def _labels(entries: dict[str, Entry], primary: Span) -> Iterator[Label]:
    """Yield where each culprit stands that the primary place does not show, and the value that it replaced."""
    for name, entry in entries.items():
        span = entry.value.span
        if (span.path, span.line) != (primary.path, primary.line):
            yield Label(span, f"`{name}` is {_short(plain(entry.value))} here")
        hidden = next((node for node in entry.shadows if node.span not in (SCHEMA_ORIGIN, span)), None)
        if hidden:
            yield Label(hidden.span, f"`{name}` takes the place of this {_short(plain(hidden))}")


def _derivation(derivation: Expression, place: Place) -> Iterator[str]:
    """Yield how a computed number came about: `128 = cardinality * bottleneck_width = 32 * 4`."""
    if isinstance(derivation, tuple):
        values = {name: str(_value(name, place)) for name in names_in(derivation)}
        known: dict[str, Expression] = {**values}
        total = substitute(derivation, {name: int(value) for name, value in values.items()})
        yield f"{text(total)} = {text(derivation)} = {text(substitute(derivation, known))}"


def _value(name: str, place: Place) -> int:
    node = place.fields.get(name)
    return int(node.value) if isinstance(node, Scalar) and isinstance(node.value, int) else int(place.shape[0])


def _trail(place: Place) -> Iterator[str]:
    """Yield the maps on the way, the last ones where there are many."""
    steps = [f"{shape_text(shape)} {'enters' if name == 'input' else f'leaves {name}'}" for name, shape in place.trail]
    if steps:
        yield ("..., " if len(steps) > _LONGEST_TRAIL else "") + ", ".join(steps[-_LONGEST_TRAIL:])


def _choices(fault: ShapeFault) -> Iterator[Choice]:
    """Yield the values that would fit, in place of those that somebody wrote."""
    for (held, name), values in fault.offers:
        found = _written(held, (name,))
        if found:
            yield from (Choice(name, value, found[name].value.span) for value in values)
        elif name in held.entries and held.span != SCHEMA_ORIGIN and "type" in held.entries:
            kind = plain(held.entries["type"].value)
            yield from (Choice(name, {"type": kind, name: value}, held.span) for value in values)


def _short(value: Plain) -> str:
    """Return a value as a message says it: an object by its type."""
    if isinstance(value, dict):
        return str(value.get("type", "an object"))
    return str(value).lower() if isinstance(value, bool) else str(value)
