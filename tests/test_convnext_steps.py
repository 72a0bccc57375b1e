"""The way from ResNet to ConvNeXt (arXiv:2201.03545, Tables 10 and 11): each spec is one step from the one before.

The printed figures are claims of the specs, which test_claims.py proves.
"""

import itertools

import peers
import pytest
import yaml

import archcompiler
from archcompiler.compare.hashes import function_hash
from archcompiler.compare.reading import Reading

STEPS = {
    chain: [spec for spec in peers.SHIPPED if spec.startswith(f"convnext/{chain}")]
    for chain in ("t", "b")  # to ConvNeXt-T and to ConvNeXt-B
}
SAME_NETWORK = {"mlp": "conv", "layer_scale": "none"}
"""What is said of ConvNeXt's block so that it is that of the last step: a 1x1 convolution is a linear layer of each
position, and the scale of a block, 1e-6 at first, belongs to the recipe (Appendix A.1)."""


def document(spec):
    return yaml.safe_load((peers.SPECS / f"{spec}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("chain", STEPS)
def test_each_step_extends_the_one_before(chain):
    """But for the larger kernels, 9x9 and 11x11, which the paper tries and gives up again."""
    steps = STEPS[chain]
    assert len(steps) == 15
    assert document(steps[0])["extends"] == {"t": "resnet/resnet50", "b": STEPS["t"][0]}[chain]
    for number, (before, step) in enumerate(itertools.pairwise(steps), 2):
        assert document(step)["extends"] == (steps[7] if number == 11 else before)
        assert step.startswith(f"convnext/{chain}{number:02d}_")


@pytest.mark.parametrize(("step", "of_b"), [*zip(*STEPS.values(), strict=True)], ids=lambda spec: spec[9:])
def test_both_ways_take_the_same_steps(step, of_b):
    """Where a step says no widths, it is the same edit."""
    one, other = ({key: document(spec).get(key) for key in ("blocks", "defaults", "head")} for spec in (step, of_b))
    assert one == other
    assert step[12:] == of_b[12:]


@pytest.mark.parametrize("step", [step for steps in STEPS.values() for step in steps], ids=lambda spec: spec[9:])
def test_a_step_changes_the_network(step):
    found = archcompiler.diff(document(step)["extends"], step)
    assert found.impact.name in ("FUNCTION", "WEIGHTS")


@pytest.mark.parametrize(("chain", "network"), [("t", "timm/convnext_tiny"), ("b", "timm/convnext_base")])
def test_the_last_step_computes_what_convnext_computes(chain, network):
    theirs = archcompiler.compile(
        archcompiler.load(network, [f"defaults.{key}={each}" for key, each in SAME_NETWORK.items()])
    )
    assert function_hash(Reading(archcompiler.compile(STEPS[chain][-1]))) == function_hash(Reading(theirs))


def test_the_last_step_gives_timms_output_on_timms_weights(one_thread):
    from timm.models.convnext import ConvNeXt

    theirs = peers.filled(lambda: ConvNeXt(conv_mlp=True, ls_init_value=None), seed=7)
    ours = archcompiler.build(STEPS["t"][-1])
    weights = zip(ours.state_dict(), theirs.state_dict().values(), strict=True)
    ours.load_state_dict(dict(weights))
    images = peers.random_images(2, 3, 64, 64)
    assert peers.output(ours, images).equal(peers.output(theirs, images))
