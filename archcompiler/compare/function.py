"""Whether two networks compute the same, and the first node at which they do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from archcompiler.compare.normal import Location, Normal, NormalGraph, PartKey
from archcompiler.compare.reading import Reading

NodePair = tuple[Normal | None, Normal | None]
Sameness = Literal["same", "training only", "changed"]


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """What the parts and layers of a new network were called in the old one: parts by key, renamed layers by path."""

    parts: Mapping[PartKey, PartKey]
    paths: Mapping[str, str]

    def place(self, place: Location) -> Location | None:
        """Return where a node stood; None where its part is new."""
        part = self.parts.get(place.part)
        return replace(place, part=part) if part else None


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Whether two graphs compute the same on the same weights, and if not, the first nodes that differ."""

    function: Sameness
    first: NodePair | None


def compare_functions(old: Reading, new: Reading, was: Names) -> Comparison:
    """Compare what two graphs compute."""
    first = first_difference(old.normal, new.normal, was)
    if first:
        return Comparison("changed", first)
    first = first_difference(old.trained, new.trained, was)
    return Comparison("training only" if first else "same", first)


def first_difference(old: NormalGraph, new: NormalGraph, was: Names) -> NodePair | None:
    """Return the first nodes, in the order of computation, that do not compute the same; None where all do.

    One side is None where a node without a partner comes first.
    """
    known: dict[object, int] = {}
    old_ids, new_ids = _ids(old, known, {}), _ids(new, known, was.paths)
    if old_ids[old.output] == new_ids[new.output]:
        return None
    before, after = set(old_ids), set(new_ids)
    lost = [node for node, i in zip(old.nodes, old_ids[1:], strict=True) if i not in after]
    come = [node for node, i in zip(new.nodes, new_ids[1:], strict=True) if i not in before]
    there, here = next(iter(lost), None), next(iter(come), None)
    if here is None or (there and there.place not in {was.place(node.place) for node in new.nodes}):
        return there, None
    return next((node for node in old.nodes if node.place == was.place(here.place)), None), here


def _ids(graph: NormalGraph, known: dict[object, int], renamed: Mapping[str, str]) -> list[int]:
    """Return a number for each value: the same one for whatever computes the same from the same weights."""
    ids = [known.setdefault(("input", graph.input), len(known))]
    for node in graph.nodes:
        weights = renamed.get(node.path, node.path) if node.recorded.op.parameters() else ""
        inputs = [ids[value] for value in node.inputs]
        key = (node.kind, *node.attributes.values(), weights, *(sorted(inputs) if node.op.commutes else inputs))
        ids.append(known.setdefault(key, len(known)))
    return ids
