"""What a claim speaks of, read off a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archcompiler.analyses.cost import Cost, node_cost
from archcompiler.graph import ops
from archcompiler.graph.ir import Body, Graph, Node, Part

_BESIDE_THE_MAIN_PATH = ("shortcut", "attention")
_NORMS = (ops.BatchNorm, ops.GroupNorm, ops.LayerNorm)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a claim speaks of: a quantity, of the network or of one stage, under a counting policy, at a batch."""

    quantity: str
    stage: str | None = None
    policy: str = "all"
    batch: int = 1

    def __str__(self) -> str:
        of = f" of {self.stage}" if self.stage else ""
        at = f" at batch {self.batch}" if self.batch != 1 else ""
        return f"{self.quantity}{of}{at}"


def measure(graph: Graph, subject: Subject) -> int | str | None:
    """Return a count, or `height x width` for `output`; None where there is no such stage."""
    parts = [part for part in graph.parts if part.kind == "stage" and part.name == subject.stage and part.calls]
    if subject.quantity in _OF_STAGE:
        return _OF_STAGE[subject.quantity](parts[0]) if parts else None
    if subject.stage and not parts:
        return None
    parts = parts or list(graph.parts)
    if subject.quantity == "depth":
        return sum(_depth(call.body) for part in parts for call in part.calls)
    return int(getattr(_counted(parts, subject.policy).at_batch(subject.batch), subject.quantity))


def _counted(parts: list[Part], policy: str) -> Cost:
    """Return the cost under a counting policy that a source names."""
    known: dict[int, Cost] = {}
    total = Cost()
    for part in parts:
        if policy == "without_head" and part.kind == "head":
            continue
        for call in part.calls:
            if id(call.body) not in known:
                known[id(call.body)] = sum((node_cost(node) for node in _nodes(call.body, policy)), Cost())
            total += known[id(call.body)]
    return total


def _nodes(body: Body, policy: str) -> Iterator[Node]:
    return (node for node in body.nodes if policy != "without_norm" or not isinstance(node.op, _NORMS))


def _depth(body: Body) -> int:
    """Return the weighted layers on the main path, as the papers count depth: projections are not among them."""
    return sum(
        isinstance(node.op, (ops.Conv, ops.Linear)) and node.role.partition(".")[0] not in _BESIDE_THE_MAIN_PATH
        for node in body.nodes
    )


def _output(part: Part) -> str:
    return "x".join(str(int(side)) for side in part.calls[-1].body.output[1:])


def _width(part: Part) -> int | None:
    """Return the channels of the stage's widest-kernel convolution: the grouped 3x3 of a bottleneck."""
    convs = [node.op for node in part.calls[-1].body.nodes if isinstance(node.op, ops.Conv)]
    return int(max(convs, key=lambda conv: int(conv.kernel)).out_channels) if convs else None


_OF_STAGE: dict[str, Callable[[Part], int | str | None]] = {"output": _output, "width": _width}
