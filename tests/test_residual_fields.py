"""Weights, activations and scales of residual blocks, and what expressions compute them from, against plain torch."""

from math import sqrt

import peers
import pytest
import torch
import torch.nn.functional as F

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")

SPEC = {
    "archc": 1,
    "name": "net",
    "input": {"channels": 8, "size": 8},
    "stem": "none",
    "defaults": {"block": "basic"},
    "stages": {"one": {"blocks": 1, "channels": 8}},
    "head": "none",
}


def network(block, stages=None):
    """Return a network of random weights, of stages that all have these fields."""
    spec = {**SPEC, "defaults": block, "stages": stages or SPEC["stages"]}
    return peers.filled(lambda: archcompiler.build(spec), 3).eval()


def basic(b, x, branch=F.relu, output=F.relu):
    """Return what a basic block gives without attention."""
    y = b.norm2(b.conv2(F.relu(b.norm1(b.conv1(x)))))
    return output(branch(y) + x)


def standardised(conv, x, scale=1.0, eps=1e-6):
    """Return a convolution whose kernels have mean 0 and variance 1, times a scale."""
    kernels = conv.weight.flatten(1)
    variance, mean = torch.var_mean(kernels, 1, correction=0, keepdim=True)
    kernels = ((kernels - mean) / (variance + eps).sqrt() * scale).view_as(conv.weight)
    return F.conv2d(x, kernels, conv.bias, conv.stride, conv.padding, conv.dilation, conv.groups)


def said(net, images):
    """Return what a network says in evaluation."""
    return peers.output(net, images)


IMAGES = peers.random_images(2, 8, 8, 8)


@pytest.mark.parametrize(
    ("fields", "branch", "output"),
    [
        ({"output_activation": "none"}, lambda y: y, lambda y: y),
        ({"output_activation": "silu"}, lambda y: y, F.silu),
        ({"branch_activation": "relu", "output_activation": "none"}, F.relu, lambda y: y),
    ],
)
def test_activations_stand_in_front_of_the_sum_and_behind_it(fields, branch, output):
    net = network({"block": "basic", **fields})
    expected = basic(net.one[0], IMAGES, branch, output)
    assert torch.equal(said(net, IMAGES), expected)


def test_the_first_convolution_of_a_bottleneck_has_a_width_of_its_own():
    graph = archcompiler.compile({**SPEC, "defaults": {"block": "bottleneck", "width": 12, "reduce_width": 6}})
    widths = [node.op.out_channels for node in graph.parts[1].calls[0].body.nodes if node.op.name == "Conv"]
    assert widths == [6, 12, 8]


def test_a_projection_may_have_a_larger_kernel():
    block = {"block": "basic", "stride": 2, "shortcut": {"type": "projection", "kernel": 3}}
    shortcut = network(block).one[0].shortcut
    assert (shortcut.conv.kernel_size, shortcut.conv.stride, shortcut.conv.padding) == ((3, 3), (2, 2), (1, 1))


@pytest.mark.parametrize("block", ["basic", "preact_basic"])
def test_the_shortcut_of_a_block_has_its_weights(block):
    fields = {"block": block, "stride": 2, "weights": {"type": "standardised", "eps": 1e-8}}
    kinds = {type(module).__name__ for module in network(fields).modules() if hasattr(module, "kernel_size")}
    assert kinds == {"StandardisedConv2d"}


def test_the_shortcut_of_a_block_without_such_a_field_is_plain():
    fields = {"block": "res2net", "bottleneck_width": 4, "stride": 2}
    assert type(network(fields).one[0].shortcut.conv) is torch.nn.Conv2d


def test_an_identity_may_start_behind_the_first_activation():
    net = network({"block": "preact_basic", "shortcut_from": "activation_always"})
    b = net.one[0]
    active = F.relu(b.norm1(IMAGES))
    assert torch.equal(said(net, IMAGES), b.conv2(F.relu(b.norm2(b.conv1(active)))) + active)


@pytest.mark.parametrize("place", ["input", "conv1", "conv2", "residual", "shortcut", "sum"])
def test_a_preactivation_bottleneck_has_attention_at_each_place(place):
    attention = {"type": "se", "reduction": 2, "after": place}
    net = network({"block": "preact_bottleneck", "width": 8, "attention": attention})
    b = net.one[0]

    def at(where, x):
        if where != place:
            return x
        weights = x.mean((2, 3), keepdim=True)
        return x * b.attention.expand(F.relu(b.attention.reduce(weights))).sigmoid()

    y = at("conv1", b.conv1(F.relu(b.norm1(at("input", IMAGES)))))
    y = at("conv2", b.conv2(F.relu(b.norm2(y))))
    y = at("residual", b.conv3(F.relu(b.norm3(y))))
    torch.testing.assert_close(said(net, IMAGES), at("sum", y + at("shortcut", IMAGES)))


def test_norm_free_blocks_scale_by_the_variance_that_arrives():
    """alpha is 0.5: each block adds a quarter, and the first of a stage sees what the stage before has added."""
    weights = {"type": "scaled", "gain": 1.5}
    block = {"block": "norm_free", "width": 8, "alpha": 0.5, "weights": weights, "bias": False}
    net = network(block, {"one": {"blocks": 3, "channels": 8}, "two": {"blocks": 2, "channels": 8}})
    x, y = IMAGES, IMAGES
    for b, variance in zip((*net.one, *net.two), (1, 1.25, 1.5, 1.75, 1.25), strict=True):
        y = F.relu(x) / sqrt(variance)
        for conv in (b.conv1, b.conv2, b.conv3):
            y = F.relu(y) if conv is not b.conv1 else y
            y = standardised(conv, y, conv.gain.view(-1, 1) * 1.5 / conv.weight[0].numel() ** 0.5)
        x = y * 0.5 + x
    torch.testing.assert_close(said(net, IMAGES), x)


@pytest.mark.parametrize(
    ("text", "factor"), [("sqrt(9 / 4)", 1.5), ("sqrt(2)", sqrt(2)), ("sqrt(x.channels + 1)", 3.0)]
)
def test_a_root_is_exact_where_it_is_rational(text, factor):
    graph = archcompiler.compile({**SPEC, "head": {"steps": [{"scale": text}]}})
    (node,) = graph.parts[-1].calls[0].body.nodes
    assert node.op.factor == factor


def test_a_negative_number_has_no_root():
    with pytest.raises(archcompiler.SpecError, match="-8 has no root"):
        archcompiler.compile({**SPEC, "head": {"steps": [{"scale": "sqrt(0 - x.channels)"}]}})


def test_a_selective_kernel_chooses_between_two_convolutions():
    net = network({"block": "selective_bottleneck", "width": 8, "least_width": 4})
    b = net.one[0]
    x, sk = F.relu(b.norm1(b.conv1(IMAGES))), b.conv2
    paths = [F.relu(sk.near_norm(sk.near(x))), F.relu(sk.far_norm(sk.far(x)))]
    weights = sk.select(F.relu(sk.reduce_norm(sk.reduce(sum(paths).mean((2, 3), keepdim=True)))))
    chosen = (torch.stack(paths, 1) * weights.unflatten(1, (2, 8)).softmax(1)).sum(1)
    assert sk.far.dilation == (2, 2)
    torch.testing.assert_close(said(net, IMAGES), F.relu(b.norm3(b.conv3(chosen)) + IMAGES))
