"""What tools count as operations: a table each, held against the tools by the tests.

A tool reads the module that is built: some by the classes of its layers, others by the calls that are traced. It counts
nothing of what its table lacks. The tables are those of thop 0.1.1 (thop/vision/basic_hooks.py), ptflops 0.7.5
(ptflops/pytorch_ops.py), fvcore 0.1.5 (fvcore/nn/flop_count.py, jit_handles.py), torchinfo 1.8 and PyTorch's own
FlopCounterMode, in inference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from archcompiler.analyses.conventions import Count, elements, nodes_with_inputs
from archcompiler.analyses.cost import Row, torchinfo_mult_adds
from archcompiler.backends.pytorch.layout import CallText
from archcompiler.backends.pytorch.rule import Numbers
from archcompiler.backends.pytorch.rules import RULES
from archcompiler.graph import ops
from archcompiler.graph.ir import Body, Graph
from archcompiler.graph.ops import Op, Shape
from archcompiler.graph.shape import TF_SAME

MACS = "macs"
"""Multiply-adds of convolutions and linear layers: what is counted where no tool is asked for."""

_Rule = Callable[[Any, Sequence[Shape], Shape], int]


def _macs(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return int(op.multiply_adds(output))


def _twice_macs(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return 2 * _macs(op, inputs, output)


def _macs_and_biases(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    has_bias = any(tensor.name == "bias" for tensor in op.tensors())
    return _macs(op, inputs, output) + (elements(output) if has_bias else 0)


def _read(times: int = 1) -> _Rule:
    """Return the rule of an op that counts each number that it reads so many times."""
    return lambda op, inputs, output: times * elements(inputs[0])


def _written(times: int = 1) -> _Rule:
    return lambda op, inputs, output: times * elements(output)


def _scaled(plain: int, affine: int) -> _Rule:
    """Return the rule of a norm, which counts each number otherwise where the norm has weights."""
    return lambda op, inputs, output: (affine if op.tensors() else plain) * elements(output)


def _sum_and_division(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return elements(inputs[0]) + elements(output)


def _pooled_twice(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    """Return what is read, padded first where TensorFlow pads: once by the module, once by its function."""
    channels, *sides = inputs[0]
    if isinstance(op, ops.Pool) and op.padding == TF_SAME:
        window = op.window()
        reached = zip(sides, output[1:], window.sides, window.strides, strict=True)
        sides = [max(side, (places - 1) * stride + kernel) for side, places, kernel, stride in reached]
    return 2 * elements((channels, *sides))


def _standardised(op: ops.StandardisedConv, inputs: Sequence[Shape], output: Shape) -> int:
    """Return the convolution and the norm over its kernels."""
    return _macs(op, inputs, output) + (4 if op.gain is None else 5) * elements(op.tensors()[0].shape)


def _resized(op: ops.Resize | ops.ResizeLike, inputs: Sequence[Shape], output: Shape) -> int:
    return (4 if op.mode == "bilinear" else 1) * elements(output)


_BY_CLASS: dict[str, dict[str, _Rule]] = {
    "thop": {
        **dict.fromkeys(("nn.Conv1d", "nn.Conv2d", "nn.Linear"), _macs),
        **dict.fromkeys(("nn.BatchNorm1d", "nn.BatchNorm2d", "nn.InstanceNorm2d", "nn.LayerNorm"), _scaled(2, 4)),
        "nn.PReLU": _read(),
        "nn.AvgPool2d": _written(),
        "nn.AdaptiveAvgPool2d": _sum_and_division,
    },
    "ptflops": {
        **dict.fromkeys(("nn.Conv1d", "nn.Conv2d", "nn.Linear"), _macs_and_biases),
        **dict.fromkeys(("nn.BatchNorm1d", "nn.BatchNorm2d", "nn.InstanceNorm2d", "nn.GroupNorm"), _scaled(1, 2)),
        "nn.LayerNorm": _read(),
        **dict.fromkeys(("nn.ReLU6", "nn.LeakyReLU", "nn.SiLU", "SquaredReLU"), _read()),
        **dict.fromkeys(("nn.ReLU", "nn.ELU", "nn.GELU", "nn.PReLU"), _read(2)),  # the module, and its function
        **dict.fromkeys(
            ("nn.MaxPool2d", "nn.AvgPool2d", "nn.AdaptiveAvgPool2d", "nn.AdaptiveMaxPool2d"), _pooled_twice
        ),
        "F.interpolate": _written(),
    },
}
_BY_OP: dict[str, dict[type[Op], _Rule]] = {
    "fvcore": {
        **dict.fromkeys((ops.Conv, ops.SequenceConv, ops.Linear, ops.BlurPool), _macs),
        ops.StandardisedConv: _standardised,
        **dict.fromkeys((ops.BatchNorm, ops.VectorBatchNorm), _written(2)),
        **dict.fromkeys((ops.GroupNorm, ops.LayerNorm), _written(5)),
        ops.InstanceNorm: _scaled(4, 5),
        ops.GridPool: lambda op, inputs, output: elements(inputs[0]) if op.kind == "average" else 0,
        **dict.fromkeys((ops.Resize, ops.ResizeLike), _resized),
    },
}


def _by_class(table: Mapping[str, _Rule]) -> Count:
    return lambda op, inputs, output: table.get(_class_of(op), _nothing)(op, inputs, output)


def _by_op(table: Mapping[type[Op], _Rule]) -> Count:
    return lambda op, inputs, output: table.get(type(op), _nothing)(op, inputs, output)


def _nothing(op: Op, inputs: Sequence[Shape], output: Shape) -> int:
    return 0


def _class_of(op: Op) -> str:
    """Return the class of the module that an op is built as; of a pool that is padded first, that of the pool."""
    rule = RULES[type(op)]
    if rule.module is None:
        return "F.interpolate" if isinstance(op, (ops.Resize, ops.ResizeLike)) else ""
    code = rule.module(op, Numbers({}), False)
    inner = code.arguments[0] if isinstance(code, CallText) and code.name == "Pool2dSame" else code
    return inner.name if isinstance(inner, CallText) else inner


CONVENTIONS: dict[str, Count] = {
    "torchinfo": lambda op, inputs, output: torchinfo_mult_adds(op, output),
    **{tool: _by_op(table) for tool, table in _BY_OP.items()},
    **{tool: _by_class(table) for tool, table in _BY_CLASS.items()},
    "torch": _twice_macs,
}
"""What each tool counts of one op, of one image."""


def beyond_macs() -> dict[str, Count]:
    """Return, in words, what each tool counts beside multiply-adds, less those that it leaves out."""

    def beyond(count: Count) -> Count:
        return lambda op, inputs, output: count(op, inputs, output) - _macs(op, inputs, output)

    return {f"as {tool} counts": beyond(count) for tool, count in CONVENTIONS.items()}


def in_convention(graph: Graph, rows: Sequence[Row], by: str, convention: str, batch: int) -> tuple[Row, ...]:
    """Return rows by `stage`, `block` or `layer` whose MACs are the operations that a tool counts."""
    if convention == MACS:
        return tuple(rows)
    counts = _BY[by](graph, CONVENTIONS[convention])
    return tuple(
        replace(row, cost=replace(row.cost, macs=count * batch)) for row, count in zip(rows, counts, strict=True)
    )


def _by_stage(graph: Graph, count: Count) -> Iterator[int]:
    return (sum(sum(_of(call.body, count)) for call in part.calls) for part in graph.parts)


def _by_block(graph: Graph, count: Count) -> Iterator[int]:
    return (sum(_of(call.body, count)) for call in graph.calls)


def _by_layer(graph: Graph, count: Count) -> Iterator[int]:
    for call in graph.calls:
        for (_, path), found in zip(call.layers, _of(call.body, count), strict=True):
            if path:
                yield found


def _of(body: Body, count: Count) -> Iterator[int]:
    return (count(node.op, inputs, tuple(map(int, node.shape))) for node, inputs in nodes_with_inputs(body))


_BY = {"stage": _by_stage, "block": _by_block, "layer": _by_layer}
