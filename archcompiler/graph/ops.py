"""The primitives that every block, stem and head is made of: attributes, output shape and parameters of each.

Ops know no backend: how one becomes a module stands in `backends/`, what it costs in `analyses/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from archcompiler.graph.shape import NoParameters, SameShape, ceil_output, window_output
from archcompiler.graph.shape import ParameterShapes as ParameterShapes
from archcompiler.graph.shape import Shape as Shape


@dataclass(frozen=True, slots=True)
class Conv:
    """A 2-d convolution with a square kernel; `groups` is the cardinality."""

    in_channels: int
    out_channels: int
    kernel: int
    stride: int
    padding: int
    dilation: int
    groups: int
    bias: bool

    def output(self, shape: Shape) -> Shape:
        """Return the shape of the map that leaves."""
        sides = (window_output(side, self.kernel, self.stride, self.padding, self.dilation) for side in shape[1:])
        return (self.out_channels, *sides)

    def parameters(self) -> ParameterShapes:
        """Return the shape of each parameter tensor."""
        kernel, out = int(self.kernel), int(self.out_channels)
        shapes: ParameterShapes = {"weight": (out, int(self.in_channels) // int(self.groups), kernel, kernel)}
        return {**shapes, "bias": (out,)} if self.bias else shapes


@dataclass(frozen=True, slots=True)
class _Norm(SameShape):
    channels: int
    eps: float
    zero_scale: bool

    def parameters(self) -> ParameterShapes:
        """Return scale and shift, one of each per channel."""
        return {"weight": (int(self.channels),), "bias": (int(self.channels),)}


@dataclass(frozen=True, slots=True)
class BatchNorm(_Norm):
    """Batch normalisation (arXiv:1502.03167); `zero_scale` starts the scale at 0 (arXiv:1706.02677, section 5.1)."""

    momentum: float


@dataclass(frozen=True, slots=True)
class GroupNorm(_Norm):
    """Group normalisation (arXiv:1803.08494)."""

    groups: int


@dataclass(frozen=True, slots=True)
class LayerNorm(_Norm):
    """Layer normalisation over the channels at each position, as ConvNeXt uses it (arXiv:2201.03545)."""


@dataclass(frozen=True, slots=True)
class Activation(SameShape, NoParameters):
    """An element-wise non-linearity; `slope` counts for leaky_relu only."""

    kind: str
    slope: float | None


@dataclass(frozen=True, slots=True)
class Dropout(SameShape, NoParameters):
    """Dropout with probability `p` (training only)."""

    p: float


@dataclass(frozen=True, slots=True)
class Pool(NoParameters):
    """Max or average pooling; an average counts the padding, as PyTorch's default does.

    With `ceil` a last window reaches out of the map, and averages what it sees of it.
    """

    kind: str
    kernel: int
    stride: int
    padding: int
    ceil: bool = False

    def output(self, shape: Shape) -> Shape:
        """Return the shape of the map that leaves."""
        places = ceil_output if self.ceil else window_output
        return (shape[0], *(places(side, self.kernel, self.stride, self.padding) for side in shape[1:]))


@dataclass(frozen=True, slots=True)
class BlurPool(NoParameters):
    """A fixed 3x3 binomial blur of a map reflected at its border, at every `stride`-th position (arXiv:1904.11486)."""

    channels: int
    stride: int

    def output(self, shape: Shape) -> Shape:
        """Return the shape of the map that leaves."""
        return (shape[0], *(window_output(side, 3, self.stride, 1) for side in shape[1:]))


@dataclass(frozen=True, slots=True)
class GridPool(NoParameters):
    """Average pooling to a fixed grid (`size` x `size`), whatever the map; size 1 is global average pooling."""

    size: int

    def output(self, shape: Shape) -> Shape:
        """Return channels by grid."""
        return (shape[0], self.size, self.size)


@dataclass(frozen=True, slots=True)
class Subsample(NoParameters):
    """Every `stride`-th row and column, the first included."""

    stride: int

    def output(self, shape: Shape) -> Shape:
        """Return the shape of the map that leaves."""
        return (shape[0], *(window_output(side, 1, self.stride, 0) for side in shape[1:]))


@dataclass(frozen=True, slots=True)
class PadChannels(NoParameters):
    """Zero channels in front of and behind the map's own."""

    before: int
    after: int

    def output(self, shape: Shape) -> Shape:
        """Return the shape with the added channels."""
        return (int(shape[0]) + int(self.before) + int(self.after), *shape[1:])


@dataclass(frozen=True, slots=True)
class AsSequence(NoParameters):
    """The channels of a map of one position as a sequence, (channels, 1, 1) as (1, channels)."""

    def output(self, shape: Shape) -> Shape:
        """Return one channel by as many positions as there were channels."""
        return (1, shape[0])


@dataclass(frozen=True, slots=True)
class AsMap(NoParameters):
    """A sequence as the channels of a map of one position, (1, channels) as (channels, 1, 1)."""

    def output(self, shape: Shape) -> Shape:
        """Return as many channels as the sequence was long."""
        return (shape[1], 1, 1)


@dataclass(frozen=True, slots=True)
class SequenceConv(SameShape):
    """One kernel along a sequence, padded so as to keep its length (the kernel is odd)."""

    kernel: int

    def parameters(self) -> ParameterShapes:
        """Return the shape of the one kernel."""
        return {"weight": (1, 1, int(self.kernel))}


@dataclass(frozen=True, slots=True)
class Flatten(NoParameters):
    """A map as one vector."""

    def output(self, shape: Shape) -> Shape:
        """Return the number of features."""
        features = 1
        for side in shape:
            features *= int(side)
        return (features,)


@dataclass(frozen=True, slots=True)
class Linear:
    """A fully connected layer."""

    in_features: int
    out_features: int
    bias: bool

    def output(self, shape: Shape) -> Shape:
        """Return the number of features that leave."""
        return (self.out_features,)

    def parameters(self) -> ParameterShapes:
        """Return the shape of each parameter tensor."""
        shapes: ParameterShapes = {"weight": (int(self.out_features), int(self.in_features))}
        return {**shapes, "bias": (int(self.out_features),)} if self.bias else shapes


@dataclass(frozen=True, slots=True)
class Add(SameShape, NoParameters):
    """The sum of two maps of one shape."""


@dataclass(frozen=True, slots=True)
class Scale(SameShape, NoParameters):
    """A map whose channels are multiplied by one weight each, or by a map of weights of the same shape."""


Op = Union[
    Conv,
    SequenceConv,
    BatchNorm,
    GroupNorm,
    LayerNorm,
    Activation,
    Dropout,
    Pool,
    BlurPool,
    GridPool,
    Subsample,
    PadChannels,
    AsSequence,
    AsMap,
    Flatten,
    Linear,
    Add,
    Scale,
]
