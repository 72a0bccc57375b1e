"""What is read from one graph, each thing once and only if it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from archcompiler.analyses.cost import Cost, Row, by_part
from archcompiler.analyses.receptive_field import receptive_field
from archcompiler.compare.normal import NormalGraph, PartKey, normal
from archcompiler.compare.weights import Weights, weights
from archcompiler.graph.ir import Graph
from archcompiler.graph.ops import Shape


@dataclass(frozen=True, eq=False)
class Reading:
    """A graph and its readings."""

    graph: Graph

    @cached_property
    def rows(self) -> dict[PartKey, Row]:
        """The cost of each part."""
        return {(part.kind, part.name): row for part, row in zip(self.graph.parts, by_part(self.graph), strict=True)}

    @cached_property
    def cost(self) -> Cost:
        """The cost of the whole network."""
        return sum((row.cost for row in self.rows.values()), Cost())

    @cached_property
    def receptive_field(self) -> int:
        """The side of the receptive field before the head."""
        return receptive_field(self.graph)

    @cached_property
    def arrivals(self) -> dict[PartKey, Shape]:
        """The shape that arrives at each part."""
        before = [self.normal.input, *(row.output for row in self.rows.values())]
        return dict(zip(self.rows, before, strict=False))

    @cached_property
    def normal(self) -> NormalGraph:
        """The nodes as they compute."""
        return normal(self.graph)

    @cached_property
    def trained(self) -> NormalGraph:
        """The nodes as they compute in training."""
        return normal(self.graph, training=True)

    @cached_property
    def signatures(self) -> dict[PartKey, list[object]]:
        """What the layers of each part are, without their names."""
        found: dict[PartKey, list[object]] = {key: [] for key in self.rows}
        for node in self.trained.nodes:
            place = node.place
            found[place.part].append((place.block, place.role, node.kind, node.attributes, node.shape))
        return found

    @cached_property
    def weights(self) -> Weights:
        """The layers that have weights, and the state dict."""
        return weights(self.graph)
