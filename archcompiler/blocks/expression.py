"""Expressions, as steps have them where a number, a condition or a choice stands: parsed, and computed exactly.

The grammar is a part of Python's, and Python's own parser reads it; nothing is ever run. `+ - * / // %`, comparisons,
`and or not`, `A if CONDITION else B`, `LIST[INDEX]`, `VALUE.channels`, `OBJECT.field`, and the functions below.
Arithmetic is rational: `/` is exact, and 0.25 is a quarter. A word, such as `none`, is what no name is.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from keyword import kwlist
from math import isqrt, sqrt
from typing import Any, Protocol, Union

from archcompiler.graph.named import Named, combined
from archcompiler.record.fields import Fields
from archcompiler.record.rounding import round_to

LONGEST = 300
"""Characters of one expression: Python's parser takes time and stack by its length."""
DEEPEST = 30
"""Levels of one expression."""
LARGEST = 10**18
"""Numbers beyond it are no counts of anything: repeated multiplication ends there."""
FINEST = LARGEST**3
"""Nor are shares of more parts."""

Number = Union[int, Fraction]
Plain = Union[Number, bool, str, tuple["Plain", ...]]


class ExpressionError(Exception):
    """What is wrong with an expression, and where in its text: `start` and `end` count characters.

    `tree` is the part that has no value for the numbers at hand; `names` are those that it reads.
    """

    def __init__(
        self, message: str, start: int = 0, end: int | None = None, *, tree: ast.expr | None = None, code: str = "G012"
    ) -> None:
        super().__init__(message)
        self.message, self.start, self.end, self.tree, self.code = message, start, end, tree, code

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the part reads."""
        return tuple(names_of(self.tree)) if self.tree is not None else ()


class Scope(Protocol):
    """What the names of an expression mean."""

    meanings: dict[str, Any]
    """What the names mean that have been looked up."""

    def meaning(self, name: str) -> Any:
        """Look up what a name means: a number, condition, word, list, object or map; itself where it is no name."""

    def part_of(self, value: Any, name: str) -> Any:
        """Return a part of an object or a size of a map; KeyError where it has none."""


Compute = Callable[[Scope], Any]
"""What an expression says in a scope; ExpressionError where it says nothing."""


@lru_cache(maxsize=4096)
def parsed(text: str) -> ast.expr:
    """Return the tree of an expression; ExpressionError where it is none."""
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression of {len(text)} characters is longer than {LONGEST}: name parts by `let`")
    if not text.isascii() or "\\" in text:
        raise ExpressionError("an expression is of ASCII characters, without a backslash")
    if unfit := _UNFIT.search(_QUOTED.sub(lambda word: "'" * len(word[0]), text)):
        raise ExpressionError("a number is followed by a blank or an operator, and is decimal", *unfit.span())
    masked = _NAME.sub(lambda found: _masked(found[0]), text)
    try:
        tree = ast.parse(masked, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        at = max(0, (getattr(error, "offset", None) or 1) - 1)
        raise ExpressionError("this is no expression", min(at, max(0, len(text) - 1))) from None
    _check_depth(tree)
    for node in ast.walk(tree):
        _check_part(node, masked)
    return tree


_NAME = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS = frozenset(kwlist) - {"and", "or", "not", "if", "else"}


def _check_part(node: ast.AST, masked: str) -> None:
    """Refuse what the language has not; give a word back its name, and count where it stands in characters.

    Python counts bytes, and a masked word has one more.
    """
    if not masked.isascii() and isinstance(node, ast.expr):
        encoded = masked.encode()
        node.col_offset = len(encoded[: node.col_offset].decode())
        node.end_col_offset = len(encoded[: node.end_col_offset].decode())
    if type(node) not in _KNOWN:
        raise ExpressionError(_UNKNOWN.get(type(node), "this is no part of the language"), *span_of(node))
    if isinstance(node, ast.Constant) and not _is_literal(node.value):
        raise ExpressionError("this is no number and no word of the language", *span_of(node))
    if isinstance(node, ast.Name):
        node.id = _WORDS.get(node.id, node.id)


_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_UNFIT = re.compile(r"\b0[xXoObB]|\b[0-9.]+(?:and|else|if|or|not)\b")


def _check_depth(tree: ast.expr) -> None:
    """Refuse what is nested so deeply that computing it could exhaust Python's stack."""
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if level:
        raise ExpressionError(f"an expression is {DEEPEST} levels deep at most: name parts by `let`")


def _is_literal(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, (int, float)) and abs(value) <= LARGEST)


def _masked(word: str) -> str:
    """Return for a keyword of Python's an identifier as long: `global` is a word here, and no ASCII text says this."""
    return f"{word[:-1]}\N{MIDDLE DOT}" if word in _KEYWORDS else word


_WORDS = {_masked(word): word for word in _KEYWORDS}


def span_of(node: ast.AST) -> tuple[int, int | None]:
    """Return where a part of an expression begins and ends in its text."""
    return getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None)


def names_of(tree: ast.AST) -> list[str]:
    """Return the names that an expression mentions, functions and words included, in order."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called)
    return list(dict.fromkeys(node.id for node in sorted(names, key=lambda node: node.col_offset)))


def is_computed(tree: ast.expr) -> bool:
    """Tell whether an expression without a choice computes a number, instead of naming one."""
    return not isinstance(tree, (ast.Name, ast.Constant, ast.Attribute, ast.Subscript))


def evaluate(tree: ast.expr, scope: Scope) -> Any:
    """Return what an expression says in a scope; ExpressionError where it says nothing."""
    return _compiled(tree)(scope)


@lru_cache(maxsize=4096)
def computed(text: str) -> Compute:
    """Return what computes a text of a step: `$NAME` is what the field says, any other text an expression."""
    name = text.removeprefix("$")
    return _meaning(name) if name.isidentifier() else _compiled(parsed(text))


@lru_cache(maxsize=4096)
def _compiled(tree: ast.expr) -> Compute:
    """Return what computes an expression, so that its tree is walked once however often it is computed."""
    return _RULES[type(tree)](tree)


def _name(tree: ast.Name) -> Compute:
    return _meaning(tree.id)


def _meaning(name: str) -> Compute:
    if name in CONSTANTS:
        return lambda _: CONSTANTS[name]
    return lambda scope: scope.meanings[name] if name in scope.meanings else scope.meaning(name)


def _constant(tree: ast.Constant) -> Compute:
    value = Fraction(repr(tree.value)) if isinstance(tree.value, float) else tree.value
    return lambda _: value


def _attribute(tree: ast.Attribute) -> Compute:
    held = _compiled(tree.value)

    def compute(scope: Scope) -> Any:
        try:
            return scope.part_of(held(scope), tree.attr)
        except KeyError:
            raise ExpressionError(f"there is no `{tree.attr}` here", *span_of(tree)) from None

    return compute


def _subscript(tree: ast.Subscript) -> Compute:
    held, place = _compiled(tree.value), _number(tree.slice)

    def compute(scope: Scope) -> Any:
        items, index = held(scope), int(place(scope))
        if not isinstance(items, tuple):
            return items  # one number that stands for all of a list
        if not 0 <= index < len(items):
            raise ExpressionError(f"there is no item {index} of {len(items)}", *span_of(tree), tree=tree)
        return items[index]

    return compute


def _binary(tree: ast.BinOp) -> Compute:
    left, right, operation = _number(tree.left), _number(tree.right), _ARITHMETIC[type(tree.op)]
    divides = isinstance(tree.op, (ast.Div, ast.FloorDiv, ast.Mod))

    def compute(scope: Scope) -> Number:
        first, second = left(scope), right(scope)
        if divides and not second:
            raise ExpressionError("this divides by 0", *span_of(tree), tree=tree)
        result = operation(first, second)
        if not -LARGEST <= result <= LARGEST or result.denominator > FINEST:
            raise ExpressionError("this number is too large, or too fine", *span_of(tree), tree=tree)
        return result

    return compute


def _number(tree: ast.expr) -> Callable[[Scope], Number]:
    compute = _compiled(tree)

    def number(scope: Scope) -> Number:
        value = compute(scope)
        if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
            raise ExpressionError("this is no number", *span_of(tree), tree=tree)
        return value

    return number


def _named(sign: str, compute: Callable[[int, int], int]) -> Callable[[Number, Number], Number]:
    """Return an operation that keeps the names of the fields its whole numbers came from."""

    def apply(left: Number, right: Number) -> Number:
        if isinstance(left, int) and isinstance(right, int):
            value = compute(int(left), int(right))
            if isinstance(left, Named) or isinstance(right, Named):
                return combined(value, sign, left, right)
            return value
        if sign == "*":
            whole, part = (left, right) if isinstance(left, Named) else (right, left)
            if isinstance(whole, Named) and isinstance(part, Fraction):
                return _divide(_MULTIPLY(whole, part.numerator), part.denominator)
        return _whole(Fraction(_FRACTIONS[sign](Fraction(left), Fraction(right))))

    return apply


def _divide(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        if right == 1:
            return left
        if left % right == 0:
            return _FLOOR(left, right)
    return _whole(Fraction(left) / Fraction(right))


def _whole(value: Fraction) -> Number:
    return value.numerator if value.denominator == 1 else value


_FRACTIONS: dict[str, Callable[[Fraction, Fraction], Number]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
}
_MULTIPLY = _named("*", lambda a, b: a * b)
_FLOOR = _named("//", lambda a, b: a // b)
_ARITHMETIC: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: _named("+", lambda a, b: a + b),
    ast.Sub: _named("-", lambda a, b: a - b),
    ast.Mult: _MULTIPLY,
    ast.Div: _divide,
    ast.FloorDiv: _FLOOR,
    ast.Mod: lambda a, b: int(a) % int(b) if isinstance(a, int) and isinstance(b, int) else Fraction(a) % Fraction(b),
}


def _unary(tree: ast.UnaryOp) -> Compute:
    if isinstance(tree.op, ast.Not):
        condition = _compiled(tree.operand)
        return lambda scope: not condition(scope)
    operand, subtract = _number(tree.operand), _ARITHMETIC[ast.Sub]
    return lambda scope: subtract(0, operand(scope))


def _boolean(tree: ast.BoolOp) -> Compute:
    conditions, decides = [_compiled(value) for value in tree.values], isinstance(tree.op, ast.Or)

    def compute(scope: Scope) -> bool:
        for condition in conditions:
            if bool(condition(scope)) is decides:
                return decides
        return not decides

    return compute


def _compare(tree: ast.Compare) -> Compute:
    first = _compiled(tree.left)
    others = [
        (_COMPARISONS[type(op)], each.id if isinstance(each, ast.Name) else "", _compiled(each))
        for op, each in zip(tree.ops, tree.comparators, strict=True)
    ]

    def compute(scope: Scope) -> bool:
        left = first(scope)
        if isinstance(left, Fields):
            left = left.text("type")  # an object is compared by its type
        is_word = isinstance(left, str)  # what it is compared with is a word then, whatever else has that name
        for holds, word, other in others:
            right = word if is_word and word else other(scope)
            if not holds(left, right):
                return False
            left = right
        return True

    return compute


_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def _choice(tree: ast.IfExp) -> Compute:
    condition, then, otherwise = _compiled(tree.test), _compiled(tree.body), _compiled(tree.orelse)
    return lambda scope: then(scope) if condition(scope) else otherwise(scope)


def _call(tree: ast.Call) -> Compute:
    function = FUNCTIONS.get(tree.func.id) if isinstance(tree.func, ast.Name) else None
    if function is None or tree.keywords:
        raise ExpressionError("this is no function of the language", *span_of(tree))
    call, arguments = function, [_compiled(argument) for argument in tree.args]

    def compute(scope: Scope) -> Any:
        try:
            return call(*[argument(scope) for argument in arguments])
        except _NoResultError as error:
            raise ExpressionError(str(error), *span_of(tree), tree=tree, code="G009") from None

    return compute


class _NoResultError(Exception):
    """A function that has no value for its arguments."""


def _round(value: Number, to: int = 1, mode: str = "exact") -> int:
    result = round_to(Fraction(value), int(to), mode)
    if result is None:
        multiple = "whole number" if to == 1 else f"multiple of {int(to)}"
        raise _NoResultError(f"{float(value):g} is no {multiple}")
    return value if isinstance(value, int) and result == value else result


def _bits(number: int) -> int:
    return int(number).bit_length()


def _sqrt(number: Number) -> Number:
    """Return a root that is exact where it is rational, else the nearest number of double precision."""
    if number < 0:
        raise _NoResultError(f"{float(number):g} has no root")
    parts = [isqrt(part) for part in (number.numerator, number.denominator)]
    root = Fraction(*parts) if Fraction(*parts) ** 2 == number else Fraction(sqrt(number))
    return _whole(root)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "round": _round,
    "min": min,
    "max": max,
    "len": len,
    "bits": _bits,
    "sqrt": _sqrt,
}
"""`round(number, to, mode)` as attention's `round` has it; `bits(n)` is how many binary digits a whole number has."""
CONSTANTS: Mapping[str, bool] = {"true": True, "false": False}

_RULES: dict[type[ast.expr], Callable[[Any], Compute]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _choice,
    ast.Call: _call,
}
_KNOWN = frozenset((*_RULES, *_ARITHMETIC, *_COMPARISONS, ast.Load, ast.Not, ast.USub, ast.And, ast.Or))
_UNKNOWN: dict[type[ast.AST], str] = {
    ast.Pow: "there is no `**`: multiply",
    ast.Lambda: "there are no functions of one's own",
    ast.ListComp: "there are no loops in an expression: use `repeat`",
    ast.GeneratorExp: "there are no loops in an expression: use `repeat`",
    ast.NamedExpr: "names are given by `let`",
    ast.JoinedStr: "there are no format strings",
    ast.Is: "compare by `==`",
    ast.In: "compare by `==`, joined by `or`",
}


def is_name(text: str) -> bool:
    """Tell whether an expression is a name alone."""
    return _NAME.fullmatch(text) is not None
