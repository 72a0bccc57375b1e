"""What a claim speaks of, read off a graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from archcompiler.analyses.conventions import Count, nodes_with_inputs
from archcompiler.analyses.cost import Cost, node_cost
from archcompiler.graph.ir import Body, Call, Graph, Node, Part
from archcompiler.graph.ops import Convolution, Norm
from archcompiler.graph.shape import sides

FLOPS = "flops"
"""Multiplications and additions counted apart: twice the multiply-adds."""
_BESIDE_THE_MAIN_PATH = ("shortcut", "attention")


def _is_classifier(part: Part, node: Node) -> bool:
    """Tell whether a node is the last layer of the head that has weights; a head may have norms and layers before."""
    weighed = [each for call in part.calls for each in call.body.nodes if each.op.parameters()]
    return part.kind == "head" and bool(weighed) and node is weighed[-1]


LAYERS: dict[str, Callable[[Part, Node], bool]] = {
    "stem": lambda part, node: part.kind == "stem",
    "head": lambda part, node: part.kind == "head",
    "classifier": _is_classifier,
    "norm": lambda part, node: isinstance(node.op, Norm),
    "shortcut": lambda part, node: node.role.startswith("shortcut."),
    "attention": lambda part, node: node.role.startswith("attention."),
}
"""Groups of layers that one source counts and another leaves out, by the name that a policy `without_...` has."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a claim speaks of: a quantity of the network, a stage or a block, under a counting policy, at a batch."""

    quantity: str
    stage: str | None = None
    policy: str = "all"
    batch: int = 1
    block: int | None = None

    def __str__(self) -> str:
        block = "" if self.block is None else f".{self.block}"
        of = f" of {self.stage}{block}" if self.stage else ""
        at = f" at batch {self.batch}" if self.batch != 1 else ""
        twice = " (2 x MACs)" if self.quantity == FLOPS else ""
        return f"{self.quantity}{of}{at}{twice}"


def measure(graph: Graph, subject: Subject) -> int | str | None:
    """Return a count, or `height x width` for `output`; None where there is no such stage or block."""
    parts = [part for part in graph.parts if part.kind == "stage" and part.name == subject.stage and part.calls]
    if subject.block is not None and not (parts and subject.block < len(_blocks(parts[0]))):
        return None
    if subject.quantity in _OF_STAGE:
        return _OF_STAGE[subject.quantity](parts[0]) if parts else None
    if subject.stage and not parts:
        return None
    return sum(by_part(graph, subject).values())


def by_part(graph: Graph, subject: Subject, *without: str, counted_in: Count | None = None) -> dict[str, int]:
    """Return a count of each part that the subject speaks of, without what its policy leaves out and other groups.

    `counted_in` is what else is counted, of one image.
    """
    left_out = [LAYERS[name] for name in (*without, subject.policy.removeprefix("without_")) if name in LAYERS]
    known: dict[tuple[str, Body], int] = {}
    result = {}
    for part in graph.parts:
        if subject.stage in (None, part.name):
            calls = part.calls if subject.block is None else _blocks(part)[subject.block : subject.block + 1]
            for call in calls:
                if (part.kind, call.body) not in known:
                    nodes = [node for node in call.body.nodes if not any(group(part, node) for group in left_out)]
                    more = _more(call.body, nodes, counted_in) * subject.batch if counted_in else 0
                    known[part.kind, call.body] = _count(nodes, subject) + more
            result[part.name] = sum(known[part.kind, call.body] for call in calls)
    return result


def _blocks(part: Part) -> tuple[Call, ...]:
    return tuple(call for call in part.calls if call.kind == "block")


def _count(nodes: list[Node], subject: Subject) -> int:
    if subject.quantity == "depth":
        return sum(map(_is_weighted, nodes))
    cost = sum((node_cost(node) for node in nodes), Cost())
    counted = cost.at_batch(subject.batch)
    return 2 * counted.macs if subject.quantity == FLOPS else int(getattr(counted, subject.quantity))


def _more(body: Body, counted: list[Node], count: Count) -> int:
    among = set(map(id, counted))
    return sum(count(node.op, inputs, node.shape) for node, inputs in nodes_with_inputs(body) if id(node) in among)


def _is_weighted(node: Node) -> bool:
    """Tell whether the papers count a layer into the depth: projections and attention do not lie on the main path."""
    return node.op.counts_into_depth and node.role.partition(".")[0] not in _BESIDE_THE_MAIN_PATH


def _output(part: Part) -> str:
    return "x".join(str(int(side)) for side in part.calls[-1].body.output[1:])


def _width(part: Part) -> int | None:
    """Return the channels of the stage's widest-kernel convolution: the grouped 3x3 of a bottleneck."""
    convs = [node.op for node in part.calls[-1].body.nodes if isinstance(node.op, Convolution)]
    return int(max(convs, key=lambda conv: max(sides(conv.kernel))).out_channels) if convs else None


_OF_STAGE: dict[str, Callable[[Part], int | str | None]] = {"output": _output, "width": _width}
