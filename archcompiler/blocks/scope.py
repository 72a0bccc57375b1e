"""What the names of a running document mean, and which values of a spec stand behind them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from archcompiler.blocks.document import Document
from archcompiler.blocks.expression import evaluate, is_computed, names_of, parsed
from archcompiler.record.fault import Culprit
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value
from archcompiler.tree import Scalar

_SIZES = {"channels": 0, "height": 1, "width": 2}


@dataclass(eq=False)
class Scope:
    """The names of one document: loop indices, maps, fields, `let` names, the context, then those of the block around.

    `given` are what the step that runs the document says of its fields, each with the culprits behind it; `let_values`
    and `said_values` what has been looked up of `let` names and of fields.
    """

    recorder: Recorder
    document: Document
    fields: Fields
    given: dict[str, tuple[object, tuple[Culprit, ...]]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    outer: Scope | None = None
    let_values: dict[str, object] = field(default_factory=dict)
    said_values: dict[str, Any] = field(default_factory=dict)

    def value_of(self, name: str) -> Any:
        """Return the value of a name; KeyError where it has none."""
        if name in self.values:
            return self.values[name]
        if name in self.given:
            return self.given[name][0]
        if name in self.said_values:
            return self.said_values[name]
        if self.fields.has(name):
            found = self.said_values[name] = self.fields.value(name)
            return found
        if name in self.document.lets.entries:
            return self._let_value(name)
        if self.outer is None:
            raise KeyError(name)
        return self.outer.value_of(name)

    def said(self, name: str, default: Any) -> Any:
        """Return the value of a name, or a default where it has none."""
        try:
            return self.value_of(name)
        except KeyError:
            return default

    def part_of(self, value: Any, name: str) -> Any:
        """Return a size of a map, or a field of an object; KeyError where it has none."""
        if isinstance(value, Value):
            return value.shape[_SIZES[name]]
        if isinstance(value, Fields) and value.has(name):
            return value.value(name)
        raise KeyError(name)

    def culprits(self, tree: ast.expr) -> Iterator[Culprit]:
        """Yield the values of the spec that an expression reads: of a choice, those of what is chosen come first."""
        chosen = self.chosen(tree)
        if isinstance(chosen, ast.Attribute) and isinstance(chosen.value, ast.Name):
            held = self.value_of(chosen.value.id)
            if isinstance(held, Fields):
                yield held.mapping, chosen.attr
        for name in dict.fromkeys([*names_of(chosen), *names_of(tree)]):
            yield from self.behind(name)

    def chosen(self, tree: ast.expr) -> ast.expr:
        """Return the expression itself, or that one of its choices which holds."""
        while isinstance(tree, ast.IfExp):
            tree = tree.body if evaluate(tree.test, self) else tree.orelse
        return tree

    def behind(self, name: str) -> Iterator[Culprit]:
        """Yield the values of the spec that a name stands for."""
        if name in self.given:
            yield from self.given[name][1]
        elif name in self.values:
            return
        elif self.fields.has(name):
            yield self.fields.mapping, name
        elif name in self.document.lets.entries:
            yield from self.culprits(parsed(_text(self.document.lets.get(name))))
        elif self.outer is not None:
            yield from self.outer.behind(name)

    def _let_value(self, name: str) -> object:
        """Return what `let` names: a number that is computed becomes an argument of that name."""
        if name not in self.let_values:
            tree = parsed(_text(self.document.lets.get(name)))
            value = evaluate(tree, self)
            computed = isinstance(value, int) and not isinstance(value, bool) and is_computed(tree, self)
            self.let_values[name] = self.recorder.let(name, value) if computed else value
        return self.let_values[name]


def _text(node: object) -> str:
    return str(node.value) if isinstance(node, Scalar) else ""
