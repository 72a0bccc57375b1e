"""Element-wise non-linearities, and what changes values in training only."""

from __future__ import annotations

from typing import NamedTuple

from archcompiler.graph.ops.attributes import BY_TENSORS, choice, number, size
from archcompiler.graph.ops.base import Op, Reads, Shape, StepForm, Tensor
from archcompiler.graph.ops.families import AsWritten, EachPosition, Plain, SameShape, Unweighted


class _Kind(NamedTuple):
    """What the backward pass reads (tools/autograd/derivatives.yaml of PyTorch), and whether twice is once."""

    reads: Reads
    is_idempotent: bool = False


KINDS = {
    "celu": _Kind("either"),
    "elu": _Kind("either"),
    "gelu": _Kind("input"),
    "gelu_tanh": _Kind("input"),
    "hard_sigmoid": _Kind("input"),
    "hard_swish": _Kind("input"),
    "hard_tanh": _Kind("either", is_idempotent=True),
    "leaky_relu": _Kind("either"),
    "log_sigmoid": _Kind("input"),
    "mish": _Kind("input"),
    "quick_gelu": _Kind("input"),
    "relu": _Kind("output", is_idempotent=True),
    "relu6": _Kind("either", is_idempotent=True),
    "selu": _Kind("either"),
    "sigmoid": _Kind("output"),
    "silu": _Kind("input"),
    "softplus": _Kind("input"),
    "softsign": _Kind("input"),
    "squared_relu": _Kind("input"),
    "tanh": _Kind("output"),
    "tanh_shrink": _Kind("input"),
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


class PReLU(Plain, SameShape, EachPosition, AsWritten):
    """A leaky ReLU whose slopes, one for each channel or one for all, are learned (arXiv:1502.01852)."""

    name = "PReLU"
    step = StepForm(
        "prelu",
        "act",
        "A leaky ReLU with learned slopes.",
        {
            "slopes": {
                "type": "integer",
                "minimum": 1,
                "description": "Number of slopes, 1 or the channels.",
                "examples": [1],
            },
            "initial": {
                "type": "number",
                "default": 0.25,
                "description": "What the slopes start at.",
                "examples": [0.25],
            },
        },
    )
    changed_kind = "D309"
    is_view = False
    counts_into_depth = False
    counts_into_activations = False
    torchinfo = "once"

    slopes: int = size(BY_TENSORS)
    initial: float = number("D402", default=0.25, is_training=True)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the slopes."""
        return (Tensor("weight", (self.slopes,), self.initial),)

    def multiply_adds(self, output: Shape) -> int:
        """Return 0: papers count none."""
        return 0

    def backward_reads(self) -> Reads:
        """Return what the slopes' gradient is computed from."""
        return "input"


class Softmax(Plain, SameShape, EachPosition, AsWritten, Unweighted):
    """A softmax over the channels at each position; of `branches` stacked maps, over the branches at each channel.

    Of several `groups` the branches of each stand together before, and behind the groups of each branch do (ResNeSt).
    """

    name = "Softmax"
    step = StepForm(
        "softmax",
        "softmax",
        "A softmax over stacked branches, at each channel.",
        {
            "branches": {"type": "integer", "minimum": 1, "description": "Number of branches.", "examples": [2]},
            "groups": {
                "type": "integer",
                "minimum": 1,
                "default": 1,
                "description": "Groups of channels whose branches stand together, and apart behind the softmax.",
                "examples": [2],
            },
        },
    )
    changed_kind = "D309"
    is_view = False

    branches: int | None = size("D309", default=None)
    groups: int = size("D309", default=1)

    def misfit(self, *shapes: Shape) -> str | None:
        """Return what the branches do not divide."""
        odd = self.branches is not None and shapes[0][0] % (self.branches * self.groups)
        return f"stacks {self.branches} branches in {shapes[0][0]} channels" if odd else super().misfit(*shapes)

    def backward_reads(self) -> Reads:
        """Return the output."""
        return "output"


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


class DropPath(Plain, SameShape, EachPosition, Unweighted):
    """Stochastic depth: all that a sample computes here is left out with probability `rate` (arXiv:1603.09382)."""

    name = "DropPath"
    step = StepForm(
        "drop_path",
        "drop_path",
        "All that a sample computes here, left out at random in training.",
        {
            "rate": {
                "type": "number",
                "minimum": 0,
                "exclusiveMaximum": 1,
                "description": "Probability that a sample is left out.",
                "examples": [0.1],
            },
        },
    )
    changed_kind = "D309"
    is_view = True
    is_training = True

    rate: float = number("D401")

    def backward_reads(self) -> Reads:
        """Return nothing: the mask is kept beside."""
        return "nothing"

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return None for a rate of 0."""
        return self if self.rate else None
