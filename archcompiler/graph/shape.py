"""Shapes, and how many places a window takes.

A shape is (channels, height, width), (height, width, channels) behind a permute to channels last, or (features,) once
flattened; the batch is never part of it. Sizes are whatever computes with + - * // and compares: ints, ints that carry
an expression, arrays.
"""

from __future__ import annotations

import operator
from typing import Any, Literal

Shape = tuple[int, ...]
Sides = int | tuple[int, int]
"""One number for both sides of a map, or one for its height and one for its width."""
Padding = Sides | Literal["tf_same"]
TF_SAME: Literal["tf_same"] = "tf_same"
"""The padding of TensorFlow: what the map at hand needs for size / stride places, an odd one behind the map."""


def sides(value: Padding) -> tuple[int, int]:
    """Return the number of each side."""
    if isinstance(value, str):
        raise TypeError(f"{value} is no number")
    return value if isinstance(value, tuple) else (value, value)


def one(value: Any) -> Any:
    """Return one number for a pair of equal ones."""
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value


def window_output(size: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Return how many places a window takes along one side of a map (floor, as PyTorch rounds)."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def window_outputs(of: Shape, kernel: Sides, stride: Sides, padding: Sides, dilation: Sides) -> tuple[int, ...]:
    """Return how many places a window takes along each side of a map; a square is computed once."""
    rows, columns = zip(of, sides(kernel), sides(stride), sides(padding), sides(dilation), strict=True)
    if all(map(operator.is_, rows, columns)):
        return (window_output(*rows),) * 2
    return window_output(*rows), window_output(*columns)


def ceil_output(size: int, kernel: int, stride: int, padding: int) -> int:
    """Return how many places a window takes where the last one may reach out of the map, but not begin behind it."""
    places = window_output(size + stride - 1, kernel, stride, padding)
    return places - ((places - 1) * stride >= size + padding)


def same_output(size: int, stride: int) -> int:
    """Return how many places a window takes under the padding of TensorFlow."""
    return -(-size // stride)


def shape_text(shape: Shape) -> str:
    """Return a shape as people write it: 256x56x56."""
    return "x".join(map(str, shape))
