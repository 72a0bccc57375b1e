"""The kinds of steps: what each records. One vocabulary for stems, transitions, heads and blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Union

from archcompiler.blocks.document import LENT
from archcompiler.blocks.step import Step
from archcompiler.graph.ops import OPS, Joins, Op
from archcompiler.graph.ops.base import StepForm
from archcompiler.graph.shape import TF_SAME, Padding, sides
from archcompiler.record.fault import ShapeFault, even_kernel
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Value, in_layout, shape_text
from archcompiler.schema.canonical import default_of
from archcompiler.schema.language import language
from archcompiler.tree import Mapping, Plain

Result = Union[Value, list[Value]]
"""What a step computes: a map, or the pieces of one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of step: `record` computes it, `word` begins its roles; empty where it is no layer."""

    record: Callable[[Step, Value], Result]
    word: str = ""


def _conv(step: Step, x: Value) -> Value:
    return step.recorder.conv(
        _role(step, "conv"),
        x,
        step.number("conv"),
        kernel=step.sides("kernel"),
        stride=step.sides("stride"),
        padding=_padding(step),
        dilation=step.sides("dilation"),
        groups=step.number("cardinality"),
        bias=step.flag("bias"),
        weights=step.union("weights"),
    )


def _padding(step: Step) -> Padding | None:
    """Return the padding that a step says; None for `same`, which keeps the map at stride 1."""
    said = step.value("padding")
    if said == TF_SAME:
        return TF_SAME
    if said != "same":
        return step.sides("padding")
    kernel = next((int(side) for side in sides(step.sides("kernel")) if side % 2 == 0), 1)
    if kernel % 2 == 0:
        fault = even_kernel(kernel, "map", ("kernel", "padding"), {"kernel": [kernel - 1, kernel + 1]})
        step.refuse(replace(fault, help="`padding` may be a number too" if step.is_said("padding") else None))
    return None


def _norm(step: Step, x: Value) -> Value:
    return step.recorder.norm(_role(step, "norm"), x, step.union("norm"), zero_scale=step.flag("zero_init"))


def _activation(step: Step, x: Value) -> Value:
    return step.recorder.activation(_role(step, "act"), x, step.union("activation"))


def _pool(step: Step, x: Value) -> Value:
    b, role, kind = step.recorder, _role(step, "pool"), step.word("pool")
    if kind == "global":
        return b.grid_pool(role, x, 1)
    if kind == "grid":
        return b.grid_pool(role, x, step.number("kernel"))
    padding = TF_SAME if step.value("padding") == TF_SAME else step.sides("padding")
    return b.pool(
        role,
        x,
        kind,
        kernel=step.sides("kernel"),
        stride=step.sides("stride"),
        padding=padding,
        ceil=step.flag("ceil"),
        excludes_padding=not step.flag("count_padding"),
    )


def _anti_alias(step: Step, x: Value) -> Value:
    """Stride in place of a convolution, so that nothing folds over.

    A blur is that of "Making Convolutional Networks Shift-Invariant Again" (arXiv:1904.11486, section 3.2). An average
    rounds an odd map up, as strided convolutions do.
    """
    kind, stride = step.word("anti_alias"), step.number("stride")
    if kind == "none" or stride == 1:
        return x
    step.recorder.variant("Blur" if kind == "blur" else "Average")
    role = _role(step, "aa")
    return step.recorder.blur_pool(role, x, stride) if kind == "blur" else step.recorder.ceil_pool(role, x, stride)


def _of_op(op: type[Op], form: StepForm) -> Kind:
    """Return the kind of step that is one op, as its declaration has it."""

    def record(step: Step, x: Value) -> Value:
        inputs = [x] if form.fields else _operands(step, form.key, x)
        role = _role(step, form.role) if form.role else ""
        values = {name: step.attribute(op, name, key) for name, key in keys.items() if step.has(key)}
        missing = {each.name for each in op.attributes if each.default is ...} - values.keys()
        values |= {**dict.fromkeys(missing, inputs[0].channels), **in_layout(op, inputs[0])}
        if op.joins is not Joins.ALIKE and op.joins is not Joins.BROADCAST:
            return step.recorder.apply(role, op(**values), *inputs)
        for other in inputs[1:]:  # two at a time
            inputs[0] = step.recorder.apply(role, op(**values), inputs[0], other)
        return inputs[0]

    first = next(iter(form.fields), "")
    keys = {name: form.key if name == first else name for name in form.fields}
    return Kind(record, form.role)


def _split(step: Step, x: Value) -> Result:
    """Return the pieces of a map: of the channels that are said, or so many equal ones."""
    said, names = step.numbers("split"), step.words("as")
    sizes = said if step.is_list("split") else (x.channels // said[0],) * min(said[0], len(names) + 1)
    count = len(said) if step.is_list("split") else said[0]
    message = ""
    if not sizes[0]:
        message = f"{int(count)} pieces of a map that has {int(x.channels)} channels"
    elif count != len(names):
        message = f"{len(names)} names for {int(count)} pieces"
    elif sum(sizes) != x.channels:
        channels = " + ".join(str(int(size)) for size in sizes)
        message = f"pieces of {channels} channels of a map that has {int(x.channels)}"
    if message:
        step.refuse(ShapeFault("G012", message, ("split",), number=x.channels, hides_later=True))
        return [x] * len(names)
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    return [step.recorder.narrow(x, start, size) for start, size in zip(starts, sizes, strict=True)]


def _pad(step: Step, x: Value) -> Value:
    """Zeros around a map: left, right, top, bottom, as PyTorch's `F.pad` has them."""
    left, right, top, bottom = step.numbers("pad")
    return step.recorder.pad(_role(step, "pad"), x, left, right, top, bottom)


def _operands(step: Step, key: str, x: Value) -> list[Value]:
    """Return the maps that a step joins: those that it names, behind what arrives where it names one."""
    found = step.operands(key)
    return [x, *found] if step.names_one(key) else found


def _channel_conv(step: Step, x: Value) -> Value:
    kernel = step.number("channel_conv")
    if kernel % 2 == 0:
        step.refuse(even_kernel(kernel, "channels", ("channel_conv",), {"channel_conv": [kernel - 1, kernel + 1]}))
    return step.recorder.channel_conv(_role(step, "conv"), x, kernel)


def _subsample(step: Step, x: Value) -> Value:
    return step.recorder.subsample(_role(step, "subsample"), x, step.number("subsample"))


def _pad_channels(step: Step, x: Value) -> Value:
    """Zero channels in front and behind; fewer than none are refused where the map would have to shrink."""
    before, after = step.numbers("pad_channels")
    return step.recorder.pad_channels(_role(step, "pad"), x, before, after)


def _blur(step: Step, x: Value) -> Value:
    return step.recorder.blur_pool(_role(step, "aa"), x, step.number("blur"))


def _flatten(step: Step, x: Value) -> Value:
    return step.recorder.flatten(x) if step.flag("flatten") else x


def _linear(step: Step, x: Value) -> Value:
    role, features, bias = _role(step, "linear"), step.number("linear"), step.flag("bias")
    if not step.flag("conv"):
        return step.recorder.linear(role, x, features, bias=bias)
    if x.shape[1:] != (1, 1):
        message = f"the convolutions of the head see a map of {shape_text(x.shape)}, not of one position"
        step.refuse(ShapeFault("G011", message, ("conv", "pool"), "or leave `conv` out", fits={"pool": ["global"]}))
    return step.recorder.conv(role, x, features, kernel=1, bias=bias)


def _dropout(step: Step, x: Value) -> Value:
    return step.recorder.dropout(_role(step, "dropout"), x, step.real("dropout"))


def _attention(step: Step, x: Value) -> Value:
    """Weigh the map, where the block's attention stands at one of the places `at`."""
    return step.run.attend(step, x, step.words("at"))


def _shortcut(step: Step, x: Value) -> Value:
    """Bring what `from` names to the shape of the branch, as the kind of shortcut says, and add it."""
    shortcut = step.union("shortcut")
    if shortcut.text("type") == "none":
        step.recorder.variant("Plain")
        return x
    start = step.operands("from")[0]
    given = step.given("shortcut", "from", "attention", "as")
    given["branch"] = (x, lambda: ())
    unsaid = [name for name in LENT if name not in given and step.run.scope.said(name, None) is None]
    given |= {name: (_of_a_conv(name), lambda: ()) for name in unsaid}
    brought = step.run.policy("shortcut", shortcut, given, start)
    if brought is start and (start.channels != x.channels or step.run.scope.said("stride", 1) != 1):
        step.refuse(_misfit(start, x))
    if step.has("attention"):
        brought = step.run.attend(step, brought, ("shortcut",))
    return step.recorder.add(x, brought)


@cache
def _of_a_conv(name: str) -> Fields:
    """Return what a convolution has where its step does not say it."""
    default = default_of(language().steps["conv"][name])
    assert isinstance(default, Mapping)
    return Fields(default)


def _misfit(x: Value, y: Value) -> ShapeFault:
    grows = y.channels >= x.channels
    fits: dict[str, list[Plain]] = {"shortcut": ["projection", *(["zero_pad"] if grows else [])]}
    if x.channels == y.channels:
        fits["stride"] = [1]
    elif x.shape[1:] == y.shape[1:]:
        fits["channels"] = [int(x.channels)]
    message = (
        f"an identity shortcut cannot join the {shape_text(x.shape)} that arrives "
        f"to the {shape_text(y.shape)} that the block computes"
    )
    help = "a projection is option B of the ResNet paper, zero padding its option A"
    return ShapeFault("G002", message, ("shortcut", "stride", "channels"), help, fits=fits)


def _block(step: Step, x: Value) -> Value:
    return step.run.nested(step, x)


def _group(step: Step, x: Value) -> Value:
    """Run `then` or `else`; the adjective is of `then`."""
    holds = step.flag("if")
    if holds and step.has("adjective"):
        step.recorder.variant(step.word("adjective"))
    return step.run.branch(step, x, holds=holds)


def _repeat(step: Step, x: Value) -> Value:
    return step.run.repeat(step, x)


def _role(step: Step, word: str) -> str:
    """Return the role of a layer: what its step says, or its kind and number in the document."""
    run = step.run
    if said := run.said_role(step):
        return said
    run.counts[word] += 1
    return f"{run.prefix}{word}{run.counts[word]}"


KINDS: dict[str, Kind] = {
    "conv": Kind(_conv, "conv"),
    "norm": Kind(_norm, "norm"),
    "activation": Kind(_activation, "act"),
    "pool": Kind(_pool, "pool"),
    "anti_alias": Kind(_anti_alias, "aa"),
    "blur": Kind(_blur, "aa"),
    "split": Kind(_split),
    "pad": Kind(_pad, "pad"),
    "channel_conv": Kind(_channel_conv, "conv"),
    "subsample": Kind(_subsample, "subsample"),
    "pad_channels": Kind(_pad_channels, "pad"),
    "flatten": Kind(_flatten),
    "linear": Kind(_linear, "linear"),
    "dropout": Kind(_dropout, "dropout"),
    "shortcut": Kind(_shortcut),
    "attention": Kind(_attention),
    "block": Kind(_block),
    "if": Kind(_group),
    "repeat": Kind(_repeat),
}
KINDS |= {op.step.key: _of_op(op, op.step) for op in OPS.values() if op.step}
"""Every kind of step, by the key that tells it: those of several ops, and those that are one."""
