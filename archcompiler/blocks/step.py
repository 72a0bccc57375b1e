"""One step of a running document: what its keys say, and which values of the spec are to blame for a misfit."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from archcompiler.blocks.document import words_at
from archcompiler.blocks.expression import ExpressionError, computed, evaluate, parsed
from archcompiler.blocks.fitting import fitting
from archcompiler.record.fault import Culprit, Offer, ShapeFault
from archcompiler.record.fields import Fields, exact
from archcompiler.record.recorder import Recorder, Value
from archcompiler.tree import Mapping, Node, Plain, Scalar, Sequence

if TYPE_CHECKING:
    from archcompiler.blocks.run import Run
    from archcompiler.blocks.scope import Scope

_FROM_ZERO = frozenset(("padding", "repeat"))
_ANY_SIGN = frozenset(("pad_channels",))


class Step:
    """One step: what it says, computed in the scope of its document."""

    __slots__ = ("node", "recorder", "run", "scope")

    def __init__(self, run: Run, node: Mapping) -> None:
        self.run, self.node = run, node
        self.recorder: Recorder = run.recorder
        self.scope: Scope = run.scope

    def has(self, key: str) -> bool:
        """Tell whether the step says a key."""
        return key in self.node.entries

    def value(self, key: str) -> Any:
        """Return what a key says: a literal as it is, a text as the expression that it is."""
        try:
            return self._evaluated(self._node(key))
        except ExpressionError as error:
            error.key = key
            raise

    def number(self, key: str) -> int:
        """Return a whole number; any other is refused."""
        return self._whole(key, self.value(key))

    def numbers(self, key: str) -> tuple[int, ...]:
        """Return a list of whole numbers, for which one may stand."""
        node = self._node(key)
        values = [self._evaluated(item) for item in node.items] if isinstance(node, Sequence) else [self.value(key)]
        return tuple(self._whole(key, value) for value in values)

    def real(self, key: str) -> float:
        """Return a number as a float."""
        return float(self.value(key))

    def flag(self, key: str) -> bool:
        """Return a condition."""
        return bool(self.value(key))

    def word(self, key: str) -> str:
        """Return the word that a key says, or that its expression chooses."""
        return str(self.value(key))

    def words(self, key: str) -> tuple[str, ...]:
        """Return the words under a key, for which one may stand."""
        return words_at(self.node, key)

    def union(self, key: str) -> Fields:
        """Return an object that says its type: the step's own, or the field that `$NAME` means."""
        found = self.value(key)
        if not isinstance(found, Fields):
            raise TypeError(f"{key} is no object")
        return found

    def operands(self, key: str) -> list[Value]:
        """Return the maps that the names under a key mean: one name may mean several, that a repeat collected."""
        found: list[Value] = []
        for name in self.words(key):
            value = self.scope.value_of(name)
            found += value if isinstance(value, list) else [value]
        return found

    def given(self, *known: str) -> dict[str, tuple[object, tuple[Culprit, ...]]]:
        """Return what the step says beside the known keys, with the values of the spec behind each."""
        written = {key: entry for key, entry in self.node.entries.items() if key not in known}
        return {key: (self._evaluated(entry.value), tuple(self._culprits(key))) for key, entry in written.items()}

    def is_said(self, key: str) -> bool:
        """Tell whether what a key says can be said otherwise in a spec."""
        return bool(self._culprits(key))

    def refuse(self, fault: ShapeFault) -> None:
        """Note a fault of this step."""
        self.recorder.refuse(fault)

    def refuse_expression(self, error: ExpressionError) -> None:
        """Note that an expression of the step has no value for the numbers at hand."""
        scope = self.scope
        numbers = {name: scope.said(name, None) for _, name in scope.culprits(error.tree)} if error.tree else {}
        said = ", ".join(f"{name} {float(n):g}" for name, n in numbers.items() if isinstance(n, (int, Fraction)))
        message = f"{said} and what arrives do not fit: {error.message}" if said else error.message
        help = "or say how to round, as in `round: {to: 1, mode: half_even}`" if "round" in error.names else None
        self.refuse(ShapeFault(error.code, message, (*error.names, error.key), help, fits=fitting(error, scope)))

    def blame(self, fault: ShapeFault) -> None:
        """Say which values of a spec a fault is of: those that the step's keys read, or fields of the block by name."""
        within = fault.within
        for key in fault.fields:
            held = [(within.mapping, key)] if within and within.has(key) else self._culprits(key)
            fault.culprits += tuple(held)
        for key, values in fault.fits.items():
            fault.offers += (
                (((within.mapping, key), values),) if within and within.has(key) else self._offers(key, values)
            )
        if not self.scope.document.is_shipped:
            fault.step = self.node.span

    def _node(self, key: str) -> Node:
        return self.node.entries[key].value

    def _culprits(self, key: str) -> list[Culprit]:
        node = self.node.get(key)
        if node is None:
            return list(self.scope.behind(key))
        texts = [item for item in (node.items if isinstance(node, Sequence) else (node,)) if isinstance(item, Scalar)]
        named = [each for item in texts if isinstance(item.value, str) for each in self._behind_text(item.value)]
        return named if self.scope.document.is_shipped else [*named, (self.node, key)]

    def _behind_text(self, text: str) -> list[Culprit]:
        try:
            return list(self.scope.culprits(parsed(text.removeprefix("$"))))
        except ExpressionError:
            return []

    def _offers(self, key: str, values: Iterable[Plain]) -> tuple[Offer, ...]:
        """Return in place of what a value that fits may be written: a literal, the field meant, or an item of it."""
        node, scope = self.node.get(key), self.scope
        if node is not None and not (isinstance(node, Scalar) and isinstance(node.value, str)):
            return (((self.node, key), values),)
        tree = scope.chosen(parsed(str(node.value).removeprefix("$") if isinstance(node, Scalar) else key))
        if isinstance(tree, ast.Name):
            return tuple((held, values) for held in scope.behind(tree.id))
        if isinstance(tree, ast.Attribute):
            return tuple((held, values) for held in [*scope.culprits(tree)][:1])
        if isinstance(tree, ast.Subscript) and isinstance(tree.value, ast.Name):
            items, index = evaluate(tree.value, scope), int(evaluate(tree.slice, scope))
            lists = [[*items[:index], value, *items[index + 1 :]] for value in values]
            return tuple((held, lists) for held in scope.behind(tree.value.id))
        return ()

    def _evaluated(self, node: Node) -> Any:
        said = node.value if isinstance(node, Scalar) else None
        if type(said) is str:
            return computed(said)(self.scope)
        return said if type(said) is int or type(said) is bool else exact(node)

    def _whole(self, key: str, value: object) -> int:
        if isinstance(value, Fraction):
            help = "let `round` make it whole, as in `round(NUMBER, 8, half_up)`"
            self.refuse(ShapeFault("G009", f"{key} is {float(value):g}, which is no whole number", (key,), help))
            return max(1, int(value))
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(ShapeFault("G012", f"{key} is no number here", (key,)))
            return 1
        if value < (0 if key in _FROM_ZERO else 1) and key not in _ANY_SIGN:
            self.refuse(ShapeFault("G012", f"{key} is {int(value)}", (key,)))
            return 1
        return value
