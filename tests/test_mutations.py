"""No number of a spec may change unseen: each one is changed in turn, and a claim must fail or a parity test see it."""

import re

import peers
import pytest

from archcompiler.claims.check import check_spec

SPECS = [
    "resnet/resnet50",
    "resnext/resnext50_32x4d",
    "cifar/resnet20",
    "vgg/vgg11",
    "systems/c_n7",
    "regnet/regnetx_200mf",
]
SEEN_BY_PARITY = {
    "cifar/resnet20": {
        ("input: {channels: 3", "4"),
        ("input: {channels: 3", "6"),
        ("layer1: {blocks: 3, channels: 16", "17"),
        ("layer2: {blocks: 3, channels: 32", "33"),
        ("head: {classes: 10", "11"),
        ("head: {classes: 10", "20"),
    },
    "regnet/regnetx_200mf": {
        ("input: {channels: 3", "4"),
        ("input: {channels: 3", "6"),
        ("stem: {steps: [{conv: 32", "33"),
        ("head: {classes: 1000", "1001"),
    },
}
"""The papers print two digits of the parameters. The counts change, and so the keys and shapes that test_counts.py,
test_option_a.py and, through the networks that extend a RegNet of the paper, test_timm.py hold."""
SAME_NETWORK = {
    "vgg/vgg11": {("input: {channels: 3, size: 224", "225")},
    "systems/c_n7": {("input: {channels: 3, size: 64", "65")},
}
"""One pixel more that no pool keeps: the same network on a larger image."""


def _mutants(text):
    """Yield each number that says something of the network, with its line up to it, changed by one and doubled."""
    body, mark, claims = text.partition("claims:\n")
    for found in re.finditer(r"(?<=[ \[])\d+(?=[,}\]\n])", body):
        line = body[body.rfind("\n", 0, found.start()) + 1 : found.end()].strip()
        if not line.startswith(("archc:", "description:")):
            for number in (int(found[0]) + 1, 2 * int(found[0])):
                changed = f"{body[: found.start()]}{number}{body[found.end() :]}{mark}{claims}"
                yield (line, str(number)), changed


@pytest.mark.parametrize("spec", SPECS)
def test_a_changed_number_is_seen(tmp_path, spec):
    original, survivors = check_spec(spec), set()
    path = tmp_path / "mutant.yaml"
    mutants = dict(_mutants((peers.SPECS / f"{spec}.yaml").read_text(encoding="utf-8")))
    assert len(mutants) > 20
    for change, text in mutants.items():
        path.write_text(text, encoding="utf-8")
        mutant = check_spec(str(path))
        if mutant.sound:
            survivors.add(change)
            assert mutant.analysis != original.analysis
    assert survivors == SEEN_BY_PARITY.get(spec, set()) | SAME_NETWORK.get(spec, set())
