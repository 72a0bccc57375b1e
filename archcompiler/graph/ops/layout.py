"""What moves, adds or renames positions and channels, and computes nothing."""

from __future__ import annotations

from archcompiler.graph.ops.attributes import size
from archcompiler.graph.ops.base import Op, Reads, Shape
from archcompiler.graph.ops.families import AsWritten, EachPosition, Plain, Unweighted


class Layout(Plain, EachPosition, Unweighted, abstract=True):
    """An op that moves values."""

    changed_kind = "D309"

    def backward_reads(self) -> Reads:
        """Return nothing."""
        return "nothing"


class PadChannels(Layout):
    """Zero channels in front of and behind the map's own."""

    name = "PadChannels"
    is_view = False

    before: int = size("D307")
    after: int = size("D307")

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape with the added channels."""
        channels, *map_sides = shapes[0]
        return (channels + self.before + self.after, *map_sides)

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """No channels on either side do nothing."""
        return self if self.before or self.after else None


class AsSequence(Layout, AsWritten):
    """The channels of a map of one position as a sequence, (channels, 1, 1) as (1, channels)."""

    name = "AsSequence"
    word = "Reshape"
    is_view = True

    def output(self, *shapes: Shape) -> Shape:
        """Return one channel by as many positions as there were channels."""
        return (1, shapes[0][0])


class AsMap(Layout, AsWritten):
    """A sequence as the channels of a map of one position, (1, channels) as (channels, 1, 1)."""

    name = "AsMap"
    word = "Reshape"
    is_view = True

    def output(self, *shapes: Shape) -> Shape:
        """Return as many channels as the sequence was long."""
        return (shapes[0][1], 1, 1)


class Flatten(Layout, AsWritten):
    """A map as one vector."""

    name = "Flatten"
    is_view = True

    def output(self, *shapes: Shape) -> Shape:
        """Return the number of features."""
        features, *rest = shapes[0]
        for side in rest:
            features = features * side
        return (features,)
