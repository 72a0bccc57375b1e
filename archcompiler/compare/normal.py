"""A graph in one line of nodes, with the known equalities rewritten: what is left over differs in what it computes.

Each rule holds for every input and every weight: an average over windows that tile the map exactly is the pool to that
grid (a window as large as the map is the global pool), a layer that does nothing is none, a stride that takes one
position only is no stride, a dilation of a 1x1 is no dilation. Dropout, initial values and the rate of running
statistics count in training only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from archcompiler.graph import ops
from archcompiler.graph.ir import TRANSITION, Body, Graph, Node, full_path
from archcompiler.graph.ops import Op, Shape

Attributes = dict[str, Any]
PartKey = tuple[str, str]
"""The kind and the name of a part: a stage may be called `stem`."""
TRAINING_FIELDS = ("zero_scale", "momentum")
AROUND_BLOCKS = -1
_ONE_POSITION = 0
"""The stride of a layer that takes a single position, whatever it said."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: its part, its block in it, and which one of its role (or kind) it is there.

    Stem and head count as one block; the block of a transition is AROUND_BLOCKS.
    """

    part: PartKey
    block: int
    role: str
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Normal:
    """One node after rewriting; inputs are numbers of values, 0 the network's input, i + 1 the node i.

    `sources` are the nodes that compute the inputs; None is the network's input.
    """

    place: Place
    path: str
    kind: str
    attributes: Attributes
    inputs: tuple[int, ...]
    sources: tuple[Normal | None, ...]
    shape: Shape
    recorded: Node


@dataclass(frozen=True, slots=True, eq=False)
class NormalGraph:
    """The nodes in the order of computation, which value leaves, and the ops that do nothing, by their places."""

    input: Shape
    nodes: tuple[Normal, ...]
    output: int
    idle: dict[Place, Op]


def normal(graph: Graph, *, training: bool = False) -> NormalGraph:
    """Return a graph rewritten; with `training`, what counts in training only is kept."""
    nodes: list[Normal] = []
    idle: dict[Place, Op] = {}
    output = 0
    known: dict[int, list[_Form]] = {}  # blocks that repeat share a body
    for part in graph.parts:
        blocks = 0
        for call in part.calls:
            transition = call.body.class_name == TRANSITION
            if id(call.body) not in known:
                known[id(call.body)] = _forms(call.body, training=training)
            values = [output]
            for form in known[id(call.body)]:
                place = Place((part.kind, part.name), AROUND_BLOCKS if transition else blocks, form.role, form.count)
                inputs = [values[i] for i in form.node.inputs]
                count = len(nodes)
                values.append(_add(nodes, form, place, full_path(call, form.node), inputs))
                if len(nodes) == count:
                    idle[place] = form.node.op
            output = values[-1]
            blocks += not transition
    return NormalGraph(plain_shape(graph.input), tuple(nodes), output, idle)


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """A node of a body in its normal form, wherever the body is called; without a kind where it does nothing."""

    node: Node
    role: str
    count: int
    kind: str
    attributes: Attributes
    shape: Shape


def _forms(body: Body, *, training: bool) -> list[_Form]:
    counts: Counter[str] = Counter()
    shapes = [plain_shape(body.input)]
    forms = []
    for node in body.nodes:
        role = node.role or type(node.op).__name__
        counts[role] += 1
        shapes.append(plain_shape(node.shape))
        op = rewritten(node.op, shapes[node.inputs[0]], shapes[-1])
        if op is None or (isinstance(op, ops.Dropout) and not training):
            forms.append(_Form(node, role, counts[role], "", {}, shapes[-1]))
        else:
            attributes = attributes_of(op, training=training)
            forms.append(_Form(node, role, counts[role], type(op).__name__, attributes, shapes[-1]))
    return forms


def _add(nodes: list[Normal], form: _Form, place: Place, path: str, inputs: list[int]) -> int:
    """Return the value that a node computes: a new one, or its input where it does nothing."""
    if not form.kind or (inputs[0] and _repeats(form, nodes[inputs[0] - 1])):
        return inputs[0]
    sources = tuple(nodes[value - 1] if value else None for value in inputs)
    nodes.append(Normal(place, path, form.kind, form.attributes, tuple(inputs), sources, form.shape, form.node))
    return len(nodes)


def _repeats(form: _Form, before: Normal) -> bool:
    """Tell whether an activation is applied to what it gave itself and would give again."""
    idempotent = form.kind == "Activation" and form.attributes["kind"] in ("relu", "relu6")
    return idempotent and (before.kind, before.attributes) == (form.kind, form.attributes)


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
    if op.kernel == 1 and op.padding == 0 and not op.ceil:
        return _subsample(ops.Subsample(op.stride), arrives, leaves)
    height, width = arrives[1:]
    tiles = leaves[1] == leaves[2] and height == width == leaves[1] * op.kernel
    if op.kind == "average" and op.padding == 0 and tiles and (op.stride == op.kernel or leaves[1] == 1):
        return _grid_pool(ops.GridPool(leaves[1]), arrives, leaves)
    ceil = op.ceil and leaves != replace(op, ceil=False).output(arrives)
    return replace(op, stride=_stride(op.stride, leaves), ceil=ceil)


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
