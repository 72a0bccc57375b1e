"""What moves, adds or renames positions and channels, and computes nothing."""

from __future__ import annotations

from archcompiler.graph.ops.attributes import choice, size
from archcompiler.graph.ops.base import Op, Reads, Shape, StepForm, Window
from archcompiler.graph.ops.families import AsWritten, EachPosition, Plain, SameShape, Unweighted
from archcompiler.graph.shape import Sides, shape_text, sides


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


class Pad(Layout):
    """Zeros around a map, as many on each side as it says."""

    name = "Pad"
    is_view = False

    left: int = size("D303", default=0)
    right: int = size("D303", default=0)
    top: int = size("D303", default=0)
    bottom: int = size("D303", default=0)

    def output(self, *shapes: Shape) -> Shape:
        """Return the larger map."""
        channels, height, width = shapes[0]
        return (channels, height + self.top + self.bottom, width + self.left + self.right)

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return None where nothing is added."""
        return self if any(self.values) else None


class Narrow(Layout):
    """The `length` channels of a map from channel `start` on: a piece of a split."""

    name = "Narrow"
    is_view = True

    start: int = size("D308")
    length: int = size("D308")

    def misfit(self, *shapes: Shape) -> str | None:
        """Return what reaches beyond the map."""
        last, channels = self.start + self.length, shapes[0][0]
        beyond = f"takes channels {self.start} to {last} of a map that has {channels}"
        return beyond if last > channels or self.start < 0 or self.length < 1 else super().misfit(*shapes)

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape with fewer channels."""
        return (self.length, *shapes[0][1:])

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return None where all channels are taken."""
        return None if arrives == leaves else self


class ChannelShuffle(SameShape, Layout):
    """The channels of `groups` groups interleaved (ShuffleNet, arXiv:1707.01083, Figure 1)."""

    name = "ChannelShuffle"
    step = StepForm(
        "shuffle",
        "",
        "The channels of several groups interleaved.",
        {"groups": {"type": "integer", "minimum": 1, "description": "Number of groups.", "examples": [2]}},
    )
    is_view = True

    groups: int = size("D308")

    def misfit(self, *shapes: Shape) -> str | None:
        """Return what the groups do not divide."""
        odd = shapes[0][0] % self.groups
        return f"shuffles {self.groups} groups of {shapes[0][0]} channels" if odd else super().misfit(*shapes)

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return None for one group, or as many as there are channels."""
        return None if self.groups in (1, arrives[0]) else self


class SpaceToDepth(Layout):
    """Each `block` x `block` positions of a map as channels of one position.

    By `order` a channel's positions stand together (`channels`, as PyTorch's PixelUnshuffle has it), or the channels
    of one position do (`positions`, as TResNet has it, arXiv:2003.13630).
    """

    name = "SpaceToDepth"
    step = StepForm(
        "space_to_depth",
        "space_to_depth",
        "Neighbouring positions of a map as channels of one position.",
        {
            "block": {
                "type": "integer",
                "minimum": 1,
                "description": "Rows and columns that become one.",
                "examples": [4],
            },
            "order": {
                "enum": ["channels", "positions"],
                "default": "channels",
                "description": "Whether a channel's positions stand together, or the channels of one position.",
                "examples": ["positions"],
            },
        },
    )
    is_view = False

    block: int = size("D308")
    order: str = choice("D308", default="channels")

    def misfit(self, *shapes: Shape) -> str | None:
        """Return what the block does not divide."""
        odd = any(side % self.block for side in shapes[0][1:])
        return f"takes blocks of {self.block}x{self.block} of a map of {shape_text(shapes[0][1:])}" if odd else None

    def output(self, *shapes: Shape) -> Shape:
        """Return more channels by fewer positions."""
        channels, height, width = shapes[0]
        return (channels * self.block * self.block, height // self.block, width // self.block)

    def window(self) -> Window:
        """Return the block, which is the stride too."""
        return Window(sides(self.block), sides(self.block))

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return None for a block of one position."""
        return None if self.block == 1 else self


class Permute(Layout, AsWritten):
    """A map with its channels `last`, (height, width, channels), or first again."""

    name = "Permute"
    step = StepForm(
        "permute",
        "",
        "A map with its channels behind its rows and columns, or back in front of them.",
        {"channels": {"enum": ["last", "first"], "description": "Where the channels stand.", "examples": ["last"]}},
    )
    is_view = True

    channels: str = choice("D309")

    def output(self, *shapes: Shape) -> Shape:
        """Return the sides in the other order."""
        first, second, third = shapes[0]
        return (second, third, first) if self.channels == "last" else (third, first, second)

    def leaves_channels_last(self, arrives: bool) -> bool:
        """Return whether it moves them there."""
        return self.channels == "last"


class Resize(Layout):
    """A map resized by a `factor`, or to a `size`: the nearest position, or bilinear between their middles."""

    name = "Resize"
    step = StepForm(
        "resize",
        "resize",
        "A map of another size.",
        {
            "mode": {
                "enum": ["nearest", "bilinear"],
                "description": "How values between positions are found.",
                "examples": ["nearest"],
            },
            "factor": {
                "type": "integer",
                "minimum": 1,
                "description": "How many times larger the map is.",
                "examples": [2],
            },
            "size": {"type": "integer", "minimum": 1, "description": "Height and width of the map.", "examples": [14]},
        },
    )
    is_view = False

    mode: str = choice("D309", default="nearest")
    factor: int | None = size("D309", default=None)
    size: Sides | None = size("D309", default=None)

    def output(self, *shapes: Shape) -> Shape:
        """Return the new sides."""
        channels, height, width = shapes[0]
        if self.size is not None:
            return (channels, *sides(self.size))
        factor = 1 if self.factor is None else self.factor
        return (channels, height * factor, width * factor)

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return None where the size stays."""
        return None if arrives == leaves else self


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
