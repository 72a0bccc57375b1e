"""What a comparison says of two specs: edits, facts, findings, contributions; and that PyTorch agrees."""

import peers
import pytest
from diff_cases import ROWS, hold_against_pytorch, kept_by_pytorch, row_id, write_row

import archcompiler
from archcompiler.analyses.cost import Cost
from archcompiler.compare.rules import Impact
from archcompiler.render.diff_words import change_text, finding_text

every_row = pytest.mark.parametrize("row", ROWS, ids=row_id)


@pytest.fixture
def pair(row, tmp_path):
    return write_row(row, tmp_path)


def test_there_are_rows_of_every_impact_and_every_rule():
    from archcompiler.diagnostics import CODES

    assert len(ROWS) >= 80
    assert {row["impact"] for row in ROWS} == {impact.name for impact in Impact}
    assert {rule for row in ROWS for rule in row.get("rules", "").split()} == {c for c in CODES if c.startswith("D")}


@every_row
def test_what_a_change_does_is_found(row, pair):
    found = archcompiler.diff(*pair)
    assert found.impact.name == row["impact"]
    assert " ".join(each.rule for each in found.findings) == row.get("rules", "")
    assert [change_text(change) for change in found.changes] == row.get("edits", [])
    if "first" in row:
        assert finding_text(found.first) == row["first"]


@every_row
def test_costs_add_up_and_turn_round_exactly(pair):
    found, back = archcompiler.diff(*pair), archcompiler.diff(*reversed(pair))
    old, new = (archcompiler.cost(path).total for path in pair)
    assert found.delta == new - old
    assert back.delta == old - new
    assert back.facts == found.facts
    assert sum((each.delta for each in found.contributions), found.interaction) == found.delta
    seen = [index for each in found.contributions for index in each.changes]
    assert len(seen) == len(set(seen))


@pytest.mark.slow
@every_row
def test_pytorch_agrees_on_the_facts(row, pair):
    found = archcompiler.diff(*pair)
    equal = hold_against_pytorch(found, *pair)
    expected = {"changed": row.get("equal", False), "not comparable": None}
    assert equal == expected.get(found.facts.function, True)


def test_a_spec_does_not_differ_from_itself():
    found = archcompiler.diff("resnext/resnext50_32x4d", "resnext/resnext50_32x4d")
    assert (found.impact, found.changes, found.findings, found.first) == (Impact.COSMETIC, (), (), None)
    assert (found.old, found.delta) == (found.new, Cost())


def test_the_stride_of_v1_and_v1_5_changes_the_function_and_no_weight():
    found = archcompiler.diff("resnet/resnet50_v1", "resnet/resnet50")
    assert found.impact == Impact.FUNCTION
    assert (found.delta.params, found.delta.macs) == (0, 231_211_008)
    assert finding_text(found.first) == "layer2.0.conv1: stride 2 -> 1"
    assert found.weights.share_kept == 1
    assert found.interaction == Cost()


# --- checkpoints ---

NEIGHBOURS = list(zip(peers.SHIPPED, peers.SHIPPED[1:], strict=False))
PAIRS = [
    *NEIGHBOURS[:: -(-len(NEIGHBOURS) // 22)],
    ("resnet/resnet50", "resnext/resnext50_32x4d"),
    ("resnet/resnet50", "wide_resnet/wide_resnet50_2"),
    ("resnet/resnet50_v1", "resnet/resnet50"),
    ("resnet/resnet18", "resnet/resnet34"),
    ("cifar/resnet20", "cifar/resnet32"),
    ("vgg/vgg11", "vgg/vgg13"),
    ("resnet/resnet50", "timm/resnet26"),
    ("cifar/preact_resnet110", "cifar/resnet110"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), PAIRS, ids=[f"{old} {new}" for old, new in PAIRS])
def test_the_forecast_is_what_pytorch_loads(old, new):
    found = archcompiler.diff(old, new)
    before, after = (archcompiler.build(spec, device="meta") for spec in (old, new))
    given, own = before.state_dict(), after.state_dict()
    kept = kept_by_pytorch(after, given)
    assert list(found.weights.kept) == kept
    params = dict(after.named_parameters())
    share = sum(params[name].numel() for name in kept if name in params) / peers.parameter_count(after)
    assert found.weights.share_kept == share
    reshaped = [name for name in own if name in given and given[name].shape != own[name].shape]
    assert [each.name for each in found.weights.reshaped] == reshaped
    renamed = dict(found.weights.renamed)
    assert sorted([*found.weights.added, *renamed.values()]) == sorted(own.keys() - given.keys())
    assert sorted([*found.weights.removed, *renamed]) == sorted(given.keys() - own.keys())
    assert all(given[one].shape == own[other].shape for one, other in renamed.items())


@pytest.mark.slow
@pytest.mark.parametrize("spec", peers.SHIPPED[::9])
def test_the_state_dict_is_foretold_in_its_order(spec):
    from archcompiler.compare.weights import weights

    built = archcompiler.build(spec, device="meta").state_dict()
    foretold = weights(archcompiler.compile(spec)).state_dict
    assert list(foretold.items()) == [(name, tuple(tensor.shape)) for name, tensor in built.items()]
