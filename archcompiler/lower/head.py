"""What turns the last map into scores.

Roles: norm and act where a norm stands in front; pool; linear1, act1, dropout1, ... for the hidden layers, or else
dropout; linear (the last layer).
"""

from __future__ import annotations

from archcompiler.record.fault import ShapeFault
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value, shape_text


def record_head(b: Recorder, x: Value, f: Fields) -> Value:
    """Record the norm in front with its activation, the pool, the hidden layers and the classifier."""
    if f.text("type") == "none":
        return x
    if f.union("norm").text("type") != "none":
        x = b.activation("act", b.norm("norm", x, f.union("norm")), f.union("activation"))
    x = _pool(b, x, f.union("pool"))
    if f.flag("conv"):
        return b.flatten(_layers(b, _one_position(b, x), f))
    return _layers(b, b.flatten(x), f)


def _layers(b: Recorder, x: Value, f: Fields) -> Value:
    hidden = f.integers("hidden")
    for count, features in enumerate(hidden, 1):
        x = _linear(b, f"linear{count}", x, features, f)
        x = b.activation(f"act{count}", x, f.union("activation"))
        x = b.dropout(f"dropout{count}", x, f.number("dropout"))
    if not hidden:
        x = b.dropout("dropout", x, f.number("dropout"))
    return _linear(b, "linear", x, f.integer("classes"), f)


def _linear(b: Recorder, role: str, x: Value, features: int, f: Fields) -> Value:
    if f.flag("conv"):
        return b.conv(role, x, features, kernel=1, bias=f.flag("bias"))
    return b.linear(role, x, features, bias=f.flag("bias"))


def _one_position(b: Recorder, x: Value) -> Value:
    if x.shape[1:] != (1, 1):
        message = f"the convolutions of the head see a map of {shape_text(x.shape)}, not of one position"
        b.refuse(ShapeFault("G011", message, ("conv", "pool"), "or leave `conv` out", fits={"pool": ["global"]}))
    return x


def _pool(b: Recorder, x: Value, pool: Fields) -> Value:
    kind = pool.text("type")
    if kind == "none":
        return x
    if kind == "window":
        window = pool.integer("window")
        with b.step(pool):
            return b.pool("pool", x, "average", kernel=window, stride=window)
    return b.grid_pool("pool", x, pool.integer("grid") if kind == "grid" else 1)
