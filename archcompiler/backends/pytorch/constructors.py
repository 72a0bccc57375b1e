"""The PyTorch form of every op, one rule each: how a module is constructed, or an expression where none is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from archcompiler.backends.pytorch.helpers import BLUR_POOL, LAYER_NORM, PAD_CHANNELS, SUBSAMPLE
from archcompiler.backends.pytorch.layout import CallText, Code
from archcompiler.graph import ops
from archcompiler.graph.named import Expression, NamedFloat, expression_of, names_in, substitute, text
from archcompiler.graph.ops import OPS, Op
from archcompiler.graph.ops.base import Initial

Values = Mapping[str, Expression]


class Numbers:
    """Writes the numbers of one op: names that `values` gives are replaced, others stand with `prefix` in front.

    `read` are the names that were written.
    """

    def __init__(self, values: Values, prefix: str = "") -> None:
        self._values, self._prefix = values, prefix
        self.read: dict[str, None] = {}

    def __call__(self, value: object) -> str:
        """Return a number, or one for each side of a map, as source."""
        if isinstance(value, tuple):
            return f"({', '.join(map(self, value))})"
        if not isinstance(value, (int, NamedFloat)):
            return repr(value)
        expression = substitute(expression_of(value), self._values)
        names = sorted(names_in(expression))
        self.read |= dict.fromkeys(names)
        return text(substitute(expression, {name: self._prefix + name for name in names}))


@dataclass(frozen=True, slots=True)
class Rule:
    """How one op is written. An op with a `module` is one; any other is an `expression` on its inputs' expressions.

    `helper` is the source of a module that PyTorch lacks. `resets` is the class whose `reset_parameters` initialises
    the tensors, `starts` what they are then. `ends_line` asks for a statement of its own in `forward`. What
    `takes_sums` gave is overwritten by a sum, as in torchvision's `out += identity`, where nothing else needs it: a new
    tensor for each sum takes 2 % of ResNeXt-50's forward pass on a CPU.
    """

    module: Callable[[Any, Numbers, bool], Code] | None = None
    expression: str = ""
    helper: str = ""
    resets: str = ""
    starts: Mapping[str, Initial] = field(default_factory=dict)
    ends_line: bool = False
    takes_sums: bool = False


def _call(name: str, positional: list[str], optional: list[tuple[str, str, str]]) -> CallText:
    """Return a call with the optional arguments that differ from PyTorch's defaults."""
    keywords = (f"{key}={value}" for key, value, default in optional if value != default)
    return CallText(name, (*positional, *keywords))


def _conv(op: ops.Conv, write: Numbers, _: bool) -> Code:
    required = [write(size) for size in (op.in_channels, op.out_channels, op.kernel)]
    optional = [
        ("stride", write(op.stride), "1"),
        ("padding", write(op.padding), "0"),
        ("dilation", write(op.dilation), "1"),
        ("groups", write(op.groups), "1"),
        ("bias", str(op.bias), "True"),
    ]
    return _call("nn.Conv2d", required, optional)


def _sequence_conv(op: ops.SequenceConv, write: Numbers, _: bool) -> Code:
    optional = [("padding", write(op.kernel // 2), "0"), ("bias", "False", "True")]
    return _call("nn.Conv1d", ["1", "1", write(op.kernel)], optional)


def _batch_norm(op: ops.BatchNorm, write: Numbers, _: bool) -> Code:
    optional = [("eps", write(op.eps), "1e-05"), ("momentum", write(op.momentum), "0.1")]
    return _call("nn.BatchNorm2d", [write(op.channels)], optional)


def _group_norm(op: ops.GroupNorm, write: Numbers, _: bool) -> Code:
    return _call("nn.GroupNorm", [write(op.groups), write(op.channels)], [("eps", write(op.eps), "1e-05")])


def _layer_norm(op: ops.LayerNorm, write: Numbers, _: bool) -> Code:
    return _call("LayerNorm2d", [write(op.channels)], [("eps", write(op.eps), "1e-05")])


_ACTIVATIONS = {
    "relu": ("nn.ReLU", True),
    "relu6": ("nn.ReLU6", True),
    "leaky_relu": ("nn.LeakyReLU", True),
    "gelu": ("nn.GELU", False),
    "silu": ("nn.SiLU", True),
    "sigmoid": ("nn.Sigmoid", False),
    "tanh": ("nn.Tanh", False),
}
"""PyTorch's class of each activation, and whether it can overwrite its input."""


def _activation(op: ops.Activation, write: Numbers, in_place: bool) -> Code:
    name, can_overwrite = _ACTIVATIONS[op.kind]
    slope = [] if op.slope is None else [write(op.slope)]
    return _call(name, slope, [("inplace", str(in_place and can_overwrite), "False")])


def _dropout(op: ops.Dropout, write: Numbers, _: bool) -> Code:
    return _call("nn.Dropout", [write(op.p)], [])


def _pool(op: ops.Pool, write: Numbers, _: bool) -> Code:
    name = "nn.MaxPool2d" if op.kind == "max" else "nn.AvgPool2d"
    kernel = write(op.kernel)
    optional = [
        ("stride", write(op.stride), kernel),
        ("padding", write(op.padding), "0"),
        ("ceil_mode", str(op.ceil), "False"),
    ]
    return _call(name, [kernel], optional)


def _blur_pool(op: ops.BlurPool, write: Numbers, _: bool) -> Code:
    return _call("BlurPool2d", [write(op.channels), write(op.stride)], [])


def _grid_pool(op: ops.GridPool, write: Numbers, _: bool) -> Code:
    return _call("nn.AdaptiveAvgPool2d", [write(op.size)], [])


def _subsample(op: ops.Subsample, write: Numbers, _: bool) -> Code:
    return _call("Subsample", [write(op.stride)], [])


def _pad_channels(op: ops.PadChannels, write: Numbers, _: bool) -> Code:
    return _call("PadChannels", [write(op.before), write(op.after)], [])


def _linear(op: ops.Linear, write: Numbers, _: bool) -> Code:
    sizes = [write(op.in_features), write(op.out_features)]
    return _call("nn.Linear", sizes, [("bias", str(op.bias), "True")])


_NORM: Mapping[str, Initial] = {"weight": 1.0, "bias": 0.0}
_RUNNING: Mapping[str, Initial] = {"running_mean": 0.0, "running_var": 1.0, "num_batches_tracked": 0.0}
_UNIFORM: Mapping[str, Initial] = {"weight": "uniform_fan_in", "bias": "uniform_fan_in"}

RULES: dict[type[Op], Rule] = {
    ops.Conv: Rule(_conv, starts={"weight": "normal_fan_out", "bias": 0.0}, takes_sums=True),
    ops.BatchNorm: Rule(_batch_norm, resets="nn.BatchNorm2d", starts={**_NORM, **_RUNNING}, takes_sums=True),
    ops.GroupNorm: Rule(_group_norm, resets="nn.GroupNorm", starts=_NORM),
    ops.LayerNorm: Rule(_layer_norm, helper=LAYER_NORM, resets="nn.LayerNorm", starts=_NORM),
    ops.SequenceConv: Rule(_sequence_conv, resets="nn.Conv1d", starts=_UNIFORM),
    ops.BlurPool: Rule(_blur_pool, helper=BLUR_POOL, resets="BlurPool2d", ends_line=True),
    ops.Subsample: Rule(_subsample, helper=SUBSAMPLE),
    ops.PadChannels: Rule(_pad_channels, helper=PAD_CHANNELS),
    ops.Linear: Rule(_linear, resets="nn.Linear", starts=_UNIFORM),
    ops.Activation: Rule(_activation, ends_line=True),
    ops.Dropout: Rule(_dropout),
    ops.Pool: Rule(_pool, ends_line=True),
    ops.GridPool: Rule(_grid_pool, ends_line=True),
    ops.Add: Rule(expression="{} + {}"),
    ops.Scale: Rule(expression="{} * {}"),
    ops.AsSequence: Rule(expression="{}.flatten(2).transpose(1, 2)"),
    ops.AsMap: Rule(expression="{}.transpose(1, 2).unsqueeze(3)"),
    ops.Flatten: Rule(expression="torch.flatten({}, 1)"),
}
"""The rule of each op, in the order in which helpers are emitted."""
if RULES.keys() != set(OPS.values()):
    raise TypeError(f"PyTorch's rules are not those of the ops: {RULES.keys() ^ set(OPS.values())}")

ADD_IN_PLACE = "{}.add_({})"
