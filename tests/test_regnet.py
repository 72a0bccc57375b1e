"""RegNet's rule gives the rows that pycls, timm and torchvision build, and a claim proves a spec's rows by it."""

import re
from dataclasses import replace
from fractions import Fraction

import peers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcompiler.claims.check import check_spec
from archcompiler.claims.regnet import Row, Rule, built_rows, requested_widths
from archcompiler.cli import main

PAPER = [spec for spec in peers.SHIPPED if spec.startswith("regnet/")]
NUMBERS = st.builds(
    Rule,
    depth=st.integers(1, 40),
    w0=st.integers(1, 40).map(lambda units: 8 * units),
    wa=st.decimals(0, 300, places=2).map(float),
    wm=st.decimals("1.5", 4, places=2).map(float),
    group_width=st.sampled_from([1, 8, 16, 24, 40, 56, 112, 232, 373]),
    b=st.just(Fraction(1)),
    round=st.just("half_even"),
)


def _given(requested, widths, group_widths):
    """Return rows of blocks of ratio 1 from the widths of pycls's kind of list."""
    blocks = requested.values()
    sizes = zip(blocks, widths, group_widths, strict=True)
    return [Row(count, width, width, width // group) for count, width, group in sizes]


@settings(deadline=None, derandomize=True, max_examples=100)
@given(NUMBERS)
def test_rows_are_timms(rule):
    """timm computes in float32, and so may take the other side of a tie: those few are left out."""
    from timm.models.regnet import adjust_widths_groups_comp, generate_regnet

    all_widths, stages, groups = generate_regnet(rule.wa, rule.w0, rule.wm, rule.depth, rule.group_width)
    requested = requested_widths(rule)
    if sorted(all_widths) != [width for width, blocks in requested.items() for _ in range(blocks)]:
        assert _is_near_a_tie(rule)
        return
    widths, group_widths = adjust_widths_groups_comp(list(requested), [1.0] * stages, groups)
    assert built_rows(rule) == _given(requested, widths, group_widths)


def _is_near_a_tie(rule):
    import math

    steps = [math.log(1 + rule.wa * block / rule.w0) / math.log(rule.wm) for block in range(rule.depth)]
    units = [rule.w0 * rule.wm ** round(step) / 8 for step in steps]
    return any(abs(value % 1 - 0.5) < 1e-3 for value in [*steps, *units])


@settings(deadline=None, derandomize=True, max_examples=100)
@given(NUMBERS)
def test_rows_that_are_made_divisible_are_torchvisions(rule):
    from torchvision.models.regnet import BlockParams

    rule = replace(rule, round="make_divisible")
    theirs = BlockParams.from_init_params(rule.depth, rule.w0, rule.wa, rule.wm, rule.group_width)
    if theirs.depths != list(requested_widths(rule).values()):
        assert _is_near_a_tie(rule)
        return
    assert built_rows(rule) == _given(requested_widths(rule), theirs.widths, theirs.group_widths)


RATIOS = {
    4: [Row(1, 56, 14, 1), Row(3, 128, 32, 2), Row(8, 320, 80, 5), Row(2, 768, 192, 12)],
    2: [Row(1, 64, 32, 2), Row(3, 128, 64, 4), Row(8, 320, 160, 10), Row(2, 768, 384, 24)],
    0.5: [Row(1, 56, 112, 7), Row(3, 136, 272, 17), Row(8, 320, 640, 40), Row(2, 776, 1552, 97)],
}


@pytest.mark.parametrize(("b", "expected"), RATIOS.items())
def test_the_channels_follow_from_the_bottleneck_as_in_pycls(b, expected):
    """By hand from adjust_block_compatibility of pycls/models/blocks.py, whose `bs` are 1 / b.

    RegNetY-800MF is 56, 136, 320 and 776 wide.
    """
    assert built_rows(Rule(14, 56, 38.84, 2.4, 16, Fraction(b), "half_even")) == expected


# --- the claim ---


def _rows_of(text):
    """Yield each number of the stages' rows, with its place in the text."""
    start, stop = text.index("stages:"), text.index("claims:")
    return re.finditer(r"(?<=blocks: )\d+|(?<=channels: )\d+|(?<=cardinality: )\d+", text[start:stop])


@pytest.mark.parametrize("spec", PAPER, ids=peers.short)
def test_a_changed_row_makes_the_claim_fail(tmp_path, spec):
    text = (peers.SPECS / f"{spec}.yaml").read_text(encoding="utf-8")
    text = text.replace("extends: regnet", "extends: regnet/regnet")
    start = text.index("stages:")
    rows = list(_rows_of(text))
    assert len(rows) == 12
    for found in rows:
        changed = text[: start + found.start()] + str(2 * int(found[0])) + text[start + found.end() :]
        path = tmp_path / "changed.yaml"
        path.write_text(changed, encoding="utf-8")
        (rule,) = [claim for claim in check_spec(str(path)).claims if claim.quantity == "rule"] or [None]
        if rule is None:  # a cardinality that no longer divides: the spec does not compile at all
            assert check_spec(str(path)).faults
        else:
            assert rule.fault.code == "C001", found


@pytest.mark.parametrize("spec", PAPER, ids=peers.short)
def test_every_paper_network_proves_its_rows_and_prints_what_was_asked_for(spec):
    (rule,) = [claim for claim in check_spec(spec).claims if claim.quantity == "rule"]
    assert rule.fault is None
    assert len(rule.printed.split(" in ")[0].split()) == 4
    assert rule.source.startswith("https://github.com/facebookresearch/pycls configs/dds_baselines/")


def test_what_is_asked_for_and_what_is_built_stand_side_by_side(capsys):
    assert main(["check", "regnet/regnetx_400mf", "--fast", "--all"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if " rule " in line)
    assert "1x24 2x64 7x152 12x392 in groups of 16  1x32 2x64 7x160 12x384 in groups of 16" in row
    assert "holds" in row


WRONG = {
    "round: half_even": ("round: make_divisible", "the rule gives 12x400 in groups of 16 for stage4, 12x384"),
    "depth: 22": ("depth: 21", "the rule gives 11x384 in groups of 16 for stage4, 12x384"),
    "wm: 2.54": ("wm: 8.0", "the rule gives 2 stages of equal blocks, 4 are built"),
    "group_width: 16": (
        "group_width: 8",
        "the rule gives 1x24 in groups of 8 for stage1, 1x32 in groups of 16 is built",
    ),
}


@pytest.mark.parametrize(("old", "new"), WRONG.items())
def test_a_rule_that_gives_other_rows_fails_at_its_place(tmp_path, old, new):
    text = (
        (peers.SPECS / "regnet/regnetx_400mf.yaml").read_text(encoding="utf-8").replace("extends: ", "extends: regnet/")
    )
    path = tmp_path / "wrong.yaml"
    path.write_text(text.replace(old, new[0]), encoding="utf-8")
    (rule,) = [claim for claim in check_spec(str(path)).claims if claim.quantity == "rule"]
    assert rule.fault.message.startswith(new[1])
    assert (
        text.replace(old, new[0])
        .splitlines()[rule.fault.span.line - 1][rule.fault.span.column - 1 :]
        .startswith("{name: reg")
    )


def test_a_stage_of_unequal_blocks_is_none_that_a_rule_gives(tmp_path):
    path = tmp_path / "odd.yaml"
    claim = "{source: s, rule: {name: regnet, depth: 13, w0: 24, wa: 36.44, wm: 2.49, group_width: 8}}"
    stages = "stages: {stage4: {override: {last: {cardinality: 23, bottleneck_width: 16}}}}"
    path.write_text(
        f"archc: 1\nname: odd\nextends: regnet/regnetx_200mf\n{stages}\nclaims: [{claim}]\n", encoding="utf-8"
    )
    (verdict,) = check_spec(str(path)).claims
    assert verdict.fault.message == "the rule gives 4 stages of equal blocks, 5 are built"


# --- torchvision's; test_torchvision.py holds them against the library ---


def test_every_regnet_of_torchvision_is_shipped():
    from torchvision.models import list_models

    assert {peers.short(spec) for spec in peers.SHIPPED if spec.startswith("torchvision/regnet_")} == {
        name for name in list_models() if name.startswith("regnet_")
    }
