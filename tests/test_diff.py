"""What a comparison says of two specs: edits, facts, findings, contributions; and that PyTorch agrees."""

import itertools
import json

import peers
import pytest
from diff_cases import ROWS, hold_against_pytorch, kept_by_pytorch, row_id, write_row

import archcompiler
from archcompiler.analyses.cost import Cost
from archcompiler.cli import main
from archcompiler.compare.contributions import MOST_LAYERS
from archcompiler.compare.edits import UNSEEN
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
    same_hash = found.old.function_hash == found.new.function_hash
    names_exchanged = "norm1: bn2" in row_id(row)
    assert same_hash == (found.facts.function in ("same", "training only") or names_exchanged)


@every_row
def test_a_finding_points_at_what_was_edited(row, pair):
    found = archcompiler.diff(*pair)
    edited = [side.span for change in found.changes for side in (change.old, change.new) if side]
    specs = list(map(archcompiler.load, pair))
    once = set.symmetric_difference(*(set(spec.section("stages").entries) for spec in specs))
    for spec in specs:
        edited += [entry.key_span for key, entry in spec.document.entries.items() if key == "names"]
        edited += [entry.key_span for name, entry in spec.section("stages").entries.items() if name in once]
    for each in found.findings:
        spans = [sight.span for sight in (each.old, each.new) if sight and sight.span]
        assert each.rule == "D501" or any(overlap(one, other) for one in spans for other in edited), each


def overlap(one, other):
    """Tell whether two places of a file, each on a line, have a character in common."""
    same = (one.path, one.line) == (other.path, other.line) and one.path != "<schema>"
    return same and one.column < other.end_column and other.column < one.end_column


POINTS = [
    ({"input": {"channels": 6}}, "D202", "conv1.weight", "input.channels"),
    ({"input": {"channels": 6}, "stem": {"activation": "silu"}}, "D202", "conv1.weight", "input.channels"),
    ({"input": {"size": 225}}, "D101", "input", "input.size"),
    ({"stem": {"channels": 32}}, "D202", "conv1.weight", "stem.channels"),
    ({"head": {"classes": 7}}, "D102", "output", "head.classes"),
    ({"head": {"classes": 7}, "stages": {"layer4": {"stride": 1}}}, "D202", "fc.weight", "head.classes"),
    ({"stages": {"layer4": {"channels": 1024}}}, "D202", "layer4.0.conv3.weight", "stages.layer4.channels"),
    ({"stages": {"layer3": {"channels": 512}}}, "D202", "layer3.0.conv3.weight", "stages.layer3.channels"),
    (
        {"stages": {"layer3": {"channels": 512, "activation": "silu"}, "layer4": {"activation": "silu"}}},
        "D202",
        "layer3.0.conv3.weight",
        "stages.layer3.channels",
    ),
]


@pytest.mark.parametrize(("said", "rule", "name", "address"), POINTS)
def test_a_finding_points_at_the_edit_and_not_at_what_follows_from_it(tmp_path, said, rule, name, address):
    found = archcompiler.diff(*write_variants(tmp_path, "resnet/resnet50", {}, said))
    each = next(each for each in found.findings if each.rule == rule)
    change = next(change for change in found.changes if change.address == address)
    assert each.new.name == name
    assert (each.old.span, each.new.span) == (change.old.span, change.new.span)


def test_a_layer_behind_a_stage_that_went_points_at_the_stage(tmp_path):
    found = archcompiler.diff(*write_variants(tmp_path, "resnet/resnet50", {}, {"stages": {"layer4": None}}))
    each = next(each for each in found.findings if each.rule == "D202")
    assert each.new.name == "fc.weight"
    assert (each.old.span.path.endswith("resnet50.yaml"), each.old.span.line, each.new.span) == (True, 12, None)


def test_six_channels_are_told_at_the_line_that_says_so(tmp_path, capsys, monkeypatch):
    text = "archc: 1\nname: pose\nextends: resnet/resnet50\ninput: {channels: 6}\n"
    (tmp_path / "six_channels.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["diff", "resnet/resnet50", "six_channels.yaml"]) == 1
    assert (
        "INTERFACE[D101]: input: 3x224x224 -> 6x224x224\n  resnet/resnet50:5:19 -> six_channels.yaml:4:19\n"
        "WEIGHTS[D202]: conv1.weight: 64x3x7x7 -> 64x6x7x7\n  resnet/resnet50:5:19 -> six_channels.yaml:4:19\n"
    ) in capsys.readouterr().out


@every_row
def test_costs_add_up_and_turn_round_exactly(pair):
    found, back = archcompiler.diff(*pair), archcompiler.diff(*reversed(pair))
    old, new = (archcompiler.cost(path).total for path in pair)
    assert found.delta == new - old
    assert back.delta == old - new
    assert back.facts == found.facts
    assert sum((each.delta for each in found.contributions), Cost()) == found.delta
    field = sum(each.receptive_field for each in found.contributions)
    assert field == found.new.receptive_field - found.old.receptive_field
    seen = [index for each in found.contributions for index in each.changes]
    assert len(seen) == len(set(seen))
    assert {found.changes[index].address for index in set(range(len(found.changes))).difference(seen)} <= set(UNSEEN)


@pytest.mark.slow
@every_row
def test_pytorch_agrees_on_the_facts(row, pair):
    found = archcompiler.diff(*pair)
    equal = hold_against_pytorch(found, *pair)
    expected = {"changed": row.get("equal", False), "not comparable": None}
    assert equal == expected.get(found.facts.function, True)


def write_variants(folder, base, *sides):
    """Write specs that say something over a shipped one, and return their paths."""
    paths = [folder / f"{name}.yaml" for name in "ab"]
    for path, said in zip(paths, sides, strict=True):
        path.write_text(json.dumps({"archc": 1, "name": path.stem, "extends": base, **said}), encoding="utf-8")
    return paths


MOVES = [
    (
        {"stages": {"layer3": {"attention": "se"}}},
        {"stages": {"layer4": {"attention": "se"}}},
        ["stages.layer3.attention se -> stages.layer4.attention se"],
        ["stages.layer4.attention se -> stages.layer3.attention se"],
    ),
    (
        {},
        {"stages": {"layer1": {"stride": 2}, "layer2": {"stride": 1}}},
        ["stages.layer2.stride 2 -> stages.layer1.stride 2"],
        ["stages.layer1.stride 2 -> stages.layer2.stride 2"],
    ),
    (
        {},
        {"stages": {"layer2": {"blocks": 6}, "layer3": {"blocks": 4}}},
        ["stages.layer2.blocks 4 -> stages.layer3.blocks 4"],
        ["stages.layer2.blocks 6 -> stages.layer3.blocks 6"],
    ),
    (
        {"defaults": {"attention": "se"}},
        {"stages": {"layer1": {"attention": "eca"}, "layer2": {"attention": "se"}}},
        ["defaults.attention se -> stages.layer1.attention eca"],
        ["defaults.attention eca -> se"],
    ),
    (
        {"defaults": {"activation": "silu"}},
        {"defaults": {"activation": "gelu"}, "stages": {"layer1": {"activation": "relu6"}}},
        ["defaults.activation silu -> gelu", "stages.layer1.activation silu -> relu6"],
        ["defaults.activation gelu -> silu"],
    ),
    (
        {"stages": {"layer1": {"dilation": 2}, "layer2": {"dilation": 2}}},
        {"stages": {"layer3": {"dilation": 2}}},
        ["stages.layer2.dilation 2 -> stages.layer3.dilation 2", "stages.layer1.dilation 2 -> 1 (default)"],
        ["stages.layer3.dilation 2 -> stages.layer2.dilation 2", "stages.layer1.dilation 1 (default) -> 2"],
    ),
]


@pytest.mark.parametrize(("old", "new", "edits", "back"), MOVES)
def test_a_value_that_moved_is_one_edit(tmp_path, old, new, edits, back):
    sides = write_variants(tmp_path, "resnet/resnet50", old, new)
    for pair, expected in ((sides, edits), (sides[::-1], back)):
        found = archcompiler.diff(*pair)
        assert [change_text(change) for change in found.changes if change.address not in UNSEEN] == expected
        assert [len(each.changes) for each in found.contributions] == [1] * len(expected)


def test_each_step_is_the_difference_to_the_network_before_it(tmp_path):
    """What cardinality adds is added to widths that no stage has changed yet."""
    found = archcompiler.diff("resnet/resnet50", "resnext/resnext50_32x4d")
    widths = {"layer1": 4, "layer2": 8, "layer3": 16, "layer4": 32}
    settings = ["defaults.cardinality=32", *(f"stages.{name}.bottleneck_width={d}" for name, d in widths.items())]
    costs = [archcompiler.cost(archcompiler.load("resnet/resnet50", settings[:count])).total for count in range(6)]
    assert [each.delta for each in found.contributions] == [b - a for a, b in itertools.pairwise(costs)]


def test_beyond_so_many_layers_edits_are_one_last_step(tmp_path):
    stages = {f"s{i}": {"blocks": 2, "channels": 8} for i in range(80)}
    base = {"input": {"channels": 3, "size": 8}, "stem": {"type": "conv3x3", "channels": 8}, "head": {"classes": 2}}
    base |= {"archc": 1, "name": "base", "defaults": {"block": "basic"}, "stages": stages}
    (tmp_path / "base.yaml").write_text(json.dumps(base), encoding="utf-8")
    deeper = {"stages": {name: {"blocks": 3} for name in stages}}
    found = archcompiler.diff(*write_variants(tmp_path, "base.yaml", {}, deeper))
    single = MOST_LAYERS // (80 * 3 * 7 + 5)  # layers of a block, and of stem and head
    assert single < 80
    assert [len(each.changes) for each in found.contributions] == [1] * single + [80 - single]
    assert sum((each.delta for each in found.contributions), Cost()) == found.delta


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


def test_a_layer_without_a_module_is_called_as_a_reader_would(tmp_path):
    found = archcompiler.diff(*write_variants(tmp_path, "resnet/resnet18", {}, {"defaults": {"attention": "eca"}}))
    each = next(each for each in found.findings if each.rule == "D309")
    said = finding_text(each)
    assert said == "layer1.0.attention.pool is added: GridPool (size 1), and 39 more layers"
    found = archcompiler.diff(
        *write_variants(
            tmp_path, "resnet/resnet18", {"defaults": {"attention": "se"}}, {"defaults": {"attention": "eca"}}
        )
    )
    each = next(each for each in found.findings if each.rule == "D309")
    assert finding_text(each) == "layer1.0.reshape is added: Reshape, and 23 more layers"
