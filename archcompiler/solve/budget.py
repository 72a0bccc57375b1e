"""What a budget counts: which quantity, over which part of a network, of which layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Literal

from archcompiler.analyses.cost import node_cost
from archcompiler.graph.ir import Body, Graph, Node
from archcompiler.graph.ops import Convolution

Quantity = Literal["params", "macs", "activations"]
Over = Literal["block", "stage", "network"]
Count = Literal["conv", "all"]


@dataclass(frozen=True, slots=True)
class Budget:
    """`over` block means block `block` of the stage, or without a number its first block with an identity shortcut.

    `count` conv means the weights of convolutions alone (for params), all means norms, biases and linear layers too.
    """

    quantity: Quantity
    over: Over
    stage: str
    count: Count
    block: int | None = None

    def spent(self, graph: Graph) -> int | None:
        """Return what a graph spends of the budget; None where it has no such stage or block."""
        bodies = list(self._bodies(graph))
        return sum(self._of_node(node) for body in bodies for node in body.nodes) if bodies else None

    def _bodies(self, graph: Graph) -> Iterator[Body]:
        if self.over == "network":
            return (call.body for call in graph.calls)
        calls = [call for part in graph.parts if part.name == self.stage for call in part.calls]
        if self.over == "stage":
            return (call.body for call in calls)
        blocks = [call.body for call in calls if call.kind == "block"]
        if self.block is None:
            return iter([body for body in blocks if _is_identity(body)][:1])
        return iter(blocks[self.block : self.block + 1])

    def blocks(self, graph: Graph) -> int:
        """Return how many blocks the stage has; 0 where there is no such stage."""
        return sum(call.kind == "block" for part in graph.parts if part.name == self.stage for call in part.calls)

    def _of_node(self, node: Node) -> int:
        if self.count == "conv" and not isinstance(node.op, Convolution):
            return 0
        if self.count == "conv" and self.quantity == "params":
            return int(prod(node.op.parameters()["weight"]))
        return int(getattr(node_cost(node), self.quantity))


def _is_identity(body: Body) -> bool:
    """Tell whether the shortcut of a block has no layer and keeps the shape."""
    return body.input == body.output and not any(node.role.startswith("shortcut.") for node in body.nodes)
