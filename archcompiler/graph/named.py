"""Ints that remember which fields they were computed from, so that emitted source can say `width` and not `128`.

A block function runs once, on numbers. Its numbers are `Named`: they compare, divide and index as plain ints do, and
`+ - * //` on them also keep the expression. A backend turns an expression back into source with `text`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Union

Expression = Union[int, str, tuple[str, "Expression", "Expression"]]

_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "//": 2}
_NEUTRAL = {"+": 0, "-": 0, "*": 1, "//": 1}


class Named(int):
    """An int with the expression that it came from: a field's name, or an operation on named ints."""

    expression: Expression

    def __new__(cls, value: int, expression: Expression) -> Named:  # noqa: D102 -- a constructor, said by the class
        number = super().__new__(cls, value)
        number.expression = expression
        return number

    def __mul__(self, other: int) -> Named:
        return Named(int(self) * int(other), ("*", self.expression, expression_of(other)))

    def __rmul__(self, other: int) -> Named:
        return Named(int(other) * int(self), ("*", expression_of(other), self.expression))

    def __add__(self, other: int) -> Named:
        return Named(int(self) + int(other), ("+", self.expression, expression_of(other)))

    def __sub__(self, other: int) -> Named:
        return Named(int(self) - int(other), ("-", self.expression, expression_of(other)))

    def __floordiv__(self, other: int) -> Named:
        return Named(int(self) // int(other), ("//", self.expression, expression_of(other)))


def expression_of(number: int) -> Expression:
    """Return how a number was computed; a plain int is its own expression."""
    return number.expression if isinstance(number, Named) else int(number)


def names_in(expression: Expression) -> set[str]:
    """Return every field name that an expression mentions."""
    if isinstance(expression, tuple):
        return names_in(expression[1]) | names_in(expression[2])
    return {expression} if isinstance(expression, str) else set()


def substitute(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    """Return the expression with names replaced, folded where both sides are then numbers or one side is neutral."""
    if isinstance(expression, str):
        return values.get(expression, expression)
    if isinstance(expression, int):
        return expression
    operator = expression[0]
    left, right = substitute(expression[1], values), substitute(expression[2], values)
    if isinstance(left, int) and isinstance(right, int):
        return _apply(operator, left, right)
    if right == _NEUTRAL[operator]:
        return left
    if left == _NEUTRAL[operator] and operator in "+*":
        return right
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
