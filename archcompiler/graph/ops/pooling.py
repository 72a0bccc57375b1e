"""Pools, blurs and what else takes some positions of a map, channel by channel."""

from __future__ import annotations

from archcompiler.graph.ops.attributes import BY_TENSORS, choice, flag, size
from archcompiler.graph.ops.base import Op, Reads, Shape, Window
from archcompiler.graph.ops.families import EachPosition, Plain, Unweighted, one_position
from archcompiler.graph.shape import TF_SAME, Padding, Sides, ceil_output, one, same_output, sides, window_output


class Pooling(Plain, Unweighted, abstract=True):
    """An op without weights that makes a map smaller."""

    changed_kind = "D304"
    is_view = False

    def backward_reads(self) -> Reads:
        """Return the input, as PyTorch's pools have it."""
        return "input"


class Pool(Pooling):
    """Max or average pooling; an average counts the padding, as PyTorch's default does, unless it `excludes_padding`.

    With `ceil` a last window reaches out of the map, and averages what it sees of it.
    """

    name = "Pool"

    kind: str = choice("D304")
    kernel: Sides = size("D304")
    stride: Sides = size("D304")
    padding: Padding = size("D304", follows=("kernel",))
    ceil: bool = flag("D304", default=False)
    excludes_padding: bool = flag("D304", default=False)

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the map that leaves."""
        channels, *map_sides = shapes[0]
        if self.padding == TF_SAME:
            return (channels, *map(same_output, map_sides, sides(self.stride)))
        places = ceil_output if self.ceil else window_output
        return (channels, *map(places, map_sides, sides(self.kernel), sides(self.stride), sides(self.padding)))

    def window(self) -> Window:
        """Return the kernel and the stride."""
        return Window(sides(self.kernel), sides(self.stride))

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return a choice of positions for a window of one, and the pool to a grid for windows that tile the map."""
        kernel, stride, padding = one(self.kernel), one(self.stride), one(self.padding)
        if kernel == 1 and padding == 0 and not self.ceil and not isinstance(stride, tuple):
            return Subsample(stride).normal_form(arrives, leaves)
        height, width = arrives[1:]
        tiles = leaves[1] == leaves[2] and (height, width) == tuple(leaves[1] * side for side in sides(kernel))
        if self.kind == "average" and padding == 0 and tiles and (stride == kernel or leaves[1] == 1):
            return GridPool(leaves[1]).normal_form(arrives, leaves)
        return self.replace(
            kernel=kernel,
            stride=one_position(stride, leaves),
            padding=padding,
            ceil=self.ceil and leaves != self.replace(ceil=False).output(arrives),
            excludes_padding=self.excludes_padding and self.kind == "average" and padding != 0,
        )


class BlurPool(Pooling):
    """A fixed 3x3 binomial blur of a map reflected at its border, at every `stride`-th position (arXiv:1904.11486)."""

    name = "BlurPool"

    channels: int = size(BY_TENSORS)
    stride: int = size("D304")

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the map that leaves."""
        channels, *map_sides = shapes[0]
        return (channels, *(window_output(side, 3, self.stride, 1) for side in map_sides))

    def multiply_adds(self, output: Shape) -> int:
        """Return nine at every position of every channel, as a convolution's: the weights are fixed, not learned."""
        channels, height, width = output
        return 9 * channels * height * width

    def window(self) -> Window:
        """Return the blur and the stride."""
        return Window((3, 3), sides(self.stride))

    def backward_reads(self) -> Reads:
        """Return nothing: the weights are fixed."""
        return "nothing"

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return the op."""
        return self


class GridPool(Pooling, EachPosition):
    """Pooling to a fixed grid (`size` x `size`), whatever the map; the average to size 1 is global average pooling."""

    name = "GridPool"

    size: int = size("D304")
    kind: str = choice("D304", default="average")

    def output(self, *shapes: Shape) -> Shape:
        """Return channels by grid."""
        return (shapes[0][0], self.size, self.size)

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return None for the grid that the map is."""
        return None if arrives == leaves else self


class Subsample(Pooling):
    """Every `stride`-th row and column, the first included."""

    name = "Subsample"
    is_view = True

    stride: int = size("D304")

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the map that leaves."""
        channels, *map_sides = shapes[0]
        return (channels, *(window_output(side, 1, self.stride, 0) for side in map_sides))

    def window(self) -> Window:
        """Return one position and the stride."""
        return Window((1, 1), sides(self.stride))

    def backward_reads(self) -> Reads:
        """Return nothing."""
        return "nothing"

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return None where every position is taken."""
        unchanged = self.stride == 1 or arrives == leaves
        return None if unchanged else self.replace(stride=one_position(self.stride, leaves))
