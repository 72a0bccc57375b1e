"""The types of an expression's parts, and what is wrong with it: nothing is computed but what literals alone say."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, repeat
from typing import Any, Protocol

from archcompiler.blocks.expression import CONSTANTS, ExpressionError, evaluate, names_of, parsed, span_of
from archcompiler.blocks.types import CONDITION, MAP, NUMBER, Json, Type, joined, part_of, parts_of, word_type
from archcompiler.diagnostics import Diagnostic
from archcompiler.schema.language import read_schema
from archcompiler.span import Span
from archcompiler.tree import Scalar

_MOST_HELPED = 100
_MOST_LISTED = 30
SIZES = ("channels", "height", "width")
_BOUNDS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "minimum": (lambda value, bound: value >= bound, "at least"),
    "maximum": (lambda value, bound: value <= bound, "at most"),
    "exclusiveMinimum": (lambda value, bound: value > bound, "more than"),
    "exclusiveMaximum": (lambda value, bound: value < bound, "less than"),
}


class Names(Protocol):
    """What the names of a document stand for at one place of it."""

    def find(self, name: str, place: Place) -> Type | None:
        """Return what a name may be, None where that is not known; KeyError where there is no such name.

        What is wrong with reading the name at its place is reported.
        """

    def known(self) -> list[str]:
        """Return every name that can be read here."""

    def unknown(self, name: str, place: Place, words: Iterable[str]) -> None:
        """Report that there is no such name, and none of the words that could stand at its place."""

    def narrow(self, found: dict[str, Type]) -> Any:
        """Let names be what a condition leaves of them, for the `with`."""


@dataclass(frozen=True)
class Place:
    """A stretch of a text of the document, and where faults of it are collected."""

    text: Text
    start: int = 0
    end: int | None = None

    @property
    def is_helped(self) -> bool:
        """Tell whether a fault here is among those that readers see, and that are compared with every name."""
        return len(self.text.faults) < _MOST_HELPED

    def report(self, code: str, message: str, help: str | None = None) -> None:
        """Report a fault at the stretch."""
        self.text.faults.append(Diagnostic(code, message, self.text.span(self.start, self.end), help))


@dataclass(frozen=True)
class Text:
    """An expression as it stands in a document; `shift` characters of the scalar stand in front of it."""

    scalar: Scalar
    faults: list[Diagnostic]
    shift: int = 0

    def parsed(self) -> ast.expr | None:
        """Return the tree of the expression; None where it is none, which is reported."""
        try:
            return parsed(str(self.scalar.value)[self.shift :])
        except ExpressionError as error:
            Place(self, error.start, error.end).report("B001", error.message, _how_to_write(str(self.scalar.value)))
            return None

    def place(self, node: ast.AST) -> Place:
        """Return where a part of the expression stands."""
        return Place(self, *span_of(node))

    def span(self, start: int, end: int | None) -> Span:
        """Return where characters of the expression stand; all of a scalar whose characters cannot be told apart."""
        span, value = self.scalar.span, str(self.scalar.value)
        first, last = start + self.shift, (len(value) if end is None else end + self.shift)
        more = span.end_column - span.column - len(value)
        for escaped, quotes in (("", 0), ("'", 2), ('\\"', 2)):
            if span.line == span.end_line and more == quotes + sum(map(value.count, escaped)):
                lead = span.column + quotes // 2
                before, behind = (at + sum(value[:at].count(mark) for mark in escaped) for at in (first, last))
                return Span(span.path, span.line, lead + before, span.line, lead + behind)
        return span


def near(word: str, names: Iterable[str]) -> str | None:
    """Return the help for a word that is none of some names: the nearest, and all where they are few."""
    known = sorted(set(names))
    close = get_close_matches(word, known, n=2, cutoff=0.7)
    more = f" and {len(known) - _MOST_LISTED} more" if len(known) > _MOST_LISTED else ""
    listed = f"there {'are' if len(known) > 1 else 'is'} {', '.join(known[:_MOST_LISTED]) or 'none'}{more}"
    return f"did you mean {' or '.join(f'`{name}`' for name in close)}? {listed}" if close else listed


@dataclass(frozen=True)
class Typecheck:
    """The rules for the parts of one text."""

    text: Text
    names: Names

    def check(self, tree: ast.expr, wanted: Type, what: str, bounds: Json) -> None:
        """Report what is wrong with an expression that is to be of a type; `what` is what it is for, if anything."""
        if isinstance(tree, ast.IfExp):
            self.condition(tree.test)
            for branch, holds in ((tree.body, True), (tree.orelse, False)):
                with self.narrowed(tree.test, holds=holds):
                    self.check(branch, wanted, what, bounds)
            return
        found = self.type_of(tree, wanted)
        if found is not None and not found.fits(wanted):
            self._misfit(tree, found, wanted, what)
        elif found is not None and found.number:
            self._check_bounds(tree, what, bounds)

    def condition(self, tree: ast.expr) -> None:
        """Report what is wrong with a condition."""
        self.check(tree, CONDITION, "", {})

    @contextmanager
    def narrowed(self, test: ast.expr, *, holds: bool) -> Iterator[None]:
        """Let names be what a condition leaves of them, where it holds or does not."""
        with self.names.narrow(dict(self._narrowings(test, holds=holds))):
            yield

    def type_of(self, tree: ast.expr, wanted: Type | None = None) -> Type | None:
        """Return what an expression may be, None where that is not known; `wanted` says which words may stand there."""
        rules: dict[type[ast.expr], Callable[[Any, Type | None], Type | None]] = {
            ast.Name: self._name,
            ast.Constant: self._constant,
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.BinOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.BoolOp: self._boolean,
            ast.Compare: self._compare,
            ast.IfExp: self._choice,
            ast.Call: self._call,
        }
        return rules[type(tree)](tree, wanted)

    def _misfit(self, tree: ast.expr, found: Type, wanted: Type, what: str) -> None:
        place, purpose = self.text.place(tree), f" for {what}" if what else ""
        if wanted.words and found.words and found.without_words().fits(wanted):
            odd = " or ".join(f"`{word}`" for word in sorted(found.words - wanted.words))
            place.report(
                "B005", f"expected {wanted}{purpose}, found the word {odd}", near(odd.strip("`"), wanted.words)
            )
        else:
            place.report("B004", f"expected {wanted}{purpose}, found {found}")

    def _check_bounds(self, tree: ast.expr, what: str, bounds: Json) -> None:
        """Report a number that literals alone say and that is out of bounds."""
        value = self._literal(tree)
        for keyword, (holds, words) in _BOUNDS.items():
            if value is not None and keyword in bounds and not holds(value, bounds[keyword]):
                purpose = f" for {what}" if what else ""
                message = f"expected {words} {bounds[keyword]}{purpose}, found {float(value):g}"
                self.text.place(tree).report("B013", message)

    def _literal(self, tree: ast.expr) -> Any:
        """Return the number that an expression without names says; None where it says none."""
        if names_of(tree):
            return None
        try:
            value = evaluate(tree, _Nothing())
        except (ExpressionError, TypeError, ValueError):
            return None  # what is wrong with it is told where its parts are checked
        return None if isinstance(value, (bool, str)) else value

    def _name(self, tree: ast.Name, wanted: Type | None) -> Type | None:
        if tree.id in CONSTANTS:
            return CONDITION
        words = wanted.words if wanted else frozenset()
        place = self.text.place(tree)
        try:
            return self.names.find(tree.id, place)
        except KeyError:
            if words is None or tree.id in words:
                return word_type(frozenset((tree.id,)))
            if wanted and words and not wanted.number:
                place.report("B005", f"expected {wanted}, or a name of such, found `{tree.id}`", near(tree.id, words))
            else:
                self.names.unknown(tree.id, place, words)
            return None

    def _constant(self, tree: ast.Constant, _: Type | None) -> Type:
        return word_type(frozenset((tree.value,))) if isinstance(tree.value, str) else NUMBER

    def _attribute(self, tree: ast.Attribute, _: Type | None) -> Type | None:
        found, place = self.type_of(tree.value), self.text.place(tree)
        if found is None:
            return None
        if found == MAP:
            if tree.attr in SIZES:
                return NUMBER
            place.report("B004", f"a map has no `{tree.attr}`", near(tree.attr, SIZES))
        elif not found.object or found != Type(object=found.object, variants=found.variants):
            place.report("B004", f"`.{tree.attr}` is of a map or an object; this is {found}")
        else:
            return self._part(found, tree.attr, place)
        return None

    def _part(self, found: Type, name: str, place: Place) -> Type | None:
        try:
            part, lacking = part_of(found, name)
        except KeyError:
            place.report("B004", f"the {found.object} has no `{name}`", near(name, parts_of(found)))
            return None
        if lacking:
            message = f"`{name}` has no value where the {found.object} is {' or '.join(sorted(lacking))}"
            place.report("B007", message, f"read it where a condition says which {found.object} it is")
        return part

    def _subscript(self, tree: ast.Subscript, _: Type | None) -> Type | None:
        found = self.type_of(tree.value)
        last = {"maximum": found.most - 1} if found and found.most and not found.number else {}
        self.check(tree.slice, NUMBER, "the number of an item", {"minimum": 0, **last})
        if found is None:
            return None
        if found.item is None:
            self.text.place(tree).report("B004", f"an item is of a list; this is {found}")
            return None
        return joined(found.item, NUMBER) if found.number else found.item

    def _binary(self, tree: ast.BinOp, _: Type | None) -> Type:
        self.check(tree.left, NUMBER, "", {})
        self.check(tree.right, NUMBER, "", {})
        if isinstance(tree.op, (ast.Div, ast.FloorDiv, ast.Mod)) and self._literal(tree.right) == 0:
            self.text.place(tree.right).report("B013", "this divides by 0")
        return NUMBER

    def _unary(self, tree: ast.UnaryOp, _: Type | None) -> Type:
        if isinstance(tree.op, ast.Not):
            self.condition(tree.operand)
            return CONDITION
        self.check(tree.operand, NUMBER, "", {})
        return NUMBER

    def _boolean(self, tree: ast.BoolOp, _: Type | None) -> Type:
        """Check each condition as the ones before it leave it: behind `and` they hold, behind `or` they do not."""
        first, *rest = tree.values
        self.condition(first)
        if rest:
            following = ast.BoolOp(tree.op, rest) if len(rest) > 1 else rest[0]
            with self.narrowed(first, holds=isinstance(tree.op, ast.And)):
                self.condition(following)
        return CONDITION

    def _compare(self, tree: ast.Compare, _: Type | None) -> Type:
        left = self._left(tree.left)
        for operator, right in zip(tree.ops, tree.comparators, strict=True):
            if left is not None:
                self._against(left, operator, right)
            elif not isinstance(right, ast.Name):
                self.type_of(right, word_type(None))
        return CONDITION

    def _left(self, tree: ast.expr) -> Type | None:
        """Return what stands on the left of a comparison, which is no word."""
        found = self.type_of(tree)
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            self.text.place(tree).report("B005", "a word stands on the right of a comparison", "change the sides")
            return None
        return found

    def _against(self, left: Type, operator: ast.cmpop, right: ast.expr) -> None:
        """Check what is compared with a value; a name on the right of a word is a word, whatever else has that name."""
        place, words = self.text.place(right), left.compared
        is_equality = isinstance(operator, (ast.Eq, ast.NotEq))
        if left.item or left.map or left.maps:
            place.report("B004", f"{left} is compared with nothing", "compare a number of it")
        elif words != frozenset() and not is_equality:
            place.report("B004", f"{left} has no order", "compare it by `==` or `!=`")
        elif words == frozenset():
            kind = CONDITION if left == CONDITION and is_equality else NUMBER
            self.check(right, kind, f"a comparison with {left}", {})
        elif (word := _word(right)) is None:
            wanted = joined(NUMBER, word_type(words)) if left.number else word_type(words)
            self.check(right, wanted or NUMBER, f"a comparison with {left}", {})
        elif words is not None and word not in words and not (left.number and word in self.names.known()):
            what = f"the {left.object}" if left.object else "this"
            place.report("B005", f"{what} is never `{word}`", near(word, words))

    def _narrowings(self, test: ast.expr, *, holds: bool) -> Iterator[tuple[str, Type]]:
        """Yield the names that a condition says something of, with what it leaves of them."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yield from self._narrowings(test.operand, holds=not holds)
        elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) == holds:
            for value in test.values:
                yield from self._narrowings(value, holds=holds)
        elif isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and len(test.ops) == 1:
            word, found = _word(test.comparators[0]), self._quietly(test.left)
            is_equal = isinstance(test.ops[0], ast.Eq)
            if found and word in (found.compared or ()) and (is_equal or isinstance(test.ops[0], ast.NotEq)):
                yield test.left.id, found.narrowed(str(word), holds=holds == is_equal)

    def _quietly(self, tree: ast.expr) -> Type | None:
        """Return a type without a word on what is wrong, which was said before."""
        return Typecheck(Text(self.text.scalar, [], self.text.shift), self.names).type_of(tree)

    def _choice(self, tree: ast.IfExp, wanted: Type | None) -> Type | None:
        self.condition(tree.test)
        found = []
        for branch, holds in ((tree.body, True), (tree.orelse, False)):
            with self.narrowed(tree.test, holds=holds):
                found.append(self.type_of(branch, wanted))
        return joined(*found)

    def _call(self, tree: ast.Call, _: Type | None) -> Type | None:
        name = tree.func.id if isinstance(tree.func, ast.Name) else ""
        place, function = self.text.place(tree), _SIGNATURES.get(name)
        if function is None:
            place.report("B006", f"there is no function `{name}`", near(name, _SIGNATURES))
            return None
        if tree.keywords or not function.fewest <= len(tree.args) <= function.most:
            place.report("B006", f"`{name}` is called with {_counted(tree)}", f"write it as in {function.use}")
            return NUMBER
        taken = chain(function.takes, repeat(function.takes[-1]))
        for argument, (type_, what, bounds) in zip(tree.args, taken, strict=False):
            self.check(argument, type_, what, bounds)
        return NUMBER


def _counted(tree: ast.Call) -> str:
    if tree.keywords:
        return "values by name"
    return "one value" if len(tree.args) == 1 else f"{len(tree.args) or 'no'} values"


@dataclass(frozen=True)
class _Signature:
    """What a function takes: how many values, and of each its type, what it is, and its bounds; the last repeats."""

    use: str
    fewest: int
    most: int
    takes: tuple[tuple[Type, str, Json], ...]


_MANY = 100
_MODES = read_schema("architecture.json")["$defs"]["rounding"]["properties"]["mode"]["enum"]
_NUMBER: tuple[Type, str, Json] = (NUMBER, "", {})
_MULTIPLE: tuple[Type, str, Json] = (NUMBER, "the multiple", {"minimum": 1})
_MODE: tuple[Type, str, Json] = (word_type(frozenset(filter(None, _MODES))), "the rounding", {})
_LIST: tuple[Type, str, Json] = (Type(item=Type(number=True, words=None)), "`len`", {})
_SIGNATURES = {
    "round": _Signature("`round(NUMBER, 8, half_up)`, or `round(NUMBER)`", 1, 3, (_NUMBER, _MULTIPLE, _MODE)),
    "min": _Signature("`min(channels, 64)`", 2, _MANY, (_NUMBER,)),
    "max": _Signature("`max(channels, 64)`", 2, _MANY, (_NUMBER,)),
    "len": _Signature("`len(LIST)`", 1, 1, (_LIST,)),
    "bits": _Signature("`bits(channels)`", 1, 1, (_NUMBER,)),
    "sqrt": _Signature("`sqrt(NUMBER)`", 1, 1, (_NUMBER,)),
}


FUNCTION_USES = tuple((name, f"as in {signature.use}") for name, signature in _SIGNATURES.items())
"""Every function, with how it is called."""


class _Nothing:
    """The scope of a text without names: each is itself, a word."""

    def __init__(self) -> None:
        self.meanings: dict[str, Any] = {}

    def meaning(self, name: str) -> Any:
        return name

    def part_of(self, value: Any, name: str) -> Any:
        raise KeyError(name)


def _word(tree: ast.expr) -> str | None:
    """Return the word that a part of an expression is, if it is one."""
    if isinstance(tree, ast.Name):
        return tree.id
    return tree.value if isinstance(tree, ast.Constant) and isinstance(tree.value, str) else None


def _how_to_write(text: str) -> str | None:
    """Return the help for a text that is no expression: a word such as 3x3 stands in quotes of its own."""
    return f"a word stands in quotes of its own: \"'{text}'\"" if text[:1].isdigit() and text.isalnum() else None
