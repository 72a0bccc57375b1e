"""The pre-activation basic block (Identity Mappings, arXiv:1603.05027, Figure 4e), and Wide ResNet's B(...).

A shortcut that changes the shape starts behind the first activation, as in the authors' Torch code and in Wide
ResNet's; an identity shortcut always starts at the input.
"""

from __future__ import annotations

from archcompiler.record.fault import even_kernel
from archcompiler.record.fields import Fields
from archcompiler.record.layers import conv, norm_act
from archcompiler.record.recorder import Recorder, Value
from archcompiler.record.shortcut import add_preact_shortcut

CLASS_NAME = "PreactBasicBlock"


def record(b: Recorder, x: Value, f: Fields) -> Value:
    """Record norm-act-conv once for each kernel, and the shortcut; the stride is the first convolution's."""
    channels, (first, *others) = f.integer("channels"), _kernels(b, f)
    active = norm_act(b, f, 1, x)
    y = conv(b, f, 1, active, channels, kernel=first, stride=f.integer("stride"))
    for count, kernel in enumerate(others, 2):
        y = conv(b, f, count, norm_act(b, f, count, y), channels, kernel=kernel)
    return add_preact_shortcut(b, x, active, y, f)


def _kernels(b: Recorder, f: Fields) -> tuple[int, ...]:
    kernels = f.integers("kernels")
    for kernel in kernels:
        if kernel % 2 == 0:
            b.refuse(even_kernel(kernel, "map", ("kernels",), {"kernels": [[each | 1 for each in kernels]]}))
    return kernels
