"""The layers of a block, number by number: `conv1`, `norm1`, `act1`, `conv2`, ..., as the block's fields want them."""

from __future__ import annotations

from archcompiler.record.attention import attend
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value


def conv(
    b: Recorder, f: Fields, count: int, x: Value, channels: int, *, kernel: int, stride: int = 1, groups: int = 1
) -> Value:
    """Return the map behind convolution `count`; a 1x1 has nothing to dilate."""
    dilation = f.integer("dilation") if kernel > 1 else 1
    bias = f.flag("bias")
    return b.conv(
        f"conv{count}", x, channels, kernel=kernel, stride=stride, dilation=dilation, groups=groups, bias=bias
    )


def norm_act(b: Recorder, f: Fields, count: int, x: Value) -> Value:
    """Return the map behind norm and activation `count`."""
    return b.activation(f"act{count}", b.norm(f"norm{count}", x, f.union("norm")), f.union("activation"))


def conv_norm(b: Recorder, f: Fields, count: int, x: Value, channels: int, *, kernel: int) -> Value:
    """Return the map behind the last convolution of a block, with its norm and no activation."""
    y = conv(b, f, count, x, channels, kernel=kernel)
    return b.norm(f"norm{count}", y, f.union("norm"), zero_scale=f.flag("zero_init"))


def conv_norm_act(
    b: Recorder, f: Fields, count: int, x: Value, channels: int, *, kernel: int, stride: int = 1, groups: int = 1
) -> Value:
    """Return the map behind convolution `count`, norm, activation, what strides behind them, and attention."""
    behind = stride != 1 and f.text("anti_alias") != "none"
    y = conv(b, f, count, x, channels, kernel=kernel, stride=1 if behind else stride, groups=groups)
    y = norm_act(b, f, count, y)
    return attend(b, _stride_behind(b, f, y, stride) if behind else y, f, f"conv{count}")


def strides(f: Fields) -> tuple[int, int]:
    """Return the strides of a bottleneck's first 1x1 convolution and of its 3x3 convolution."""
    stride = f.integer("stride")
    return (1, stride) if f.text("stride_on") == "3x3" else (stride, 1)


def _stride_behind(b: Recorder, f: Fields, x: Value, stride: int) -> Value:
    """Return what `anti_alias` makes of a map that a convolution has left at its size, so that nothing folds over.

    A blur is that of "Making Convolutional Networks Shift-Invariant Again" (arXiv:1904.11486, section 3.2). An average
    rounds an odd map up, as strided convolutions do.
    """
    blur = f.text("anti_alias") == "blur"
    b.variant("Blur" if blur else "Average")
    return b.blur_pool("aa", x, stride) if blur else b.ceil_pool("aa", x, stride)
