"""Shapes, and how many places a window takes.

A shape is (channels, height, width), (height, width, channels) behind a permute to channels last, or (features,) once
flattened; the batch is never part of it. Sizes are whatever computes with + - * // and compares: ints, ints that carry
an expression, arrays.
"""

from __future__ import annotations

Shape = tuple[int, ...]
Sides = int | tuple[int, int]
"""One number for both sides of a map, or one for its height and one for its width."""


def sides(value: Sides) -> tuple[int, int]:
    """Return the number of each side."""
    return value if isinstance(value, tuple) else (value, value)


def window_output(size: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Return how many places a window takes along one side of a map (floor, as PyTorch rounds)."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def ceil_output(size: int, kernel: int, stride: int, padding: int) -> int:
    """Return how many places a window takes where the last one may reach out of the map, but not begin behind it."""
    places = window_output(size + stride - 1, kernel, stride, padding)
    return places - ((places - 1) * stride >= size + padding)


def shape_text(shape: Shape) -> str:
    """Return a shape as people write it: 256x56x56."""
    return "x".join(map(str, shape))
