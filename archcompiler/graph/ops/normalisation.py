"""Norms: a scale and a shift of each channel, behind a mean and a variance that differ in what they are taken of."""

from __future__ import annotations

from typing import Any, ClassVar

from archcompiler.graph.ops.attributes import BY_TENSORS, flag, number, size
from archcompiler.graph.ops.base import Affine, Form, Held, PerChannel, Reads, Shape, Statistic, Tensor
from archcompiler.graph.ops.families import AsWritten, EachPosition, Plain, SameShape


class Norm(Plain, SameShape, EachPosition, AsWritten, abstract=True):
    """A norm; `zero_scale` starts the scale at 0 (arXiv:1706.02677, section 5.1)."""

    changed_kind = "D306"
    is_view = False
    counts_into_depth = False
    counts_into_activations = False
    torchinfo = "once"
    takes: ClassVar[tuple[Form, ...]] = ("map",)

    channels: int = size(BY_TENSORS)
    eps: float = number("D306", default=1e-5)
    zero_scale: bool = flag("D402", default=False, is_training=True)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return scale and shift, one of each per channel."""
        scale = 0.0 if self.zero_scale else 1.0
        return (Tensor("weight", (self.channels,), scale), Tensor("bias", (self.channels,), 0.0))

    def multiply_adds(self, output: Shape) -> int:
        """Return 0: papers count none."""
        return 0

    def backward_reads(self) -> Reads:
        """Return what mean and variance were taken of."""
        return "input"


class _Shiftable(Norm, abstract=True):
    """A norm that may do without its shift."""

    shift: bool = flag(BY_TENSORS, default=True)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the scale, and the shift where there is one."""
        scale, shift = super().tensors()
        return (scale, shift) if self.shift else (scale,)


class BatchNorm(Norm):
    """Batch normalisation (arXiv:1502.03167)."""

    name = "BatchNorm"

    momentum: float = number("D403", default=0.1, is_training=True)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return scale and shift, then the running statistics."""
        channels = (self.channels,)
        running = (
            Tensor("running_mean", channels, 0.0, is_learned=False),
            Tensor("running_var", channels, 1.0, is_learned=False),
            Tensor("num_batches_tracked", (), 0.0, is_learned=False),
        )
        return (*super().tensors(), *running)

    def affine_form(self) -> Affine | None:
        """Return what the running statistics leave of it."""
        return PerChannel(self._scale, lambda held: held["bias"] - held["running_mean"] * self._scale(held))

    def _scale(self, held: Held) -> Any:
        return held["weight"] / (held["running_var"] + self.eps) ** 0.5

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return the positions of one channel."""
        values = 1
        for side in shape[1:]:
            values = values * side
        return Statistic("channel", values)


class VectorBatchNorm(BatchNorm):
    """Batch normalisation of the features of a vector."""

    name = "VectorBatchNorm"
    takes = ("vector",)


class GroupNorm(_Shiftable):
    """Group normalisation (arXiv:1803.08494)."""

    name = "GroupNorm"
    takes = ("map", "vector")

    groups: int = size("D306", default=1)

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return the positions of the channels of one group."""
        values = shape[0] // self.groups
        for side in shape[1:]:
            values = values * side
        return Statistic("group", values)


class LayerNorm(_Shiftable):
    """Layer normalisation over the channels at each position, as ConvNeXt uses it (arXiv:2201.03545).

    The channels stand `last` in a map whose channels do, and in a vector.
    """

    name = "LayerNorm"
    takes = ("map", "channels-last map", "vector")

    last: bool = flag("D309", default=False)

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return None: PyTorch takes any number of channels."""
        return None


class InstanceNorm(Norm):
    """Instance normalisation (arXiv:1607.08022): each channel of each image by its own mean and variance."""

    name = "InstanceNorm"

    affine: bool = flag(BY_TENSORS, default=False)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return scale and shift where there are any."""
        return super().tensors() if self.affine else ()

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return the positions of one channel."""
        values = 1
        for side in shape[1:]:
            values = values * side
        return Statistic("channel", values)


class RMSNorm(Norm):
    """Division by the root of the mean square of the channels at each position (arXiv:1910.07467); it has no shift."""

    name = "RMSNorm"
    takes = ("map", "channels-last map", "vector")

    last: bool = flag("D309", default=False)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the scale."""
        return super().tensors()[:1]

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return None: PyTorch takes any number of channels."""
        return None


class SimpleNorm(RMSNorm):
    """Division by the standard deviation of the channels at each position, whose mean stays; it has no shift.

    The deviation is that of a sample, by one channel less than there are (timm/layers/fast_norm.py, `simple_norm`).
    """

    name = "SimpleNorm"


class ResponseNorm(Norm):
    """Global response normalisation (ConvNeXt V2, arXiv:2301.00808, Algorithm 1), whose scale starts at 0."""

    name = "ResponseNorm"
    takes = ("map", "channels-last map")

    last: bool = flag("D309", default=False)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return scale and shift, both 0 at the start."""
        return (Tensor("weight", (self.channels,), 0.0), Tensor("bias", (self.channels,), 0.0))

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return None: it takes any map."""
        return None


class EvoNorm(Norm):
    """EvoNorm-S0 (arXiv:2004.02967, Table 2): a learned swish, its activation, over the deviation of a group."""

    name = "EvoNorm"

    groups: int = size("D306", default=1)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return scale, shift and what each channel of the swish is multiplied by."""
        return (*super().tensors(), Tensor("v", (self.channels,), 1.0))

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return the positions of the channels of one group."""
        values = shape[0] // self.groups
        for side in shape[1:]:
            values = values * side
        return Statistic("group", values)


class FilterResponseNorm(Norm):
    """Filter response normalisation with its threshold (arXiv:1911.09737, section 3), which is its activation."""

    name = "FilterResponseNorm"

    def tensors(self) -> tuple[Tensor, ...]:
        """Return scale, shift and threshold."""
        return (*super().tensors(), Tensor("tau", (self.channels,), 0.0))

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return None: a mean square of one position is one."""
        return None
