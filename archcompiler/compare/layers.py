"""In what two layers of one place differ, weights apart, and the layers without weights that have no partner."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from archcompiler.compare.function import NodePair
from archcompiler.compare.model import Finding, Sight
from archcompiler.compare.normal import Attributes, Location, Normal, attributes_of
from archcompiler.compare.origins import Origins
from archcompiler.graph.ops import Op
from archcompiler.span import Span


def node_findings(at: Origins) -> Iterator[Finding]:
    """Yield the differences of every two nodes of one place, and the nodes without a partner in blocks that go on."""
    old, new = (reading.trained for reading in at.readings)
    before = {node.place: node for node in old.nodes}
    bodies = {(place.part, place.block) for place in before}
    partners = set()
    for node in new.nodes:
        place = at.was.place(node.place)
        partner = before.get(place) if place else None
        if partner:
            partners.add(partner.place)
            yield from _differences(partner, node, at)
            yield from _rewired(partner, node, before.keys(), at)
        elif place and (place.part, place.block) in bodies and _is_news(node, old.idle.get(place)):
            yield _alone(None, node, at)
    idle = {at.was.place(place): op for place, op in new.idle.items()}
    continued = {(place.part, place.block) for place in partners}
    for node in old.nodes:
        goes_on = (node.place.part, node.place.block) in continued
        if node.place not in partners and goes_on and _is_news(node, idle.get(node.place)):
            yield _alone(node, None, at)


def _is_news(node: Normal, idle: Op | None) -> bool:
    """Tell whether a layer without a partner says something: weights speak for themselves, and so do maps.

    The same op may do nothing on the other side, as a global pool does on a map of one position.
    """
    return not node.recorded.op.parameters() and idle != node.recorded.op


def node_finding(pair: NodePair, at: Origins) -> Finding:
    """Return how two nodes differ, as the finding that says it best."""
    old, new = pair
    if old is None or new is None:
        return _alone(old, new, at)
    if old.place == at.was.place(new.place):
        found = next(_differences(old, new, at), None) or next(_sizes(old, new, at), None)
        if found:
            return found
    spans = at.spans(old, new)
    return Finding("D308", 1, _source_sight(old, spans[0]), _source_sight(new, spans[1]))


def _differences(old: Normal, new: Normal, at: Origins) -> Iterator[Finding]:
    """Yield in what two nodes differ that have the same sources; sizes of weights are left to the weights."""
    if (old.kind, old.attributes) == (new.kind, new.attributes):
        return
    if type(old.recorded.op) is not type(new.recorded.op):
        kinds = {old.op.changed_kind, new.op.changed_kind}
        rule = kinds.pop() if len(kinds) == 1 else "D309"
        spans = at.spans(old, new)
        yield Finding(rule, 1, _sight(old, spans[0]), _sight(new, spans[1]))
        return
    differing = _differing(old, new)
    for attribute in new.recorded.op.attributes:
        if attribute.rule and attribute.name in differing:
            yield _attribute_finding(attribute.rule, old, new, attribute.name, at)


def _differing(old: Normal, new: Normal) -> list[str]:
    """Return the attributes of two nodes of one kind that differ, as recorded and in what they compute."""
    one, other = _recorded(old), _recorded(new)
    names = [name for name, value in other.items() if one[name] != value]
    if old.kind == new.kind:
        names = [name for name in names if old.attributes.get(name) != new.attributes.get(name)]
    explained = {each.name for each in new.recorded.op.attributes if not {*each.follows}.isdisjoint(names)}
    return [name for name in names if name not in explained]


def _rewired(old: Normal, new: Normal, known: Collection[Location], at: Origins) -> Iterator[Finding]:
    """Yield a finding where a node reads from other nodes of its block than it did, though those are still there."""
    one = _sources(old, [source.place if source else None for source in old.sources])
    other = _sources(new, [at.was.place(source.place) if source else None for source in new.sources])
    gone = [place for place in one if place and place not in at.places]
    come = [place for place in other if place and place not in known]
    if one != other and not gone and not come:
        spans = at.spans(old, new)
        yield Finding("D308", 1, _source_sight(old, spans[0]), _source_sight(new, spans[1]))


def _sources(node: Normal, places: list[Location | None]) -> list[Location | None]:
    """Return from where in its block a node reads, None for what arrives at the block; the order of a sum is none."""
    here = (node.place.part, node.place.block)
    inside = (source is not None and (source.place.part, source.place.block) == here for source in node.sources)
    found = [place if is_here else None for place, is_here in zip(places, inside, strict=True)]
    return sorted(found, key=str) if node.op.commutes else found


def _sizes(old: Normal, new: Normal, at: Origins) -> Iterator[Finding]:
    """Yield the sizes in which two layers with weights differ."""
    names = _differing(old, new) if type(old.recorded.op) is type(new.recorded.op) else []
    yield from (_attribute_finding("D202", old, new, name, at) for name in names)


def _alone(old: Normal | None, new: Normal | None, at: Origins) -> Finding:
    node = new or old
    spans = at.spans(old, new)
    if node and node.recorded.op.parameters():
        rule = "D203" if old is None else "D204"
    else:
        rule = "D401" if node and node.op.is_training else "D309"
    return Finding(rule, 1, _sight(old, spans[0]), _sight(new, spans[1]))


def _attribute_finding(rule: str, old: Normal, new: Normal, name: str, at: Origins) -> Finding:
    spans = at.spans(old, new, name)
    sights = (
        Sight(node_name(node), f"{name} {_recorded(node)[name]}", span)
        for node, span in zip((old, new), spans, strict=True)
    )
    return Finding(rule, 1, *sights)


def _sight(node: Normal | None, span: Span | None) -> Sight | None:
    if node is None:
        return None
    op = node.recorded.op
    values = zip(op.attributes, _recorded(node).values(), strict=True)
    said = [f"{each.name} {value}" for each, value in values if not each.goes_without_saying(value)]
    return Sight(node_name(node), f"{_word(op)} ({', '.join(said)})" if said else _word(op), span)


def _source_sight(node: Normal, span: Span | None) -> Sight:
    sources = ", ".join(node_name(source) if source else "the input" for source in node.sources)
    return Sight(node_name(node), f"behind {sources}", span)


def node_name(node: Normal) -> str:
    """Return what a node is called: its module path, or its kind in the block where it stands."""
    place = node.place
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", _word(node.recorded.op)).lower()
    return node.path or f"{place.part[1]}.{place.block}.{kind}"


def _word(op: Op) -> str:
    return op.word or op.name


def _recorded(node: Normal) -> Attributes:
    return attributes_of(node.recorded.op, training=True)
