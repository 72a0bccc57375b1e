"""From facts to findings: which rules apply, how often, and where first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from archcompiler.compare.function import NodePair
from archcompiler.compare.model import Facts, Finding, Forecast, Network, Sight
from archcompiler.compare.normal import Normal, NormalGraph
from archcompiler.compare.origins import Origins
from archcompiler.compare.reading import Reading
from archcompiler.graph.ops import Shape
from archcompiler.span import Span

_NORMS = {"BatchNorm", "GroupNorm", "LayerNorm"}
_POOLS = {"Pool", "GridPool", "Subsample"}
_RULES = {
    ("Conv", "stride"): "D301",
    ("Conv", "dilation"): "D302",
    ("Conv", "padding"): "D303",
    **{(kind, name): "D304" for kind in _POOLS for name in ("kind", "kernel", "stride", "padding", "size")},
    **{("Activation", name): "D305" for name in ("kind", "slope")},
    **{(kind, name): "D306" for kind in _NORMS for name in ("eps", "groups")},
    **{("PadChannels", name): "D307" for name in ("before", "after")},
    ("Dropout", "p"): "D401",
    **{(kind, "zero_scale"): "D402" for kind in _NORMS},
    ("BatchNorm", "momentum"): "D403",
}
"""Which rule an attribute of an op falls under; sizes that only weights have are found as weights."""


def findings(
    facts: Facts, networks: tuple[Network, Network], readings: tuple[Reading, Reading], weights: Forecast, at: Origins
) -> Iterator[Finding]:
    """Yield what holds of two networks: what enters and leaves, the weights, the function, the training."""
    yield from _shapes(*networks)
    yield from _weights(weights, *readings, at)
    nodes = list(_nodes(readings[0].trained, readings[1].trained, at))
    computing = [found for found in nodes if found.rule < "D400"]
    if facts.function in ("changed", "not comparable"):
        yield from _merged(computing)
    if facts.function == "changed" and not computing and at.first:
        yield replace(node_finding(at.first, at), rule="D308")
    yield from _merged(found for found in nodes if found.rule > "D400")
    if facts.impact == 0 and at.differs:
        yield Finding("D501", at.differs)


def node_finding(pair: NodePair, at: Origins) -> Finding:
    """Return how two nodes differ, as the finding that says it best."""
    old, new = pair
    if old and new and old.kind == new.kind and old.place == at.old_place(new.place):
        found = next(_differences(old, new, at), None) or next(_sizes(old, new, at), None)
        if found:
            return found
    spans = at.spans(old, new)
    return Finding("D309" if None in pair else "D308", 1, _sight(old, spans[0]), _sight(new, spans[1]))


def _shapes(old: Network, new: Network) -> Iterator[Finding]:
    for rule, name, before, after in (
        ("D101", "input", old.input, new.input),
        ("D102", "output", old.output, new.output),
    ):
        if before != after:
            yield Finding(rule, 1, Sight(name, _text(before)), Sight(name, _text(after)))


def _weights(found: Forecast, old: Reading, new: Reading, at: Origins) -> Iterator[Finding]:
    before, after = old.state_dict, new.state_dict
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


def _nodes(old: NormalGraph, new: NormalGraph, at: Origins) -> Iterator[Finding]:
    """Yield the differences of every pair of nodes that stand in the same place, and the nodes without a partner."""
    before = {node.place: node for node in old.nodes}
    bodies = {(place.part, place.call) for place in before}
    partners = set()
    for node in new.nodes:
        place = at.old_place(node.place)
        partner = before.get(place) if place else None
        if partner:
            partners.add(partner.place)
            yield from _differences(partner, node, at)
        elif place and (place.part, place.call) in bodies and not node.recorded.op.parameters():
            yield _alone(None, node, at)
    continued = {(place.part, place.call) for place in partners}
    for node in old.nodes:
        in_body = (node.place.part, node.place.call) in continued
        if node.place not in partners and in_body and not node.recorded.op.parameters():
            yield _alone(node, None, at)


def _differences(old: Normal, new: Normal, at: Origins) -> Iterator[Finding]:
    """Yield in what two nodes of one place differ, weights apart."""
    if old.kind != new.kind:
        kinds = {old.kind, new.kind}
        rule = "D306" if kinds <= _NORMS else "D304" if kinds <= _POOLS else "D309"
        spans = at.spans(old, new)
        yield Finding(rule, 1, _sight(old, spans[0]), _sight(new, spans[1]))
        return
    differing = [name for name in new.attributes if old.attributes[name] != new.attributes[name]]
    if "dilation" in differing and "padding" in differing:
        differing.remove("padding")  # `padding: same` follows the dilation
    for name in differing:
        rule = _RULES.get((new.kind, name), "")
        if rule:
            spans = at.spans(old, new, name)
            yield Finding(rule, 1, _attribute_sight(old, name, spans[0]), _attribute_sight(new, name, spans[1]))


def _sizes(old: Normal, new: Normal, at: Origins) -> Iterator[Finding]:
    """Yield the sizes in which two layers with weights differ."""
    for name, value in new.attributes.items():
        if old.attributes[name] != value:
            spans = at.spans(old, new, name)
            yield Finding("D202", 1, _attribute_sight(old, name, spans[0]), _attribute_sight(new, name, spans[1]))


def _alone(old: Normal | None, new: Normal | None, at: Origins) -> Finding:
    node = new or old
    spans = at.spans(old, new)
    rule = "D401" if node and node.kind == "Dropout" else "D309"
    return Finding(rule, 1, _sight(old, spans[0]), _sight(new, spans[1]))


def _merged(found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield one finding a rule, which counts them all and shows the first."""
    firsts: dict[str, Finding] = {}
    for each in found:
        known = firsts.get(each.rule)
        firsts[each.rule] = replace(known, count=known.count + 1) if known else each
    yield from sorted(firsts.values(), key=lambda each: each.rule)


def _attribute_sight(node: Normal, name: str, span: Span | None) -> Sight:
    value = getattr(node.recorded.op, name)
    shown = int(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return Sight(node_name(node), f"{name} {shown}", span)


def _sight(node: Normal | None, span: Span | None) -> Sight | None:
    return Sight(node_name(node), node_text(node), span) if node else None


def node_name(node: Normal) -> str:
    """Return what a node is called: its module path, or its kind in the part where it stands."""
    return node.path or f"{node.place.part[1]}.{node.place.call}.{node.kind.lower()}"


def node_text(node: Normal) -> str:
    """Return what a node is, in a few words."""
    said = (f"{name} {value}" for name, value in node.attributes.items() if value not in (None, False))
    return f"{node.kind} ({', '.join(said)})" if node.attributes else node.kind


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "scalar"
