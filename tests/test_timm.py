"""timm's networks from their specs: the same keys in the same order, and the same output of the same weights."""

import peers
import pytest

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")

TIMM = [spec for spec in peers.SHIPPED if spec.startswith("timm/")]
LARGE = ("101", "152", "wide", "repvgg_b", "_d2se", "dpn9", "dpn1", "vovnet57", "vovnet99", "res2next", "res2net50d")
LARGE += ("_6s", "_8s", "_small", "_base", "_large", "xlarge", "_huge", "v2_tiny", "fasternet_m", "fasternet_l")
LARGE += ("cspres", "darknet53", "darknetaa53", "darknet_l", "darknet_x", "focus_m", "focus_l", "focus_x")
"""What stands in the names of networks that take long and have no layer that the others lack."""
SIDES = {"/vgg": (224, 256), "inception_v": (96, 128), "inception_resnet": (96, 128), "aa": (64, 96)}
"""What stands in the names of networks that take no small or no odd map, and the sides of an image for them."""
ROUNDED = {"timm/convnext_atto_rms": "timm's RMS norm on maps takes the mean over channels that stand first"}
"""The networks whose output differs by rounding alone, each with the operation."""


def _timm_network(spec):
    import timm

    return timm.create_model(peers.short(spec), pretrained=False)


@pytest.mark.parametrize("spec", TIMM, ids=peers.short)
def test_state_dict_has_timms_keys_shapes_and_order(spec):
    import torch

    with torch.device("meta"):
        theirs = _timm_network(spec)
    ours = archcompiler.build(spec, device="meta")
    assert peers.layout(ours) == peers.layout(theirs)
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]


FEATURES = ["resnet26t", "seresnext26d_32x4d", "ecaresnet26t", "resnetblur50", "resnetaa50d", "resnet50_gn"]
FEATURES += ["resnetv2_18", "resnetv2_50t", "resnetv2_50d_gn"]
FEATURES += ["repvgg_a0", "starnet_s050", "vovnet39a", "ese_vovnet19b_dw", "res2net50_48w_2s", "dpn48b"]
FEATURES += ["convnext_atto", "convnext_tiny", "convnextv2_atto", "fasternet_t1", "inception_next_atto"]
FEATURES += ["ghostnetv2_100", "ghostnet_050", "cspresnet50", "cs3darknet_focus_s", "sedarknet21"]


@pytest.mark.parametrize("name", FEATURES)
def test_counts_are_what_is_measured_on_timms_own_network(name):
    """torchinfo counts the multiply-adds of leaves only, and many norms of timm's hold their activation."""
    import torch
    from torch import nn

    with torch.device("meta"):
        theirs = _timm_network(name)
    report = archcompiler.cost(f"timm/{name}")
    images = (1, *report.input)
    measured = peers.measured(theirs, images)
    assert (measured.macs, measured.activations) == (report.macs, report.total.activations)
    norms = (module for module in theirs.modules() if isinstance(module, (nn.BatchNorm2d, nn.GroupNorm)))
    unseen = sum(p.numel() for norm in norms if norm._modules for p in norm.parameters(recurse=False))
    assert peers.torchinfo_totals(theirs, images) == (report.params, report.total.torchinfo_mult_adds - unseen)


@pytest.mark.parametrize("spec", TIMM, ids=peers.short)
def test_input_is_timms(spec):
    import timm

    assert archcompiler.cost(spec).input == timm.get_pretrained_cfg(peers.short(spec)).input_size


@pytest.mark.parametrize(
    "spec",
    [pytest.param(spec, marks=[pytest.mark.slow] if any(word in spec for word in LARGE) else []) for spec in TIMM],
    ids=peers.short,
)
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
