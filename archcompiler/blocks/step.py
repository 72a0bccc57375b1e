"""One step of a running document: what its keys say, and which values of the spec are to blame for a misfit."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from archcompiler.blocks.expression import ExpressionError, evaluate, parsed
from archcompiler.blocks.fitting import fitting
from archcompiler.blocks.scope import Given
from archcompiler.blocks.written import Written
from archcompiler.graph.named import Named
from archcompiler.graph.ops import Form, Op
from archcompiler.graph.shape import Sides, shape_text
from archcompiler.record.fault import Culprit, Offer, ShapeFault
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value
from archcompiler.tree import Plain, Scalar, Sequence

if TYPE_CHECKING:
    from archcompiler.blocks.run import Run
    from archcompiler.blocks.scope import Scope

_WHOLE = frozenset((int, Named))
_ANY: tuple[Form, ...] = ("map", "channels-last map", "vector")
_ELEMENTWISE = ("activation", "add", "drop_path", "dropout", "learned_scale", "learned_shift", "multiply", "scale")
_FORMS: dict[str, tuple[Form, ...]] = {
    **dict.fromkeys((*_ELEMENTWISE, "subtract", "norm", "flatten", "if", "repeat", "block"), _ANY),
    "concat": ("map", "vector"),
    "layer_scale": ("map", "channels-last map"),
    "linear": ("vector", "channels-last map"),
}
"""What the kinds of steps take that take more than a map."""
_MAKES: dict[Form, str] = {"map": "permute: first", "channels-last map": "permute: last", "vector": "flatten: true"}
_FROM_ZERO = frozenset(("padding", "repeat"))
_ANY_SIGN = frozenset(("pad_channels", "pad"))


class Step:
    """One step: what it says, computed in the scope of its document."""

    __slots__ = ("_key", "node", "recorder", "run", "scope", "written")

    def __init__(self, run: Run, written: Written) -> None:
        self.run, self.written, self.node = run, written, written.node
        self.recorder: Recorder = run.recorder
        self.scope: Scope = run.scope
        self._key = ""  # what was read last: where an expression has no value, it is of this key

    def has(self, key: str) -> bool:
        """Tell whether the step says a key."""
        return key in self.node.entries

    def value(self, key: str) -> Any:
        """Return what a key says: a literal as it is, a text as the expression that it is."""
        self._key = key
        said = self.written.said[key]
        return said(self.scope) if callable(said) else said

    def number(self, key: str) -> int:
        """Return a whole number; any other is refused."""
        value = self.value(key)
        return value if type(value) in _WHOLE and value > 0 else self._whole(key, value)

    def numbers(self, key: str) -> tuple[int, ...]:
        """Return a list of whole numbers, for which one may stand."""
        values = self.value(key)
        return tuple(self._whole(key, value) for value in (values if isinstance(values, tuple) else (values,)))

    def sides(self, key: str) -> Sides:
        """Return one whole number, or one for height and one for width."""
        value = self.value(key)
        if type(value) in _WHOLE and value > 0:
            return value  # type: ignore[no-any-return]  # an int, named or not
        found = self.numbers(key)
        return found[0] if len(found) == 1 else (found[0], found[1])

    def real(self, key: str) -> float:
        """Return a number as a float; one that is computed becomes an argument of the key's name."""
        number, said = float(self.value(key)), self.node.get(key)
        text = said.value if isinstance(said, Scalar) else None
        if not isinstance(text, str):
            return number
        return self.recorder.let_float(text if self.scope.is_name(text) else key, number)

    def attribute(self, op: type[Op], name: str, key: str) -> object:
        """Return the value of an attribute of an op that a key says."""
        kind = next(each.kind for each in op.attributes if each.name == name)
        read = {"size": self.sides, "number": self.real, "choice": self.word, "flag": self.flag}
        return read[kind](key)

    def is_list(self, key: str) -> bool:
        """Tell whether a key says a list."""
        return isinstance(self.value(key), tuple)

    def flag(self, key: str) -> bool:
        """Return a condition."""
        return bool(self.value(key))

    def word(self, key: str) -> str:
        """Return the word that a key says, or that its expression chooses."""
        return str(self.value(key))

    def words(self, key: str) -> tuple[str, ...]:
        """Return the words under a key, for which one may stand."""
        return self.written.words[key]

    def union(self, key: str) -> Fields:
        """Return an object that says its type: the step's own, or the field that `$NAME` means."""
        found = self.value(key)
        if not isinstance(found, Fields):
            raise TypeError(f"{key} is no object")
        return found

    def operands(self, key: str) -> list[Value]:
        """Return the maps that the names under a key mean: one name may mean several, that a repeat collected.

        A name whose step was refused, or whose repeat ran no time, means what arrives at the document.
        """
        found: list[Value] = []
        for name in self.words(key):
            value = self.scope.said(name, None) or self.scope.value_of("x")
            found += value if isinstance(value, list) else [value]
        return found

    def names_one(self, key: str) -> bool:
        """Tell whether a key names a single map; what a repeat collected is a list, also where it ran once."""
        names = self.words(key)
        return len(names) == 1 and not isinstance(self.scope.said(names[0], None), list)

    def given(self, *known: str) -> Given:
        """Return what the step says beside the known keys, with what finds the values of the spec behind each."""
        keys = [key for key in self.node.entries if key not in known]
        return {key: (self.value(key), partial(self._culprits, key)) for key in keys}

    def takes(self, kind: str, x: Value) -> bool:
        """Tell whether a kind of step can run on a value: most take a map whose channels stand first."""
        taken = self._taken(kind)
        if x.form in taken:
            return True
        message = f"`{kind}` takes a {' or a '.join(taken)}, and the {x.form} {shape_text(x.shape)} arrives"
        makes = [f"`{_MAKES[form]}` makes a {form}" for form in taken if x.form != "vector"]
        self.refuse(
            ShapeFault(
                "G013",
                message,
                (kind,),
                ", ".join(makes) or "nothing makes a map of a vector: let it run in front of `flatten`",
            )
        )
        return False

    def _taken(self, kind: str) -> tuple[Form, ...]:
        if kind == "permute":
            return ("map",) if self.word(kind) == "last" else ("channels-last map",)
        return ("map",) if kind == "linear" and self.flag("conv") else _FORMS.get(kind, ("map",))

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
        said = [f"a {name} of {float(n):g}" for name, n in numbers.items() if isinstance(n, (int, Fraction))]
        sizes = (scope.said(name, None) for name in error.names if name not in numbers)
        said[1:] = [f"on {size} channels" for size in sizes if isinstance(size, int)][:1]
        gives = f"{' '.join(said)} gives {error.message.replace(' is no', ', which is no')}"
        message = gives if said and error.code == "G009" else error.message
        help = "or say how to round, as in `round: {to: 1, mode: half_even}`" if "round" in error.names else None
        self.refuse(ShapeFault(error.code, message, (*error.names, self._key), help, fits=fitting(error, scope)))

    def blame(self, fault: ShapeFault) -> None:
        """Say which values of a spec a fault is of: those that the step's keys read, or fields of the block by name."""
        within = fault.within
        for key in fault.fields or self.node.entries:
            held = [(within.mapping, key)] if within and within.has(key) else self._culprits(key)
            fault.culprits += tuple(held)
        for key, values in fault.fits.items():
            fault.offers += (
                (((within.mapping, key), values),) if within and within.has(key) else self._offers(key, values)
            )
        if not self.scope.document.is_shipped:
            fault.step = self.node.span

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

    def _whole(self, key: str, value: object) -> int:
        if type(value) is Fraction:
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
