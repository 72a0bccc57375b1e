"""Multiplication by a constant, and by parameters that the block itself owns."""

from __future__ import annotations

from archcompiler.graph.ops.attributes import BY_TENSORS, flag, number, size
from archcompiler.graph.ops.base import Affine, Op, PerChannel, Reads, Shape, StepForm, Tensor
from archcompiler.graph.ops.families import AsWritten, EachPosition, Plain, SameShape, Unweighted


class ConstantScale(Plain, SameShape, EachPosition, Unweighted):
    """Every value times one constant."""

    name = "ConstantScale"
    step = StepForm(
        "scale",
        "",
        "Every value times a constant.",
        {"factor": {"type": "number", "description": "The constant.", "examples": [0.5]}},
    )
    changed_kind = "D309"
    is_view = False

    factor: float = number("D309")

    def backward_reads(self) -> Reads:
        """Return nothing."""
        return "nothing"

    def affine_form(self) -> Affine | None:
        """Return the constant."""
        return PerChannel(lambda _: self.factor)

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return None for a factor of 1."""
        return None if self.factor == 1 else self


class _Owned(Plain, SameShape, EachPosition, AsWritten, abstract=True):
    """An op with one parameter, which stands in the state dict under the path of the op: no module owns it."""

    changed_kind = "D309"
    is_view = False
    counts_into_depth = False
    counts_into_activations = False
    torchinfo = "once"

    def multiply_adds(self, output: Shape) -> int:
        """Return 0: papers count none."""
        return 0

    def backward_reads(self) -> Reads:
        """Return what the parameter's gradient is computed from."""
        return "input"


class LayerScale(_Owned):
    """Every channel times a parameter of its own (CaiT, arXiv:2103.17239, section 2), which starts at `initial`.

    The parameter has a side of 1 for height and width where it `is_map`. The channels of the map stand `last` where
    they do.
    """

    name = "LayerScale"
    step = StepForm(
        "layer_scale",
        "layer_scale",
        "Every channel times a parameter of its own, which the block itself holds.",
        {
            "initial": {"type": "number", "description": "What the parameters start at.", "examples": [1.0e-6]},
            "is_map": {
                "type": "boolean",
                "default": False,
                "description": "Whether the parameter has a side of 1 for height and width.",
                "examples": [True],
            },
        },
    )

    channels: int = size(BY_TENSORS)
    initial: float = number("D402", is_training=True)
    is_map: bool = flag(BY_TENSORS, default=False)
    last: bool = flag("D309", default=False)

    def misfit(self, *shapes: Shape) -> str | None:
        """Return that the channels of the parameter and of the map stand at different places."""
        return "has its channels in front, and the map last" if self.is_map and self.last else None

    def affine_form(self) -> Affine | None:
        """Return the parameter."""
        return PerChannel(lambda held: held[""])

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the parameter."""
        shape = (self.channels, 1, 1) if self.is_map else (self.channels,)
        return (Tensor("", shape, self.initial),)


_IS_VECTOR = {
    "type": "boolean",
    "default": False,
    "description": "Whether the parameter is a vector of one number, in place of a number.",
    "examples": [True],
}


class _Scalar(_Owned, abstract=True):
    """An op with a single parameter, of shape () or, where it `is_vector`, (1,)."""

    initial: float = number("D402", is_training=True)
    is_vector: bool = flag(BY_TENSORS, default=False)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the parameter."""
        return (Tensor("", (1,) if self.is_vector else (), self.initial),)


class ScalarScale(_Scalar):
    """Every value times one parameter."""

    name = "ScalarScale"
    step = StepForm(
        "learned_scale",
        "scale",
        "Every value times one parameter.",
        {
            "initial": {"type": "number", "description": "What the parameter starts at.", "examples": [1]},
            "is_vector": _IS_VECTOR,
        },
    )

    def affine_form(self) -> Affine | None:
        """Return the parameter."""
        return PerChannel(lambda held: held[""])


class ScalarShift(_Scalar):
    """Every value plus one parameter."""

    name = "ScalarShift"
    step = StepForm(
        "learned_shift",
        "shift",
        "Every value plus one parameter.",
        {
            "initial": {"type": "number", "description": "What the parameter starts at.", "examples": [0]},
            "is_vector": _IS_VECTOR,
        },
    )

    def affine_form(self) -> Affine | None:
        """Return the parameter, which is added."""
        return PerChannel(lambda _: 1, lambda held: held[""])

    def backward_reads(self) -> Reads:
        """Return nothing."""
        return "nothing"
