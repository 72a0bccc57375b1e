"""Expressions, as steps have them where a number, a condition or a choice stands: parsed, and computed exactly.

The grammar is a part of Python's, and Python's own parser reads it; nothing is ever run. `+ - * / // %`, comparisons,
`and or not`, `A if CONDITION else B`, `LIST[INDEX]`, `VALUE.channels`, `OBJECT.field`, and the functions below.
Arithmetic is rational: `/` is exact, and 0.25 is a quarter. A word, such as `none`, is what no name is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from keyword import kwlist
from typing import Any, Protocol, Union

from archcompiler.graph.named import Named, expression_of
from archcompiler.record.fields import Fields
from archcompiler.record.rounding import round_to

LONGEST = 300
"""Characters of one expression: Python's parser takes time and stack by its length."""
LARGEST = 10**18
"""Numbers beyond it are no counts of anything: repeated multiplication ends there."""

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
        self.key = ""
        """The key of the step that says the expression."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the part reads."""
        return tuple(names_of(self.tree)) if self.tree is not None else ()


class Scope(Protocol):
    """What the names of an expression mean."""

    def value_of(self, name: str) -> Any:
        """Return the value of a name: a number, condition, word, list, object or map; KeyError where it has none."""

    def part_of(self, value: Any, name: str) -> Any:
        """Return a part of an object or a size of a map; KeyError where it has none."""


@lru_cache(maxsize=4096)
def parsed(text: str) -> ast.expr:
    """Return the tree of an expression; ExpressionError where it is none."""
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression of {len(text)} characters is longer than {LONGEST}: name parts by `let`")
    if not text.isascii():
        raise ExpressionError("an expression is of ASCII characters")
    try:
        tree = ast.parse(_KEYWORD.sub(lambda found: _masked(found[0]), text), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        at = max(0, (getattr(error, "offset", None) or 1) - 1)
        raise ExpressionError("this is no expression", min(at, max(0, len(text) - 1))) from None
    for node in ast.walk(tree):
        if type(node) not in _KNOWN:
            raise ExpressionError(_UNKNOWN.get(type(node), "this is no part of the language"), *span_of(node))
        if isinstance(node, ast.Name):
            node.id = _WORDS.get(node.id, node.id)
    return tree


_GRAMMAR = frozenset(("and", "or", "not", "if", "else"))
_KEYWORD = re.compile(rf"\b({'|'.join(sorted(set(kwlist) - _GRAMMAR))})\b")


def _masked(word: str) -> str:
    """Return an identifier as long as a keyword of Python's: `global` is a word here, and no ASCII text says this."""
    return f"{word[:-1]}\N{MIDDLE DOT}"


_WORDS = {_masked(word): word for word in kwlist}


def span_of(node: ast.AST) -> tuple[int, int | None]:
    """Return where a part of an expression begins and ends in its text."""
    return getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None)


def names_of(tree: ast.AST) -> list[str]:
    """Return the names that an expression mentions, functions and words included, in order."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called)
    return list(dict.fromkeys(node.id for node in sorted(names, key=lambda node: node.col_offset)))


def is_computed(tree: ast.expr, scope: Scope) -> bool:
    """Tell whether an expression computes a number, instead of naming one: `A if B else C` names what it chooses."""
    if isinstance(tree, ast.IfExp):
        return is_computed(tree.body if evaluate(tree.test, scope) else tree.orelse, scope)
    return not isinstance(tree, (ast.Name, ast.Constant, ast.Attribute, ast.Subscript))


def evaluate(tree: ast.expr, scope: Scope) -> Any:
    """Return what an expression says in a scope; ExpressionError where it says nothing."""
    rule = _RULES[type(tree)]
    return rule(tree, scope)


@lru_cache(maxsize=4096)
def computed(text: str) -> Callable[[Scope], Any]:
    """Return what computes a text of a step: `$NAME` is what the field says, any other text an expression."""
    if text.startswith("$"):
        return lambda scope: scope.value_of(text[1:])
    if text.isidentifier() and text not in CONSTANTS:
        return lambda scope: _meaning(text, scope)
    tree = parsed(text)
    return lambda scope: evaluate(tree, scope)


def _meaning(name: str, scope: Scope) -> Any:
    """Return what a name means; what is none is a word: that it is one is checked when the document is read."""
    try:
        return scope.value_of(name)
    except KeyError:
        return name


def _name(tree: ast.Name, scope: Scope) -> Any:
    return CONSTANTS[tree.id] if tree.id in CONSTANTS else _meaning(tree.id, scope)


def _constant(tree: ast.Constant, scope: Scope) -> Any:
    return Fraction(repr(tree.value)) if isinstance(tree.value, float) else tree.value


def _attribute(tree: ast.Attribute, scope: Scope) -> Any:
    try:
        return scope.part_of(evaluate(tree.value, scope), tree.attr)
    except KeyError:
        raise ExpressionError(f"there is no `{tree.attr}` here", *span_of(tree)) from None


def _subscript(tree: ast.Subscript, scope: Scope) -> Any:
    items: Any = evaluate(tree.value, scope)
    index = int(_number(tree.slice, scope))
    if not isinstance(items, tuple):
        return items  # one number that stands for all of a list
    if not 0 <= index < len(items):
        raise ExpressionError(f"there is no item {index} of {len(items)}", *span_of(tree), tree=tree)
    return items[index]


def _binary(tree: ast.BinOp, scope: Scope) -> Any:
    left, right = _number(tree.left, scope), _number(tree.right, scope)
    if isinstance(tree.op, (ast.Div, ast.FloorDiv, ast.Mod)) and not right:
        raise ExpressionError("this divides by 0", *span_of(tree), tree=tree)
    result = _ARITHMETIC[type(tree.op)](left, right)
    if not -LARGEST <= result <= LARGEST:
        raise ExpressionError("this number is too large", *span_of(tree), tree=tree)
    return result


def _number(tree: ast.expr, scope: Scope) -> Number:
    value = evaluate(tree, scope)
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        raise ExpressionError("this is no number", *span_of(tree), tree=tree)
    return value


def _named(operator: str, compute: Callable[[int, int], int]) -> Callable[[Number, Number], Number]:
    """Return an operation that keeps the names of the fields its whole numbers came from."""

    def apply(left: Number, right: Number) -> Number:
        if isinstance(left, int) and isinstance(right, int):
            value = compute(int(left), int(right))
            if isinstance(left, Named) or isinstance(right, Named):
                return Named(value, (operator, expression_of(left), expression_of(right)))
            return value
        if operator == "*":
            whole, part = (left, right) if isinstance(left, Named) else (right, left)
            if isinstance(whole, Named) and isinstance(part, Fraction):
                return _divide(_MULTIPLY(whole, part.numerator), part.denominator)
        return _whole(Fraction(_FRACTIONS[operator](Fraction(left), Fraction(right))))

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


def _unary(tree: ast.UnaryOp, scope: Scope) -> Any:
    if isinstance(tree.op, ast.Not):
        return not evaluate(tree.operand, scope)
    return _ARITHMETIC[ast.Sub](0, _number(tree.operand, scope))


def _boolean(tree: ast.BoolOp, scope: Scope) -> bool:
    values = (bool(evaluate(value, scope)) for value in tree.values)
    return all(values) if isinstance(tree.op, ast.And) else any(values)


def _compare(tree: ast.Compare, scope: Scope) -> bool:
    values = [_kind(evaluate(tree.left, scope))]
    is_word = isinstance(values[0], str)  # what it is compared with is a word then, whatever else has that name
    values += [
        each.id if is_word and isinstance(each, ast.Name) else evaluate(each, scope) for each in tree.comparators
    ]
    return all(
        _COMPARISONS[type(operator)](left, right)
        for operator, left, right in zip(tree.ops, values, values[1:], strict=False)
    )


def _kind(value: Any) -> Any:
    """Return what an object is compared by: its type."""
    return value.text("type") if isinstance(value, Fields) else value


_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda a, b: bool(a == b),
    ast.NotEq: lambda a, b: bool(a != b),
    ast.Lt: lambda a, b: bool(a < b),
    ast.LtE: lambda a, b: bool(a <= b),
    ast.Gt: lambda a, b: bool(a > b),
    ast.GtE: lambda a, b: bool(a >= b),
}


def _choice(tree: ast.IfExp, scope: Scope) -> Any:
    return evaluate(tree.body if evaluate(tree.test, scope) else tree.orelse, scope)


def _call(tree: ast.Call, scope: Scope) -> Any:
    function = FUNCTIONS[tree.func.id] if isinstance(tree.func, ast.Name) else None
    if function is None or tree.keywords:
        raise ExpressionError("this is no function of the language", *span_of(tree))
    arguments = [evaluate(argument, scope) for argument in tree.args]
    try:
        return function(*arguments)
    except _NoResultError as error:
        raise ExpressionError(str(error), *span_of(tree), tree=tree, code="G009") from None


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


FUNCTIONS: dict[str, Callable[..., Any]] = {"round": _round, "min": min, "max": max, "len": len, "bits": _bits}
"""`round(number, to, mode)` as attention's `round` has it; `bits(n)` is how many binary digits a whole number has."""
CONSTANTS: Mapping[str, bool] = {"true": True, "false": False}

_RULES: dict[type[ast.expr], Callable[[Any, Scope], Any]] = {
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
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_name(text: str) -> bool:
    """Tell whether an expression is a name alone."""
    return _IDENTIFIER.fullmatch(text) is not None
