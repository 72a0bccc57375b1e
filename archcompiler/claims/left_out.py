"""The multiply-adds that tools leave out of their own figures: linear layers on maps, blurs, layers that they lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archcompiler.analyses.conventions import Count, nodes_with_inputs
from archcompiler.graph.ir import Body, Graph


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What one tool counts of the multiply-adds of some layers, which are all of one op."""

    tool: str
    op: str
    layers: int
    counted: int
    macs: int


def left_out(graph: Graph, conventions: Mapping[str, Count]) -> Iterator[LeftOut]:
    """Yield each op of which a tool counts fewer than its multiply-adds, whatever else it counts beside them."""
    uses = Counter(call.body for call in graph.calls)
    for tool, count in conventions.items():
        found: dict[str, tuple[int, int, int]] = {}
        for body, times in uses.items():
            for op, counted, macs in _fewer(body, count):
                before = found.get(op, (0, 0, 0))
                found[op] = before[0] + times, before[1] + counted * times, before[2] + macs * times
        yield from (LeftOut(tool, op, *numbers) for op, numbers in found.items())


def _fewer(body: Body, count: Count) -> Iterator[tuple[str, int, int]]:
    for node, inputs in nodes_with_inputs(body):
        output = tuple(map(int, node.shape))
        macs = int(node.op.multiply_adds(output))
        counted = count(node.op, inputs, output) if macs else 0
        if counted < macs:
            yield node.op.name, counted, macs
