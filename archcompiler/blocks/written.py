"""One step as its document writes it, made ready to run: its kind, and what computes each of its keys."""

from __future__ import annotations

from typing import Any

from archcompiler.blocks.expression import computed
from archcompiler.record.fields import exact
from archcompiler.schema.canonical import step_kind
from archcompiler.tree import Mapping, Node, Scalar, Sequence


class Written:
    """One step of a document, however often the document runs."""

    __slots__ = ("kind", "node", "said", "words")

    def __init__(self, node: Mapping) -> None:
        self.node = node
        self.kind = str(step_kind(node))
        self.said = _Said(node)
        """What each of its keys says: a literal, or what computes it in a scope."""
        self.words = _Words(node)
        """The words under each of its keys."""


class _Said(dict[str, Any]):
    """What each key of a step says, made ready when the key is first read: a key that nothing reads has no effect."""

    def __init__(self, node: Mapping) -> None:
        self._node = node

    def __missing__(self, key: str) -> Any:
        said = self[key] = _said(self._node.entries[key].value)
        return said


class _Words(dict[str, tuple[str, ...]]):
    """The words under each key of a step, collected when the key is first read."""

    def __init__(self, node: Mapping) -> None:
        self._node = node

    def __missing__(self, key: str) -> tuple[str, ...]:
        words = self[key] = words_at(self._node, key)
        return words


def words_at(step: Mapping, key: str) -> tuple[str, ...]:
    """Return the words under a key of a step, for which one may stand."""
    node = step.get(key)
    items = node.items if isinstance(node, Sequence) else (node,) if node else ()
    return tuple(str(item.value) for item in items if isinstance(item, Scalar))


def _said(node: Node) -> Any:
    """Return a literal as it is, and of a text, or a list, what computes it."""
    if isinstance(node, Sequence):
        items = [_said(item) for item in node.items]
        return lambda scope: tuple([item(scope) if callable(item) else item for item in items])
    return computed(node.value) if isinstance(node, Scalar) and isinstance(node.value, str) else exact(node)
