"""`archc solve` answers ResNeXt's question, "which width?", as its tables and its followers' do."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcompiler
from archcompiler.cli import main
from archcompiler.solve.search import Point, solve

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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--for", "stages.layer1.no_such_field", *TO_RESNET50], "stage `layer1` has no field `no_such_field`"),
        (["--for", "stages.layer9.blocks", *TO_RESNET50], "resnet/resnet50 has no stage 'layer9'"),
        (["--for", "stages.layer1.norm", *TO_RESNET50], "norm: expected a string or a mapping, found the integer 1"),
        (["--for", "stages.layer1.blocks", "--to", "-5"], "--to takes a network, or a number"),
        (["--for", "stages.layer1.blocks", "--to", "nan"], "--to takes a network, or a number"),
        (["--for", "stages.layer1.width", "--to", "9", "--over", "block", "--block", "99"], "its blocks are 0 to 2"),
        (["--for", "stages.layer1.blocks", "--to", "9", "--block", "1"], "--block goes with --over block"),
        (["--for", "stages.layer4.blocks", "--to", "cifar/resnet20"], "cifar/resnet20 has no stage 'layer4'"),
    ],
)
def test_a_question_that_makes_no_sense_is_one_clear_line(capsys, arguments, message):
    assert main(["solve", SPEC, *arguments]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n"), "<--set" in said.err) == ("", 1, False)
    assert message in said.err


@given(
    a=st.integers(0, 50),
    b=st.integers(1, 50),
    target=st.integers(51, 10**7),
    step=st.sampled_from([1, 2, 32]),
    most=st.integers(40, 10**5),
    falls=st.booleans(),
)
def test_the_solution_is_a_pair_of_legal_neighbours_around_the_target(a, b, target, step, most, falls):
    def spend(value):
        illegal = value % step or value > most
        return (
            None if illegal else (a * value * value + b * value) * (-1 if falls else 1) + (2 * target if falls else 0)
        )

    found = solve(spend, target)
    legal = range(step, most + 1, step)
    assert found.steady
    assert found.below == max(
        (Point(value, spend(value)) for value in legal if spend(value) <= target), key=lambda x: x.spent, default=None
    )
    assert found.above == min(
        (Point(value, spend(value)) for value in legal if spend(value) > target), key=lambda x: x.spent, default=None
    )
    if found.below and found.above and found.real is not None:
        low, high = sorted([found.below.value, found.above.value])
        assert high - low == step
        assert low - 1e-6 <= found.real <= high + 1e-6


def test_a_field_that_saves_is_searched_downwards(capsys):
    arguments = ["--for", "stages.layer4.stride", "--equal", "macs", "--to", "4.0e9", "--over", "network"]
    code, (found,) = answers(capsys, *arguments, spec="resnet/resnet50")
    assert (code, found["below"]["value"], found["above"]["value"]) == (0, 3, 2)
    assert found["below"]["spent"] <= 4_000_000_000 < found["above"]["spent"]
    reduction = ["--set", "stages.layer4.attention=se", "--for", "stages.layer4.attention.reduction"]
    _, (found,) = answers(capsys, *reduction, "--to", "26e6", "--over", "network", spec="resnet/resnet50")
    assert (found["below"]["value"], found["above"]["value"]) == (64, 32)


def test_a_count_that_goes_up_and_down_says_so():
    found = solve(lambda value: abs(value - 50) + 1, 5)
    assert not found.steady


def test_nothing_is_offered_for_pasting_where_nothing_fits(capsys):
    assert main(["solve", SPEC, "--for", "stages.layer1.bottleneck_width", "--to", "10"]) == 1
    assert "stages:" not in capsys.readouterr().out


def test_a_budget_below_the_least_value_is_a_finding_that_says_so(capsys):
    assert main(["solve", SPEC, "--for", "stages.layer1.bottleneck_width", "--to", "10"]) == 1
    assert "no legal value stays within 10: the nearest, 1, spends" in capsys.readouterr().out


WIDTHS = "stages.*.bottleneck_width"


@pytest.mark.parametrize(
    ("fields", "to", "equal", "values"),
    [
        ([WIDTHS], "4.0e9", "macs", [63, 126, 252, 503]),
        ([WIDTHS], "resnet/resnet50", "macs", [64, 128, 256, 512]),
        ([WIDTHS], "wide_resnet/wide_resnet50_2", "macs", [128, 256, 512, 1024]),
        ([WIDTHS], "wide_resnet/wide_resnet50_2", "params", [128, 256, 512, 1024]),
        (["stages.*.blocks"], "resnet/resnet50", "params", [3, 4, 6, 3]),
        (["stages.layer1.bottleneck_width", "stages.layer2.bottleneck_width"], "resnet/resnet50", "params", [64, 128]),
        (["stages.layer3.blocks", "stages.layer3.bottleneck_width"], "resnet/resnet50", "macs", [6, 256]),
        (["stem.channels", WIDTHS], "resnet/resnet50", "params", [64, 64, 128, 256, 512]),
        (["input.size", "stem.channels"], "resnet/resnet50", "macs", [224, 64]),
        ([WIDTHS, "stages.layer1.bottleneck_width"], "resnet/resnet50", "activations", [64, 128, 256, 512]),
    ],
)
def test_one_multiplier_moves_several_fields(capsys, fields, to, equal, values):
    asked = [word for field in fields for word in ("--for", field)]
    _, (found,) = answers(capsys, *asked, "--to", to, "--equal", equal, spec="resnet/resnet50")
    assert list(found["nearest"]["values"].values()) == values


def test_what_is_pasted_spends_what_is_said(capsys, tmp_path):
    assert (
        main(["solve", "resnet/resnet50", "--for", WIDTHS, "--to", "4.0e9", "--over", "network", "--equal", "macs"])
        == 0
    )
    said = capsys.readouterr().out.splitlines()
    path = tmp_path / "four.yaml"
    path.write_text(f"archc: 1\nname: four\nextends: resnet/resnet50\n{said[-1]}\n", encoding="utf-8")
    assert archcompiler.cost(path).macs == 4_002_301_915
    assert "  63, 126, 252, 503  4,002,301,915  +2,301,915 (+0.06%)  " in said[4]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--equal", "macs"], "(of convolutions and linear layers)"),
        (["--equal", "macs", "--count", "conv"], "(of convolutions)"),
        (["--equal", "activations"], "(of convolutions and linear layers)"),
        ([], "(norms, biases and linear layers counted in)"),
        (["--count", "conv"], "(convolution weights)"),
    ],
)
def test_what_is_counted_is_said_of_each_quantity(capsys, arguments, words):
    main(["solve", SPEC, "--for", "stages.layer1.bottleneck_width", "--to", "resnet/resnet50", *arguments])
    assert words in capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize("target", ["1", "10", "1000", "0.1e3"])
def test_a_difference_far_beyond_the_target_is_told_in_times(capsys, target):
    main(["solve", SPEC, "--for", "stages.layer1.bottleneck_width", "--to", target])
    said = capsys.readouterr().out
    assert " times)" in said
    assert "%" not in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--for", "stages.*.botleneck_width"], "no such whole number; did you mean stages.layer4.bottleneck_width?"),
        (["--for", WIDTHS, "--over", "stage"], "--for names layer1, layer2, layer3, layer4"),
        (["--for", "stages.*.norm"], "no such whole number"),
        (
            ["--for", "stages.layer1.blocks", "--for", "stages.layer9.blocks"],
            "--for stages.layer9.blocks: the spec has no",
        ),
    ],
)
def test_fields_that_have_no_number_are_one_clear_line(capsys, arguments, message):
    assert main(["solve", SPEC, *arguments, "--to", "1e9"]) == 2
    assert message in capsys.readouterr().err


def test_a_field_that_the_stages_have_of_the_defaults_is_asked_there(capsys):
    asked = ["--equal", "params", "--to", "2.0e6"]
    assert main(["solve", "cifar/densenet_bc100_k12", "--for", "stages.*.growth", *asked]) == 2
    assert "the stages have it of `defaults`: say --for defaults.growth" in capsys.readouterr().err
    _, (found,) = answers(capsys, "--for", "defaults.growth", *asked, spec="cifar/densenet_bc100_k12")
    assert found["nearest"]
