"""How much of the input one position of the last map depends on."""

from __future__ import annotations

from archcompiler.graph import ops
from archcompiler.graph.ir import Body, Graph
from archcompiler.graph.ops import Op

Field = tuple[int, int]
"""Side of the receptive field in input pixels, and the input pixels between neighbouring positions."""


def receptive_field(graph: Graph) -> int:
    """Return the side of the (square) theoretical receptive field of the map that enters the head."""
    field: Field = (1, 1)
    for part in graph.parts:
        if part.kind != "head":
            for call in part.calls:
                field = _through(call.body, field)
    return field[0]


def _through(body: Body, field: Field) -> Field:
    values = [field]
    for node in body.nodes:
        incoming = [values[index] for index in node.inputs]
        kernel, stride = _window(node.op)
        side, jump = max(incoming)
        values.append((side + (kernel - 1) * jump, jump * stride))
    return values[-1]


def _window(op: Op) -> tuple[int, int]:
    """Return the side of the window that an op looks through, dilation included, and its stride."""
    if isinstance(op, ops.Conv):
        return int(op.dilation) * (int(op.kernel) - 1) + 1, int(op.stride)
    if isinstance(op, ops.Pool):
        return int(op.kernel), int(op.stride)
    if isinstance(op, ops.BlurPool):
        return 3, int(op.stride)
    if isinstance(op, ops.Subsample):
        return 1, int(op.stride)
    return 1, 1
