"""Numbers that remember which fields they were computed from, so that emitted source can say `width` and not `128`.

A block function runs once, on numbers. Its ints are `Named`: they compare, divide and index as plain ints do, and
`+ - * //` on them also keep the expression. Its floats, such as a rate that grows from block to block, are `NamedFloat`
and keep their name alone. A backend turns an expression back into source with `text`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Union

Expression = Union[int, float, str, tuple[str, "Expression", "Expression"]]

_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "//": 2}
_NEUTRAL = {"+": 0, "-": 0, "*": 1, "//": 1}


LONGEST = 500
"""Parts of an expression: beyond it nobody reads where a number came from, and squares of squares have no end."""


class Named(int):
    """An int with the expression that it came from: a field's name, or an operation on named ints.

    `parts` counts those of the expression; where there would be too many, the number is its own expression.
    """

    expression: Expression
    parts: int

    def __new__(cls, value: int, expression: Expression, parts: int = 1) -> Named:  # noqa: D102 -- a constructor
        number = int.__new__(cls, value)
        is_short = parts <= LONGEST
        number.expression, number.parts = (expression, parts) if is_short else (int(value), 1)
        return number

    def __reduce__(self) -> tuple[type[Named], tuple[int, Expression, int]]:
        return Named, (int(self), self.expression, self.parts)

    def __mul__(self, other: int) -> Named:
        return combined(int(self) * int(other), "*", self, other)

    def __rmul__(self, other: int) -> Named:
        return combined(int(other) * int(self), "*", other, self)

    def __add__(self, other: int) -> Named:
        return combined(int(self) + int(other), "+", self, other)

    def __radd__(self, other: int) -> Named:
        return combined(int(other) + int(self), "+", other, self)

    def __sub__(self, other: int) -> Named:
        return combined(int(self) - int(other), "-", self, other)

    def __rsub__(self, other: int) -> Named:
        return combined(int(other) - int(self), "-", other, self)

    def __floordiv__(self, other: int) -> Named:
        return combined(int(self) // int(other), "//", self, other)

    def __rfloordiv__(self, other: int) -> Named:
        return combined(int(other) // int(self), "//", other, self)


def combined(value: int, operator: str, left: int, right: int) -> Named:
    """Return a value with the operation that it came from."""
    parts = 1 + getattr(left, "parts", 1) + getattr(right, "parts", 1)
    return Named(value, (operator, expression_of(left), expression_of(right)), parts)


class NamedFloat(float):
    """A float with the name that it goes by; what is computed from it is a plain float."""

    expression: str

    def __new__(cls, value: float, name: str) -> NamedFloat:  # noqa: D102 -- a constructor, said by the class
        number = super().__new__(cls, value)
        number.expression = name
        return number

    def __reduce__(self) -> tuple[type[NamedFloat], tuple[float, str]]:
        return NamedFloat, (float(self), self.expression)


def expression_of(number: int | NamedFloat) -> Expression:
    """Return how a number was computed; a plain int is its own expression."""
    return number.expression if isinstance(number, (Named, NamedFloat)) else int(number)


UNNAMED = frozenset((bool, int, float, str, type(None)))
"""The types of values that name nothing: most are of these, and telling so by the type is quick."""


def frozen(value: object) -> object:
    """Return a value as one that equals another only if both also came about alike."""
    if isinstance(value, (Named, NamedFloat)):
        return value, value.expression
    if isinstance(value, tuple):
        return tuple([each if type(each) in UNNAMED else frozen(each) for each in value])
    return value


def names_in(expression: Expression) -> set[str]:
    """Return every field name that an expression mentions."""
    if isinstance(expression, tuple):
        return names_in(expression[1]) | names_in(expression[2])
    return {expression} if isinstance(expression, str) else set()


def names_of(value: object) -> list[str]:
    """Return every field name that a number, or one of several, was computed from, in alphabetical order."""
    if isinstance(value, tuple):
        return sorted({name for each in value for name in names_of(each)})
    if not isinstance(value, (Named, NamedFloat)):
        return []
    return [value.expression] if isinstance(value.expression, str) else sorted(names_in(value.expression))


def substitute(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    """Return the expression with names replaced, and folded: sums of numbers, neutral sides, `a - a`, `a + (b - a)`."""
    if isinstance(expression, str):
        return values.get(expression, expression)
    if not isinstance(expression, tuple):
        return expression
    operator = expression[0]
    left, right = substitute(expression[1], values), substitute(expression[2], values)
    if isinstance(left, int) and isinstance(right, int):
        return _apply(operator, left, right)
    if right == _NEUTRAL[operator]:
        return left
    if left == _NEUTRAL[operator] and operator in "+*":
        return right
    if operator == "+" and isinstance(right, tuple) and (right[0], right[2]) == ("-", left):
        return right[1]
    return 0 if operator == "-" and left == right else (operator, left, right)


def text(expression: Expression) -> str:
    """Return the expression as Python source."""
    return _text(expression)[0]


def _text(expression: Expression) -> tuple[str, int]:
    if not isinstance(expression, tuple):
        return str(expression), 3
    operator, left, right = expression
    own = _PRECEDENCE[operator]
    left_text, left_precedence = _text(left)
    right_text, right_precedence = _text(right)
    if left_precedence < own:
        left_text = f"({left_text})"
    if right_precedence <= own:
        right_text = f"({right_text})"
    return f"{left_text} {operator} {right_text}", own


def _apply(operator: str, left: int, right: int) -> int:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    return left * right if operator == "*" else left // right
