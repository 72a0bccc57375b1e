"""What ops have in common: classes that answer some aspects for a family."""

from __future__ import annotations

from math import prod
from typing import Any

from archcompiler.graph.ops.base import Affine, Joins, Op, Reads, Shape, Statistic, Tensor, Window


class SameShape(Op, abstract=True):
    """An op that changes values only."""

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape unchanged."""
        return shapes[0]


class Unweighted(Op, abstract=True):
    """An op without tensors, multiply-adds or a place in what papers count."""

    counts_into_depth = False
    counts_into_activations = False
    torchinfo = "once"

    def tensors(self) -> tuple[Tensor, ...]:
        """Return none."""
        return ()

    def multiply_adds(self, output: Shape) -> int:
        """Return 0."""
        return 0


class Weighted(Op, abstract=True):
    """A convolution or linear layer: its weights are multiplied at every position."""

    joins = Joins.ONE
    commutes = False
    changed_kind = "D309"
    is_view = False
    is_training = False
    counts_into_activations = True

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return None."""
        return None

    def backward_reads(self) -> Reads:
        """Return what the gradient of the weights is computed from."""
        return "input"

    def affine_form(self) -> Affine | None:
        """Return None: what it multiplies by is computed from its tensors, or no kernel."""
        return None

    def is_idempotent(self) -> bool:
        """Return False."""
        return False

    def _weights(self) -> int:
        return prod(map(int, self.tensors()[0].shape))


class EachPosition(Op, abstract=True):
    """An op whose output depends, at each position, on that position of the input."""

    def window(self) -> Window:
        """Return one position."""
        return Window((1, 1), (1, 1))


class AsWritten(Op, abstract=True):
    """An op that has one spelling."""

    def normal_form(self, arrives: Shape, leaves: Shape) -> Op | None:
        """Return the op."""
        return self


class Plain(Op, abstract=True):
    """An op with one input that normalises nothing and may not be left out."""

    joins = Joins.ONE
    commutes = False
    is_training = False

    def statistic(self, shape: Shape) -> Statistic | None:
        """Return None."""
        return None

    def affine_form(self) -> Affine | None:
        """Return None."""
        return None

    def is_idempotent(self) -> bool:
        """Return False."""
        return False


def one_position(stride: Any, leaves: Shape) -> Any:
    """Return a stride in its normal form: 0 for a layer that takes a single position, whatever it said."""
    return 0 if set(leaves[1:]) == {1} else stride
