"""The modules that ops are constructed as."""

from __future__ import annotations

from collections.abc import Mapping

from archcompiler.backends.pytorch.layout import CallText, Code
from archcompiler.backends.pytorch.rule import Numbers, Rule, call
from archcompiler.graph import ops
from archcompiler.graph.ops.base import Initial, Op
from archcompiler.graph.shape import TF_SAME, Sides, sides


def _conv(op: ops.Conv, write: Numbers, _: bool) -> Code:
    return _convolution(op, write, "nn.Conv2d" if op.padding != TF_SAME else "Conv2dSame")


def _standardised_conv(op: ops.StandardisedConv, write: Numbers, _: bool) -> Code:
    name = "StandardisedConv2d" if op.gain is None else "ScaledConv2d"
    found = _convolution(op, write, name if op.padding != TF_SAME else f"{name}Same")
    gain = [] if op.gain is None else [("gain", write(op.gain), "1.0")]
    own = call("", [], [*gain, ("eps", write(op.eps), "1e-06")]).arguments
    return CallText(found.name, (*found.arguments, *own))


def _convolution(op: ops.Convolution, write: Numbers, name: str) -> CallText:
    required = [write(op.in_channels), write(op.out_channels), _sides(op.kernel, write)]
    optional = [
        ("stride", _sides(op.stride, write), "1"),
        ("padding", "0" if op.padding == TF_SAME else _sides(op.padding, write), "0"),
        ("dilation", _sides(op.dilation, write), "1"),
        ("groups", write(op.groups), "1"),
        ("bias", str(op.bias), "True"),
    ]
    return call(name, required, optional)


def _sides(value: Sides, write: Numbers) -> str:
    """Return height and width as source: one number where both are written alike."""
    height, width = map(write, sides(value))
    return height if height == width else f"({height}, {width})"


def _sequence_conv(op: ops.SequenceConv, write: Numbers, _: bool) -> Code:
    optional = [("padding", write(op.kernel // 2), "0"), ("bias", "False", "True")]
    return call("nn.Conv1d", ["1", "1", write(op.kernel)], optional)


def _batch_norm(op: ops.BatchNorm, write: Numbers, _: bool) -> Code:
    optional = [("eps", write(op.eps), "1e-05"), ("momentum", write(op.momentum), "0.1")]
    name = "nn.BatchNorm1d" if isinstance(op, ops.VectorBatchNorm) else "nn.BatchNorm2d"
    return call(name, [write(op.channels)], optional)


def _group_norm(op: ops.GroupNorm, write: Numbers, _: bool) -> Code:
    name = "nn.GroupNorm" if op.shift else "GroupNormNoBias"
    return call(name, [write(op.groups), write(op.channels)], [("eps", write(op.eps), "1e-05")])


def _layer_norm(op: ops.LayerNorm, write: Numbers, _: bool) -> Code:
    optional = [("eps", write(op.eps), "1e-05"), ("bias", str(op.shift), "True")]
    return call("nn.LayerNorm" if op.last else "LayerNorm2d", [write(op.channels)], optional)


def _instance_norm(op: ops.InstanceNorm, write: Numbers, _: bool) -> Code:
    optional = [("eps", write(op.eps), "1e-05"), ("affine", str(op.affine), "False")]
    return call("nn.InstanceNorm2d", [write(op.channels)], optional)


def _rms_norm(op: ops.RMSNorm, write: Numbers, _: bool) -> Code:
    return call("nn.RMSNorm" if op.last else "RMSNorm2d", [write(op.channels)], [("eps", write(op.eps), "None")])


def _simple_norm(op: ops.SimpleNorm, write: Numbers, _: bool) -> Code:
    optional = [("eps", write(op.eps), "1e-06"), ("last", str(op.last), "False")]
    return call("SimpleNorm", [write(op.channels)], optional)


def _response_norm(op: ops.ResponseNorm, write: Numbers, _: bool) -> Code:
    optional = [("eps", write(op.eps), "1e-06"), ("last", str(op.last), "False")]
    return call("ResponseNorm", [write(op.channels)], optional)


def _evo_norm(op: ops.EvoNorm, write: Numbers, _: bool) -> Code:
    return call("EvoNorm2d", [write(op.groups), write(op.channels)], [("eps", write(op.eps), "1e-05")])


def _filter_response_norm(op: ops.FilterResponseNorm, write: Numbers, _: bool) -> Code:
    return call("FilterResponseNorm2d", [write(op.channels)], [("eps", write(op.eps), "1e-05")])


_ACTIVATIONS = {
    "celu": ("nn.CELU", True),
    "elu": ("nn.ELU", True),
    "gelu": ("nn.GELU", False),
    "gelu_tanh": ("nn.GELU", False),
    "hard_sigmoid": ("nn.Hardsigmoid", True),
    "hard_swish": ("nn.Hardswish", True),
    "hard_tanh": ("nn.Hardtanh", True),
    "leaky_relu": ("nn.LeakyReLU", True),
    "log_sigmoid": ("nn.LogSigmoid", False),
    "mish": ("nn.Mish", True),
    "quick_gelu": ("QuickGELU", False),
    "relu": ("nn.ReLU", True),
    "relu6": ("nn.ReLU6", True),
    "selu": ("nn.SELU", True),
    "sigmoid": ("nn.Sigmoid", False),
    "silu": ("nn.SiLU", True),
    "softplus": ("nn.Softplus", False),
    "softsign": ("nn.Softsign", False),
    "squared_relu": ("SquaredReLU", False),
    "tanh": ("nn.Tanh", False),
    "tanh_shrink": ("nn.Tanhshrink", False),
}
"""The class of each activation, and whether it can overwrite its input."""


def _activation(op: ops.Activation, write: Numbers, in_place: bool) -> Code:
    name, can_overwrite = _ACTIVATIONS[op.kind]
    slope = [] if op.slope is None else [write(op.slope)]
    approximate = ("approximate", '"tanh"' if op.kind == "gelu_tanh" else "", "")
    return call(name, slope, [approximate, ("inplace", str(in_place and can_overwrite), "False")])


def _prelu(op: ops.PReLU, write: Numbers, _: bool) -> Code:
    return call("nn.PReLU", [], [("num_parameters", write(op.slopes), "1")])


def _dropout(op: ops.Dropout, write: Numbers, _: bool) -> Code:
    return call("nn.Dropout", [write(op.p)], [])


def _drop_path(op: ops.DropPath, write: Numbers, _: bool) -> Code:
    return call("DropPath", [write(op.rate)], [])


def _pool(op: ops.Pool, write: Numbers, _: bool) -> Code:
    name = "nn.MaxPool2d" if op.kind == "max" else "nn.AvgPool2d"
    if op.padding == TF_SAME:
        pool = call(name, [write(sides(op.kernel)), write(sides(op.stride))], [])
        return CallText("Pool2dSame", (pool, 'float("-inf")' if op.kind == "max" else "0.0"))
    kernel = write(op.kernel)
    optional = [
        ("stride", write(op.stride), kernel),
        ("padding", write(op.padding), "0"),
        ("ceil_mode", str(op.ceil), "False"),
        ("count_include_pad", str(not (op.excludes_padding and op.kind == "average")), "True"),
    ]
    return call(name, [kernel], optional)


def _blur_pool(op: ops.BlurPool, write: Numbers, _: bool) -> Code:
    return call("BlurPool2d", [write(op.channels), write(op.stride)], [])


def _grid_pool(op: ops.GridPool, write: Numbers, _: bool) -> Code:
    kind = "Max" if op.kind == "max" else "Avg"
    return call(f"nn.Adaptive{kind}Pool2d", [write(op.size)], [])


def _subsample(op: ops.Subsample, write: Numbers, _: bool) -> Code:
    return call("Subsample", [write(op.stride)], [])


def _pad_channels(op: ops.PadChannels, write: Numbers, _: bool) -> Code:
    return call("PadChannels", [write(op.before), write(op.after)], [])


def _linear(op: ops.Linear, write: Numbers, _: bool) -> Code:
    sizes = [write(op.in_features), write(op.out_features)]
    return call("nn.Linear", sizes, [("bias", str(op.bias), "True")])


def _space_to_depth(op: ops.SpaceToDepth, write: Numbers, _: bool) -> Code:
    return call("nn.PixelUnshuffle" if op.order == "channels" else "SpaceToDepth", [write(op.block)], [])


_SHIFT: Mapping[str, Initial] = {"bias": 0.0}
_NORM: Mapping[str, Initial] = {"weight": 1.0, **_SHIFT}
_CONV: Mapping[str, Initial] = {"weight": "normal_fan_out", **_SHIFT}
_RUNNING: Mapping[str, Initial] = {"running_mean": 0.0, "running_var": 1.0, "num_batches_tracked": 0.0}
_UNIFORM: Mapping[str, Initial] = {"weight": "uniform_fan_in", "bias": "uniform_fan_in"}

LAYERS: dict[type[Op], Rule] = {
    ops.Conv: Rule(_conv, starts=_CONV, takes_sums=True),
    ops.StandardisedConv: Rule(_standardised_conv, starts=_CONV),
    ops.BatchNorm: Rule(_batch_norm, resets="nn.BatchNorm2d", starts={**_NORM, **_RUNNING}, takes_sums=True),
    ops.VectorBatchNorm: Rule(_batch_norm, resets="nn.BatchNorm1d", starts={**_NORM, **_RUNNING}, takes_sums=True),
    ops.GroupNorm: Rule(_group_norm, resets="nn.GroupNorm", starts=_NORM),
    ops.LayerNorm: Rule(_layer_norm, resets="nn.LayerNorm", starts=_NORM),
    ops.InstanceNorm: Rule(_instance_norm, resets="nn.InstanceNorm2d", starts=_NORM),
    ops.RMSNorm: Rule(_rms_norm, resets="nn.RMSNorm", starts=_NORM),
    ops.SimpleNorm: Rule(_simple_norm, resets="SimpleNorm", starts={"weight": 1.0}),
    ops.ResponseNorm: Rule(_response_norm, resets="ResponseNorm", starts={"weight": 0.0, **_SHIFT}),
    ops.EvoNorm: Rule(_evo_norm, resets="EvoNorm2d", starts={**_NORM, "v": 1.0}),
    ops.FilterResponseNorm: Rule(_filter_response_norm, resets="FilterResponseNorm2d", starts={**_NORM, "tau": 0.0}),
    ops.SequenceConv: Rule(_sequence_conv, resets="nn.Conv1d", starts=_UNIFORM),
    ops.BlurPool: Rule(_blur_pool, resets="BlurPool2d", ends_line=True),
    ops.Linear: Rule(_linear, resets="nn.Linear", starts=_UNIFORM),
    ops.Activation: Rule(_activation, ends_line=True),
    ops.PReLU: Rule(_prelu, resets="nn.PReLU", starts={"weight": 0.25}, ends_line=True),
    ops.Dropout: Rule(_dropout),
    ops.DropPath: Rule(_drop_path),
    ops.Pool: Rule(_pool, ends_line=True),
    ops.GridPool: Rule(_grid_pool, ends_line=True),
    ops.Subsample: Rule(_subsample),
    ops.PadChannels: Rule(_pad_channels),
    ops.SpaceToDepth: Rule(_space_to_depth),
}
"""The rules of ops that are modules; `init_weights` names their classes in this order."""
