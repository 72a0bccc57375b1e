"""Convolutions."""

from __future__ import annotations

from archcompiler.graph.ops.attributes import BY_TENSORS, flag, number, size
from archcompiler.graph.ops.base import Affine, Kernel, Op, Shape, Tensor, Window
from archcompiler.graph.ops.families import EachPosition, SameShape, Weighted, one_position
from archcompiler.graph.shape import TF_SAME, Padding, Sides, one, same_output, sides, window_outputs


class Convolution(Weighted, abstract=True):
    """A 2-d convolution; `groups` is the cardinality. `kernel` and the like are one number, or height and width."""

    counts_into_depth = True
    torchinfo = "positions"

    in_channels: int = size(BY_TENSORS)
    out_channels: int = size(BY_TENSORS)
    kernel: Sides = size(BY_TENSORS)
    stride: Sides = size("D301", default=1)
    padding: Padding = size("D303", default=0, follows=("dilation", "kernel"))
    dilation: Sides = size("D302", default=1)
    groups: int = size(BY_TENSORS, default=1)
    bias: bool = flag(BY_TENSORS, default=False)

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of the map that leaves."""
        if self.padding == TF_SAME:
            return (self.out_channels, *map(same_output, shapes[0][1:], sides(self.stride)))
        return (
            self.out_channels,
            *window_outputs(shapes[0][1:], self.kernel, self.stride, self.padding, self.dilation),
        )

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the kernels, and the bias where there is one."""
        shape = (self.out_channels, self.in_channels // self.groups, *sides(self.kernel))
        weight = Tensor("weight", shape, "normal_fan_out")
        return (weight, Tensor("bias", (self.out_channels,), 0.0)) if self.bias else (weight,)

    def multiply_adds(self, output: Shape) -> int:
        """Return the weights times the positions."""
        return self._weights() * output[1] * output[2]

    def window(self) -> Window:
        """Return the kernel with its dilation, and the stride."""
        (height, width), (rows, columns) = sides(self.kernel), sides(self.dilation)
        return Window((rows * (height - 1) + 1, columns * (width - 1) + 1), sides(self.stride))

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return it without a stride that takes one position or a dilation of one, and equal sides as one number."""
        height, width = sides(self.kernel)
        rows, columns = sides(self.dilation)
        return self.replace(
            kernel=one(self.kernel),
            stride=one_position(one(self.stride), leaves),
            padding=one(self.padding),
            dilation=one((rows if height != 1 else 1, columns if width != 1 else 1)),
        )


class Conv(Convolution):
    """A convolution of a map padded with zeros."""

    name = "Conv"

    def affine_form(self) -> Affine | None:
        """Return the kernel."""
        padding = TF_SAME if self.padding == TF_SAME else sides(self.padding)
        return Kernel(sides(self.kernel), sides(self.stride), padding, sides(self.dilation), self.groups)


class StandardisedConv(Convolution):
    """A convolution whose kernels are standardised, each one's mean 0 and variance 1 (arXiv:1903.10520).

    With a `gain` they are then multiplied by gain / sqrt(fan in) and a learned factor each (arXiv:2101.08692).
    """

    name = "StandardisedConv"

    eps: float = number("D306", default=1e-6)
    gain: float | None = number("D306", default=None)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the kernels, the bias where there is one, and the factors."""
        factors = Tensor("gain", (self.out_channels, 1, 1, 1), 1.0)
        return super().tensors() if self.gain is None else (*super().tensors(), factors)


class SequenceConv(Weighted, SameShape, EachPosition):
    """One kernel along a sequence, padded so as to keep its length (the kernel is odd)."""

    name = "SequenceConv"
    counts_into_depth = False
    torchinfo = "positions"

    kernel: int = size(BY_TENSORS)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the one kernel."""
        return (Tensor("weight", (1, 1, self.kernel), "uniform_fan_in"),)

    def multiply_adds(self, output: Shape) -> int:
        """Return the weights times the length."""
        return self._weights() * output[1]

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return the op."""
        return self


class Linear(Weighted, EachPosition):
    """A fully connected layer, on a vector or on the channels of a map whose channels stand last."""

    name = "Linear"
    counts_into_depth = True
    torchinfo = "once"

    in_features: int = size(BY_TENSORS)
    out_features: int = size(BY_TENSORS)
    bias: bool = flag(BY_TENSORS, default=True)

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape with as many features as leave."""
        return (*shapes[0][:-1], self.out_features)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the matrix, and the bias where there is one."""
        weight = Tensor("weight", (self.out_features, self.in_features), "uniform_fan_in")
        return (weight, Tensor("bias", (self.out_features,), "uniform_fan_in")) if self.bias else (weight,)

    def multiply_adds(self, output: Shape) -> int:
        """Return the weights times the positions."""
        total = self._weights()
        for side in output[:-1]:
            total = total * side
        return total

    def affine_form(self) -> Affine | None:
        """Return the matrix."""
        return Kernel()

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return the op."""
        return self
