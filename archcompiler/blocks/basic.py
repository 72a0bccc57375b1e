"""The basic block: two 3x3 convolutions (ResNet, arXiv:1512.03385, Figure 5 left)."""

from __future__ import annotations

from archcompiler.record.attention import attend
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value
from archcompiler.record.shortcut import add_shortcut

CLASS_NAME = "BasicBlock"


def record(b: Recorder, x: Value, f: Fields) -> Value:
    """Record conv-norm-act, conv-norm, shortcut, act; the stride is the first convolution's."""
    channels, stride = f.integer("channels"), f.integer("stride")
    dilation, bias = f.integer("dilation"), f.flag("bias")
    norm, activation = f.union("norm"), f.union("activation")

    y = b.conv("conv1", attend(b, x, f, "input"), channels, kernel=3, stride=stride, dilation=dilation, bias=bias)
    y = b.norm("norm1", y, norm)
    y = attend(b, b.activation("act1", y, activation), f, "conv1")
    y = b.conv("conv2", y, channels, kernel=3, dilation=dilation, bias=bias)
    y = b.norm("norm2", y, norm, zero_scale=f.flag("zero_init"))
    y = add_shortcut(b, x, attend(b, y, f, "conv2", "residual"), f)
    return attend(b, b.activation("act2", y, activation), f, "sum")
