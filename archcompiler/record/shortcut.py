"""What runs beside a block and is added to it (ResNet, arXiv:1512.03385, section 3.3: options A, B and C)."""

from __future__ import annotations

from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, ShapeFault, Value, shape_text


def add_shortcut(b: Recorder, x: Value, y: Value, f: Fields) -> Value:
    """Return the block's output `y` with its input `x` brought to the same shape and added, as `shortcut` says."""
    shortcut = f.union("shortcut")
    kind = shortcut.text("type")
    if kind == "none":
        b.variant("Plain")
        return y
    changes = f.integer("stride") != 1 or x.channels != y.channels
    if kind == "projection_always" or (kind == "projection" and changes):
        return b.add(y, _project(b, x, f))
    if kind == "zero_pad" and changes:
        return b.add(y, _zero_pad(b, x, y, f, shortcut))
    if changes:
        raise _misfit(x, y)
    return b.add(y, x)


def _project(b: Recorder, x: Value, f: Fields) -> Value:
    """Options B and C: a 1x1 convolution with the block's stride, and its norm."""
    b.variant("Projection")
    x = b.conv("shortcut.conv", x, f.integer("channels"), kernel=1, stride=f.integer("stride"), bias=f.flag("bias"))
    return b.norm("shortcut.norm", x, f.union("norm"))


def _zero_pad(b: Recorder, x: Value, y: Value, f: Fields, shortcut: Fields) -> Value:
    """Option A: subsample the map and add zero channels; neither has parameters."""
    b.variant("ZeroPad")
    if y.channels < x.channels:
        raise ShapeFault(
            "G003",
            f"zero padding cannot shrink {int(x.channels)} channels to {int(y.channels)}",
            ("shortcut", "channels"),
            "use `shortcut: projection`, or at least as many channels as arrive",
        )
    stride = f.integer("stride")
    if stride != 1 and shortcut.text("subsample") == "slice":
        x = b.subsample("shortcut.subsample", x, stride)
    elif stride != 1:
        x = b.pool("shortcut.pool", x, "average", kernel=stride, stride=stride)
    missing = y.channels - x.channels
    if not missing:
        return x
    before = missing // 2 if shortcut.text("pad") == "both" else 0
    return b.pad_channels("shortcut.pad", x, before, missing - before)


def _misfit(x: Value, y: Value) -> ShapeFault:
    return ShapeFault(
        "G002",
        f"an identity shortcut cannot join the {shape_text(x.shape)} that arrives "
        f"to the {shape_text(y.shape)} that the block computes",
        ("shortcut", "stride", "channels"),
        "use `shortcut: projection` (option B) or `shortcut: zero_pad` (option A), or keep the shape",
    )
