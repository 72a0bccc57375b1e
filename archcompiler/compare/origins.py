"""Where a difference of two graphs was written: the value of the spec that makes two nodes or tensors differ."""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass

from archcompiler.compare.function import NodePair
from archcompiler.compare.leaves import Leaf, leaves
from archcompiler.compare.normal import Normal, PartKey, Place
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


@dataclass(frozen=True, slots=True, eq=False)
class Origins:
    """The two specs, which old part each new one was, and where the nodes of their tensors stand."""

    old: Spec
    new: Spec
    parts: Map[PartKey, PartKey]
    layers: tuple[Map[str, Place], Map[str, Place]]
    first: NodePair | None
    differs: int

    def old_place(self, place: Place) -> Place | None:
        """Return where a node of the new graph stood in the old one."""
        part = self.parts.get(place.part)
        return Place(part, place.call, place.role, place.count) if part else None

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
        """Return the same of two tensors, by their keys."""
        one = self.layers[0].get(old.rpartition(".")[0])
        other = self.layers[1].get(new.rpartition(".")[0])
        return self._spans(one, other, set())

    def _spans(self, old: Place | None, new: Place | None, names: set[str]) -> Spans:
        if old is None and new is not None:
            old = self.old_place(new)
        elif new is None and old is not None:
            back = {old_part: new_part for new_part, old_part in self.parts.items()}
            new = Place(back[old.part], old.call, old.role, old.count) if old.part in back else None
        fields = (_fields(self.old, old), _fields(self.new, new))
        leaf = _best(list(leaves(*fields)), names) if None not in fields else None
        if leaf is None:
            return _key_span(self.old, old), _key_span(self.new, new)
        return _span(leaf.old), _span(leaf.new)


def _best(found: list[Leaf], names: set[str]) -> Leaf | None:
    """Return the leaf that a difference comes from: of a field that its attribute is computed from, if one differs."""
    named = [leaf for leaf in found if leaf.path and leaf.path[0] in names]
    return next(iter(named or found), None)


def _fields(spec: Spec, place: Place | None) -> Mapping | None:
    """Return the fields that a node was recorded from."""
    if place is None:
        return None
    kind, name = place.part
    if kind != "stage":
        return spec.section(kind)
    stage = next(stage for stage in spec.stages if stage.name == name)
    at_start = stage.transition is not None and _says_start(stage.transition)
    index = place.call - at_start
    return stage.blocks[index] if 0 <= index < len(stage.blocks) else stage.transition


def _says_start(transition: Mapping) -> bool:
    at = transition.get("at")
    return getattr(at, "value", None) == "start"


def _key_span(spec: Spec, place: Place | None) -> Span | None:
    if place is None:
        return None
    kind, name = place.part
    if kind != "stage":
        return spec.document.entries[kind].key_span
    return next((stage.key_span for stage in spec.stages if stage.name == name), None)


def _span(node: Node | None) -> Span | None:
    return node.span if node else None
