"""Element-wise non-linearities, and what changes values in training only."""

from __future__ import annotations

from typing import NamedTuple

from archcompiler.graph.ops.attributes import choice, number
from archcompiler.graph.ops.base import Op, Reads, Shape
from archcompiler.graph.ops.families import AsWritten, EachPosition, Plain, SameShape, Unweighted


class _Kind(NamedTuple):
    """What the backward pass reads (tools/autograd/derivatives.yaml of PyTorch), and whether twice is once."""

    reads: Reads
    is_idempotent: bool = False


KINDS = {
    "relu": _Kind("output", is_idempotent=True),
    "relu6": _Kind("either", is_idempotent=True),
    "leaky_relu": _Kind("either"),
    "gelu": _Kind("input"),
    "silu": _Kind("input"),
    "sigmoid": _Kind("output"),
    "tanh": _Kind("output"),
}
"""Every activation without a weight."""


class Activation(Plain, SameShape, EachPosition, Unweighted):
    """An element-wise non-linearity; `slope` counts for leaky_relu only."""

    name = "Activation"
    changed_kind = "D309"
    is_view = False

    kind: str = choice("D305")
    slope: float | None = number("D305", default=None)

    def backward_reads(self) -> Reads:
        """Return what the kind's derivative is written in."""
        return KINDS[self.kind].reads

    def is_idempotent(self) -> bool:
        """Tell whether the kind is."""
        return KINDS[self.kind].is_idempotent

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return relu for a slope of 0, and None for one of 1."""
        if self.kind != "leaky_relu" or self.slope not in (0, 1):
            return self
        return None if self.slope == 1 else Activation("relu")


class Dropout(Plain, SameShape, EachPosition, AsWritten, Unweighted):
    """Dropout with probability `p`."""

    name = "Dropout"
    changed_kind = "D309"
    is_view = True
    is_training = True

    p: float = number("D401")

    def backward_reads(self) -> Reads:
        """Return nothing: the mask is kept beside."""
        return "nothing"
