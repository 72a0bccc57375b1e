"""The primitives that every block, stem and head is made of: attributes, output shape and parameters of each.

A shape is (channels, height, width), or (features,) once flattened; the batch is never part of it. Ops know no
backend: how one becomes a module stands in `backends/`, what it costs in `analyses/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

Shape = tuple[int, ...]
ParameterShapes = dict[str, tuple[int, ...]]


def window_output(size: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Return how many places a window takes along one side of a map (floor, as PyTorch rounds)."""
    return (int(size) + 2 * int(padding) - int(dilation) * (int(kernel) - 1) - 1) // int(stride) + 1


def _ceil_output(size: int, kernel: int, stride: int, padding: int) -> int:
    """Return how many places a window takes where the last one may reach out of the map, but not begin behind it."""
    places = window_output(int(size) + int(stride) - 1, kernel, stride, padding)
    return places - int((places - 1) * int(stride) >= int(size) + int(padding))


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


class _SameShape:
    """An op that changes values only."""

    __slots__ = ()

    def output(self, shape: Shape) -> Shape:
        """Return the shape unchanged."""
        return shape


class _NoParameters:
    """An op with nothing to learn."""

    __slots__ = ()

    def parameters(self) -> ParameterShapes:
        """Return no parameters."""
        return {}


@dataclass(frozen=True, slots=True)
class _Norm(_SameShape):
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
class Activation(_SameShape, _NoParameters):
    """An element-wise non-linearity; `slope` counts for leaky_relu only."""

    kind: str
    slope: float | None


@dataclass(frozen=True, slots=True)
class Dropout(_SameShape, _NoParameters):
    """Dropout with probability `p` (training only)."""

    p: float


@dataclass(frozen=True, slots=True)
class Pool(_NoParameters):
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
        places = _ceil_output if self.ceil else window_output
        return (shape[0], *(places(side, self.kernel, self.stride, self.padding) for side in shape[1:]))


@dataclass(frozen=True, slots=True)
class GridPool(_NoParameters):
    """Average pooling to a fixed grid (`size` x `size`), whatever the map; size 1 is global average pooling."""

    size: int

    def output(self, shape: Shape) -> Shape:
        """Return channels by grid."""
        return (shape[0], self.size, self.size)


@dataclass(frozen=True, slots=True)
class Subsample(_NoParameters):
    """Every `stride`-th row and column, the first included."""

    stride: int

    def output(self, shape: Shape) -> Shape:
        """Return the shape of the map that leaves."""
        return (shape[0], *(window_output(side, 1, self.stride, 0) for side in shape[1:]))


@dataclass(frozen=True, slots=True)
class PadChannels(_NoParameters):
    """Zero channels in front of and behind the map's own."""

    before: int
    after: int

    def output(self, shape: Shape) -> Shape:
        """Return the shape with the added channels."""
        return (int(shape[0]) + int(self.before) + int(self.after), *shape[1:])


@dataclass(frozen=True, slots=True)
class Flatten(_NoParameters):
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
class Add(_SameShape, _NoParameters):
    """The sum of two maps of one shape."""


@dataclass(frozen=True, slots=True)
class Scale(_SameShape, _NoParameters):
    """A map whose channels are multiplied by one weight each, or by a map of weights of the same shape."""


Op = Union[
    Conv,
    BatchNorm,
    GroupNorm,
    LayerNorm,
    Activation,
    Dropout,
    Pool,
    GridPool,
    Subsample,
    PadChannels,
    Flatten,
    Linear,
    Add,
    Scale,
]
