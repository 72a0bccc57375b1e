"""Graphs of a few ops, recorded by hand, with what PyTorch itself computes for each."""

import torch
import torch.nn.functional as F
from torch import nn

from archcompiler.graph import ops
from archcompiler.graph.ir import Call, Graph, Part
from archcompiler.graph.named import Named, NamedFloat
from archcompiler.record.recorder import Recorder


def body_of(record, shape, **numbers):
    """Return the body that a function records on a map of a shape, with named numbers as a block's fields are."""
    recorder = Recorder((Named(shape[0], "in_channels"), *shape[1:]), {"in_channels": shape[0], **numbers})
    named = {
        name: Named(value, name) if isinstance(value, int) else NamedFloat(value, name)
        for name, value in numbers.items()
    }
    record(recorder, recorder.input, **named)
    return recorder.body("Block"), recorder.faults


def graph_of(*bodies):
    """Return a network whose blocks are these bodies, in which each role is a path."""
    calls = tuple(
        Call(body, f"block{number}", "block", tuple(node.role for node in body.nodes), tuple(range(len(body.nodes))))
        for number, body in enumerate(bodies)
    )
    stage = Part("stage", "a", calls, tuple(range(len(calls))))
    return Graph("net", "", tuple(map(int, bodies[0].input)), (stage,))


def single(op, role="op"):
    return lambda b, x: b.apply(role, op, x)


def joined(op, role=""):
    """Record an op on the map and its relu."""
    return lambda b, x: b.apply(role, op, x, b.apply("act", ops.Activation("relu"), x))


def module(block):
    return block.op


def padded_same(x, kernel, stride, value=0.0):
    """Pad as TensorFlow does, by its documentation (tf.nn, Notes on padding)."""
    size = x.shape[-1]
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return F.pad(x, (total // 2, total - total // 2) * 2, value=value)


def standardised(weight, eps):
    mean = weight.mean((1, 2, 3), keepdim=True)
    variance = weight.var((1, 2, 3), keepdim=True, unbiased=False)
    return (weight - mean) / (variance + eps).sqrt()


def permuted_norm(norm, x):
    return norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def layer_norm(block, shape, **options):
    norm = nn.LayerNorm(shape, **options)
    norm.load_state_dict(block.op.state_dict())
    return norm


def in_channels_last(op):
    """Record an op between two permutes."""

    def record(b, x):
        y = b.apply("op", op, b.apply("", ops.Permute("last"), x))
        return b.apply("", ops.Permute("first"), y)

    return record


def of_a_vector(op):
    """Record an op behind a flattening."""
    return lambda b, x: b.apply("op", op, b.flatten(x))


MAP = (8, 7, 9)
ODD = (6, 9, 9)
EXACT = {
    "conv 1xk": (
        MAP,
        single(ops.Conv(8, 4, (1, 5), padding=(0, 2), stride=(2, 1), bias=True)),
        lambda m, x: F.conv2d(x, m.op.weight, m.op.bias, (2, 1), (0, 2)),
    ),
    "conv dilated kx1": (
        MAP,
        single(ops.Conv(8, 8, (3, 1), padding=(2, 0), dilation=(2, 1), groups=4)),
        lambda m, x: F.conv2d(x, m.op.weight, None, 1, (2, 0), (2, 1), 4),
    ),
    "conv of TensorFlow": (
        MAP,
        single(ops.Conv(8, 4, 3, stride=2, padding="tf_same")),
        lambda m, x: F.conv2d(F.pad(x, (1, 1, 1, 1)), m.op.weight, None, 2),
    ),
    "conv of TensorFlow, even map": (
        (8, 8, 8),
        single(ops.Conv(8, 4, 3, stride=2, padding="tf_same")),
        lambda m, x: F.conv2d(F.pad(x, (0, 1, 0, 1)), m.op.weight, None, 2),
    ),
    "max pool, ceil": (
        MAP,
        single(ops.Pool("max", 3, 2, 0, ceil=True)),
        lambda m, x: F.max_pool2d(x, 3, 2, 0, 1, True),
    ),
    "average pool, ceil, padded": (
        MAP,
        single(ops.Pool("average", 3, 2, 1, ceil=True)),
        lambda m, x: F.avg_pool2d(x, 3, 2, 1, True),
    ),
    "average pool, excluding padding": (
        MAP,
        single(ops.Pool("average", 3, 1, 1, excludes_padding=True)),
        lambda m, x: F.avg_pool2d(x, 3, 1, 1, False, False),
    ),
    "max pool, rectangular": (
        MAP,
        single(ops.Pool("max", (3, 1), (1, 2), (1, 0))),
        lambda m, x: F.max_pool2d(x, (3, 1), (1, 2), (1, 0)),
    ),
    "max pool of TensorFlow": (
        ODD,
        single(ops.Pool("max", 2, 2, "tf_same")),
        lambda m, x: F.max_pool2d(padded_same(x, 2, 2, float("-inf")), 2),
    ),
    "average pool of TensorFlow": (
        ODD,
        single(ops.Pool("average", 2, 2, "tf_same")),
        lambda m, x: F.avg_pool2d(padded_same(x, 2, 2), 2),
    ),
    "global max pool": (MAP, single(ops.GridPool(1, kind="max")), lambda m, x: x.amax((2, 3), keepdim=True)),
    "instance norm": (MAP, single(ops.InstanceNorm(8)), lambda m, x: F.instance_norm(x)),
    "instance norm, affine": (
        MAP,
        single(ops.InstanceNorm(8, affine=True)),
        lambda m, x: F.instance_norm(x, weight=m.op.weight, bias=m.op.bias),
    ),
    "group norm without shift": (
        MAP,
        single(ops.GroupNorm(8, groups=2, shift=False)),
        lambda m, x: F.group_norm(x, 2, m.op.weight),
    ),
    "batch norm of a vector": (
        (8, 1, 1),
        of_a_vector(ops.VectorBatchNorm(8, 1e-3)),
        lambda m, x: F.batch_norm(x.flatten(1), m.op.running_mean, m.op.running_var, m.op.weight, m.op.bias, eps=1e-3),
    ),
    "layer norm": (
        MAP,
        single(ops.LayerNorm(8, 1e-6)),
        lambda m, x: permuted_norm(layer_norm(m, 8, eps=1e-6), x),
    ),
    "layer norm without shift": (
        MAP,
        single(ops.LayerNorm(8, shift=False)),
        lambda m, x: permuted_norm(layer_norm(m, 8, bias=False), x),
    ),
    "layer norm, channels last": (
        MAP,
        in_channels_last(ops.LayerNorm(8, last=True)),
        lambda m, x: permuted_norm(layer_norm(m, 8), x),
    ),
    "linear, channels last": (
        MAP,
        in_channels_last(ops.Linear(8, 5)),
        lambda m, x: F.linear(x.permute(0, 2, 3, 1), m.op.weight, m.op.bias).permute(0, 3, 1, 2),
    ),
    "rms norm": (
        MAP,
        single(ops.RMSNorm(8, 1e-6)),
        lambda m, x: permuted_norm(lambda y: F.rms_norm(y, (8,), m.op.weight, 1e-6), x),
    ),
    "rms norm, channels last": (
        MAP,
        in_channels_last(ops.RMSNorm(8, 1e-6, last=True)),
        lambda m, x: permuted_norm(lambda y: F.rms_norm(y, (8,), m.op.weight, 1e-6), x),
    ),
    "simple norm": (
        MAP,
        single(ops.SimpleNorm(8, 1e-6)),
        lambda m, x: x * (x.var(1, keepdim=True) + 1e-6).rsqrt() * m.op.weight[:, None, None],
    ),
    "simple norm, channels last": (
        MAP,
        in_channels_last(ops.SimpleNorm(8, 1e-6, last=True)),
        lambda m, x: x * (x.var(1, keepdim=True) + 1e-6).rsqrt() * m.op.weight[:, None, None],
    ),
    "prelu": (MAP, single(ops.PReLU(8)), lambda m, x: F.prelu(x, m.op.weight)),
    "prelu, one slope": (MAP, single(ops.PReLU(1, initial=0.1)), lambda m, x: F.prelu(x, m.op.weight)),
    "softmax": (MAP, single(ops.Softmax(), ""), lambda m, x: x.softmax(1)),
    "softmax of branches": (
        MAP,
        single(ops.Softmax(2), ""),
        lambda m, x: x.reshape(-1, 2, 4, 7, 9).softmax(1).reshape(x.shape),
    ),
    "softmax of branches, in groups": (
        MAP,
        single(ops.Softmax(2, 2), ""),
        lambda m, x: x.reshape(-1, 2, 2, 2, 7, 9).transpose(1, 2).softmax(1).reshape(x.shape),
    ),
    "sum of branches": (MAP, single(ops.BranchSum(2), ""), lambda m, x: x.reshape(-1, 2, 4, 7, 9).sum(1)),
    "concat": (
        MAP,
        lambda b, x: b.apply("", ops.Concat(), x, b.apply("act", ops.Activation("relu"), x), x),
        lambda m, x: torch.cat([x, x.relu(), x], 1),
    ),
    "narrow": (MAP, single(ops.Narrow(2, 5), ""), lambda m, x: x[:, 2:7]),
    "multiply": (MAP, joined(ops.Scale()), lambda m, x: x * x.relu()),
    "multiply one position": (
        MAP,
        lambda b, x: b.apply("", ops.Scale(), b.apply("pool", ops.GridPool(1), x), x),
        lambda m, x: x.mean((2, 3), keepdim=True) * x,
    ),
    "multiply one channel": (
        MAP,
        lambda b, x: b.apply("", ops.Scale(), b.apply("", ops.Narrow(0, 1), x), x),
        lambda m, x: x[:, :1] * x,
    ),
    "subtract": (MAP, joined(ops.Subtract()), lambda m, x: x - x.relu()),
    "pad": (MAP, single(ops.Pad(1, 2, 3, 0), ""), lambda m, x: F.pad(x, (1, 2, 3, 0))),
    "pad with a path": (MAP, single(ops.Pad(right=1, bottom=1)), lambda m, x: F.pad(x, (0, 1, 0, 1))),
    "constant scale": (MAP, single(ops.ConstantScale(0.2), ""), lambda m, x: x * 0.2),
    "layer scale": (MAP, single(ops.LayerScale(8, 1e-6)), lambda m, x: x * m.op.reshape(1, -1, 1, 1)),
    "layer scale as a map": (MAP, single(ops.LayerScale(8, 1e-6, is_map=True)), lambda m, x: m.op * x),
    "layer scale, channels last": (
        MAP,
        in_channels_last(ops.LayerScale(8, 0.1, last=True)),
        lambda m, x: x * m.op.reshape(1, -1, 1, 1),
    ),
    "layer scale below a path": (
        MAP,
        single(ops.LayerScale(8, 0.1), "scale.gamma"),
        lambda m, x: x * m.scale["gamma"].reshape(1, -1, 1, 1),
    ),
    "learned scale": (MAP, single(ops.ScalarScale(0.0)), lambda m, x: x * m.op),
    "learned shift": (MAP, single(ops.ScalarShift(0.5, is_vector=True)), lambda m, x: x + m.op),
    "learned scale and shift below a path": (
        MAP,
        lambda b, x: b.apply("star.bias", ops.ScalarShift(0.5), b.apply("star.scale", ops.ScalarScale(2.0), x)),
        lambda m, x: x * m.star["scale"] + m.star["bias"],
    ),
    "channel shuffle": (MAP, single(ops.ChannelShuffle(2), ""), lambda m, x: F.channel_shuffle(x, 2)),
    "pixel unshuffle": ((3, 6, 9), single(ops.SpaceToDepth(3)), lambda m, x: F.pixel_unshuffle(x, 3)),
    "space to depth": (
        (3, 6, 10),
        single(ops.SpaceToDepth(2, order="positions")),
        lambda m, x: torch.cat([x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)], 1),
    ),
    "resize, nearest": (MAP, single(ops.Resize(factor=2), ""), lambda m, x: F.interpolate(x, scale_factor=2)),
    "resize, bilinear": (
        MAP,
        single(ops.Resize("bilinear", size=(5, 4)), ""),
        lambda m, x: F.interpolate(x, size=(5, 4), mode="bilinear"),
    ),
    "resize to another map": (
        MAP,
        lambda b, x: b.apply("", ops.ResizeLike(), b.apply("pool", ops.Pool("average", 2, 2, 0), x), x),
        lambda m, x: F.interpolate(F.avg_pool2d(x, 2), x.shape[2:]),
    ),
    "permute": (MAP, single(ops.Permute("last"), ""), lambda m, x: x.permute(0, 2, 3, 1)),
    "permute with a path": (MAP, single(ops.Permute("last")), lambda m, x: x.permute(0, 2, 3, 1)),
    "drop path": (MAP, single(ops.DropPath(0.5)), lambda m, x: x),
    **{
        f"activation {kind}": (MAP, single(ops.Activation(kind)), reference)
        for kind, reference in {
            "celu": lambda m, x: F.celu(x),
            "elu": lambda m, x: F.elu(x),
            "gelu": lambda m, x: F.gelu(x),
            "gelu_tanh": lambda m, x: F.gelu(x, approximate="tanh"),
            "hard_sigmoid": lambda m, x: F.hardsigmoid(x),
            "hard_swish": lambda m, x: F.hardswish(x),
            "hard_tanh": lambda m, x: F.hardtanh(x),
            "log_sigmoid": lambda m, x: F.logsigmoid(x),
            "mish": lambda m, x: F.mish(x),
            "quick_gelu": lambda m, x: x * torch.sigmoid(1.702 * x),
            "relu": lambda m, x: F.relu(x),
            "relu6": lambda m, x: F.relu6(x),
            "selu": lambda m, x: F.selu(x),
            "sigmoid": lambda m, x: torch.sigmoid(x),
            "silu": lambda m, x: F.silu(x),
            "softplus": lambda m, x: F.softplus(x),
            "softsign": lambda m, x: F.softsign(x),
            "squared_relu": lambda m, x: torch.square(F.relu(x)),
            "tanh": lambda m, x: torch.tanh(x),
            "tanh_shrink": lambda m, x: F.tanhshrink(x),
        }.items()
    },
}
"""By name: the shape of the map that arrives, what is recorded, and what PyTorch computes, to the last bit."""

CLOSE = {
    "response norm": (
        MAP,
        single(ops.ResponseNorm(8, 1e-6)),
        lambda m, x: _response(x, m.op.weight[:, None, None], m.op.bias[:, None, None], (2, 3), 1),
    ),
    "response norm, channels last": (
        MAP,
        in_channels_last(ops.ResponseNorm(8, 1e-6, last=True)),
        lambda m, x: _response(x, m.op.weight[:, None, None], m.op.bias[:, None, None], (2, 3), 1),
    ),
    "evolved norm": (
        MAP,
        single(ops.EvoNorm(8, groups=2)),
        lambda m, x: _scaled(x * (x * m.op.v[:, None, None]).sigmoid() / _deviations(x, 2), m.op),
    ),
    "filter response norm": (
        MAP,
        single(ops.FilterResponseNorm(8)),
        lambda m, x: torch.maximum(
            _scaled(x / (x.square().mean((2, 3), keepdim=True) + 1e-5).sqrt(), m.op), m.op.tau[:, None, None]
        ),
    ),
    "standardised conv": (
        MAP,
        single(ops.StandardisedConv(8, 4, 3, padding=1)),
        lambda m, x: F.conv2d(x, standardised(m.op.weight, 1e-6), None, 1, 1),
    ),
    "scaled conv of TensorFlow": (
        ODD,
        single(ops.StandardisedConv(6, 4, 3, stride=2, padding="tf_same", bias=True, gain=1.5)),
        lambda m, x: F.conv2d(
            padded_same(x, 3, 2),
            standardised(m.op.weight, 1e-6) * m.op.gain * 1.5 / 54**0.5,
            m.op.bias,
            2,
        ),
    ),
}
"""The same, up to rounding: by the formula of the paper."""


def _scaled(x, op):
    return x * op.weight[:, None, None] + op.bias[:, None, None]


def _deviations(x, groups):
    variance = x.reshape(len(x), groups, -1).var(2, correction=0)
    return (variance + 1e-5).sqrt().repeat_interleave(x.shape[1] // groups, 1)[:, :, None, None]


def _response(x, weight, bias, positions, channels):
    size = x.square().sum(positions, keepdim=True).sqrt()
    return weight * (x * size / (size.mean(channels, keepdim=True) + 1e-6)) + bias + x
