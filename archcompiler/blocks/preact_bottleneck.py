"""The pre-activation bottleneck (Identity Mappings, arXiv:1603.05027, Figure 4e): ResNet-164, 200 and 1001."""

from __future__ import annotations

from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value
from archcompiler.record.shortcut import add_preact_shortcut
from archcompiler.record.width import total_width

CLASS_NAME = "PreactBottleneck"


def record(b: Recorder, x: Value, f: Fields) -> Value:
    """Record norm-act in front of reduce, grouped 3x3 and expand, and the shortcut."""
    channels, cardinality = f.integer("channels"), f.integer("cardinality")
    dilation, bias = f.integer("dilation"), f.flag("bias")
    norm, activation = f.union("norm"), f.union("activation")
    width = total_width(b, f)
    strides = (1, f.integer("stride")) if f.text("stride_on") == "3x3" else (f.integer("stride"), 1)

    active = b.activation("act1", b.norm("norm1", x, norm), activation)
    y = b.conv("conv1", active, width, kernel=1, stride=strides[0], bias=bias)
    y = b.activation("act2", b.norm("norm2", y, norm), activation)
    y = b.conv("conv2", y, width, kernel=3, stride=strides[1], dilation=dilation, groups=cardinality, bias=bias)
    y = b.activation("act3", b.norm("norm3", y, norm), activation)
    y = b.conv("conv3", y, channels, kernel=1, bias=bias)
    return add_preact_shortcut(b, x, active, y, f)
