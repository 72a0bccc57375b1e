"""Where a difference of two graphs was written: the value of the spec that makes two nodes or tensors differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from archcompiler.compare.edits import is_said
from archcompiler.compare.function import Names
from archcompiler.compare.leaves import Leaf, leaves
from archcompiler.compare.normal import AROUND_BLOCKS, Location, Normal, PartKey
from archcompiler.compare.reading import Reading
from archcompiler.compare.steps import by_role
from archcompiler.graph.named import Named, names_in
from archcompiler.resolve import Spec
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Mapping, Node, plain

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
    "out_channels": ("channels",),
    "out_features": ("classes", "hidden"),
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
        """Return where two nodes are said to be different; else the keys of their stages.

        A node that only one side has, by what nobody wrote there, is told where the other side does without it.
        """
        places = tuple(node.place if node else None for node in (old, new))
        names: set[str] = set(_SAID_BY.get(attribute, ()))
        for node in (old, new):
            value = getattr(node.recorded.op, attribute) if node and attribute else None
            if isinstance(value, Named):
                names |= names_in(value.expression)
        return _by_an_author(self._spans(places[0], places[1], names), one_side=None in (old, new))

    def tensor_spans(self, old: str, new: str) -> Spans:
        """Return the same of two tensors, by their keys; where only these differ, `names` says it, if it differs."""
        if old and new and old != new and (named := self._names_spans()):
            return named
        one, other = (_node(reading, key) for reading, key in zip(self.readings, (old, new), strict=True))
        if one is None or other is None:
            spans = self._spans(one.place if one else None, other.place if other else None, set())
            return _by_an_author(spans, one_side=True)
        return self._spans(one.place, other.place, _names(one, other), arriving=True)

    def input_spans(self) -> Spans:
        """Return where the shape that enters is said to be different."""
        leaf = next(leaves(self.specs[0].section("input"), self.specs[1].section("input")), None)
        return (_span(leaf.old), _span(leaf.new)) if leaf else (None, None)

    def output_spans(self) -> Spans:
        """Return where the shape that leaves is said to be different."""
        head = Location(("head", "head"), 0, "", 0)
        return self._spans(head, head, {"classes"}, arriving=True)

    def _names_spans(self) -> Spans | None:
        """Return where the names of modules are said to be different; None where they are not."""
        one, other = (spec.document.entries.get("names") for spec in self.specs)
        if not any(leaves(self.specs[0].section("names"), self.specs[1].section("names"))):
            return None
        return one.key_span if one else None, other.key_span if other else None

    def _arriving(self, old: PartKey, new: PartKey) -> Spans | None:
        """Return where it is said that another shape arrives at a part, the nearest place in front of it."""
        keys = (old, new)
        shapes = [reading.arrivals.get(key) for reading, key in zip(self.readings, keys, strict=True)]
        if shapes[0] == shapes[1]:
            return None
        one, other = (_before(reading, key) for reading, key in zip(self.readings, keys, strict=True))
        if one is None or other is None:
            return self.input_spans()
        if self.was.parts.get(other) != one:
            return self._came_or_went(one, other)
        found = list(leaves(_section(self.specs[0], one), _section(self.specs[1], other)))
        named = [leaf for leaf in found if leaf.path[-1:] == ("channels",)]
        leaf = next(iter(named or found), None)
        said = (_span(leaf.old), _span(leaf.new)) if leaf else None
        return said if named else self._arriving(one, other) or said

    def _came_or_went(self, old: PartKey, new: PartKey) -> Spans:
        """Return the keys of two stages of which one at least has no partner, or which were reordered."""
        spans = _key_span(self.specs[0], old), _key_span(self.specs[1], new)
        goes_on = old in self.was.parts.values(), new in self.was.parts
        if all(goes_on):
            return spans
        return None if goes_on[0] else spans[0], None if goes_on[1] else spans[1]

    def _spans(self, old: Location | None, new: Location | None, names: set[str], *, arriving: bool = False) -> Spans:
        """Return where two places are said to be different: by a field of `names`, by what arrives, or by any field.

        With `arriving` what arrives counts for more than a field that is none of `names`.
        """
        if old is None and new is not None:
            old = self.was.place(new)
        elif new is None and old is not None:
            part = next((part for part, was in self.was.parts.items() if was == old.part), None)
            new = replace(old, part=part) if part else None
        fields = (_fields(self.specs[0], old), _fields(self.specs[1], new))
        if old and new and (fields[0] is None) != (fields[1] is None) and old.block != AROUND_BLOCKS:
            return _count_span(self.specs[0], old), _count_span(self.specs[1], new)
        found = list(leaves(*fields)) if None not in fields else []
        named = [leaf for leaf in found if leaf.path and leaf.path[0] in names]
        leaf = _said(named or found, found) or self._in_a_block(fields, {place.role for place in (old, new) if place})
        arrives = self._arriving(old.part, new.part) if old and new and not named and (arriving or not found) else None
        if arrives or leaf is None:
            keys = (old.part if old else None, new.part if new else None)
            spans = _key_span(self.specs[0], keys[0]), _key_span(self.specs[1], keys[1])
            return arrives or (self._names_spans() if old and new else None) or spans
        return _span(leaf.old), _span(leaf.new)

    def _in_a_block(self, fields: tuple[Mapping | None, Mapping | None], roles: set[str]) -> Leaf | None:
        """Return what is said differently in a block of the specs' own that both places run, of these roles first."""
        kinds = {plain(kind) for each in fields if each and (kind := each.get("block"))}
        found = [leaf for leaf in self._blocks if leaf.path[0] in kinds] or (self._blocks if kinds else [])
        return next((leaf for leaf in found if roles.intersection(leaf.path)), next(iter(found), None))

    @cached_property
    def _blocks(self) -> list[Leaf]:
        old, new = (by_role(spec.document).get("blocks") for spec in self.specs)
        return list(leaves(old, new))


def _by_an_author(spans: Spans, *, one_side: bool) -> Spans:
    """Return places with the schema's, of a node that one side alone has, replaced by that of the other side."""
    old, new = spans
    if not one_side:
        return spans
    return (new if old == SCHEMA_ORIGIN else old), (old if new == SCHEMA_ORIGIN else new)


def _node(reading: Reading, key: str) -> Normal | None:
    """Return the layer of a tensor; the key of one that a block owns itself is its path."""
    paths = {key, key.rpartition(".")[0]} - {""}
    return next((node for node in reading.normal.nodes if node.path in paths), None)


def _names(old: Normal, new: Normal) -> set[str]:
    """Return the fields that the sizes in which two layers differ are computed from."""
    found: set[str] = set()
    for name, number in new.attributes.items():
        if old.attributes.get(name) != number:
            value = getattr(new.recorded.op, name)
            found |= {name, *_SAID_BY.get(name, ()), *(names_in(value.expression) if isinstance(value, Named) else ())}
    return found


def _said(found: list[Leaf], every: list[Leaf]) -> Leaf | None:
    """Return the first leaf that somebody wrote; where nobody did, the kind of block says it, if it differs."""
    said = (leaf for leaf in found if is_said(leaf.old) or is_said(leaf.new))
    block = (leaf for leaf in every if leaf.path == ("block",))
    return next(said, None) or next(block, None) or next(iter(found), None)


def _before(reading: Reading, key: PartKey) -> PartKey | None:
    """Return the part in front of a part; None for the first."""
    keys = list(reading.rows)
    return keys[keys.index(key) - 1] if key in keys and keys.index(key) else None


def _section(spec: Spec, key: PartKey) -> Node | None:
    """Return what a spec says of a part."""
    return spec.section("stages").get(key[1]) if key[0] == "stage" else spec.section(key[0])


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


def _key_span(spec: Spec, key: PartKey | None) -> Span | None:
    if key is None:
        return None
    kind, name = key
    if kind != "stage":
        return spec.document.entries[kind].key_span
    return next((stage.key_span for stage in spec.stages if stage.name == name), None)


def _span(node: Node | None) -> Span | None:
    return node.span if node else None
