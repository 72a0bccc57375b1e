"""Typed access to the resolved fields of one block, stem or head."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeVar

from archcompiler.graph.named import Named
from archcompiler.span import Span
from archcompiler.tree import Mapping, Node, Scalar, Sequence

_T = TypeVar("_T", int, bool, str, object)


class Fields:
    """The fields of one object, resolved and complete: a missing one or one of another type is a bug of ours.

    With `named`, ints carry the name of their field into whatever is computed from them.
    """

    def __init__(self, mapping: Mapping, *, named: bool = False) -> None:
        self.mapping = mapping
        self._named = named

    def has(self, name: str) -> bool:
        """Tell whether the field is given."""
        return name in self.mapping.entries

    def integer(self, name: str) -> int:
        """Return an int, named after its field."""
        value = self._scalar(name, int)
        return Named(value, name) if self._named else value

    def number(self, name: str) -> float:
        """Return a float; an int will do."""
        node = self.mapping.entries[name].value
        if not isinstance(node, Scalar) or not isinstance(node.value, (int, float)):
            raise TypeError(f"{name} is no number")
        return float(node.value)

    def fraction(self, name: str) -> Fraction:
        """Return a number exactly as its decimal digits say it."""
        return Fraction(repr(self.number(name)))

    def plain(self, name: str) -> Any:
        """Return a scalar as it is."""
        return self._scalar(name, object)

    def flag(self, name: str) -> bool:
        """Return a bool."""
        return self._scalar(name, bool)

    def is_text(self, name: str) -> bool:
        """Tell whether the field holds a string."""
        node = self._node(name)
        return isinstance(node, Scalar) and isinstance(node.value, str)

    def text(self, name: str) -> str:
        """Return a string."""
        node = self.mapping.entries[name].value
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            raise TypeError(f"{name} is no text")
        return node.value

    def integers(self, name: str) -> tuple[int, ...]:
        """Return a list of ints."""
        node = self._node(name)
        items = node.items if isinstance(node, Sequence) else ()
        return tuple(item.value for item in items if isinstance(item, Scalar) and type(item.value) is int)

    def pair(self, name: str) -> tuple[int, int]:
        """Return two ints, for which one may stand."""
        first, second = self.integers(name) or (self.integer(name),) * 2
        return first, second

    def union(self, name: str) -> Fields:
        """Return the object under a field, whose `type` says which fields it has."""
        node = self._node(name)
        if not isinstance(node, Mapping):
            raise TypeError(f"{name} is no mapping")
        return Fields(node)

    def value(self, name: str) -> object:
        """Return a field as expressions have it: numbers exact, ints named, a list as a tuple, an object as Fields."""
        node = self.mapping.entries[name].value
        if isinstance(node, Scalar) and type(node.value) is int:
            return Named(node.value, name) if self._named else node.value
        return exact(node)

    def span(self, name: str) -> Span:
        """Return where the field's value was written."""
        return self._node(name).span

    def _node(self, name: str) -> Node:
        return self.mapping.entries[name].value

    def _scalar(self, name: str, kind: type[_T]) -> _T:
        node = self.mapping.entries[name].value
        if not isinstance(node, Scalar) or not isinstance(node.value, kind):
            raise TypeError(f"{name} is no {kind.__name__}")
        return node.value


def exact(node: Node) -> object:
    """Return a value with its numbers exact: 0.25 is a quarter; a list is a tuple, an object Fields."""
    if isinstance(node, Scalar):
        return _exact(node.value) if isinstance(node.value, float) else node.value
    if isinstance(node, Mapping):
        return Fields(node)
    return tuple(exact(item) for item in node.items)


def _exact(value: float) -> int | Fraction:
    fraction = Fraction(repr(value))
    return fraction.numerator if fraction.denominator == 1 else fraction
