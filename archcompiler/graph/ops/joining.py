"""What makes one map of several."""

from __future__ import annotations

from archcompiler.graph.ops.attributes import choice, size
from archcompiler.graph.ops.base import Affine, Combination, Joins, Reads, Shape, StepForm
from archcompiler.graph.ops.families import AsWritten, EachPosition, Plain, SameShape, Unweighted


class Joining(Plain, EachPosition, AsWritten, Unweighted, abstract=True):
    """An op on several maps."""

    changed_kind = "D309"
    is_view = False


class Add(SameShape, Joining):
    """The sum of two maps of one shape."""

    name = "Add"
    step = StepForm("add", "", "A sum of maps.")
    joins = Joins.ALIKE
    commutes = True

    def affine_form(self) -> Affine | None:
        """Return the factors."""
        return Combination((1, 1))

    def backward_reads(self) -> Reads:
        """Return nothing."""
        return "nothing"


class Subtract(SameShape, Joining):
    """The difference of two maps of one shape."""

    name = "Subtract"
    step = StepForm("subtract", "", "A map less another one of its shape.")
    joins = Joins.ALIKE

    def affine_form(self) -> Affine | None:
        """Return the factors."""
        return Combination((1, -1))

    def backward_reads(self) -> Reads:
        """Return nothing."""
        return "nothing"


class Concat(Joining):
    """The channels of several maps, one map behind the other."""

    name = "Concat"
    step = StepForm("concat", "", "The channels of several maps behind each other.")
    joins = Joins.STACKED

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape with the channels of all maps."""
        channels, *sides = shapes[0]
        for shape in shapes[1:]:
            channels = channels + shape[0]
        return (channels, *sides)

    def backward_reads(self) -> Reads:
        """Return nothing."""
        return "nothing"


class Scale(Joining):
    """The product of two maps: whose sides are equal, or 1 where a value counts for all positions or channels."""

    name = "Scale"
    step = StepForm("multiply", "", "A product of maps, element by element; a side of 1 counts for all of the other's.")
    joins = Joins.BROADCAST
    commutes = True

    def output(self, *shapes: Shape) -> Shape:
        """Return, of each side, the one that is not 1."""
        return tuple(_common(each) for each in zip(*shapes, strict=True))

    def backward_reads(self) -> Reads:
        """Return both inputs."""
        return "input"


class ResizeLike(Joining):
    """A map resized to the height and width of a second one, which is read for nothing else."""

    name = "ResizeLike"
    step = StepForm("resize_like", "", "A map resized to the size of the last of those that are named.")
    joins = Joins.CHANNELS

    mode: str = choice("D309", default="nearest")

    def output(self, *shapes: Shape) -> Shape:
        """Return the channels of the first map with the sides of the second."""
        return (shapes[0][0], *shapes[1][1:])

    def backward_reads(self) -> Reads:
        """Return nothing."""
        return "nothing"


class BranchSum(Plain, EachPosition, AsWritten, Unweighted):
    """The sum of stacked branches: the channels of one map behind those of the other."""

    name = "BranchSum"
    step = StepForm(
        "sum_branches",
        "",
        "The sum of stacked branches, at each channel.",
        {"branches": {"type": "integer", "minimum": 1, "description": "Number of branches.", "examples": [2]}},
    )
    changed_kind = "D309"
    is_view = False

    branches: int = size("D309")

    def misfit(self, *shapes: Shape) -> str | None:
        """Return what the branches do not divide."""
        odd = shapes[0][0] % self.branches
        return f"stacks {self.branches} branches in {shapes[0][0]} channels" if odd else super().misfit(*shapes)

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape with the channels of one branch."""
        channels, *sides = shapes[0]
        return (channels // self.branches, *sides)

    def backward_reads(self) -> Reads:
        """Return nothing."""
        return "nothing"


def _common(sides: tuple[int, ...]) -> int:
    return next((side for side in sides if side != 1), sides[0])
