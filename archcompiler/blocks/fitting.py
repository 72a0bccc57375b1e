"""Which value of a field would make an expression whole that is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from archcompiler.blocks.expression import ExpressionError, evaluate
from archcompiler.blocks.scope import Scope
from archcompiler.record.recorder import Recorder
from archcompiler.tree import Plain

_MOST_TRIED = 64


def fitting(error: ExpressionError, scope: Scope) -> dict[str, list[Plain]]:
    """Return by name of a number which values nearest to its own, below and above, give an expression a value."""
    if error.tree is None or error.code != "G009":
        return {}
    fits: dict[str, list[Plain]] = {}
    for held, name in scope.culprits(error.tree):
        value = scope.value_of(name) if scope.fields.mapping is held else None
        if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
            fits[name] = [_plain(found) for found in _nearest(error, scope, name, value)]
    return fits


def _nearest(error: ExpressionError, scope: Scope, name: str, value: int | Fraction) -> Iterator[int | Fraction]:
    """Yield the nearest smaller and larger value: whole numbers for a whole one, one over a whole one for a share."""
    is_whole = isinstance(value, int)
    start = value if is_whole else int(1 / value)
    for direction in (-1, 1):
        tried = (start + direction * step for step in range(int(not is_whole and direction > 0), _MOST_TRIED))
        candidates = (number if is_whole else Fraction(1, int(number)) for number in tried if number > 0)
        found = next((each for each in candidates if each != value and _holds(error, scope, name, each)), None)
        if found is not None:
            yield found


def _holds(error: ExpressionError, scope: Scope, name: str, value: int | Fraction) -> bool:
    assert error.tree is not None
    try:
        aside = Recorder(scope.recorder.input.shape, {})  # what `let` names on trial becomes no argument
        values = {**scope.values, name: value}
        evaluate(error.tree, replace(scope, recorder=aside, values=values, known={}, meanings={}))
    except ExpressionError:
        return False
    return True


def _plain(value: int | Fraction) -> Plain:
    return int(value) if value.denominator == 1 else float(f"{float(value):.6g}")
