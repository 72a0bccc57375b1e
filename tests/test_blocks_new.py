"""Pre-activation, squeeze and excitation, ResNet-D's shortcut: each block against its paper, in plain torch."""

import peers
import pytest

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")

SPEC = """\
archc: 1
name: net
input: {{channels: {arriving}, size: 8}}
stem: none
stages: {{one: {{blocks: 2, channels: {leaving}, stride: {stride}, {block}}}}}
head: {{pool: none, classes: 3}}
"""


def _build(tmp_path, block, *, arriving=8, leaving=16, stride=2, weights=None):
    """Return a network of two such blocks, with weights or on the meta device."""
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.format(arriving=arriving, leaving=leaving, stride=stride, block=block), encoding="utf-8")
    return archcompiler.build(path, weights=weights) if weights else archcompiler.build(path, device="meta")


def _block(layers, forward):
    """Return a module with the given layers, in their order, whose forward pass is a function of it and its input."""
    from torch import nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            for name, layer in layers.items():
                if layer is not None:
                    self.add_module(name, layer)

        def forward(self, x):
            return forward(self, x)

    return Block()


# --- Identity Mappings in Deep Residual Networks, Figure 4 (e); its appendix on where the first shortcut starts ---


def _preact(kernels, strides, groups=1, *, start="activation", pad=False):
    """Return a maker of pre-activation blocks: norm, ReLU and convolution, once for each kernel."""
    import torch.nn.functional as F
    from torch import nn

    def forward(block, x):
        active = y = F.relu(block.bn1(x))
        for count in range(1, len(kernels) + 1):
            y = getattr(block, f"conv{count}")(F.relu(getattr(block, f"bn{count}")(y)) if count > 1 else y)
        if x.shape == y.shape:
            return y + x
        source = active if start == "activation" else x
        if pad:
            step = x.shape[2] // y.shape[2]
            return y + F.pad(source[:, :, ::step, ::step], (0, 0, 0, 0, 0, y.shape[1] - x.shape[1]))
        return y + block.shortcut(source)

    def make(arriving, leaving, stride):
        inner = leaving // 2 if kernels == NARROW else leaving
        widths = [arriving, *[inner] * (len(kernels) - 1), leaving]
        layers = {}
        for count, kernel in enumerate(kernels, 1):
            step = stride if strides == count else 1
            split = groups if kernel == 3 else 1
            layers[f"bn{count}"] = nn.BatchNorm2d(widths[count - 1])
            layers[f"conv{count}"] = nn.Conv2d(
                widths[count - 1], widths[count], kernel, step, kernel // 2, groups=split, bias=False
            )
        changes = not pad and (stride != 1 or arriving != leaving)
        layers["shortcut"] = nn.Conv2d(arriving, leaving, 1, stride, bias=False) if changes else None
        return _block(layers, forward)

    return make


# --- Squeeze-and-Excitation Networks, Figures 2 and 3; Bag of Tricks, Figure 2 (c) ---


def _residual(kernels, groups=1, *, reduction=None, act="relu", average=False):
    """Return a maker of ResNet's blocks: the excitation scales the map in front of the sum."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    def forward(block, x):
        y = x
        for count in range(1, len(kernels) + 1):
            y = getattr(block, f"bn{count}")(getattr(block, f"conv{count}")(y))
            y = F.relu(y) if count < len(kernels) else y
        if reduction:
            squeezed = F.adaptive_avg_pool2d(y, 1)
            y = y * torch.sigmoid(block.excite(getattr(F, act)(block.squeeze(squeezed))))
        if average and x.shape[2] != y.shape[2]:
            return F.relu(y + block.shortcut(F.avg_pool2d(x, 2)))
        return F.relu(y + (block.shortcut(x) if hasattr(block, "shortcut") else x))

    def make(arriving, leaving, stride):
        widths = [arriving, *([leaving // 2] * 2 if len(kernels) == 3 else [leaving]), leaving]
        layers = {}
        for count, kernel in enumerate(kernels, 1):
            step = stride if count == len(kernels) - 1 else 1
            split = groups if kernel == 3 else 1
            layers[f"conv{count}"] = nn.Conv2d(
                widths[count - 1], widths[count], kernel, step, kernel // 2, groups=split, bias=False
            )
            layers[f"bn{count}"] = nn.BatchNorm2d(widths[count])
        if reduction:
            layers["squeeze"] = nn.Conv2d(leaving, leaving // reduction, 1)
            layers["excite"] = nn.Conv2d(leaving // reduction, leaving, 1)
        if stride != 1 or arriving != leaving:
            conv = nn.Conv2d(arriving, leaving, 1, 1 if average else stride, bias=False)
            layers["shortcut"] = nn.Sequential(conv, nn.BatchNorm2d(leaving))
        return _block(layers, forward)

    return make


GROUPED = "block: bottleneck, bottleneck_width: 4, cardinality: 2"
BASIC, NARROW = (3, 3), (1, 3, 1)
BLOCKS = {
    "block: preact_basic": lambda: _preact(BASIC, 1),
    "block: preact_basic, kernels: [3]": lambda: _preact((3,), 1),
    "block: preact_basic, kernels: [1, 3]": lambda: _preact((1, 3), 1),
    "block: preact_basic, kernels: [3, 1, 5, 3]": lambda: _preact((3, 1, 5, 3), 1),
    "block: preact_basic, shortcut_from: input": lambda: _preact(BASIC, 1, start="input"),
    "block: preact_basic, shortcut: zero_pad": lambda: _preact(BASIC, 1, pad=True),
    "block: preact_basic, shortcut: zero_pad, shortcut_from: input": lambda: _preact(BASIC, 1, start="input", pad=True),
    "block: preact_bottleneck, width: 8": lambda: _preact(NARROW, 2),
    "block: preact_bottleneck, width: 8, stride_on: 1x1": lambda: _preact(NARROW, 1),
    "block: preact_bottleneck, width: 8, cardinality: 2": lambda: _preact(NARROW, 2, groups=2),
    "block: basic, attention: se": lambda: _residual(BASIC, reduction=16),
    "block: basic, attention: {type: se, reduction: 4, activation: silu}": lambda: _residual(
        BASIC, reduction=4, act="silu"
    ),
    f"{GROUPED}, attention: {{type: se, reduction: 2}}": lambda: _residual(NARROW, groups=2, reduction=2),
    "block: basic, shortcut: average_projection": lambda: _residual(BASIC, average=True),
    "block: bottleneck, width: 8, shortcut: average_projection": lambda: _residual(NARROW, average=True),
    f"{GROUPED}, shortcut: average_projection, attention: {{type: se, reduction: 8}}": lambda: _residual(
        NARROW, groups=2, average=True, reduction=8
    ),
}
SHAPES = {"stride and channels": (8, 16, 2), "channels": (8, 16, 1), "neither": (16, 16, 1)}


@pytest.mark.parametrize(("arriving", "leaving", "stride"), SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("block", BLOCKS)
def test_block_is_its_papers_bit_for_bit(tmp_path, block, arriving, leaving, stride):
    """Two blocks, of which the first changes the shape; the weights are taken in order."""
    from torch import nn

    size = {"arriving": arriving, "leaving": leaving, "stride": stride}
    features = leaving * (8 // stride) ** 2

    def reference():
        make = BLOCKS[block]()
        blocks = (make(arriving, leaving, stride), make(leaving, leaving, 1))
        return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(features, 3))

    theirs = peers.filled(reference, seed=8)
    layout = peers.layout(_build(tmp_path, block, **size))
    assert [shape for _, *shape in layout] == [shape for _, *shape in peers.layout(theirs)]
    weights = dict(zip((key for key, *_ in layout), theirs.state_dict().values(), strict=True))
    ours = _build(tmp_path, block, **size, weights=weights)
    images = peers.random_images(2, arriving, 8, 8)
    assert peers.output(ours, images).equal(peers.output(theirs, images))


def test_an_average_projection_sees_every_position(tmp_path):
    """Bag of Tricks, section 4.1: a strided 1x1 convolution ignores three quarters of the map."""
    import torch

    def changed(block):
        network = peers.randomised(_build(tmp_path, block).to_empty(device="cpu"), seed=9).eval()
        shortcut = network.one.get_submodule("0").shortcut
        images = peers.random_images(1, 8, 8, 8)
        moved = images.clone()
        moved[:, :, 1::2, 1::2] += 1.0
        with torch.no_grad():
            return not torch.equal(shortcut(images), shortcut(moved))

    assert changed("block: bottleneck, width: 8, shortcut: average_projection")
    assert not changed("block: bottleneck, width: 8")


# --- where a reduction that does not divide is shown ---

NET = """\
archc: 1
name: net
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 24}
defaults: {block: basic, attention: {type: se, reduction: 8}}
stages:
  one: {blocks: 3, channels: 24}
  two: {blocks: 2, channels: 48}
head: {classes: 10}
"""
FAULTS = {
    "of the defaults": ("reduction: 8", "reduction: 16", "16", 24),
    "of a later stage": ("channels: 48", "channels: 48, attention: {type: se, reduction: 7}", "7", 48),
    "of one block": (
        "channels: 24}",
        "channels: 24, override: {last: {attention: {type: se, reduction: 5}}}}",
        "5",
        24,
    ),
    "by default": ("{type: se, reduction: 8}", "se", "se", 24),
}


@pytest.mark.parametrize(("old", "new", "shown", "channels"), FAULTS.values(), ids=FAULTS)
def test_a_reduction_that_does_not_divide_is_shown_where_it_is_said(tmp_path, old, new, shown, channels):
    path = tmp_path / "net.yaml"
    before, _, behind = NET.rpartition(old)
    path.write_text(before + new + behind, encoding="utf-8")
    with pytest.raises(archcompiler.SpecError) as caught:
        archcompiler.cost(path)
    (fault,) = [each for each in caught.value.diagnostics if each.code == "G009"]
    text = path.read_text(encoding="utf-8").splitlines()[fault.span.line - 1]
    assert text[fault.span.column - 1 : fault.span.end_column - 1] == shown
    assert fault.span.line == before.count("\n") + 1
    assert f"on {channels} channels gives" in fault.message
