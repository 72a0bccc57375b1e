"""A graph in one line of nodes, with the known equalities rewritten: what is left over differs in what it computes.

Each rule holds for every input and every weight: an average over windows that tile the map exactly is the pool to that
grid (a window as large as the map is the global pool), a layer that does nothing is none, a stride that takes one
position only is no stride, a dilation of a 1x1 is no dilation. Dropout, initial values and the rate of running
statistics count in training only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from archcompiler.graph import ops
from archcompiler.graph.ir import Graph, Node, full_path
from archcompiler.graph.ops import Op, Shape

Attributes = dict[str, Any]
PartKey = tuple[str, str]
"""The kind and the name of a part: a stage may be called `stem`."""
TRAINING_FIELDS = ("zero_scale", "momentum")
_ONE_POSITION = 0
"""The stride of a layer that takes a single position, whatever it said."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: its part, the body's number in it, and which one of its role (or kind) it is there."""

    part: PartKey
    call: int
    role: str
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Normal:
    """One node after rewriting; inputs are numbers of values, 0 the network's input, i + 1 the node i."""

    place: Place
    path: str
    kind: str
    attributes: Attributes
    inputs: tuple[int, ...]
    shape: Shape
    recorded: Node


@dataclass(frozen=True, slots=True, eq=False)
class NormalGraph:
    """The nodes in the order of computation, and which value leaves."""

    input: Shape
    nodes: tuple[Normal, ...]
    output: int


def normal(graph: Graph, *, training: bool = False) -> NormalGraph:
    """Return a graph rewritten; with `training`, what counts in training only is kept."""
    line = _Line(graph.input, training=training)
    for part in graph.parts:
        for index, call in enumerate(part.calls):
            counts: dict[str, int] = {}
            values, shapes = [line.output], [plain_shape(call.body.input)]
            for node in call.body.nodes:
                role = node.role or type(node.op).__name__
                counts[role] = counts.get(role, 0) + 1
                place = Place((part.kind, part.name), index, role, counts[role])
                arrives = shapes[node.inputs[0]]
                values.append(line.add(place, full_path(call, node), node, [values[i] for i in node.inputs], arrives))
                shapes.append(plain_shape(node.shape))
            line.output = values[-1]
    return NormalGraph(plain_shape(graph.input), tuple(line.nodes), line.output)


class _Line:
    def __init__(self, shape: Shape, *, training: bool) -> None:
        self.nodes: list[Normal] = []
        self.output = 0
        self._training = training

    def add(self, place: Place, path: str, node: Node, inputs: list[int], arrives: Shape) -> int:
        """Return the value that a node computes: a new one, or its input where it does nothing."""
        op = rewritten(node.op, arrives, plain_shape(node.shape))
        if op is None or (isinstance(op, ops.Dropout) and not self._training) or self._repeats(op, inputs[0]):
            return inputs[0]
        kind, attributes = type(op).__name__, attributes_of(op, training=self._training)
        shape = plain_shape(node.shape)
        self.nodes.append(Normal(place, path, kind, attributes, tuple(inputs), shape, node))
        return len(self.nodes)

    def _repeats(self, op: Op, value: int) -> bool:
        """Tell whether an activation is applied to what it gave itself and would give it again."""
        if not isinstance(op, ops.Activation) or op.kind not in ("relu", "relu6") or not value:
            return False
        before = self.nodes[value - 1]
        return before.kind == "Activation" and before.attributes["kind"] == op.kind


def attributes_of(op: Op, *, training: bool) -> Attributes:
    """Return the attributes of an op as plain values."""
    found = {field.name: getattr(op, field.name) for field in fields(op)}
    kept = found.items() if training else ((k, v) for k, v in found.items() if k not in TRAINING_FIELDS)
    return {name: int(value) if type(value) not in (bool, float, str, type(None)) else value for name, value in kept}


def rewritten(op: Op, arrives: Shape, leaves: Shape) -> Op | None:
    """Return an op in its normal form between two shapes, or None where it does nothing."""
    rule = _RULES.get(type(op))
    return rule(op, arrives, leaves) if rule else op


def plain_shape(shape: Shape) -> Shape:
    """Return a shape without the names of its sides."""
    return tuple(int(side) for side in shape)


def _conv(op: ops.Conv, arrives: Shape, leaves: Shape) -> Op:
    dilation = 1 if op.kernel == 1 else op.dilation
    return replace(op, dilation=dilation, stride=_stride(op.stride, leaves))


def _pool(op: ops.Pool, arrives: Shape, leaves: Shape) -> Op | None:
    if op.kernel == 1 and op.padding == 0:
        return _subsample(ops.Subsample(op.stride), arrives, leaves)
    height, width = arrives[1:]
    tiles = leaves[1] == leaves[2] and height == width == leaves[1] * op.kernel
    if op.kind == "average" and op.padding == 0 and tiles and (op.stride == op.kernel or leaves[1] == 1):
        return _grid_pool(ops.GridPool(leaves[1]), arrives, leaves)
    return replace(op, stride=_stride(op.stride, leaves))


def _grid_pool(op: ops.GridPool, arrives: Shape, leaves: Shape) -> Op | None:
    return None if arrives == leaves else op


def _subsample(op: ops.Subsample, arrives: Shape, leaves: Shape) -> Op | None:
    return None if op.stride == 1 or arrives == leaves else replace(op, stride=_stride(op.stride, leaves))


def _pad_channels(op: ops.PadChannels, arrives: Shape, leaves: Shape) -> Op | None:
    return op if op.before or op.after else None


def _activation(op: ops.Activation, arrives: Shape, leaves: Shape) -> Op | None:
    if op.kind != "leaky_relu" or op.slope not in (0, 1):
        return op
    return None if op.slope == 1 else ops.Activation("relu", None)


def _stride(stride: int, leaves: Shape) -> int:
    return _ONE_POSITION if set(leaves[1:]) == {1} else stride


_RULES: dict[type[Op], Callable[[Any, Shape, Shape], Op | None]] = {
    ops.Conv: _conv,
    ops.Pool: _pool,
    ops.GridPool: _grid_pool,
    ops.Subsample: _subsample,
    ops.PadChannels: _pad_channels,
    ops.Activation: _activation,
}
"""The ops that have other spellings; any other is what it says."""
