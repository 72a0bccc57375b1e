"""`archc solve` answers ResNeXt's question, "which width?", as its tables and its followers' do."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcompiler.cli import main
from archcompiler.solve.search import solve

SPEC = "resnext/resnext50_32x4d"
TO_RESNET50 = ["--to", "resnet/resnet50"]


def answers(capsys, *arguments, spec=SPEC):
    code = main(["solve", spec, *arguments, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)["answers"]


def test_matched_widths_of_the_identity_block_are_those_of_resnext_table_2(capsys):
    arguments = ["--for", "stages.layer1.bottleneck_width", *TO_RESNET50, "--over", "block", "--count", "conv"]
    _, found = answers(capsys, *arguments, "--cardinality", "1,2,4,8,16,32,64")
    assert [answer["nearest"]["value"] for answer in found] == [64, 40, 24, 14, 8, 4, 2]


@pytest.mark.parametrize(
    ("stage", "block", "width"),
    [(1, 0, 5), (1, 1, 4), (2, 0, 9), (2, 1, 8), (3, 0, 18), (3, 1, 16), (4, 0, 36), (4, 1, 32)],
)
def test_matched_widths_of_every_stages_first_two_blocks(capsys, stage, block, width):
    field = f"stages.layer{stage}.bottleneck_width"
    arguments = ["--for", field, *TO_RESNET50, "--over", "block", "--block", str(block), "--count", "conv"]
    _, (found,) = answers(capsys, *arguments, "--cardinality", "32")
    assert found["nearest"]["value"] == width


@pytest.mark.parametrize(("count", "real", "nearest"), [("conv", 24.506, 25), ("all", 24.468, 24)])
def test_over_a_stage_the_answer_depends_on_what_is_counted(capsys, count, real, nearest):
    arguments = ["--for", "stages.layer1.bottleneck_width", *TO_RESNET50, "--over", "stage", "--count", count]
    _, (found,) = answers(capsys, *arguments, "--cardinality", "4")
    assert found["real"] == pytest.approx(real, abs=1e-3)
    assert found["nearest"]["value"] == nearest


def test_only_legal_values_are_offered(capsys):
    arguments = ["--for", "stages.layer3.width", "--set", "stages.layer3.cardinality=32", *TO_RESNET50]
    _, (found,) = answers(capsys, *arguments, spec="resnet/resnet50")
    assert found["below"]["value"] % 32 == found["above"]["value"] % 32 == 0


def test_any_integer_field_meets_any_budget(capsys):
    arguments = ["--for", "stages.layer3.blocks", "--equal", "macs", "--to", "5.0e9", "--over", "network"]
    code, (found,) = answers(capsys, *arguments, spec="resnet/resnet50")
    assert code == 0
    assert found["below"]["spent"] <= 5_000_000_000 < found["above"]["spent"]
    assert found["above"]["value"] == found["below"]["value"] + 1


def test_a_budget_that_nothing_meets_is_a_finding(capsys):
    assert main(["solve", SPEC, "--for", "stages.layer1.no_such_field", *TO_RESNET50]) == 1
    assert "S001" in capsys.readouterr().err


@given(a=st.integers(0, 50), b=st.integers(1, 50), target=st.integers(51, 10**7), step=st.sampled_from([1, 2, 32]))
def test_the_solution_is_a_pair_of_legal_neighbours_around_the_target(a, b, target, step):
    def spend(value):
        return None if value % step else a * value * value + b * value

    found = solve(spend, target)
    if found.below and found.above:
        assert found.below.spent <= target <= found.above.spent
        assert found.above.value - found.below.value == step
        assert found.below.value - 1e-6 <= found.real <= found.above.value + 1e-6
    assert found.nearest is not None


def test_a_budget_below_the_least_value_is_a_finding_that_says_so(capsys):
    assert main(["solve", SPEC, "--for", "stages.layer1.bottleneck_width", "--to", "10"]) == 1
    assert "no legal value stays within 10: the least, 1, spends" in capsys.readouterr().out
