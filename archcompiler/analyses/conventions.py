"""What other people count beside multiply-adds and parameters: a table a thing, of (op, shapes in, shape out)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod

from archcompiler.graph import ops
from archcompiler.graph.ir import Body, Node
from archcompiler.graph.ops import Op, Shape

Count = Callable[[Op, Sequence[Shape], Shape], int]
"""What one op counts, of one image."""


def nodes_with_inputs(body: Body) -> Iterator[tuple[Node, list[Shape]]]:
    """Yield each node of a body with the shapes that enter it."""
    shapes = [body.input, *(node.shape for node in body.nodes)]
    return ((node, [shapes[value] for value in node.inputs]) for node in body.nodes)


def elements(shape: Shape) -> int:
    """Return how many numbers a value of a shape holds."""
    return prod(int(side) for side in shape)


def _biases(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return elements(output) if isinstance(op, (ops.Conv, ops.Linear)) and op.bias else 0


def _norms(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return elements(output) if isinstance(op, (ops.BatchNorm, ops.GroupNorm, ops.LayerNorm)) else 0


def _activations(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return elements(output) if isinstance(op, ops.Activation) else 0


def _sums(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return elements(output) if isinstance(op, ops.Add) else 0


def _pools(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    """Every number that a window reads, once a window."""
    if isinstance(op, ops.Pool):
        return elements(output) * int(op.kernel) ** 2
    return elements(inputs[0]) if isinstance(op, ops.GridPool) else 0


def _sums_and_pools(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return _sums(op, inputs, output) + _pools(op, inputs, output)


def _running_statistics(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return 2 * int(op.channels) if isinstance(op, ops.BatchNorm) else 0


def _buffers(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    """PyTorch's state dict also counts the batches that each norm has seen."""
    return _running_statistics(op, inputs, output) + isinstance(op, ops.BatchNorm)


COUNTED_IN: dict[str, dict[str, Count]] = {
    "params": {
        "running statistics counted in": _running_statistics,
        "running statistics and their counters counted in": _buffers,
    },
    "macs": {
        "biases counted in": _biases,
        "norms counted in": _norms,
        "activations counted in": _activations,
        "sums counted in": _sums,
        "pools counted in": _pools,
        "sums and pools counted in": _sums_and_pools,
    },
}
"""What some sources count beside a quantity, one operation for each number unless said otherwise."""
