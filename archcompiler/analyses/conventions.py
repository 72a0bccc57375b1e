"""What tools and other people count as operations: a table each, of (op, shapes in, shape out).

A tool counts nothing of an op that its table lacks. Each table is what the tool says of the module that is built, in
inference: fvcore 0.1.5 (fvcore/nn/jit_handles.py), thop 0.1.1 (thop/vision/basic_hooks.py), ptflops 0.7.5
(ptflops/pytorch_ops.py), torchinfo 1.8 (torchinfo/layer_info.py), PyTorch's own FlopCounterMode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import prod

from archcompiler.analyses.cost import MACS, Row
from archcompiler.graph import ops
from archcompiler.graph.ir import Body, Graph, Node
from archcompiler.graph.ops import Op, Shape

Count = Callable[[Op, Sequence[Shape], Shape], int]
"""What one op counts, of one image."""


MACS_CONVENTION = "macs"
"""Multiply-adds of convolutions and linear layers: what is counted unless another convention is asked for."""


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


def _macs(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return MACS[type(op)](op, output)


def _macs_with_bias(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return _macs(op, inputs, output) + _biases(op, inputs, output)


def _parameters(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return sum(map(elements, op.parameters().values()))


def _parameters_at_each_position(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return _parameters(op, inputs, output) * elements(output[1:])


def _times(factor: int, count: Count) -> Count:
    return lambda op, inputs, output: factor * count(op, inputs, output)


def _out(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return elements(output)


def _in(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return elements(inputs[0])


def _in_and_out(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    """Count a sum over each window, and a division."""
    return elements(inputs[0]) + elements(output)


def _average_out(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return elements(output) if isinstance(op, ops.Pool) and op.kind != "max" else 0


def _activations_of_ptflops(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    """Count what its hooks see of the module and its patches of the function within: of some kinds one, or none."""
    times = {"relu": 2, "gelu": 2, "relu6": 1, "leaky_relu": 1, "silu": 1}
    return times.get(op.kind, 0) * elements(output) if isinstance(op, ops.Activation) else 0


_CONVOLUTIONS = {ops.Conv: _macs, ops.SequenceConv: _macs, ops.Linear: _macs}
CONVENTIONS: dict[str, dict[type[Op], Count]] = {
    "torchinfo": {
        ops.Conv: _parameters_at_each_position,
        ops.SequenceConv: _parameters_at_each_position,
        **dict.fromkeys((ops.Linear, ops.BatchNorm, ops.GroupNorm, ops.LayerNorm), _parameters),
    },
    "fvcore": {
        **_CONVOLUTIONS,
        ops.BlurPool: _macs,
        ops.BatchNorm: _times(2, _out),
        ops.GroupNorm: _times(5, _out),
        ops.LayerNorm: _times(5, _out),
        ops.GridPool: _in,
    },
    "thop": {
        **_CONVOLUTIONS,
        ops.BatchNorm: _times(4, _out),
        ops.Pool: _average_out,
        ops.GridPool: _in_and_out,
    },
    "ptflops": {
        ops.Conv: _macs_with_bias,
        ops.SequenceConv: _macs,
        ops.Linear: _macs_with_bias,
        ops.BatchNorm: _times(2, _out),
        ops.GroupNorm: _times(2, _out),
        ops.Activation: _activations_of_ptflops,
        ops.Pool: _times(2, _in),  # the module and its function, as above
        ops.GridPool: _times(2, _in),
    },
    "torch": {op: _times(2, _macs) for op in (*_CONVOLUTIONS, ops.BlurPool)},
}


def _beyond_macs(convention: str) -> Count:
    table = CONVENTIONS[convention]
    return lambda op, inputs, output: table.get(type(op), _nothing)(op, inputs, output) - _macs(op, inputs, output)


def _nothing(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return 0


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
TOOLS: dict[str, dict[str, Count]] = {"macs": {f"as {tool} counts": _beyond_macs(tool) for tool in CONVENTIONS}}
"""What a tool counts beside a quantity, less what it leaves out."""


def counted(body: Body, convention: str) -> Iterator[tuple[Node, int]]:
    """Yield each node of a body and what a convention counts of it, of one image."""
    table = CONVENTIONS[convention]
    for node, inputs in nodes_with_inputs(body):
        yield node, table.get(type(node.op), _nothing)(node.op, inputs, node.shape)


def in_convention(graph: Graph, rows: Sequence[Row], by: str, convention: str, batch: int) -> tuple[Row, ...]:
    """Return rows by `stage`, `block` or `layer` whose MACs are the operations that a convention counts."""
    if convention == MACS_CONVENTION:
        return tuple(rows)
    counts = _BY[by](graph, convention)
    return tuple(
        replace(row, cost=replace(row.cost, macs=count * batch)) for row, count in zip(rows, counts, strict=True)
    )


def _by_stage(graph: Graph, convention: str) -> Iterator[int]:
    return (sum(_of(call.body, convention) for call in part.calls) for part in graph.parts)


def _by_block(graph: Graph, convention: str) -> Iterator[int]:
    return (_of(call.body, convention) for call in graph.calls)


def _by_layer(graph: Graph, convention: str) -> Iterator[int]:
    return (count for call in graph.calls for node, count in counted(call.body, convention) if node.path)


def _of(body: Body, convention: str) -> int:
    return sum(count for _, count in counted(body, convention))


_BY = {"stage": _by_stage, "block": _by_block, "layer": _by_layer}
