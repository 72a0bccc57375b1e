"""Everything that `cost` tells of one network, in one object."""

from __future__ import annotations

from dataclasses import dataclass

from archcompiler.analyses.cost import Cost, Row, by_part
from archcompiler.analyses.memory import Memory, memory
from archcompiler.analyses.receptive_field import receptive_field
from archcompiler.graph.ir import Graph
from archcompiler.graph.ops import Shape


@dataclass(frozen=True, slots=True)
class CostReport:
    """The cost of a network at a batch: in total and by part (stem, stages, head). Shapes leave out the batch."""

    name: str
    batch: int
    input: Shape
    output: Shape
    total: Cost
    memory: Memory
    receptive_field: int
    parts: tuple[Row, ...]

    @property
    def params(self) -> int:
        """Learnable parameters."""
        return self.total.params

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and linear layers."""
        return self.total.macs


def cost_report(graph: Graph, batch: int = 1) -> CostReport:
    """Return the report of a graph."""
    parts = tuple(by_part(graph, batch))
    total = sum((row.cost for row in parts), Cost())
    return CostReport(
        name=graph.name,
        batch=batch,
        input=graph.input,
        output=parts[-1].output,
        total=total,
        memory=memory(graph, total.params, batch),
        receptive_field=receptive_field(graph),
        parts=parts,
    )
