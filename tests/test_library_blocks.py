"""Blocks of torchvision and timm, recorded by hand from ops alone, on the libraries' weights: equal to the last bit."""

import pytest
import torch
from op_cases import body_of, graph_of
from torch import nn

from archcompiler.backends.pytorch.module import build_module
from archcompiler.backends.pytorch.source import source
from archcompiler.graph import ops

pytestmark = pytest.mark.usefixtures("one_thread")


def graph(record, shape):
    body, faults = body_of(record, shape)
    assert faults == []
    return graph_of(body)


def assert_equal(reference, record, shape, prefix="block0."):
    """Hold a block against a library's: the same state dict in the same order, and the same output."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in reference.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=generator) - (0 if name.endswith("var") else 0.5))
    network = build_module(graph(record, shape)).eval()
    held = {prefix + name: tensor for name, tensor in reference.state_dict().items()}
    assert list(network.state_dict()) == list(held)
    network.load_state_dict(held)
    x = torch.randn(2, *shape, generator=generator)
    assert torch.equal(network(x), reference.eval()(x))


def pieces(b, x, *lengths):
    """Record the pieces of a split."""
    start = 0
    for length in lengths:
        yield b.apply("", ops.Narrow(start, length), x)
        start = start + length


def chain(b, x, *layers):
    for role, op in layers:
        x = b.apply(role, op, x)
    return x


def convnext(b, x):
    c = x.channels
    y = chain(
        b,
        x,
        ("block.0", ops.Conv(c, c, 7, padding=3, groups=c, bias=True)),
        ("block.1", ops.Permute("last")),
        ("block.2", ops.LayerNorm(c, 1e-6, last=True)),
        ("block.3", ops.Linear(c, 4 * c)),
        ("block.4", ops.Activation("gelu")),
        ("block.5", ops.Linear(4 * c, c)),
        ("block.6", ops.Permute("first")),
        ("layer_scale", ops.LayerScale(c, 1e-6, is_map=True)),
        ("stochastic_depth", ops.DropPath(0.1)),
    )
    return b.apply("", ops.Add(), y, x)


def convnext_v2(b, x):
    c = x.channels
    y = chain(
        b,
        x,
        ("conv_dw", ops.Conv(c, c, 7, padding=3, groups=c, bias=True)),
        ("", ops.Permute("last")),
        ("norm", ops.LayerNorm(c, 1e-6, last=True)),
        ("mlp.fc1", ops.Linear(c, 4 * c)),
        ("mlp.act", ops.Activation("gelu")),
        ("mlp.grn", ops.ResponseNorm(4 * c, 1e-6, last=True)),
        ("mlp.fc2", ops.Linear(4 * c, c)),
        ("", ops.Permute("first")),
    )
    return b.apply("", ops.Add(), y, x)


def shufflenet(b, x):
    half = x.channels // 2
    left, right = pieces(b, x, half, x.channels - half)
    conv, norm, act = ops.Conv(half, half, 1), ops.BatchNorm(half), ops.Activation("relu")
    depthwise = ops.Conv(half, half, 3, padding=1, groups=half)
    layers = [conv, norm, act, depthwise, norm, conv, norm, act]
    y = chain(b, right, *((f"branch2.{number}", op) for number, op in enumerate(layers)))
    return b.apply("", ops.ChannelShuffle(2), b.apply("", ops.Concat(), left, y))


def inception_next(b, x):
    c = x.channels
    g = c // 8
    whole, *parts = pieces(b, x, c - 3 * g, g, g, g)
    kernels = {"hw": (3, 3), "w": (1, 11), "h": (11, 1)}
    ways = []
    for (way, (k, n)), part in zip(kernels.items(), parts, strict=True):
        conv = ops.Conv(g, g, (k, n), padding=(k // 2, n // 2), groups=g, bias=True)
        ways.append(b.apply(f"token_mixer.dwconv_{way}", conv, part))
    y = chain(
        b,
        b.apply("", ops.Concat(), whole, *ways),
        ("norm", ops.BatchNorm(c)),
        ("mlp.fc1", ops.Conv(c, 4 * c, 1, bias=True)),
        ("mlp.act", ops.Activation("gelu")),
        ("mlp.fc2", ops.Conv(4 * c, c, 1, bias=True)),
        ("gamma", ops.LayerScale(c, 1e-6)),
    )
    return b.apply("", ops.Add(), y, x)


@torch.no_grad()
def test_the_block_of_torchvisions_convnext():
    from torchvision.models.convnext import CNBlock

    assert_equal(CNBlock(24, 1e-6, 0.1), convnext, (24, 14, 15))


@torch.no_grad()
def test_the_unit_of_torchvisions_shufflenet():
    from torchvision.models.shufflenetv2 import InvertedResidual

    assert_equal(InvertedResidual(24, 24, 1), shufflenet, (24, 7, 9))


@torch.no_grad()
def test_the_block_of_timms_convnext_v2():
    from timm.models.convnext import ConvNeXtBlock

    assert_equal(ConvNeXtBlock(24, use_grn=True, ls_init_value=None), convnext_v2, (24, 14, 15))


@torch.no_grad()
def test_the_block_of_timms_inception_next():
    from timm.models.inception_next import MetaNeXtBlock

    block = MetaNeXtBlock(32, norm_layer=nn.BatchNorm2d, ls_init_value=1e-6)
    assert_equal(block, inception_next, (32, 14, 13))


@torch.no_grad()
@pytest.mark.parametrize(
    ("kind", "options", "op"),
    [
        ("StdConv2d", {"padding": 1}, ops.StandardisedConv(8, 12, 3, 2, 1)),
        ("StdConv2dSame", {}, ops.StandardisedConv(8, 12, 3, 2, "tf_same")),
        ("ScaledStdConv2d", {"padding": 1, "gamma": 1.7}, ops.StandardisedConv(8, 12, 3, 2, 1, bias=True, gain=1.7)),
        ("ScaledStdConv2dSame", {"gamma": 1.7}, ops.StandardisedConv(8, 12, 3, 2, "tf_same", bias=True, gain=1.7)),
        ("Conv2dSame", {"bias": False}, ops.Conv(8, 12, 3, 2, "tf_same")),
    ],
)
def test_timms_own_convolutions(kind, options, op):
    import timm.layers

    reference = getattr(timm.layers, kind)(8, 12, 3, stride=2, **options)
    assert_equal(reference, lambda b, x: b.apply("op", op, x), (8, 9, 10), "block0.op.")


def test_a_split_is_one_statement():
    text = source(graph(inception_next, (32, 14, 13))).text
    assert "        out, y, out2, out3 = x.split(\n" in text
    assert "                self.in_channels - 3 * (self.in_channels // 8),\n" in text
