"""Shapes, and what ops have in common.

A shape is (channels, height, width), or (features,) once flattened; the batch is never part of it.
"""

from __future__ import annotations

Shape = tuple[int, ...]
ParameterShapes = dict[str, tuple[int, ...]]


def window_output(size: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Return how many places a window takes along one side of a map (floor, as PyTorch rounds)."""
    return (int(size) + 2 * int(padding) - int(dilation) * (int(kernel) - 1) - 1) // int(stride) + 1


def ceil_output(size: int, kernel: int, stride: int, padding: int) -> int:
    """Return how many places a window takes where the last one may reach out of the map, but not begin behind it."""
    places = window_output(int(size) + int(stride) - 1, kernel, stride, padding)
    return places - int((places - 1) * int(stride) >= int(size) + int(padding))


class SameShape:
    """An op that changes values only."""

    __slots__ = ()

    def output(self, shape: Shape) -> Shape:
        """Return the shape unchanged."""
        return shape


class NoParameters:
    """An op with nothing to learn."""

    __slots__ = ()

    def parameters(self) -> ParameterShapes:
        """Return no parameters."""
        return {}
