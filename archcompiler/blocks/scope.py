"""What the names of a running document mean, and which values of a spec stand behind them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from archcompiler.blocks.document import Document
from archcompiler.blocks.expression import evaluate, is_computed, names_of, parsed
from archcompiler.graph.ops import Form
from archcompiler.record.fault import Culprit
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value
from archcompiler.tree import Scalar

Given = dict[str, tuple[object, Callable[[], Iterable[Culprit]]]]
"""What a step says of the fields of the document that it runs, each with what finds the values behind it."""
_SIZES: dict[Form, tuple[str, ...]] = {
    "map": ("channels", "height", "width"),
    "channels-last map": ("height", "width", "channels"),
    "vector": ("channels",),
}


@dataclass(eq=False)
class Scope:
    """The names of one document: loop indices, maps, fields, `let` names, the context, then those of the block around.

    `given` are what the step that runs the document says of its fields, each with what finds the culprits behind it;
    `values` what it computes, and what is known of its place; `known` what has been looked up of all other names;
    `meanings` of all names and words.
    """

    recorder: Recorder
    document: Document
    fields: Fields
    given: Given = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    outer: Scope | None = None
    known: dict[str, Any] = field(default_factory=dict)
    meanings: dict[str, Any] = field(default_factory=dict)

    def value_of(self, name: str) -> Any:
        """Return the value of a name; KeyError where it has none."""
        if name in self.values:
            return self.values[name]
        if name in self.known:
            return self.known[name]
        if name in self.given:
            value = self.given[name][0]
        elif name in self.fields.mapping.entries:
            value = self.fields.value(name)
        elif name in self.document.lets.entries:
            value = self._let_value(name)
        elif self.outer is not None:
            value = self.outer.value_of(name)
        else:
            raise KeyError(name)
        self.known[name] = value
        return value

    def meaning(self, name: str) -> Any:
        """Look up what a name means: what is no name is a word, as the check of a document has seen."""
        try:
            found = self.value_of(name)
        except KeyError:
            found = name
        self.meanings[name] = found
        return found

    def bind(self, name: str, value: object) -> None:
        """Give a name to what the document computed, or a new value to a name."""
        self.values[name] = self.meanings[name] = value

    def said(self, name: str, default: Any) -> Any:
        """Return the value of a name, or a default where it has none."""
        try:
            return self.value_of(name)
        except KeyError:
            return default

    def is_name(self, text: str) -> bool:
        """Tell whether a text is a field or a `let` name of the document."""
        return text in self.given or self.fields.has(text) or text in self.document.lets.entries

    def part_of(self, value: Any, name: str) -> Any:
        """Return a size of a map, or a field of an object; KeyError where it has none."""
        if isinstance(value, Value) and name in (sizes := _SIZES[value.form]):
            return value.shape[sizes.index(name)]
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
            yield from self.given[name][1]()
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
        tree = self.chosen(parsed(_text(self.document.lets.get(name))))
        value = evaluate(tree, self)
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return self.recorder.let(name, value) if is_number and is_computed(tree) else value


def _text(node: object) -> str:
    return str(node.value) if isinstance(node, Scalar) else ""
