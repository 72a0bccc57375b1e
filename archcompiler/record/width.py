"""The width of a bottleneck, in total or per group."""

from __future__ import annotations

from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, ShapeFault


def total_width(b: Recorder, f: Fields) -> int:
    """Return the channels of the 3x3: cardinality times the width per group, or the total that the spec gives."""
    cardinality = f.integer("cardinality")
    if not f.has("width"):
        return b.let("width", cardinality * f.integer("bottleneck_width"))
    width = f.integer("width")
    if width % cardinality:
        below = int(width) // int(cardinality) * int(cardinality)
        near = [number for number in (below, below + int(cardinality)) if number]
        raise ShapeFault(
            "G001",
            f"width {int(width)} is not divisible by cardinality {int(cardinality)}",
            ("width", "cardinality"),
            f"use a width of {' or '.join(map(str, near))}, or give `bottleneck_width`, the width per group",
        )
    return width
