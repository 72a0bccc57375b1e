"""Find where a count that only rises, or only falls, meets a target, among the integers that are legal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
    """The legal values around the target, and the real number where the count would meet it exactly.

    `below` spends the target at most, `above` more. Where the count is not `steady`, it neither only rises nor only
    falls with the value: what is found is one place of several where it may meet the target.
    """

    below: Point | None
    above: Point | None
    real: float | None
    steady: bool = True

    @property
    def nearest(self) -> Point | None:
        """The legal value nearest to the real solution."""
        points = [point for point in (self.below, self.above) if point]
        if self.real is None:
            return points[0] if points else None
        real = self.real
        return min(points, key=lambda point: abs(point.value - real))


def solve(spend: Callable[[int], int | None], target: int, within: tuple[int, int] = (1, LARGEST)) -> Solution:
    """Return where a count meets a target, from the first to the last value `within` which one may be legal.

    `spend` gives None for an illegal value.
    """
    points = _Points(spend, within[1])
    first = points.from_value(within[0])
    if first is None:
        return Solution(None, None, None)
    rises = points.rise_from(first)
    low, high = _bracket(points, first, lambda spent: (spent <= target) is rises)
    real = _real(points, low, high, target, rises=rises) if low and high else None
    below, above = (low, high) if rises else (high, low)
    return Solution(below, above, real, points.are_steady())


class _Points:
    """Legal points, each computed once."""

    def __init__(self, spend: Callable[[int], int | None], largest: int) -> None:
        self._spend = spend
        self.largest = largest
        self._known: dict[int, int | None] = {}

    def from_value(self, value: int) -> Point | None:
        """Return the first legal point at or above a value."""
        for candidate in range(value, min(value + _LONGEST_GAP, self.largest + 1)):
            if candidate not in self._known:
                self._known[candidate] = self._spend(candidate)
            spent = self._known[candidate]
            if spent is not None:
                return Point(candidate, spent)
        return None

    def rise_from(self, first: Point) -> bool:
        """Tell whether the count rises from a point on; what never changes counts as rising."""
        value = first.value
        while value < self.largest:
            point = self.from_value(value + 1)
            if point is None or point.spent != first.spent:
                return point is None or point.spent > first.spent
            value = 2 * point.value
        return True

    def are_steady(self) -> bool:
        """Tell whether the count only rises or only falls, as far as it is known."""
        spent = [each for _, each in sorted(self._known.items()) if each is not None]
        return spent in (sorted(spent), sorted(spent, reverse=True))


def _bracket(points: _Points, first: Point, before: Callable[[int], bool]) -> tuple[Point | None, Point | None]:
    """Return the neighbouring points between which the count crosses the target; None where no value lies there."""
    if not before(first.spent):
        return None, first
    low, high, end = first, None, points.largest + 1  # from `end` on nothing is legal
    while high is None and low.value + 1 < end:
        wanted = 2 * low.value if 2 * low.value < end else (low.value + end + 1) // 2
        point = points.from_value(max(wanted, low.value + 1))
        if point is None:
            end = wanted
        elif before(point.spent):
            low = point
        else:
            high = point
    if high is None:
        return low, None
    while (middle := points.from_value((low.value + high.value + 1) // 2)) and middle.value < high.value:
        low, high = (middle, high) if before(middle.spent) else (low, middle)
    following = points.from_value(low.value + 1) or high
    return _walk(points, low, following, before)


def _walk(points: _Points, low: Point, high: Point, before: Callable[[int], bool]) -> tuple[Point, Point]:
    """Return neighbouring points around the target."""
    while before(high.spent) and (following := points.from_value(high.value + 1)):
        low, high = high, following
    return low, high


def _real(points: _Points, low: Point, high: Point, target: int, *, rises: bool) -> float | None:
    """Return where the parabola through three points meets the target: counts are quadratic in a width."""
    for point in (low, high):
        if point.spent == target:
            return float(point.value)
    third = points.from_value(high.value + 1)
    if third is None:
        return None
    left, right = float(low.value), float(high.value)
    for _ in range(60):
        middle = (left + right) / 2
        is_before = (_parabola((low, high, third), middle) <= target) is rises
        left, right = (middle, right) if is_before else (left, middle)
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
