"""torchvision's VGGs from their specs, and `{slot}`, the counter that names their layers."""

import peers
import pytest

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")

VGGS = [f"vgg/vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")]


@pytest.mark.parametrize("spec", VGGS, ids=peers.short)
def test_module_is_torchvisions_layer_by_layer(spec):
    """Names, order, numbers, dropout and in-place activations: the two print the same."""
    import torch
    import torchvision

    with torch.device("meta"):
        theirs = torchvision.models.get_model(spec.partition("/")[2], weights=None)
    ours = archcompiler.build(spec, device="meta")
    assert peers.layout(ours) == peers.layout(theirs)
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    kinds = [(name, type(module)) for name, module in ours.named_modules() if name]
    assert kinds == [(name, type(module)) for name, module in theirs.named_modules() if name]
    assert [module.p for module in ours.classifier if isinstance(module, torch.nn.Dropout)] == [0.5, 0.5]


@pytest.mark.slow
@pytest.mark.parametrize("spec", VGGS, ids=peers.short)
def test_output_is_torchvisions_bit_for_bit(spec):
    theirs = peers.torchvision_network(spec, seed=6)
    ours = archcompiler.build(spec, weights=theirs.state_dict())
    images = peers.random_images(2, 3, 64, 64)
    assert peers.output(ours, images).equal(peers.output(theirs, images))


def test_configuration_c_has_1x1_convolutions_at_the_end_of_three_stages():
    kernels = [module.kernel_size for module in _convs(archcompiler.build("vgg/vgg16_c", device="meta"))]
    assert [index for index, kernel in enumerate(kernels) if kernel == (1, 1)] == [6, 9, 12]
    assert archcompiler.cost("vgg/vgg16_c").macs == 11_770_888_192


def _convs(network):
    from torch import nn

    return [module for module in network.modules() if isinstance(module, nn.Conv2d)]


SPEC = """
archc: 1
name: counted
input: {{channels: 3, size: 16}}
stem: {stem}
defaults: {{block: {block}, channels: 8}}
stages: {{one: {{blocks: 2}}, two: {{blocks: 1, transition: {{at: start, steps: [{{pool: max}}, {{conv: 8}}]}}}}}}
head: {{classes: 2, {head}}}
names: {names}
"""
IN_SEQUENCE = '{block: features, transition: features, conv: "{slot}", norm: "{slot}", act: "{slot}", pool1: "{slot}", '


def _children(tmp_path, names, *, block="conv", stem="none", head=""):
    """Return the paths of all layers of a small network, and of that network's convolutions."""
    path = tmp_path / "counted.yaml"
    path.write_text(SPEC.format(names=names, block=block, stem=stem, head=head), encoding="utf-8")
    network = archcompiler.build(path, seed=0)
    assert peers.output(network, peers.random_images(2, 3, 16, 16)).shape == (2, 2)
    leaves = [(name, type(module).__name__) for name, module in network.named_modules() if not list(module.children())]
    return [name for name, _ in leaves], [name for name, kind in leaves if kind == "Conv2d"]


def test_slots_count_through_blocks_transitions_and_stem(tmp_path):
    names = IN_SEQUENCE + 'conv1: "{slot}", stem.conv1: "features.{slot}"}'
    every, convs = _children(tmp_path, names, stem="{steps: [{conv: 8}]}")
    assert every[:-2] == [f"features.{index}" for index in range(12)]
    assert convs == [f"features.{index}" for index in (0, 1, 4, 8, 9)]


def test_slots_count_for_each_path_alone(tmp_path):
    names = '{conv: "{slot}", norm: "{slot}", act: "{slot}", head.pool: "end.{slot}", head.linear: "end.{slot}"}'
    every, convs = _children(tmp_path, names)
    assert convs == ["one.0.0", "one.1.0", "two_transition.conv1", "two.0.0"]
    assert every[-2:] == ["end.0", "end.1"]


def test_a_slot_may_have_words_around_it(tmp_path):
    names = IN_SEQUENCE.replace('conv: "{slot}"', 'conv: "conv{slot}"') + 'conv1: "conv{slot}"}'
    assert _children(tmp_path, names)[1] == [f"features.conv{index}" for index in range(4)]


def test_slots_number_blocks_with_shortcuts_too(tmp_path):
    names = '{conv1: "{slot}", norm1: "{slot}", act1: "{slot}", conv2: "{slot}", norm2: "{slot}", act2: "{slot}"}'
    _, convs = _children(tmp_path, names, block="basic")
    assert convs[:5] == ["one.0.0", "one.0.3", "one.0.shortcut.conv", "one.1.0", "one.1.3"]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("dropout: 0.3", ["Dropout", "Linear"]),
        ("dropout: 0.3, hidden: [4]", ["Linear", "ReLU", "Dropout", "Linear"]),
        ("dropout: 0.3, hidden: [4, 3]", ["Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear"]),
        ("hidden: [4]", ["Linear", "ReLU", "Linear"]),
    ],
)
def test_dropout_stands_behind_each_hidden_layer_or_in_front_of_the_last(tmp_path, head, expected):
    path = tmp_path / "counted.yaml"
    path.write_text(SPEC.format(names="{}", block="conv", stem="none", head=head), encoding="utf-8")
    kinds = [type(module).__name__ for module in archcompiler.build(path, device="meta").modules()]
    assert kinds[-len(expected) :] == expected
    assert kinds[-len(expected) - 1] == "AdaptiveAvgPool2d"


def test_layers_that_share_a_path_are_told_apart_in_the_cost_of_blocks(archc):
    run = archc("cost", "vgg/vgg11", "--by", "block")
    rows = [line.split()[0] for line in run.stdout.splitlines() if line.startswith("stage") and " conv " in line]
    assert rows == ["stage1.0", "stage2.0", "stage3.0", "stage3.1", "stage4.0", "stage4.1", "stage5.0", "stage5.1"]
