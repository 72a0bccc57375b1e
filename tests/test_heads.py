"""Heads of steps of one's own: what they compute, how they are named, told and compared."""

import pytest
import torch
from torch import nn

import archcompiler
from archcompiler.lint.lint import lint
from archcompiler.resolve import load_spec

pytestmark = pytest.mark.usefixtures("one_thread")

SPEC = """
archc: 1
name: net
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 16}
defaults: {block: basic}
stages: {one: {blocks: 1, channels: 24, stride: 2}}
"""
BEHIND_THE_POOL = (
    "{steps: [{pool: global}, {norm: layer, role: norm}, {flatten: true},"
    " {linear: 40}, {activation: gelu}, {norm: {type: layer, eps: 1.0e-6}, role: hidden_norm}, {linear: 10}]}"
)
OF_CONVOLUTIONS = (
    "{steps: [{dropout: 0.5}, {conv: 10, kernel: 1, bias: true}, {activation: relu}, {pool: global}, {flatten: true}]}"
)


def network(tmp_path, head, rest=""):
    path = tmp_path / "net.yaml"
    path.write_text(f"{SPEC}head: {head}\n{rest}")
    return path


def assert_computes(path, head):
    """Hold what a network makes of its last map against a head written in PyTorch, with the same weights."""
    whole = archcompiler.build(path, seed=1).eval()
    held = dict(zip(head.state_dict(), list(whole.state_dict().values())[-len(head.state_dict()) :], strict=True))
    head.load_state_dict(held)
    maps = {}
    whole.one.register_forward_hook(lambda module, inputs, output: maps.update(last=output))
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert torch.equal(whole(images), head.eval()(maps["last"]))


@torch.no_grad()
def test_a_norm_behind_the_pool_and_a_hidden_layer_with_its_norm(tmp_path):
    """As ConvNeXt (arXiv:2201.03545) and InceptionNeXt (arXiv:2303.16900) end."""
    from torchvision.models.convnext import LayerNorm2d

    layers = [nn.AdaptiveAvgPool2d(1), LayerNorm2d(24), nn.Flatten(), nn.Linear(24, 40), nn.GELU()]
    head = nn.Sequential(*layers, nn.LayerNorm(40, eps=1e-6), nn.Linear(40, 10))
    assert_computes(network(tmp_path, BEHIND_THE_POOL), head)


@torch.no_grad()
def test_a_convolution_in_front_of_the_pool(tmp_path):
    """As SqueezeNet (arXiv:1602.07360) ends."""
    head = nn.Sequential(nn.Dropout(0.5), nn.Conv2d(24, 10, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert_computes(network(tmp_path, OF_CONVOLUTIONS), head)


@torch.no_grad()
@pytest.mark.parametrize(
    ("norm", "layer"),
    [
        ("batch", nn.BatchNorm1d(24)),
        ("{type: group, groups: 3}", nn.GroupNorm(3, 24)),
        ("layer", nn.LayerNorm(24)),
        ("rms", nn.RMSNorm(24, eps=1e-5)),
    ],
)
def test_a_norm_of_a_vector(tmp_path, norm, layer):
    steps = f"{{steps: [{{pool: global}}, {{flatten: true}}, {{norm: {norm}}}, {{linear: 10}}]}}"
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), layer, nn.Linear(24, 10))
    assert_computes(network(tmp_path, steps), head)


@pytest.mark.parametrize("norm", ["instance", "response"])
def test_a_norm_over_positions_takes_no_vector(tmp_path, norm):
    path = network(tmp_path, f"{{steps: [{{pool: global}}, {{flatten: true}}, {{norm: {norm}}}, {{linear: 10}}]}}")
    with pytest.raises(archcompiler.SpecError, match=f"`norm: {norm}` takes a map"):
        archcompiler.load(path)


def test_the_classifier_in_steps_is_the_classifier(tmp_path):
    steps = "{steps: [{pool: global, role: pool}, {flatten: true}, {linear: 10, role: linear}]}"
    own, shipped = network(tmp_path, steps), tmp_path / "shipped.yaml"
    shipped.write_text(f"{SPEC}head: {{classes: 10}}\n")
    report = archcompiler.diff(shipped, own)
    assert (report.facts.weights, report.facts.function) == ("same", "same")


def test_names_and_rates_of_a_head(tmp_path):
    names = "names: {head: {conv1: classifier.1, dropout1: classifier.0, act1: classifier.2, pool1: classifier.3}}\n"
    built = archcompiler.build(network(tmp_path, OF_CONVOLUTIONS, names))
    assert [type(layer).__name__ for layer in built.classifier] == ["Dropout", "Conv2d", "ReLU", "AdaptiveAvgPool2d"]
    assert built.classifier[0].p == 0.5


def test_a_dilation_of_a_1x1_in_a_head_is_warned_of(tmp_path):
    path = network(tmp_path, "{steps: [{conv: 10, kernel: 1, dilation: 2}, {pool: global}, {flatten: true}]}")
    assert [found.code for found in lint(load_spec(path))[1]] == ["L014"]
