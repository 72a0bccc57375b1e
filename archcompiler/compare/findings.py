"""From facts to findings: which rules apply, how often, and where first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from archcompiler.compare.facts import Compared
from archcompiler.compare.layers import node_finding, node_findings
from archcompiler.compare.model import Finding, Forecast, Network, Sight
from archcompiler.compare.origins import Origins
from archcompiler.compare.rules import Impact
from archcompiler.graph.ops import Shape


def findings(compared: Compared, networks: tuple[Network, Network], edits: int, at: Origins) -> Iterator[Finding]:
    """Yield what holds of two networks: what enters and leaves, the weights, the function, the training."""
    facts = compared.facts
    yield from shape_findings(*networks, at)
    yield from _weights(compared.weights, at)
    nodes = list(node_findings(at))
    computing = [found for found in nodes if found.impact == Impact.FUNCTION]
    if facts.function in ("changed", "not comparable"):
        yield from _merged(computing)
    if facts.function == "changed" and not computing and compared.first:
        yield replace(node_finding(compared.first, at), rule="D308")
    yield from _merged(found for found in nodes if found.impact == Impact.TRAINING)
    if facts.impact == Impact.COSMETIC and edits:
        yield Finding("D501", edits)


def shape_findings(old: Network, new: Network, at: Origins) -> Iterator[Finding]:
    """Yield what enters and leaves in another shape."""
    for rule, name, before, after, said in (
        ("D101", "input", old.input, new.input, at.input_spans),
        ("D102", "output", old.output, new.output, at.output_spans),
    ):
        if before != after:
            spans = said()
            yield Finding(rule, 1, Sight(name, _text(before), spans[0]), Sight(name, _text(after), spans[1]))


def first_finding(compared: Compared, networks: tuple[Network, Network], at: Origins) -> Finding | None:
    """Return the first difference in the order of computation: of what enters, or of a layer."""
    entering = next((found for found in shape_findings(*networks, at) if found.rule == "D101"), None)
    return entering or (node_finding(compared.first, at) if compared.first else None)


def _weights(found: Forecast, at: Origins) -> Iterator[Finding]:
    before, after = (reading.weights.state_dict for reading in at.readings)
    pairs: tuple[tuple[str, list[tuple[str, str]]], ...] = (
        ("D201", list(found.renamed)),
        ("D202", [(each.name, each.name) for each in found.reshaped]),
        ("D203", [("", name) for name in found.added]),
        ("D204", [(name, "") for name in found.removed]),
    )
    for rule, names in pairs:
        if names:
            one, other = names[0]
            spans = at.tensor_spans(one, other)
            left = Sight(one, _text(before[one]), spans[0]) if one else None
            right = Sight(other, _text(after[other]), spans[1]) if other else None
            yield Finding(rule, len(names), left, right)


def _merged(found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield one finding a rule, which counts them all and shows the first."""
    firsts: dict[str, Finding] = {}
    for each in found:
        known = firsts.get(each.rule)
        firsts[each.rule] = replace(known, count=known.count + 1) if known else each
    yield from sorted(firsts.values(), key=lambda each: each.rule)


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "scalar"
