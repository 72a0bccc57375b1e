"""What follows from an op's declaration: what may run in place, what a stride does, and what a difference is called."""

import pytest

import archcompiler
from archcompiler.cli import main

pytestmark = pytest.mark.usefixtures("one_thread")

IN_A_ROW = [
    ("sigmoid", "relu"),
    ("tanh", "relu"),
    ("relu", "silu"),
    ("relu", "{type: leaky_relu, slope: 0.1}"),
    ("{type: leaky_relu, slope: 0.1}", "relu6"),
    ("relu", "relu"),
    ("relu6", "{type: leaky_relu, slope: 0.1}"),
    ("silu", "relu"),
]


def network(folder, text):
    path = folder / "net.yaml"
    path.write_text(f"archc: 1\nname: net\ninput: {{channels: 3, size: 9}}\n{text}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("first", "second"), IN_A_ROW)
def test_two_activations_in_a_row_train(tmp_path, first, second):
    """An activation overwrites no value that the backward pass of the one in front of it reads."""
    import torch

    steps = f"[{{conv: 4}}, {{activation: {first}}}, {{activation: {second}}}]"
    stages = "{a: {block: basic, blocks: 1, channels: 4}}"
    path = network(tmp_path, f"stem: {{steps: {steps}}}\nstages: {stages}\nhead: {{classes: 2}}")
    module = archcompiler.build(path, seed=0).double()
    x = torch.randn(2, 3, 9, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = torch.autograd.grad(module(x).square().sum(), module.parameters())
    for each in module.modules():
        if hasattr(each, "inplace"):
            each.inplace = False
    expected = torch.autograd.grad(module(x).square().sum(), module.parameters())
    assert all(map(torch.equal, found, expected))


def test_a_blur_on_an_odd_map_is_warned_of(tmp_path, capsys):
    stages = "{a: {block: basic, blocks: 1, channels: 4, stride: 2, anti_alias: blur, shortcut: none}}"
    main(["validate", str(network(tmp_path, f"stem: none\nstages: {stages}\nhead: {{classes: 2}}"))])
    assert "warning[L004]: the stride of 2 does not divide the 4x9x9 that arrives at aa of a" in capsys.readouterr().out


def test_the_stride_of_a_blur_is_told_as_that_of_a_pool(capsys):
    main(["diff", "timm/resnetblur50", "--set", "stages.layer2.stride=3"])
    assert "FUNCTION[D304]: layer2.0.aa: stride 2 -> 3\n" in capsys.readouterr().out


def test_how_layers_are_named_is_no_matter_to_what_a_block_is(capsys):
    where = ["--for", "stages.stage2.channels", "--to", "vgg/vgg16_bn", "--over", "block", "--block", "0"]
    assert main(["solve", "vgg/vgg16_bn", *where]) == 0
    assert "stages: {stage2: {channels: 128}}" in capsys.readouterr().out


def test_a_step_that_is_a_module_has_a_role_to_be_named_by():
    """What has neither a path nor an expression would be left out of the emitted source."""
    from archcompiler.backends.pytorch.rules import RULES
    from archcompiler.graph.ops import OPS

    steps = [op for op in OPS.values() if op.step]
    assert [op.name for op in steps if not op.step.role and RULES[op].expression is None] == []
