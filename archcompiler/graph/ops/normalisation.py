"""Norms: a scale and a shift of each channel, behind a mean and a variance that differ in what they are taken of."""

from __future__ import annotations

from archcompiler.graph.ops.attributes import BY_TENSORS, flag, number, size
from archcompiler.graph.ops.base import Reads, Shape, Statistic, Tensor
from archcompiler.graph.ops.families import AsWritten, EachPosition, Plain, SameShape


class Norm(Plain, SameShape, EachPosition, AsWritten, abstract=True):
    """A norm; `zero_scale` starts the scale at 0 (arXiv:1706.02677, section 5.1)."""

    changed_kind = "D306"
    is_view = False
    counts_into_depth = False
    counts_into_activations = False
    torchinfo = "once"

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

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return the positions of one channel."""
        values = 1
        for side in shape[1:]:
            values = values * side
        return Statistic("channel", values)


class GroupNorm(Norm):
    """Group normalisation (arXiv:1803.08494)."""

    name = "GroupNorm"

    groups: int = size("D306", default=1)

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return the positions of the channels of one group."""
        values = shape[0] // self.groups
        for side in shape[1:]:
            values = values * side
        return Statistic("group", values)


class LayerNorm(Norm):
    """Layer normalisation over the channels at each position, as ConvNeXt uses it (arXiv:2201.03545)."""

    name = "LayerNorm"

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return None: PyTorch takes any number of channels."""
        return None
