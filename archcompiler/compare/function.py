"""Whether two networks compute the same, and the first node at which they do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from archcompiler.compare.normal import Normal, NormalGraph
from archcompiler.compare.reading import Reading

NodePair = tuple[Normal | None, Normal | None]
Sameness = Literal["same", "training only", "changed"]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Whether two graphs compute the same on the same weights, and if not, the first nodes that differ."""

    function: Sameness
    first: NodePair | None


def compare_functions(old: Reading, new: Reading, renamed: Mapping[str, str]) -> Comparison:
    """Compare what two graphs compute. `renamed` gives the old path of each layer of the new one that moved."""
    first = first_difference(old.normal, new.normal, renamed)
    if first:
        return Comparison("changed", first)
    first = first_difference(old.trained, new.trained, renamed)
    return Comparison("training only" if first else "same", first)


def first_difference(old: NormalGraph, new: NormalGraph, renamed: Mapping[str, str]) -> NodePair | None:
    """Return the first nodes, in the order of computation, that do not compute the same; None where all do."""
    known: dict[object, int] = {}
    old_ids, new_ids = _ids(old, known, {}), _ids(new, known, renamed)
    if old_ids[old.output] == new_ids[new.output]:
        return None
    before, after = set(old_ids), set(new_ids)
    here = next((node for node, i in zip(new.nodes, new_ids[1:], strict=True) if i not in before), None)
    lost = [node for node, i in zip(old.nodes, old_ids[1:], strict=True) if i not in after]
    there = next((node for node in lost if here and node.place == here.place), lost[0] if lost else None)
    return there, here


def _ids(graph: NormalGraph, known: dict[object, int], renamed: Mapping[str, str]) -> list[int]:
    """Return a number for each value: the same one for whatever computes the same from the same weights."""
    ids = [known.setdefault(("input", graph.input), len(known))]
    for node in graph.nodes:
        weights = renamed.get(node.path, node.path) if node.recorded.op.parameters() else ""
        inputs = [ids[value] for value in node.inputs]
        key = (node.kind, *node.attributes.values(), weights, *(sorted(inputs) if node.kind == "Add" else inputs))
        ids.append(known.setdefault(key, len(known)))
    return ids
