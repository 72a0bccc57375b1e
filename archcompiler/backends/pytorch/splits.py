"""Which pieces of a map are all of it, so that a reader sees one split and not a slice each."""

from __future__ import annotations

from collections.abc import Iterator

from archcompiler.graph import ops
from archcompiler.graph.ir import Body, Node
from archcompiler.graph.named import expression_of, substitute


def splits(body: Body) -> dict[int, list[ops.Narrow]]:
    """Return the pieces of each split by the place of the first: pieces in a row, of one value, end to end."""
    shapes = [body.input, *(node.shape for node in body.nodes)]
    found = {}
    for place, node in enumerate(body.nodes):
        pieces = list(_pieces(body.nodes[place:-1], node.inputs[0]))  # what the last node gives is returned
        if len(pieces) > 1 and sum(piece.length for piece in pieces) == shapes[node.inputs[0]][0]:
            found[place] = pieces
    return found


def _pieces(nodes: tuple[Node, ...], value: int) -> Iterator[ops.Narrow]:
    """Yield the pieces of a value as long as each begins where the one before ends, whatever the numbers' values."""
    stop = substitute(0, {})
    for node in nodes:
        if not isinstance(node.op, ops.Narrow) or node.inputs != (value,):
            return
        if substitute(expression_of(node.op.start), {}) != stop:
            return
        yield node.op
        stop = substitute(expression_of(node.op.start + node.op.length), {})
