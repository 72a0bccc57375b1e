"""The expressions that ops without a module are written as, and the parameters in them that a block owns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archcompiler.backends.pytorch.layout import CallText, Code
from archcompiler.backends.pytorch.rule import CALL_THEN_POSTFIX, POSTFIX, PRODUCT, SUM, Numbers, Rule
from archcompiler.graph import ops
from archcompiler.graph.ops import Op


def _said(text: str) -> Callable[[Any, Numbers, int], str]:
    """Return what writes one expression, whatever the op's attributes."""
    return lambda op, write, inputs: text


def _softmax(op: ops.Softmax, write: Numbers, _: int) -> Code:
    if op.branches is None:
        return "{}.softmax(1)"
    if op.groups == 1:
        return f"{{}}.unflatten(1, ({write(op.branches)}, -1)).softmax(1).flatten(1, 2)"
    groups = f"{{}}.unflatten(1, ({write(op.groups)}, {write(op.branches)}, -1))"
    branches = CallText("torch.transpose", (groups, "1", "2"))
    return CallText("torch.flatten", (CallText("torch.softmax", (branches, "1")), "1", "3"))


def _branch_sum(op: ops.BranchSum, write: Numbers, _: int) -> str:
    return f"{{}}.unflatten(1, ({write(op.branches)}, -1)).sum(1)"


def _concat(op: ops.Concat, write: Numbers, inputs: int) -> Code:
    return CallText("torch.cat", (CallText("", ("{}",) * inputs, "[", "]"), "dim=1"))


def _narrow(op: ops.Narrow, write: Numbers, _: int) -> str:
    start, stop = write(op.start), write(op.start + op.length)
    gap = "" if f"{start}{stop}".isdecimal() else " "  # as ruff format has it
    return f"{{}}[:, :{gap}{stop}]" if start == "0" else f"{{}}[:, {start}{gap}:{gap}{stop}]"


def split(pieces: Sequence[ops.Narrow], write: Numbers) -> Code:
    """Return what gives all pieces of a map at once."""
    lengths = [write(piece.length) for piece in pieces]
    if len(set(lengths)) == 1:
        return CallText("{}.chunk", (str(len(lengths)), "dim=1"))
    return CallText("{}.split", (CallText("", tuple(lengths), "[", "]"), "dim=1"))


def _pad(op: ops.Pad, write: Numbers, _: int) -> str:
    return f"F.pad({{}}, ({', '.join(map(write, op.values))}))"


def _channel_shuffle(op: ops.ChannelShuffle, write: Numbers, _: int) -> str:
    return f"{{}}.unflatten(1, ({write(op.groups)}, -1)).transpose(1, 2).flatten(1, 2)"


def _permute(op: ops.Permute, write: Numbers, _: int) -> str:
    return f"{{}}.permute({_axes(op)})"


def _permute_module(op: ops.Permute, write: Numbers, _: bool) -> Code:
    return CallText("Permute", (_axes(op),))


def _axes(op: ops.Permute) -> str:
    return "0, 2, 3, 1" if op.channels == "last" else "0, 3, 1, 2"


def _resize(op: ops.Resize, write: Numbers, _: int) -> str:
    size = f"size={write(op.size)}" if op.size is not None else f"scale_factor={write(op.factor)}"
    return f'F.interpolate({{}}, {size}, mode="{op.mode}")'


def _resize_like(op: ops.ResizeLike, write: Numbers, _: int) -> str:
    return f'F.interpolate({{}}, {{}}.shape[2:], mode="{op.mode}")'


def _constant_scale(op: ops.ConstantScale, write: Numbers, _: int) -> str:
    return f"{{}} * {write(op.factor)}"


def _layer_scale(op: ops.LayerScale, write: Numbers, _: int) -> str:
    return "{} * {parameter}" if op.is_map or op.last else "{} * {parameter}[:, None, None]"


def _layer_scale_parameter(op: ops.LayerScale, write: Numbers) -> Code:
    sides = ["1", "1"] if op.is_map else []
    return CallText("nn.Parameter", (CallText("torch.empty", (write(op.channels), *sides)),))


def _scalar_parameter(op: ops.ScalarScale | ops.ScalarShift, write: Numbers) -> Code:
    return CallText("nn.Parameter", (CallText("torch.empty", ("1" if op.is_vector else "()",)),))


def _pad_module(op: ops.Pad, write: Numbers, _: bool) -> Code:
    return CallText("nn.ZeroPad2d", (write(op.values),))


EXPRESSIONS: dict[type[Op], Rule] = {
    ops.Softmax: Rule(expression=_softmax, binds=POSTFIX, ends_line=True),
    ops.Pad: Rule(_pad_module, _pad),
    ops.Narrow: Rule(expression=_narrow, binds=POSTFIX),
    ops.ChannelShuffle: Rule(expression=_channel_shuffle, binds=POSTFIX),
    ops.Permute: Rule(_permute_module, _permute, binds=POSTFIX),
    ops.Resize: Rule(expression=_resize),
    ops.AsSequence: Rule(expression=_said("{}.flatten(2).transpose(1, 2)"), binds=POSTFIX),
    ops.AsMap: Rule(expression=_said("{}.transpose(1, 2).unsqueeze(3)"), binds=POSTFIX),
    ops.Flatten: Rule(expression=_said("torch.flatten({}, 1)")),
    ops.Add: Rule(expression=_said("{} + {}"), binds=SUM),
    ops.Subtract: Rule(expression=_said("{} - {}"), binds=SUM),
    ops.Scale: Rule(expression=_said("{} * {}"), binds=PRODUCT),
    ops.Concat: Rule(expression=_concat),
    ops.BranchSum: Rule(expression=_branch_sum, binds=POSTFIX, ends_line=True),
    ops.ResizeLike: Rule(expression=_resize_like, binds=CALL_THEN_POSTFIX),
    ops.ConstantScale: Rule(expression=_constant_scale, binds=PRODUCT),
    ops.LayerScale: Rule(expression=_layer_scale, binds=PRODUCT, parameter=_layer_scale_parameter),
    ops.ScalarScale: Rule(expression=_said("{} * {parameter}"), binds=PRODUCT, parameter=_scalar_parameter),
    ops.ScalarShift: Rule(expression=_said("{} + {parameter}"), binds=SUM, parameter=_scalar_parameter),
}
"""The rules of ops that are expressions, where they have a path and a module, modules."""
