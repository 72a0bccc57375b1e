"""Parameters, multiply-adds and activations of a graph, by part, block or layer.

The counting policies, which papers and tools mix up:

* `macs`: multiply-adds of convolutions and linear layers, without biases: what the papers print as FLOPs. The fixed
  convolution of a blur pool is one; torchinfo, which goes by parameters, sees none.
* `torchinfo_mult_adds`: torchinfo's own total: for convolutions every parameter (biases too) times the output's
  positions; for any other layer every parameter once, norms included. It goes by names: parameters are those called
  `weight` or `bias`, and convolutions the classes with `Conv` in theirs (torchinfo/layer_info.py, calculate_macs).
* `activations`: output elements of convolutions and linear layers (RegNet, arXiv:2003.13678, section 3.1).

What each op counts under them stands in its declaration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import prod

from archcompiler.graph.ir import Body, Graph, Node
from archcompiler.graph.ops import Op, Shape


@dataclass(frozen=True, slots=True)
class Cost:
    """Exact counts, at the batch they were asked for (parameters do not depend on it)."""

    params: int = 0
    macs: int = 0
    torchinfo_mult_adds: int = 0
    activations: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.params + other.params,
            self.macs + other.macs,
            self.torchinfo_mult_adds + other.torchinfo_mult_adds,
            self.activations + other.activations,
        )

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.params - other.params,
            self.macs - other.macs,
            self.torchinfo_mult_adds - other.torchinfo_mult_adds,
            self.activations - other.activations,
        )

    def at_batch(self, batch: int) -> Cost:
        """Return the cost of a batch."""
        return Cost(self.params, self.macs * batch, self.torchinfo_mult_adds * batch, self.activations * batch)


@dataclass(frozen=True, slots=True)
class Row:
    """The cost of one part, block or layer, with its kind and the shape that leaves it.

    `words` say what it is; empty where only the graph is known.
    """

    name: str
    kind: str
    output: Shape
    cost: Cost
    words: str = ""


def total(graph: Graph, batch: int = 1) -> Cost:
    """Return the cost of the whole network."""
    return sum((row.cost for row in by_part(graph, batch)), Cost())


def by_part(graph: Graph, batch: int = 1) -> Iterator[Row]:
    """Yield stem, stages and head; equal blocks are counted once."""
    shape = graph.input
    for part in graph.parts:
        cost = Cost()
        for call in part.calls:
            cost += body_cost(call.body)
            shape = call.body.output
        yield Row(part.name, part.kind, _ints(shape), cost.at_batch(batch))


def by_block(graph: Graph, batch: int = 1) -> Iterator[Row]:
    """Yield the stem, each block (and transition), and the head; blocks that share a path go by stage and number."""
    uses = Counter(call.path for call in graph.calls)
    for part in graph.parts:
        for index, call in enumerate(part.calls):
            path = call.path if uses[call.path] == 1 else f"{part.name}.{index}"
            name = part.name if part.kind != "stage" else path
            cost = body_cost(call.body).at_batch(batch)
            yield Row(name, call.body.class_name or part.kind, _ints(call.body.output), cost)


def by_layer(graph: Graph, batch: int = 1) -> Iterator[Row]:
    """Yield every op that is a module, under its module path."""
    for call in graph.calls:
        for node, path in call.layers:
            if path:
                cost = node_cost(node).at_batch(batch)
                yield Row(path, node.op.name, _ints(node.shape), cost)


@lru_cache(maxsize=2_000)
def body_cost(body: Body) -> Cost:
    """Return the cost of one body at batch 1."""
    return sum((node_cost(node) for node in body.nodes), Cost())


def node_cost(node: Node) -> Cost:
    """Return the cost of one op at batch 1."""
    op, output = node.op, _ints(node.shape)
    sizes = _sizes(op)
    activations = prod(output) if op.counts_into_activations else 0
    return Cost(sum(sizes.values()), int(op.multiply_adds(output)), _by_torchinfo(op, sizes, output), activations)


def torchinfo_mult_adds(op: Op, output: Shape) -> int:
    """Return what torchinfo counts of an op at batch 1."""
    return _by_torchinfo(op, _sizes(op), output)


def _by_torchinfo(op: Op, sizes: dict[str, int], output: Shape) -> int:
    counted = sizes.get("weight", 0) + sizes.get("bias", 0)
    return counted * prod(_ints(output[1:])) if op.torchinfo == "positions" else counted


def _sizes(op: Op) -> dict[str, int]:
    """Return how many numbers each parameter of an op has."""
    return {name: prod(_ints(shape)) for name, shape in op.parameters().items()}


def _ints(shape: Shape) -> Shape:
    return tuple(map(int, shape))
