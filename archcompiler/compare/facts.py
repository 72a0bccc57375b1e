"""The three facts of two graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archcompiler.compare.function import Names, NodePair, compare_functions
from archcompiler.compare.model import Facts, Forecast, FunctionFact
from archcompiler.compare.normal import PartKey
from archcompiler.compare.reading import Reading
from archcompiler.compare.weights import forecast, weights_fact


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """The facts, the forecast behind the first of them, the first nodes that differ, and what parts were called."""

    facts: Facts
    weights: Forecast
    first: NodePair | None
    was: Names


def compare(old: Reading, new: Reading, parts: Mapping[PartKey, PartKey]) -> Compared:
    """Compare two graphs; `parts` gives the new key of each old part that goes on."""
    weights = forecast(old.weights, new.weights, parts)
    renamed = {other.rpartition(".")[0]: one.rpartition(".")[0] for one, other in weights.renamed}
    renamed |= {other: one for one, other in weights.renamed}  # the paths of tensors that a block owns itself
    was = Names({other: one for one, other in parts.items()}, renamed)
    function = compare_functions(old, new, was)
    shapes = (old.normal.input, old.graph.output) == (new.normal.input, new.graph.output)
    weights_are = weights_fact(weights)
    comparable = weights_are != "changed" and old.normal.input == new.normal.input
    computes: FunctionFact = function.function if comparable else "not comparable"
    return Compared(Facts(weights_are, computes, "same" if shapes else "changed"), weights, function.first, was)
