"""How a width that is no whole number becomes one."""

from __future__ import annotations

import math
from fractions import Fraction

_HALF = Fraction(1, 2)


def round_to(value: Fraction, to: int, mode: str) -> int | None:
    """Return the multiple of `to` that a value becomes, never less than `to`; None where it is none and has to be.

    `make_divisible` is torchvision's `_make_divisible` (torchvision/models/_utils.py).
    """
    units = value / to
    if mode == "exact":
        return int(value) if units.denominator == 1 and units > 0 else None
    return to * max(1, _rounded(units, mode))


def _rounded(units: Fraction, mode: str) -> int:
    if mode == "half_even":
        return round(units)
    if mode in ("up", "down"):
        return math.ceil(units) if mode == "up" else math.floor(units)
    nearest = math.floor(units + _HALF)
    loses_a_tenth = mode == "make_divisible" and max(1, nearest) < units * Fraction(9, 10)
    return nearest + 1 if loses_a_tenth else nearest
