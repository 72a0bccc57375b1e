"""What other people count beside multiply-adds and parameters: a table a thing, of (op, shapes in, shape out)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod

from archcompiler.graph.ir import Body, Node
from archcompiler.graph.ops import Joins, Norm, Op, Pooling, Shape

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
    has_bias = op.counts_into_activations and any(tensor.name == "bias" for tensor in op.tensors())
    return elements(output) if has_bias else 0


def _norms(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return elements(output) if isinstance(op, Norm) else 0


def _activations(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return elements(output) if op.is_activation else 0


def _sums(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return elements(output) if op.joins is Joins.ALIKE and op.commutes else 0


def _pools(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    """Every number that a window reads, once a window; a pool to a grid reads each number once."""
    if not isinstance(op, Pooling) or op.multiply_adds(output):
        return 0
    window = op.window()
    if window.sides != (1, 1):
        return elements(output) * elements(window.sides)
    return elements(inputs[0]) if window.strides == (1, 1) else 0


def _sums_and_pools(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return _sums(op, inputs, output) + _pools(op, inputs, output)


def _running_statistics(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return sum(elements(tensor.shape) for tensor in op.tensors() if tensor.shape and not tensor.is_learned)


def _buffers(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    """PyTorch's state dict also counts the batches that each norm has seen."""
    return sum(elements(tensor.shape) for tensor in op.tensors() if not tensor.is_learned)


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
