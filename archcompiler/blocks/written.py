"""One step as its document writes it, made ready to run: its kind, and what computes each of its keys."""

from __future__ import annotations

from typing import Any

from archcompiler.blocks.expression import Compute, computed
from archcompiler.record.fields import exact
from archcompiler.schema.canonical import step_kind
from archcompiler.tree import Mapping, Node, Scalar, Sequence


class Written:
    """One step of a document, however often the document runs."""

    __slots__ = ("kind", "node", "said")

    def __init__(self, node: Mapping) -> None:
        self.node = node
        self.kind = str(step_kind(node))
        self.said = _Said(node)
        """What computes each of its keys."""


class _Said(dict[str, Compute]):
    """What computes each key of a step, made when the key is first read: a key that nothing reads has no effect."""

    def __init__(self, node: Mapping) -> None:
        self._node = node

    def __missing__(self, key: str) -> Compute:
        compute = self[key] = _compute(self._node.entries[key].value)
        return compute


def _compute(node: Node) -> Compute:
    """Return what computes a value of a step: a literal as it is, a text as the expression that it is."""
    if isinstance(node, Sequence):
        items = [_compute(item) for item in node.items]
        return lambda scope: tuple([item(scope) for item in items])
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return computed(node.value)
    value: Any = exact(node)
    return lambda _: value
