"""How much memory inference takes: parameters, and the largest set of activations alive at once."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from archcompiler.graph.ir import Body, Graph

DTYPE_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8}


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes at a dtype and batch. A value lives from the op that writes it to the last op that reads it."""

    dtype: str
    batch: int
    parameters_bytes: int
    peak_activation_bytes: int


def memory(graph: Graph, params: int, batch: int = 1, dtype: str = "float32") -> Memory:
    """Return the memory of inference with so many parameters; every op writes a new tensor (eager, not in place)."""
    size = DTYPE_BYTES[dtype]
    peak = max(map(_peak_elements, {id(call.body): call.body for call in graph.calls}.values()), default=0)
    return Memory(dtype, batch, params * size, peak * size * batch)


def _peak_elements(body: Body) -> int:
    """Return the most elements alive at any op of a body, its inputs and its output included."""
    sizes = [_elements(body.input), *(_elements(node.shape) for node in body.nodes)]
    last_use = list(range(len(sizes)))
    for index, node in enumerate(body.nodes, 1):
        for value in node.inputs:
            last_use[value] = index
    return max(
        sum(size for value, size in enumerate(sizes[: index + 1]) if last_use[value] >= index)
        for index in range(1, len(sizes) + (len(sizes) == 1))
    )


def _elements(shape: tuple[int, ...]) -> int:
    return prod(map(int, shape))
