"""The pre-activation basic block (Identity Mappings, arXiv:1603.05027, Figure 4e), also Wide ResNet's B(3,3).

A shortcut that changes the shape starts behind the first activation, as in the authors' Torch code and in Wide
ResNet's; an identity shortcut always starts at the input.
"""

from __future__ import annotations

from archcompiler.record.fields import Fields
from archcompiler.record.layers import conv, norm_act
from archcompiler.record.recorder import Recorder, Value
from archcompiler.record.shortcut import add_preact_shortcut

CLASS_NAME = "PreactBasicBlock"


def record(b: Recorder, x: Value, f: Fields) -> Value:
    """Record norm-act-conv twice, and the shortcut."""
    channels = f.integer("channels")
    active = norm_act(b, f, 1, x)
    y = conv(b, f, 1, active, channels, kernel=3, stride=f.integer("stride"))
    y = conv(b, f, 2, norm_act(b, f, 2, y), channels, kernel=3)
    return add_preact_shortcut(b, x, active, y, f)
