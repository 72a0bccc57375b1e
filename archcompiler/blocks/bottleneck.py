"""The bottleneck block: 1x1, 3x3, 1x1 (ResNet, arXiv:1512.03385, Figure 5 right), with the cardinality of ResNeXt.

The grouped 3x3 is form (c) of ResNeXt's Figure 3 (arXiv:1611.05431). The stride sits on the 3x3, as in Facebook's
Torch code and torchvision ("v1.5"), or on the first 1x1, as in the paper's own Caffe models ("v1").
"""

from __future__ import annotations

from archcompiler.record.attention import attend
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value
from archcompiler.record.shortcut import add_shortcut
from archcompiler.record.width import total_width

CLASS_NAME = "Bottleneck"


def record(b: Recorder, x: Value, f: Fields) -> Value:
    """Record reduce, grouped 3x3 and expand, each with its norm; shortcut; act."""
    channels, cardinality = f.integer("channels"), f.integer("cardinality")
    dilation, bias = f.integer("dilation"), f.flag("bias")
    norm, activation = f.union("norm"), f.union("activation")
    width = total_width(b, f)
    strides = (1, f.integer("stride")) if f.text("stride_on") == "3x3" else (f.integer("stride"), 1)
    reduce_groups = cardinality if f.flag("grouped_reduce") else 1

    y = b.conv("conv1", attend(b, x, f, "input"), width, kernel=1, stride=strides[0], groups=reduce_groups, bias=bias)
    y = b.norm("norm1", y, norm)
    y = attend(b, b.activation("act1", y, activation), f, "conv1")
    y = b.conv("conv2", y, width, kernel=3, stride=strides[1], dilation=dilation, groups=cardinality, bias=bias)
    y = b.norm("norm2", y, norm)
    y = attend(b, b.activation("act2", y, activation), f, "conv2")
    y = b.conv("conv3", y, channels, kernel=1, bias=bias)
    y = b.norm("norm3", y, norm, zero_scale=f.flag("zero_init"))
    y = add_shortcut(b, x, attend(b, y, f, "residual"), f)
    return attend(b, b.activation("act3", y, activation), f, "sum")
