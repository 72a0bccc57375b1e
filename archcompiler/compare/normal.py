"""A graph in one line of nodes, with the known equalities rewritten: what is left over differs in what it computes.

Each op's declaration says its normal form, which holds for every input and every weight: an average over windows that
tile the map exactly is the pool to that grid (a window as large as the map is the global pool), a layer that does
nothing is none, a stride that takes one position only is no stride, a dilation of a 1x1 is no dilation. Dropout,
initial values and the rate of running statistics count in training only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from archcompiler.graph.ir import Body, Graph, Node
from archcompiler.graph.named import Named, NamedFloat
from archcompiler.graph.ops import Op, Shape

Attributes = dict[str, Any]
PartKey = tuple[str, str]
"""The kind and the name of a part: a stage may be called `stem`."""
AROUND_BLOCKS = -1


@dataclass(frozen=True, slots=True)
class Location:
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

    place: Location
    path: str
    op: Op
    attributes: Attributes
    inputs: tuple[int, ...]
    sources: tuple[Normal | None, ...]
    shape: Shape
    recorded: Node

    @property
    def kind(self) -> str:
        """What the op is called."""
        return self.op.name


@dataclass(frozen=True, slots=True, eq=False)
class NormalGraph:
    """The nodes in the order of computation, which value leaves, and the ops that do nothing, by their places."""

    input: Shape
    nodes: tuple[Normal, ...]
    output: int
    idle: dict[Location, Op]


def normal(graph: Graph, *, training: bool = False) -> NormalGraph:
    """Return a graph rewritten; with `training`, what counts in training only is kept."""
    nodes: list[Normal] = []
    idle: dict[Location, Op] = {}
    output = 0
    known: dict[Body, list[_Form]] = {}
    for part in graph.parts:
        blocks = 0
        for call in part.calls:
            transition = call.kind == "transition"
            if call.body not in known:
                known[call.body] = _forms(call.body, training=training)
            values = [output]
            for form, path in zip(known[call.body], call.paths, strict=True):
                place = Location((part.kind, part.name), AROUND_BLOCKS if transition else blocks, form.role, form.count)
                inputs = [values[i] for i in form.node.inputs]
                count = len(nodes)
                values.append(_add(nodes, form, place, call.full_path(path), inputs))
                if len(nodes) == count:
                    idle[place] = form.node.op
            output = values[-1]
            blocks += not transition
    return NormalGraph(plain_shape(graph.input), tuple(nodes), output, idle)


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """A node of a body in its normal form, wherever the body is called; without an op where it does nothing."""

    node: Node
    role: str
    count: int
    op: Op | None
    attributes: Attributes
    shape: Shape


def _forms(body: Body, *, training: bool) -> list[_Form]:
    counts: Counter[str] = Counter()
    shapes = [plain_shape(body.input)]
    forms = []
    for node in body.nodes:
        role = node.role or node.op.name
        counts[role] += 1
        shapes.append(plain_shape(node.shape))
        op = node.op.normal_form(shapes[node.inputs[0]], shapes[-1])
        op = None if op and op.is_training and not training else op
        attributes = attributes_of(op, training=training) if op else {}
        forms.append(_Form(node, role, counts[role], op, attributes, shapes[-1]))
    return forms


def _add(nodes: list[Normal], form: _Form, place: Location, path: str, inputs: list[int]) -> int:
    """Return the value that a node computes: a new one, or its input where it does nothing."""
    if not form.op or (inputs[0] and _repeats(form.op, nodes[inputs[0] - 1].op)):
        return inputs[0]
    sources = tuple(nodes[value - 1] if value else None for value in inputs)
    nodes.append(Normal(place, path, form.op, form.attributes, tuple(inputs), sources, form.shape, form.node))
    return len(nodes)


def _repeats(op: Op, before: Op) -> bool:
    """Tell whether an op is applied to what it gave itself and would give again."""
    return op.is_idempotent() and op == before


def attributes_of(op: Op, *, training: bool) -> Attributes:
    """Return the attributes of an op as plain values."""
    pairs = zip(op.attributes, op.values, strict=True)
    return {each.name: plain_number(value) for each, value in pairs if training or not each.is_training}


def plain_shape(shape: Shape) -> Shape:
    """Return a shape without the names of its sides."""
    return tuple(int(side) for side in shape)


def plain_number(value: Any) -> Any:
    """Return a value without the names of its numbers."""
    if isinstance(value, tuple):
        return tuple(map(plain_number, value))
    return int(value) if isinstance(value, Named) else float(value) if isinstance(value, NamedFloat) else value
