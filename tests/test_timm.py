"""timm's networks from their specs: the same keys in the same order, and the same output of the same weights."""

import peers
import pytest

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")

TIMM = [spec for spec in peers.SHIPPED if spec.startswith("timm/")]
REPRESENTATIVES = peers.representatives(TIMM)
SIDES = {"/vgg": (224, 256), "inception_v": (96, 128), "inception_resnet": (96, 128)}
SIDES |= dict.fromkeys(("aa", "tresnet", "_clip_gap", "resnet50_mlp"), (64, 96))
"""What stands in the names of networks that take no small or no odd map, and the sides of an image for them."""
ROUNDED = {
    "timm/convnext_atto_rms": "timm's RMS norm on maps takes the mean over channels that stand first",
    **dict.fromkeys(
        ("timm/fastvit_s12", "timm/fastvit_t12", "timm/fastvit_t8"),
        "timm adds the norm to the 1x1 branch of a MobileOne block first, where those of MobileOne add it last",
    ),
}
"""The networks whose output differs by rounding alone, each with the operation."""


def _timm_network(spec):
    import timm

    return timm.create_model(peers.short(spec), pretrained=False)


@pytest.mark.parametrize("spec", TIMM, ids=peers.short)
def test_layers_are_timms_by_key_shape_order_and_setting(spec):
    import timm
    import torch

    with torch.device("meta"):
        theirs = _timm_network(spec)
    peers.assert_same_layers(archcompiler.build(spec, device="meta"), theirs)
    assert archcompiler.cost(spec).input == timm.get_pretrained_cfg(peers.short(spec)).input_size


@pytest.mark.parametrize("spec", REPRESENTATIVES, ids=peers.short)
def test_counts_are_what_is_measured_on_timms_own_network(spec):
    """torchinfo counts the multiply-adds of leaves only, and many norms of timm's hold their activation.

    It counts what leaves call bias, as the learned shift of timm's LearnableAffineBlock, which here the block owns.
    """
    import torch
    from torch import nn

    with torch.device("meta"):
        theirs = _timm_network(spec)
    report = archcompiler.cost(spec)
    images = (1, *report.input)
    measured = peers.measured(theirs, images)
    assert (measured.macs, measured.activations) == (report.macs, report.total.activations)
    norms = (module for module in theirs.modules() if isinstance(module, (nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm)))
    unseen = sum(p.numel() for norm in norms if norm._modules for p in norm.parameters(recurse=False))
    shifts = sum(type(module).__name__ == "LearnableAffineBlock" for module in theirs.modules())
    expected = report.total.torchinfo_mult_adds - unseen + shifts
    assert peers.torchinfo_totals(theirs, images) == (report.params, expected)


@pytest.mark.parametrize("spec", REPRESENTATIVES, ids=peers.short)
def test_output_is_timms(spec):
    """Bit for bit, on odd maps where they fit; where average pools stride, timm's shortcut takes even ones only."""
    import torch

    theirs = peers.filled(lambda: _timm_network(spec), seed=7)
    ours = archcompiler.build(spec, weights=theirs.state_dict())
    images = peers.random_images(2, 3, *next((sides for word, sides in SIDES.items() if word in spec), (61, 75)))
    found, wanted = peers.output(ours, images), peers.output(theirs, images)
    assert found.equal(wanted) or (
        spec in ROUNDED and torch.allclose(found, wanted, rtol=0, atol=1e-5 * float(wanted.abs().max()))
    )
