"""Find where a growing count meets a target, among the integers that are legal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

LARGEST = 2**20
_LONGEST_GAP = 256
"""Integers that are tried one after the other before the field counts as out of legal values."""


@dataclass(frozen=True, slots=True)
class Point:
    """A legal value of the field, and what it spends."""

    value: int
    spent: int


@dataclass(frozen=True, slots=True)
class Solution:
    """The legal values around the target, and the real number where the count would meet it exactly."""

    below: Point | None
    above: Point | None
    real: float | None

    @property
    def nearest(self) -> Point | None:
        """The legal value nearest to the real solution."""
        points = [point for point in (self.below, self.above) if point]
        if self.real is None:
            return points[0] if points else None
        real = self.real
        return min(points, key=lambda point: abs(point.value - real))


def solve(spend: Callable[[int], int | None], target: int) -> Solution:
    """Return where a count meets a target. `spend` gives None for an illegal value, and must grow with the value."""
    points = _Points(spend)
    first = points.from_value(1)
    if first is None or first.spent > target:
        return Solution(None, first, None)
    low, high = first, points.from_value(first.value + 1)
    while high and high.spent <= target:
        low, high = high, points.from_value(min(2 * high.value, LARGEST)) if high.value < LARGEST else None
    if high is None:
        return Solution(low, None, None)
    while (middle := points.from_value((low.value + high.value + 1) // 2)) and middle.value < high.value:
        low, high = (middle, high) if middle.spent <= target else (low, middle)
    following = points.from_value(low.value + 1) or high
    low, high = _walk(points, low, following, target)
    return Solution(low, high, _real(points, low, high, target))


class _Points:
    """Legal points, each computed once."""

    def __init__(self, spend: Callable[[int], int | None]) -> None:
        self._spend = cache(spend)

    def from_value(self, value: int) -> Point | None:
        """Return the first legal point at or above a value."""
        for candidate in range(value, value + _LONGEST_GAP):
            spent = self._spend(candidate)
            if spent is not None:
                return Point(candidate, spent)
        return None


def _walk(points: _Points, low: Point, high: Point, target: int) -> tuple[Point, Point]:
    """Return neighbouring points around the target."""
    while high.spent <= target and (following := points.from_value(high.value + 1)):
        low, high = high, following
    return low, high


def _real(points: _Points, low: Point, high: Point, target: int) -> float | None:
    """Return where the parabola through three points meets the target: counts are quadratic in a width."""
    if low.spent == target:
        return float(low.value)
    third = points.from_value(high.value + 1)
    if third is None:
        return None
    left, right = float(low.value), float(high.value)
    for _ in range(60):
        middle = (left + right) / 2
        left, right = (middle, right) if _parabola((low, high, third), middle) <= target else (left, middle)
    return left


def _parabola(points: tuple[Point, Point, Point], x: float) -> float:
    """Return Lagrange's polynomial through three points."""
    total = 0.0
    for one in points:
        term = float(one.spent)
        for other in points:
            if other is not one:
                term *= (x - other.value) / (one.value - other.value)
        total += term
    return total
