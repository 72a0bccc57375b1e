"""The bottleneck block: 1x1, 3x3, 1x1 (ResNet, arXiv:1512.03385, Figure 5 right), with the cardinality of ResNeXt.

The grouped 3x3 is form (c) of ResNeXt's Figure 3 (arXiv:1611.05431). The stride sits on the 3x3, as in Facebook's
Torch code and torchvision ("v1.5"), or on the first 1x1, as in the paper's own Caffe models ("v1").
"""

from __future__ import annotations

from archcompiler.record.attention import attend
from archcompiler.record.fields import Fields
from archcompiler.record.layers import conv_norm, conv_norm_act, strides
from archcompiler.record.recorder import Recorder, Value
from archcompiler.record.shortcut import add_shortcut
from archcompiler.record.width import total_width

CLASS_NAME = "Bottleneck"


def record(b: Recorder, x: Value, f: Fields) -> Value:
    """Record reduce, grouped 3x3 and expand, each with its norm; shortcut; act."""
    width, groups = total_width(b, f), f.integer("cardinality")
    (first, second), reduce_groups = strides(f), groups if f.flag("grouped_reduce") else 1

    y = attend(b, x, f, "input")
    y = conv_norm_act(b, f, 1, y, width, kernel=1, stride=first, groups=reduce_groups)
    y = conv_norm_act(b, f, 2, y, width, kernel=3, stride=second, groups=groups)
    y = conv_norm(b, f, 3, y, f.integer("channels"), kernel=1)
    y = add_shortcut(b, x, attend(b, y, f, "residual"), f)
    return attend(b, b.activation("act3", y, f.union("activation")), f, "sum")
