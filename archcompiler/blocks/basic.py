"""The basic block: two 3x3 convolutions (ResNet, arXiv:1512.03385, Figure 5 left)."""

from __future__ import annotations

from archcompiler.record.attention import attend
from archcompiler.record.fields import Fields
from archcompiler.record.layers import conv_norm, conv_norm_act
from archcompiler.record.recorder import Recorder, Value
from archcompiler.record.shortcut import add_shortcut

CLASS_NAME = "BasicBlock"


def record(b: Recorder, x: Value, f: Fields) -> Value:
    """Record conv-norm-act, conv-norm, shortcut, act; the stride is the first convolution's."""
    channels = f.integer("channels")
    y = conv_norm_act(b, f, 1, attend(b, x, f, "input"), channels, kernel=3, stride=f.integer("stride"))
    y = conv_norm(b, f, 2, y, channels, kernel=3)
    y = add_shortcut(b, x, attend(b, y, f, "conv2", "residual"), f)
    return attend(b, b.activation("act2", y, f.union("activation")), f, "sum")
