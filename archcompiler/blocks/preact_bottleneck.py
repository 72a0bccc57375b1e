"""The pre-activation bottleneck (Identity Mappings, arXiv:1603.05027, Figure 4e): ResNet-164, 200 and 1001."""

from __future__ import annotations

from archcompiler.record.fields import Fields
from archcompiler.record.layers import conv, norm_act, strides
from archcompiler.record.recorder import Recorder, Value
from archcompiler.record.shortcut import add_preact_shortcut
from archcompiler.record.width import total_width

CLASS_NAME = "PreactBottleneck"


def record(b: Recorder, x: Value, f: Fields) -> Value:
    """Record norm-act in front of reduce, grouped 3x3 and expand, and the shortcut."""
    width, (first, second) = total_width(b, f), strides(f)
    active = norm_act(b, f, 1, x)
    y = conv(b, f, 1, active, width, kernel=1, stride=first)
    y = conv(b, f, 2, norm_act(b, f, 2, y), width, kernel=3, stride=second, groups=f.integer("cardinality"))
    y = conv(b, f, 3, norm_act(b, f, 3, y), f.integer("channels"), kernel=1)
    return add_preact_shortcut(b, x, active, y, f)
