"""What weighs a block's channels: squeeze and excitation (SENet, arXiv:1709.01507, Figure 2)."""

from __future__ import annotations

from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, ShapeFault, Value
from archcompiler.span import SCHEMA_ORIGIN


def add_attention(b: Recorder, x: Value, f: Fields) -> Value:
    """Return a block's map with its channels weighed, as `attention` says."""
    attention = f.union("attention")
    if attention.text("type") == "none":
        return x
    b.variant("SE")
    reduction = attention.integer("reduction")
    if x.channels % reduction:
        fault = ShapeFault(
            "G009",
            f"a reduction of {int(reduction)} does not divide the {int(x.channels)} channels",
            ("attention", "channels"),
            "use a reduction that divides them: no width is rounded in silence",
        )
        fault.span = None if attention.span("reduction") == SCHEMA_ORIGIN else attention.span("reduction")
        raise fault
    gate = b.grid_pool("attention.pool", x, 1)
    gate = b.conv("attention.reduce", gate, x.channels // reduction, kernel=1, bias=True)
    gate = b.activation("attention.act", gate, attention.union("activation"))
    gate = b.conv("attention.expand", gate, x.channels, kernel=1, bias=True)
    return b.scale(x, b.sigmoid("attention.gate", gate))
