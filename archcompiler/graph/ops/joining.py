"""What makes one map of several."""

from __future__ import annotations

from archcompiler.graph.ops.base import Joins, Reads, Shape
from archcompiler.graph.ops.families import AsWritten, EachPosition, Plain, SameShape, Unweighted


class Joining(Plain, EachPosition, AsWritten, Unweighted, abstract=True):
    """An op on several maps."""

    changed_kind = "D309"
    is_view = False


class Add(SameShape, Joining):
    """The sum of two maps of one shape."""

    name = "Add"
    joins = Joins.ALIKE
    commutes = True

    def backward_reads(self) -> Reads:
        """Return nothing."""
        return "nothing"


class Scale(Joining):
    """The product of two maps: whose sides are equal, or 1 where a value counts for all positions or channels."""

    name = "Scale"
    joins = Joins.BROADCAST
    commutes = True

    def output(self, *shapes: Shape) -> Shape:
        """Return, of each side, the one that is not 1."""
        return tuple(_common(each) for each in zip(*shapes, strict=True))

    def backward_reads(self) -> Reads:
        """Return both inputs."""
        return "input"


def _common(sides: tuple[int, ...]) -> int:
    return next((side for side in sides if side != 1), sides[0])
