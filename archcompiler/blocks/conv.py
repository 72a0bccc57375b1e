"""One convolution with its norm and activation: the stage of plain networks (LeNet, VGG)."""

from __future__ import annotations

from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value
from archcompiler.record.shortcut import add_shortcut
from archcompiler.record.steps import padding_of

CLASS_NAME = "ConvBlock"


def record(b: Recorder, x: Value, f: Fields) -> Value:
    """Record conv, norm, shortcut, act."""
    y = b.conv(
        "conv",
        x,
        f.integer("channels"),
        kernel=f.integer("kernel"),
        stride=f.integer("stride"),
        padding=padding_of(b, f),
        dilation=f.integer("dilation"),
        groups=f.integer("cardinality"),
        bias=f.flag("bias"),
    )
    y = b.norm("norm", y, f.union("norm"))
    y = add_shortcut(b, x, y, f)
    return b.activation("act", y, f.union("activation"))
