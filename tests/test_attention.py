"""Where squeeze and excitation stands, of what and how its width is made whole: against plain torch and torchvision."""

from fractions import Fraction

import peers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import archcompiler
from archcompiler.record.rounding import round_to

pytestmark = pytest.mark.usefixtures("one_thread")

SPEC = """\
archc: 1
name: net
input: {{channels: 8, size: 8}}
stem: none
stages: {{one: {{blocks: 2, channels: 16, stride: 2, {block}}}}}
head: {{pool: none, classes: 3}}
"""


def _spec(tmp_path, text):
    path = tmp_path / "net.yaml"
    path.write_text(text, encoding="utf-8")
    return path


# --- Squeeze-and-Excitation Networks, Figure 5 and section 6.5: the places; section 6.3: without squeeze ---


class _Reference:
    """A maker of residual blocks whose excitation stands at one place of Figure 5."""

    def __init__(self, kernels, place, *, squeeze=True, of_input=False):
        self.kernels, self.place, self.squeeze, self.of_input = kernels, place, squeeze, of_input

    def excited(self, block, y):
        import torch
        import torch.nn.functional as F

        gate = F.adaptive_avg_pool2d(y, 1) if self.squeeze else y
        return y * torch.sigmoid(block.expand(F.relu(block.reduce(gate))))

    def forward(self, block, x):
        import torch.nn.functional as F

        def at(place, y):
            return self.excited(block, y) if place == self.place else y

        y = at("input", x)
        for count in range(1, len(self.kernels) + 1):
            y = getattr(block, f"bn{count}")(getattr(block, f"conv{count}")(y))
            y = at(f"conv{count}", F.relu(y) if count < len(self.kernels) else y)
        shortcut = block.shortcut(x) if hasattr(block, "shortcut") else x
        return at("sum", F.relu(at("residual", y) + at("shortcut", shortcut)))

    def make(self, arriving, leaving, stride):
        from torch import nn

        widths = [arriving, *([8, 8] if len(self.kernels) == 3 else [leaving]), leaving]
        weighed = {"input": arriving, "conv1": widths[1], "conv2": widths[2]}.get(self.place, leaving)
        reduced = (arriving if self.of_input else weighed) // 4
        excitation = {"reduce": nn.Conv2d(weighed, reduced, 1), "expand": nn.Conv2d(reduced, weighed, 1)}
        layers = {**(excitation if self.place == "input" else {})}
        for count, kernel in enumerate(self.kernels, 1):
            step = stride if count == len(self.kernels) - 1 else 1
            sizes = (widths[count - 1], widths[count], kernel, step, kernel // 2)
            layers[f"conv{count}"] = nn.Conv2d(*sizes, bias=False)
            layers[f"bn{count}"] = nn.BatchNorm2d(widths[count])
            layers |= excitation if self.place == f"conv{count}" else {}
        layers |= excitation if self.place == "residual" else {}
        if stride != 1 or arriving != leaving:
            conv = nn.Conv2d(arriving, leaving, 1, stride, bias=False)
            layers["shortcut"] = nn.Sequential(conv, nn.BatchNorm2d(leaving))
        layers |= excitation if self.place in ("shortcut", "sum") else {}
        return _module(layers, self.forward)


def _module(layers, forward):
    from torch import nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            for name, layer in layers.items():
                self.add_module(name, layer)

        def forward(self, x):
            return forward(self, x)

    return Block()


KERNELS = {"basic": (3, 3), "bottleneck, width: 8": (1, 3, 1)}
PLACES = ["input", "conv1", "conv2", "residual", "shortcut", "sum"]


def _assert_same(tmp_path, text, reference):
    """Two blocks, of which the first changes the shape; the weights are taken in order."""
    from torch import nn

    def construct():
        blocks = (reference.make(8, 16, 2), reference.make(16, 16, 1))
        return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(16 * 4 * 4, 3))

    theirs = peers.filled(construct, seed=8)
    spec = _spec(tmp_path, text)
    layout = peers.layout(archcompiler.build(spec, device="meta"))
    assert [shape for _, *shape in layout] == [shape for _, *shape in peers.layout(theirs)]
    weights = dict(zip((key for key, *_ in layout), theirs.state_dict().values(), strict=True))
    images = peers.random_images(2, 8, 8, 8)
    assert peers.output(archcompiler.build(spec, weights=weights), images).equal(peers.output(theirs, images))


@pytest.mark.parametrize("of_input", [False, True], ids=["of the map", "of the block's input"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("block", KERNELS)
def test_excitation_stands_where_it_is_said_bit_for_bit(tmp_path, block, place, of_input):
    whole = ", of: block_input" if of_input else ""
    text = SPEC.format(block=f"block: {block}, attention: {{type: se, reduction: 4, after: {place}{whole}}}")
    _assert_same(tmp_path, text, _Reference(KERNELS[block], place, of_input=of_input))


@pytest.mark.parametrize("block", KERNELS)
def test_excitation_without_squeeze_weighs_each_position(tmp_path, block):
    text = SPEC.format(block=f"block: {block}, attention: {{type: se, ratio: 0.25, squeeze: false}}")
    _assert_same(tmp_path, text, _Reference(KERNELS[block], "residual", squeeze=False))


# --- ratio and reduction are two ways to say one thing ---


def test_a_ratio_is_a_reduction(tmp_path):
    ratio, reduction = (
        archcompiler.cost(_spec(tmp_path, SPEC.format(block=f"block: basic, attention: {{type: se, {key}}}")))
        for key in ("ratio: 0.25", "reduction: 4")
    )
    assert ratio.total == reduction.total


@pytest.mark.parametrize(("below", "over"), [("ratio: 0.5", "reduction: 4"), ("reduction: 2", "ratio: 0.25")])
def test_the_one_replaces_the_other_in_a_variant_a_stage_and_a_setting(tmp_path, below, over):
    base = SPEC.format(block="block: basic").replace(
        "stages:", f"defaults: {{attention: {{type: se, {below}}}}}\nstages:"
    )
    expected = archcompiler.cost(_spec(tmp_path, base.replace(below, over))).params
    assert (
        archcompiler.cost(_spec(tmp_path, base.replace("block: basic", f"block: basic, attention: {{{over}}}"))).params
        == expected
    )
    (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
    variant = f"archc: 1\nname: net\nextends: base.yaml\ndefaults: {{attention: {{{over}}}}}\n"
    assert archcompiler.cost(_spec(tmp_path, variant)).params == expected
    key, _, value = over.partition(": ")
    loaded = archcompiler.load(tmp_path / "base.yaml", settings=[f"defaults.attention.{key}={value}"])
    assert archcompiler.cost(loaded).params == expected


# --- rounding ---

ROUNDED = {
    ("exact", 1): {"8": 8, "2.5": None, "0": None},
    ("exact", 4): {"8": 8, "6": None},
    ("half_even", 1): {"2.5": 2, "3.5": 4, "2.6": 3, "0.5": 1, "0.1": 1},
    ("half_even", 8): {"20": 16, "28": 32, "4": 8},
    ("half_up", 1): {"2.5": 3, "3.5": 4, "2.4": 2},
    ("half_up", 8): {"20": 24, "3": 8},
    ("up", 8): {"1": 8, "8": 8, "8.5": 16},
    ("down", 8): {"15.9": 8, "16": 16, "7": 8},
}


@pytest.mark.parametrize(
    ("mode", "to", "value", "expected"),
    [(*key, value, expected) for key, cases in ROUNDED.items() for value, expected in cases.items()],
)
def test_a_width_becomes_whole_as_it_is_said(mode, to, value, expected):
    assert round_to(Fraction(value), to, mode) == expected


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 4000), st.integers(1, 128))
def test_make_divisible_is_torchvisions(value, to):
    from torchvision.models._utils import _make_divisible

    assert round_to(Fraction(value), to, "make_divisible") == _make_divisible(value, to)


def test_what_is_rounded_is_built(tmp_path):
    attention = "{type: se, ratio: 0.3, of: block_input, round: {to: 2, mode: half_even}}"
    network = archcompiler.build(_spec(tmp_path, SPEC.format(block=f"block: basic, attention: {attention}")), seed=0)
    assert [block.attention[1].out_channels for block in network.one] == [2, 4]


@pytest.mark.parametrize("ratio", ["1.1", "1.3", "1.5", "2.5", "7.77", "999.9", "0.33", "0.7", "0.01", "1.0001"])
@pytest.mark.parametrize("channels", [1, 5, 7, 32])
@pytest.mark.parametrize("to", [1, 8])
def test_any_ratio_compiles_or_is_told_what_fits(ratio, channels, to, tmp_path, capsys):
    import json

    from archcompiler.cli import main

    path = tmp_path / "net.yaml"
    text = (
        f"archc: 1\nname: net\ninput: {{channels: 3, size: 8}}\nstem: none\nhead: none\n"
        f"stages: {{a: {{block: basic, blocks: 1, channels: {channels}, "
        f"attention: {{type: se, ratio: {ratio}, round: {{to: {to}}}}}}}}}\n"
    )
    path.write_text(text, encoding="utf-8")
    code = main(["validate", str(path), "--format", "json"])
    found = [each for each in json.loads(capsys.readouterr().out)["diagnostics"] if each["severity"] == "error"]
    assert code == bool(found)
    for each in found:
        assert (each["code"], each["column"]) == ("G009", text.splitlines()[-1].index(ratio) + 1)
        for choice in each["choices"]:
            path.write_text(text.replace(f"ratio: {ratio}", f"ratio: {choice['value']}"), encoding="utf-8")
            assert main(["validate", str(path)]) == 0
            capsys.readouterr()
