"""Networks that nobody meant are warned of, with the number that shows it; those that papers print are not."""

import re

import pytest
from peers import NO_SPECS, SPECS

import archcompiler
from archcompiler.lint.lint import lint
from archcompiler.resolve import load_spec

NET = """\
archc: 1
name: net
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 16}
stages:
§
head: {classes: 10}
"""
PRE = NET.replace("channels: 16}", "channels: 16, norm: none, activation: none}")
ENDED = PRE.replace("classes: 10", "classes: 10, norm: batch")
GROUPS = "  a: {block: bottleneck, blocks: 1, channels: 256, cardinality: %d, bottleneck_width: %d}"
BASIC = "  a: {block: basic, blocks: 1, channels: 16}"
PREACT = "  a: {block: preact_basic, blocks: 2, channels: 16}"


def of(table, *rows):
    return table.replace("§", "\n".join(rows))


@pytest.fixture
def warned(tmp_path):
    """Return a function that lints a text and returns each code L010 to L014 with its message."""

    def run(text):
        path = tmp_path / "net.yaml"
        path.write_text(text, encoding="utf-8")
        found = lint(load_spec(path))[1]
        return {each.code: each.message for each in found if each.code >= "L010"}

    return run


MEANT_OTHERWISE = {
    "the total for the group": (of(NET, GROUPS % (32, 128)), "L010", "32 of 128 are 4,096 channels, 16 for each"),
    "the total for the group, narrow": (of(NET, GROUPS % (32, 64)), "L010", "32 of 64 are 2,048 channels, 8 for each"),
    "the total for sixteen groups": (of(NET, GROUPS % (16, 128)), "L010", "16 of 128 are 2,048 channels"),
    "the total for eight groups": (of(NET, GROUPS % (8, 256)), "L010", "8 of 256 are 2,048 channels"),
    "the total of a pre-activation block": (
        of(ENDED, (GROUPS % (32, 128)).replace("bottleneck,", "preact_bottleneck,")),
        "L010",
        "4,096 channels",
    ),
    "groups for a base of none": (
        "archc: 1\nname: net\nextends: resnet/resnet50\ndefaults: {cardinality: 32}\n",
        "L010",
        "32 of 64 are 2,048 channels, 8 for each that leaves the block; the network has ",
    ),
    "groups of which none is a part of the width": (
        "archc: 1\nname: net\nextends: resnet/resnet50\ndefaults: {cardinality: 48}\n",
        "L010",
        "48 of 64 are 3,072 channels, 12 for each that leaves the block",
    ),
    "two stages without strides": (of(NET, BASIC, "  b: {block: basic, blocks: 1, channels: 32}"), "L011", "32x32"),
    "four stages without strides": (
        "archc: 1\nname: net\ninput: {channels: 3, size: 224}\nstem: {type: conv7x7_maxpool, channels: 64}\n"
        "defaults: {block: basic}\nstages: {a: {blocks: 2, channels: 64}, b: {blocks: 2, channels: 128}, "
        "c: {blocks: 2, channels: 256}, d: {blocks: 2, channels: 512}}\nhead: {classes: 1000}\n",
        "L011",
        "56x56",
    ),
    "strides taken out of a base": (
        "archc: 1\nname: net\nextends: cifar/resnet20\nstages: {layer2: {stride: 1}, layer3: {stride: 1}}\n",
        "L011",
        "32x32",
    ),
    "a norm in front of a pre-activation block": (
        of(ENDED, PREACT).replace(", norm: none, activation: none", ""),
        "L012",
        "16x32x32",
    ),
    "a stem of steps in front of one": (
        of(ENDED, PREACT).replace(
            "{type: conv3x3, channels: 16, norm: none, activation: none}",
            "{steps: [{conv: 16}, {norm: batch}, {activation: relu}]}",
        ),
        "L012",
        "norm1 of stem",
    ),
    "a plain block in front of one": (
        of(ENDED, "  p: {block: conv, blocks: 1, channels: 16}", PREACT),
        "L012",
        "norm of p and its activation",
    ),
    "a transition in front of one": (
        of(
            ENDED,
            "  p: {block: basic, blocks: 1, channels: 16, "
            "transition: {at: end, steps: [{conv: 16}, {norm: batch}, {activation: relu}]}}",
            PREACT,
        ),
        "L012",
        "norm1 of p",
    ),
    "a head's norm behind a plain block": (
        of(NET, "  p: {block: conv, blocks: 1, channels: 16}").replace("classes: 10", "classes: 10, norm: batch"),
        "L012",
        "norm of head",
    ),
    "a pre-activation network without its norm": (of(PRE, PREACT), "L013", "16x32x32 reach the head"),
    "a pre-activation bottleneck without its norm": (
        of(PRE, "  a: {block: preact_bottleneck, blocks: 1, channels: 64, width: 16}"),
        "L013",
        "64x32x32",
    ),
    "a plain pre-activation network without its norm": (
        of(PRE, PREACT.replace("channels: 16", "channels: 16, shortcut: none")),
        "L013",
        "16x32x32",
    ),
    "a head of steps without a norm in front of its weights": (
        of(PRE, PREACT).replace("{classes: 10}", "{steps: [{pool: global}, {flatten: true}, {linear: 10}]}"),
        "L013",
        "16x32x32",
    ),
    "dual paths, which split what arrives, without a norm": (
        of(PRE, "  a: {block: dual_path, blocks: 2, residual_channels: 16, growth: 8, width: 32}"),
        "L013",
        "x32x32",
    ),
    "dense layers without a norm": (of(PRE, "  a: {block: dense_layer, blocks: 2, growth: 8}"), "L013", "x32x32"),
    "a norm taken from the head of a base": (
        "archc: 1\nname: net\nextends: cifar/preact_resnet110\nhead: {norm: none}\n",
        "L013",
        "64x8x8",
    ),
    "a dilation on a 1x1 block": (
        of(NET, "  a: {block: conv, blocks: 1, channels: 16, kernel: 1, dilation: 2}"),
        "L014",
        "`dilation: 2` changes nothing: the kernel is 1x1",
    ),
    "a dilation on a 1x1 step": (
        of(NET, BASIC.replace("}", ", transition: {steps: [{conv: 16, kernel: 1, dilation: 3}]}}")),
        "L014",
        "`dilation: 3`",
    ),
    "a dilation on a 1x1 of an override": (
        of(NET, "  a: {block: conv, blocks: 2, channels: 16, dilation: 4, override: {last: {kernel: 1}}}"),
        "L014",
        "`dilation: 4`",
    ),
    "a dilation on a 1x1 stem": (
        of(NET, BASIC).replace("{type: conv3x3, channels: 16}", "{steps: [{conv: 16, kernel: 1, dilation: 2}]}"),
        "L014",
        "`dilation: 2`",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "number"), MEANT_OTHERWISE.values(), ids=MEANT_OTHERWISE)
def test_what_nobody_meant_is_warned_of_with_its_number(text, code, number, warned):
    found = warned(text)
    assert list(found) == [code]
    assert number in found[code]


MEANT = {
    "ResNeXt-29 16x64d": of(NET, GROUPS % (16, 64)),
    "ResNeXt-29 8x64d": of(NET, GROUPS % (8, 64)),
    "ResNeXt-101 32x48d": of(NET, GROUPS % (32, 48)),
    "ResNeXt-101 32x32d": of(NET, GROUPS % (32, 32)),
    "a wide bottleneck": of(NET, GROUPS % (1, 4096)),
    "the total as a total": of(NET, (GROUPS % (32, 128)).replace("bottleneck_width", "width")),
    "one stage": of(NET, BASIC),
    "stages of one width": of(NET, BASIC, BASIC.replace("a:", "b:")),
    "a pool between stages": of(
        NET, BASIC, "  b: {block: basic, blocks: 1, channels: 32, transition: {steps: [{pool: max}]}}"
    ),
    "one stride of three stages": of(
        NET,
        BASIC,
        "  b: {block: basic, blocks: 1, channels: 32, stride: 2}",
        "  c: {block: basic, blocks: 1, channels: 64, dilation: 2}",
    ),
    "pre-activation as it is printed": of(ENDED, PREACT),
    "a norm with no norm of the block": of(NET, PREACT.replace("channels", "norm: none, channels")),
    "a max pool between": of(ENDED, PREACT).replace(
        "{type: conv3x3, channels: 16, norm: none, activation: none}", "{type: conv7x7_maxpool, channels: 16}"
    ),
    "basic blocks in front of pre-activation": of(ENDED, BASIC, PREACT.replace("a:", "b:")),
    "pre-activation in front of basic blocks": of(PRE, PREACT, BASIC.replace("a:", "b:")),
    "a transition that norms at the end": of(
        PRE, PREACT.replace("}", ", transition: {at: end, steps: [{norm: batch}, {activation: relu}]}}")
    ),
    "a norm behind the pool": of(PRE, PREACT).replace(
        "{classes: 10}", "{steps: [{pool: global}, {norm: layer}, {flatten: true}, {linear: 10}]}"
    ),
    "a backbone": of(PRE, PREACT).replace("{classes: 10}", "none"),
    "a dilated 3x3": of(NET, "  a: {block: conv, blocks: 1, channels: 16, dilation: 2}"),
}


@pytest.mark.parametrize("text", MEANT.values(), ids=MEANT)
def test_what_papers_print_and_people_mean_is_not_warned_of(text, warned):
    assert warned(text) == {}


def test_the_parameters_and_the_multiply_adds_are_those_of_the_network(tmp_path, warned):
    text = of(NET, GROUPS % (32, 128), "  b: {block: basic, blocks: 1, channels: 512}")
    found, report = warned(text), archcompiler.cost(tmp_path / "net.yaml")
    assert f"has {report.params:,} params" in found["L010"]
    assert f"takes {report.macs:,} MACs" in found["L011"]


def test_a_resnet_18_without_strides_takes_35_gmacs(warned):
    (message,) = warned(MEANT_OTHERWISE["four stages without strides"][0]).values()
    assert 34e9 < int(re.search(r"([0-9,]+) MACs", message)[1].replace(",", "")) < 36e9


@pytest.mark.parametrize("place", ["stages: {layer1: {anti_alias: blur}}", "stages: {layer1: {anti_alias: average}}"])
def test_an_anti_alias_at_stride_1_is_told_the_stride(place, tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(f"archc: 1\nname: net\nextends: resnet/resnet18\n{place}\n", encoding="utf-8")
    (warning,) = lint(load_spec(path))[1]
    assert (warning.code, "the stride is 1" in warning.message) == ("L002", True)


def test_no_shipped_spec_is_one_that_nobody_meant():
    specs = [path for path in SPECS.rglob("*.yaml") if path.parent.name not in NO_SPECS]
    found = [(path.name, each.code) for path in specs for each in lint(load_spec(path))[1] if each.code >= "L010"]
    assert len(specs) > 80
    assert found == []
