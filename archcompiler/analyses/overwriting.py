"""Which values the op that reads them may overwrite, so that no backward pass misses one."""

from __future__ import annotations

from collections import Counter

from archcompiler.graph.ir import Body


def overwritable(body: Body) -> frozenset[int]:
    """Return the values that one op reads, and that neither the caller holds nor the backward pass of any op needs.

    A view is in the memory of its input: it may be overwritten where its input may.
    """
    uses = Counter(value for node in body.nodes for value in node.inputs)
    found: set[int] = set()
    for value, node in enumerate(body.nodes, 1):
        kept = node.inputs[0] not in found if node.op.is_view else node.op.backward_reads() in ("output", "either")
        if uses[value] == 1 and not kept:
            found.add(value)
    return frozenset(found)
