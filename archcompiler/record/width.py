"""The width of a bottleneck, in total or per group."""

from __future__ import annotations

from archcompiler.record.fault import ShapeFault, near_divisors, near_multiples
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder


def total_width(b: Recorder, f: Fields) -> int:
    """Return the channels of the 3x3: cardinality times the width per group, or the total that the spec gives."""
    cardinality = f.integer("cardinality")
    if not f.has("width"):
        return b.let("width", cardinality * f.integer("bottleneck_width"))
    width = f.integer("width")
    if width % cardinality:
        b.refuse(
            ShapeFault(
                "G001",
                f"width {int(width)} is not divisible by cardinality {int(cardinality)}",
                ("width", "cardinality"),
                "`bottleneck_width`, the width per group, fits any cardinality",
                fits={"width": near_multiples(width, cardinality), "cardinality": near_divisors(cardinality, width)},
            )
        )
    return width
