"""How much of the input one position of the last map depends on."""

from __future__ import annotations

from archcompiler.graph.ir import Body, Graph

Field = tuple[int, int]
"""Side of the receptive field in input pixels, and the input pixels between neighbouring positions."""
Fields = tuple[Field, Field]
"""Those of the height and of the width."""


def receptive_field(graph: Graph) -> int:
    """Return the longer side of the theoretical receptive field of the map that enters the head."""
    fields: Fields = ((1, 1), (1, 1))
    for part in graph.parts:
        if part.kind != "head":
            for call in part.calls:
                fields = _through(call.body, fields)
    return max(side for side, _ in fields)


def _through(body: Body, fields: Fields) -> Fields:
    values = [fields]
    for node in body.nodes:
        (height, width), (down, right) = node.op.window()
        inputs = [values[index] for index in node.inputs]
        of_height, of_width = map(max, zip(*inputs, strict=True)) if len(inputs) > 1 else inputs[0]
        values.append((_widened(of_height, height, down), _widened(of_width, width, right)))
    return values[-1]


def _widened(field: Field, side: int, stride: int) -> Field:
    reach, jump = field
    return field if side == stride == 1 else (reach + (int(side) - 1) * jump, jump * int(stride))
