"""Lists of primitive steps: the general stem, and what stands between stages."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from archcompiler.record.fault import even_kernel
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value
from archcompiler.tree import Mapping, Sequence


def record_steps(b: Recorder, x: Value, steps: Sequence) -> Value:
    """Record each step in order; roles count by kind: conv1, norm1, act1, conv2, ..., pool1."""
    counts: Counter[str] = Counter()
    for step in steps.items:
        if not isinstance(step, Mapping):
            raise TypeError("a step is no mapping")
        fields = Fields(step)
        with b.step(fields):
            x = _record_step(b, x, fields, counts)
    return x


def padding_of(b: Recorder, f: Fields) -> int | None:
    """Return the padding that a field says; None for `same`, the one that keeps the map at stride 1."""
    if not f.is_text("padding"):
        return f.integer("padding")
    if f.integer("kernel") % 2 == 0:
        kernel = int(f.integer("kernel"))
        fault = even_kernel(kernel, "map", ("kernel", "padding"), {"kernel": [kernel - 1, kernel + 1]})
        b.refuse(replace(fault, help="`padding` may be a number too"))
    return None


def _record_step(b: Recorder, x: Value, f: Fields, counts: Counter[str]) -> Value:
    kind = next(name for name in ("conv", "norm", "activation", "pool") if f.has(name))
    counts[kind] += 1
    role = f"{'act' if kind == 'activation' else kind}{counts[kind]}"
    if kind == "norm":
        return b.norm(role, x, f.union("norm"))
    if kind == "activation":
        return b.activation(role, x, f.union("activation"))
    kernel, stride = f.integer("kernel"), f.integer("stride")
    if kind == "pool":
        return b.pool(role, x, f.text("pool"), kernel=kernel, stride=stride, padding=f.integer("padding"))
    return b.conv(
        role,
        x,
        f.integer("conv"),
        kernel=kernel,
        stride=stride,
        padding=padding_of(b, f),
        dilation=f.integer("dilation"),
        groups=f.integer("cardinality"),
        bias=f.flag("bias"),
    )
