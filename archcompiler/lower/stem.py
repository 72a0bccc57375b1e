"""What stands before the first stage. Roles: conv1, norm1, act1, conv2, ..., pool1."""

from __future__ import annotations

from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value
from archcompiler.record.steps import record_steps
from archcompiler.tree import Sequence


def record_stem(b: Recorder, x: Value, f: Fields) -> Value:
    """Record the stem that `type` names."""
    kind = f.text("type")
    if kind == "none":
        return x
    if kind == "steps":
        steps = f.mapping.get("steps")
        return record_steps(b, x, steps) if isinstance(steps, Sequence) else x
    if kind == "conv3x3":
        return _conv_norm_act(b, 1, x, f, f.integer("channels"), kernel=3)
    if kind == "deep":
        first, second = f.pair("width")
        x = _conv_norm_act(b, 1, x, f, first, kernel=3, stride=2)
        x = _conv_norm_act(b, 2, x, f, second, kernel=3)
        x = _conv_norm_act(b, 3, x, f, f.integer("channels"), kernel=3)
    else:
        x = _conv_norm_act(b, 1, x, f, f.integer("channels"), kernel=7, stride=2)
    return _pool(b, x, f.text("anti_alias"))


def _pool(b: Recorder, x: Value, anti_alias: str) -> Value:
    """Divide the map by 2: by a max pool, by a blur behind one (arXiv:1904.11486, section 3.2), or by an average."""
    if anti_alias == "average":
        return b.pool("pool1", x, "average", kernel=2, stride=2)
    if anti_alias == "none":
        return b.pool("pool1", x, "max", kernel=3, stride=2, padding=1)
    return b.blur_pool("aa", b.pool("pool1", x, "max", kernel=3, stride=1, padding=1), 2)


def _conv_norm_act(
    b: Recorder, count: int, x: Value, f: Fields, channels: int, *, kernel: int, stride: int = 1
) -> Value:
    x = b.conv(f"conv{count}", x, channels, kernel=kernel, stride=stride, bias=f.flag("bias"))
    x = b.norm(f"norm{count}", x, f.union("norm"))
    return b.activation(f"act{count}", x, f.union("activation"))
