"""What runs beside a block and is added to it: ResNet's options A, B and C (arXiv:1512.03385, section 3.3)."""

from __future__ import annotations

from archcompiler.record.attention import attend, check_attended
from archcompiler.record.fault import ShapeFault
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value, shape_text
from archcompiler.tree import Plain


def add_shortcut(b: Recorder, x: Value, y: Value, f: Fields) -> Value:
    """Return the block's output `y` with its input `x` brought to the same shape and added, as `shortcut` says."""
    if _projects(x, y, f):
        return b.add(y, attend(b, b.norm("shortcut.norm", _project(b, x, f), f.union("norm")), f, "shortcut"))
    brought = _unprojected(b, x, y, f)
    if brought is None:
        check_attended(b, f, "shortcut")
        return y
    return b.add(y, attend(b, brought, f, "shortcut"))


def add_preact_shortcut(b: Recorder, x: Value, active: Value, y: Value, f: Fields) -> Value:
    """Return a pre-activation block's output with its shortcut added; its projection has no norm.

    A shortcut that changes the shape starts where `shortcut_from` says: `active` is what stands behind norm1 and act1.
    """
    if _changes(x, y, f) and f.text("shortcut_from") == "activation":
        x = active
    brought = _project(b, x, f) if _projects(x, y, f) else _unprojected(b, x, y, f)
    return b.add(y, brought) if brought else y


def _changes(x: Value, y: Value, f: Fields) -> bool:
    return f.integer("stride") != 1 or x.channels != y.channels


def _projects(x: Value, y: Value, f: Fields) -> bool:
    kind = f.union("shortcut").text("type")
    return kind == "projection_always" or (kind in ("projection", "average_projection") and _changes(x, y, f))


def _unprojected(b: Recorder, x: Value, y: Value, f: Fields) -> Value | None:
    """Return the input as a shortcut without weights brings it to the sum; None where there is no shortcut."""
    shortcut = f.union("shortcut")
    kind = shortcut.text("type")
    if kind == "none":
        b.variant("Plain")
        return None
    if kind == "zero_pad" and _changes(x, y, f):
        return _zero_pad(b, x, y, f, shortcut)
    if _changes(x, y, f):
        b.refuse(_misfit(x, y, f))
    return x


def _project(b: Recorder, x: Value, f: Fields) -> Value:
    """Options B and C: a 1x1 convolution with the block's stride.

    ResNet-D lets an average pool stride in its place, so that the 1x1 sees every position ("Bag of Tricks",
    arXiv:1812.01187, Figure 2c). An odd map is rounded up, as the convolutions beside it round.
    """
    stride = f.integer("stride")
    average = f.union("shortcut").text("type") == "average_projection"
    b.variant("AverageProjection" if average else "Projection")
    if average and stride != 1:
        x = b.ceil_pool("shortcut.pool", x, stride)
    conv_stride = 1 if average else stride
    return b.conv("shortcut.conv", x, f.integer("channels"), kernel=1, stride=conv_stride, bias=f.flag("bias"))


def _zero_pad(b: Recorder, x: Value, y: Value, f: Fields, shortcut: Fields) -> Value:
    """Option A: subsample the map and add zero channels; neither has parameters."""
    b.variant("ZeroPad")
    if y.channels < x.channels:
        message = f"zero padding cannot shrink {int(x.channels)} channels to {int(y.channels)}"
        fits: dict[str, list[Plain]] = {"shortcut": ["projection"], "channels": [int(x.channels)]}
        b.refuse(ShapeFault("G003", message, ("shortcut", "channels"), fits=fits))
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


def _misfit(x: Value, y: Value, f: Fields) -> ShapeFault:
    grows = y.channels >= x.channels
    fits: dict[str, list[Plain]] = {"shortcut": ["projection", *(["zero_pad"] if grows else [])]}
    if x.channels == y.channels:
        fits["stride"] = [1]
    elif f.integer("stride") == 1:
        fits["channels"] = [int(x.channels)]
    return ShapeFault(
        "G002",
        f"an identity shortcut cannot join the {shape_text(x.shape)} that arrives "
        f"to the {shape_text(y.shape)} that the block computes",
        ("shortcut", "stride", "channels"),
        "a projection is option B of the ResNet paper, zero padding its option A",
        fits=fits,
    )
