"""Where a difference of two graphs was written: the value of the spec that makes two nodes or tensors differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from archcompiler.compare.function import Names
from archcompiler.compare.leaves import Leaf, leaves
from archcompiler.compare.normal import AROUND_BLOCKS, Location, Normal
from archcompiler.compare.reading import Reading
from archcompiler.graph.named import Named, names_in
from archcompiler.resolve import Spec
from archcompiler.span import Span
from archcompiler.tree import Mapping, Node

Spans = tuple[Span | None, Span | None]
_SAID_BY = {
    "stride": ("stride_on", "stride"),
    "kind": ("activation", "pool"),
    "slope": ("activation",),
    "eps": ("norm",),
    "groups": ("norm",),
    "momentum": ("norm",),
    "before": ("shortcut",),
    "after": ("shortcut",),
    "zero_scale": ("zero_init",),
    "p": ("dropout",),
}
"""Which fields say an attribute that does not carry the name of its field."""


@dataclass(frozen=True, eq=False)
class Origins:
    """Both specs, what is read from their graphs, and what the parts of the new one were called in the old one."""

    specs: tuple[Spec, Spec]
    readings: tuple[Reading, Reading]
    was: Names

    @cached_property
    def places(self) -> frozenset[Location | None]:
        """Where the nodes of the new graph stood, in the old one's terms."""
        return frozenset(self.was.place(node.place) for node in self.readings[1].trained.nodes)

    def spans(self, old: Normal | None, new: Normal | None, attribute: str = "") -> Spans:
        """Return where two nodes are said to be different; else the keys of their stages."""
        places = tuple(node.place if node else None for node in (old, new))
        names: set[str] = set(_SAID_BY.get(attribute, ()))
        for node in (old, new):
            value = getattr(node.recorded.op, attribute) if node and attribute else None
            if isinstance(value, Named):
                names |= names_in(value.expression)
        return self._spans(places[0], places[1], names)

    def tensor_spans(self, old: str, new: str) -> Spans:
        """Return the same of two tensors, by their keys; where only these differ, `names` says it, if it differs."""
        one, other = (spec.document.entries.get("names") for spec in self.specs)
        if old and new and old != new and any(leaves(self.specs[0].section("names"), self.specs[1].section("names"))):
            return one.key_span if one else None, other.key_span if other else None
        places = [_place(reading, key) for reading, key in zip(self.readings, (old, new), strict=True)]
        return self._spans(places[0], places[1], set())

    def _spans(self, old: Location | None, new: Location | None, names: set[str]) -> Spans:
        if old is None and new is not None:
            old = self.was.place(new)
        elif new is None and old is not None:
            part = next((part for part, was in self.was.parts.items() if was == old.part), None)
            new = replace(old, part=part) if part else None
        fields = (_fields(self.specs[0], old), _fields(self.specs[1], new))
        if old and new and (fields[0] is None) != (fields[1] is None) and old.block != AROUND_BLOCKS:
            return _count_span(self.specs[0], old), _count_span(self.specs[1], new)
        leaf = _best(list(leaves(*fields)), names) if None not in fields else None
        if leaf is None:
            return _key_span(self.specs[0], old), _key_span(self.specs[1], new)
        return _span(leaf.old), _span(leaf.new)


def _place(reading: Reading, key: str) -> Location | None:
    """Return where the layer of a tensor stands; the key of one that a block owns itself is its path."""
    paths = {key, key.rpartition(".")[0]} - {""}
    return next((node.place for node in reading.normal.nodes if node.path in paths), None)


def _best(found: list[Leaf], names: set[str]) -> Leaf | None:
    """Return the leaf that a difference comes from: of a field that its attribute is computed from, if one differs."""
    named = [leaf for leaf in found if leaf.path and leaf.path[0] in names]
    return next(iter(named or found), None)


def _fields(spec: Spec, place: Location | None) -> Mapping | None:
    """Return the fields that a node was recorded from."""
    if place is None:
        return None
    kind, name = place.part
    if kind != "stage":
        return spec.section(kind)
    stage = next(stage for stage in spec.stages if stage.name == name)
    if place.block == AROUND_BLOCKS:
        return stage.transition
    return stage.blocks[place.block] if place.block < len(stage.blocks) else None


def _count_span(spec: Spec, place: Location) -> Span | None:
    """Return where a stage says how many blocks it has."""
    stage = spec.section("stages").get(place.part[1])
    return _span(stage.get("blocks")) if isinstance(stage, Mapping) else None


def _key_span(spec: Spec, place: Location | None) -> Span | None:
    if place is None:
        return None
    kind, name = place.part
    if kind != "stage":
        return spec.document.entries[kind].key_span
    return next((stage.key_span for stage in spec.stages if stage.name == name), None)


def _span(node: Node | None) -> Span | None:
    return node.span if node else None
