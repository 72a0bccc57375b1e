"""The pre-activation basic block (Identity Mappings, arXiv:1603.05027, Figure 4e), also Wide ResNet's B(3,3).

A shortcut that changes the shape starts behind the first activation, as in the authors' Torch code and in Wide
ResNet's; an identity shortcut always starts at the input.
"""

from __future__ import annotations

from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value
from archcompiler.record.shortcut import add_preact_shortcut

CLASS_NAME = "PreactBasicBlock"


def record(b: Recorder, x: Value, f: Fields) -> Value:
    """Record norm-act-conv twice, and the shortcut."""
    channels, stride = f.integer("channels"), f.integer("stride")
    dilation, bias = f.integer("dilation"), f.flag("bias")
    norm, activation = f.union("norm"), f.union("activation")

    active = b.activation("act1", b.norm("norm1", x, norm), activation)
    y = b.conv("conv1", active, channels, kernel=3, stride=stride, dilation=dilation, bias=bias)
    y = b.activation("act2", b.norm("norm2", y, norm), activation)
    y = b.conv("conv2", y, channels, kernel=3, dilation=dilation, bias=bias)
    return add_preact_shortcut(b, x, active, y, f)
