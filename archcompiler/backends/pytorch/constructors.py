"""The PyTorch form of every op: how a module is constructed, or the expression where none is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archcompiler.backends.pytorch.layout import CallText, Code
from archcompiler.graph import ops
from archcompiler.graph.named import Expression, expression_of, substitute, text
from archcompiler.graph.ops import Op

Values = Mapping[str, Expression]

_ACTIVATIONS = {
    "relu": "nn.ReLU",
    "relu6": "nn.ReLU6",
    "leaky_relu": "nn.LeakyReLU",
    "gelu": "nn.GELU",
    "silu": "nn.SiLU",
    "sigmoid": "nn.Sigmoid",
    "tanh": "nn.Tanh",
}
_IN_PLACE = ("relu", "relu6", "leaky_relu", "silu")


def constructor(op: Op, values: Values, *, in_place: bool = False) -> Code:
    """Return the source that constructs an op's module; `values` replace names, `in_place` is for activations."""
    if isinstance(op, ops.Activation):
        return _activation(op, in_place)
    return CONSTRUCTORS[type(op)](op, values)


def _number(value: int, values: Values) -> str:
    return text(substitute(expression_of(value), values))


def _call(name: str, positional: list[str], optional: list[tuple[str, str, str]]) -> CallText:
    """Return a call with the optional arguments that differ from PyTorch's defaults."""
    keywords = (f"{key}={value}" for key, value, default in optional if value != default)
    return CallText(name, (*positional, *keywords))


def _conv(op: ops.Conv, v: Values) -> Code:
    required = [_number(size, v) for size in (op.in_channels, op.out_channels, op.kernel)]
    optional = [
        ("stride", _number(op.stride, v), "1"),
        ("padding", _number(op.padding, v), "0"),
        ("dilation", _number(op.dilation, v), "1"),
        ("groups", _number(op.groups, v), "1"),
        ("bias", str(op.bias), "True"),
    ]
    return _call("nn.Conv2d", required, optional)


def _sequence_conv(op: ops.SequenceConv, v: Values) -> Code:
    optional = [("padding", _number(op.kernel // 2, v), "0"), ("bias", "False", "True")]
    return _call("nn.Conv1d", ["1", "1", _number(op.kernel, v)], optional)


def _batch_norm(op: ops.BatchNorm, v: Values) -> Code:
    optional = [("eps", repr(op.eps), "1e-05"), ("momentum", repr(op.momentum), "0.1")]
    return _call("nn.BatchNorm2d", [_number(op.channels, v)], optional)


def _group_norm(op: ops.GroupNorm, v: Values) -> Code:
    return _call("nn.GroupNorm", [_number(op.groups, v), _number(op.channels, v)], [("eps", repr(op.eps), "1e-05")])


def _layer_norm(op: ops.LayerNorm, v: Values) -> Code:
    return _call("LayerNorm2d", [_number(op.channels, v)], [("eps", repr(op.eps), "1e-05")])


def _activation(op: ops.Activation, in_place: bool) -> Code:
    slope = [] if op.slope is None else [repr(op.slope)]
    optional = [("inplace", str(in_place and op.kind in _IN_PLACE), "False")]
    return _call(_ACTIVATIONS[op.kind], slope, optional)


def _dropout(op: ops.Dropout, v: Values) -> Code:
    return _call("nn.Dropout", [repr(op.p)], [])


def _pool(op: ops.Pool, v: Values) -> Code:
    name = "nn.MaxPool2d" if op.kind == "max" else "nn.AvgPool2d"
    kernel = _number(op.kernel, v)
    optional = [
        ("stride", _number(op.stride, v), kernel),
        ("padding", _number(op.padding, v), "0"),
        ("ceil_mode", str(op.ceil), "False"),
    ]
    return _call(name, [kernel], optional)


def _blur_pool(op: ops.BlurPool, v: Values) -> Code:
    return _call("BlurPool2d", [_number(op.channels, v), _number(op.stride, v)], [])


def _grid_pool(op: ops.GridPool, v: Values) -> Code:
    return _call("nn.AdaptiveAvgPool2d", [_number(op.size, v)], [])


def _subsample(op: ops.Subsample, v: Values) -> Code:
    return _call("Subsample", [_number(op.stride, v)], [])


def _pad_channels(op: ops.PadChannels, v: Values) -> Code:
    return _call("PadChannels", [_number(op.before, v), _number(op.after, v)], [])


def _linear(op: ops.Linear, v: Values) -> Code:
    sizes = [_number(op.in_features, v), _number(op.out_features, v)]
    return _call("nn.Linear", sizes, [("bias", str(op.bias), "True")])


CONSTRUCTORS: dict[type[Op], Callable[[Any, Values], Code]] = {
    ops.Conv: _conv,
    ops.SequenceConv: _sequence_conv,
    ops.BatchNorm: _batch_norm,
    ops.GroupNorm: _group_norm,
    ops.LayerNorm: _layer_norm,
    ops.Dropout: _dropout,
    ops.Pool: _pool,
    ops.BlurPool: _blur_pool,
    ops.GridPool: _grid_pool,
    ops.Subsample: _subsample,
    ops.PadChannels: _pad_channels,
    ops.Linear: _linear,
}

EXPRESSIONS: dict[type[Op], str] = {
    ops.Add: "{} + {}",
    ops.Scale: "{} * {}",
    ops.AsSequence: "{}.flatten(2).transpose(1, 2)",
    ops.AsMap: "{}.transpose(1, 2).unsqueeze(3)",
    ops.Flatten: "torch.flatten({}, 1)",
}
"""Ops that are no modules, on the expressions of their inputs."""

ADD_IN_PLACE = "{}.add_({})"
"""As torchvision's `out += identity`: a new tensor for each sum takes 2 % of ResNeXt-50's forward pass on a CPU."""

HELPERS: dict[type[Op], str] = {
    ops.LayerNorm: '''class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels at each position of a map."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)
''',
    ops.BlurPool: '''class BlurPool2d(nn.Module):
    """A binomial blur of a map reflected at its border, and every stride-th position of that."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.register_buffer("blur", torch.empty(channels, 1, 3, 3), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        row = torch.tensor([0.25, 0.5, 0.25])
        self.blur.copy_(row[:, None] * row)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(x, self.blur, stride=self.stride, groups=x.shape[1])
''',
    ops.Subsample: '''class Subsample(nn.Module):
    """Every stride-th row and column."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :: self.stride, :: self.stride]
''',
    ops.PadChannels: '''class PadChannels(nn.Module):
    """Zero channels in front of and behind the map's own."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.before = before
        self.after = after

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, 0, 0, 0, self.before, self.after))
''',
}
"""Modules that PyTorch lacks, emitted where a network uses them."""
