"""`archc check --explain`: what would close the gap of a figure that disagrees."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcompiler.backends.conventions import beyond_macs
from archcompiler.claims.check import check_spec
from archcompiler.claims.printed import parse_printed
from archcompiler.cli import main

CLOSED = {
    'quantity: macs, printed: "3.86e9"': ("stride_on 1x1", 3_857_973_248, {"layer2", "layer3", "layer4"}),
    'quantity: params, printed: "25.50M"': ("without norm", 25_503_912, {"stem", *(f"layer{n}" for n in range(1, 5))}),
    'quantity: params, printed: "23.51M"': ("without head", 23_508_032, {"head"}),
    'quantity: params, printed: "40.1M"': (
        "shortcut projection_always",
        None,
        {"layer1", "layer2", "layer3", "layer4"},
    ),
    'quantity: macs, stage: layer2, printed: "951e6"': ("stride_on 1x1", None, {"layer2"}),
}


@pytest.fixture
def explained(tmp_path):
    """Return a function that gives the one explanation of a claim over ResNet-50."""

    def explain(claim, base="resnet/resnet50"):
        path = tmp_path / "claimed.yaml"
        path.write_text(f"archc: 1\nname: claimed\nextends: {base}\nclaims:\n  - {{source: s, {claim}}}\n", "utf-8")
        found = check_spec(str(path), explained=True, tools=beyond_macs())
        assert len(found.claims) == 1
        return found.explanations

    return explain


@pytest.mark.parametrize(("claim", "expected"), CLOSED.items())
def test_the_variation_that_closes_the_gap_is_found(explained, claim, expected):
    words, measured, parts = expected
    (found,) = explained(claim)
    first = found.candidates[0]
    assert first.words == words
    assert measured in (None, first.measured)
    assert {name for name, _ in first.parts} == parts
    assert all(candidate.closes for candidate in found.candidates)
    assert first.measured - found.claim.measured == sum(by for _, by in first.parts)


def test_where_nothing_closes_the_gap_the_nearest_are_shown(explained):
    (found,) = explained('quantity: macs, printed: "3.8e9"')
    assert not any(candidate.closes for candidate in found.candidates)
    assert found.candidates[0].words == "stride_on 1x1"
    assert found.gap == 4_089_184_256 - 3_849_999_999


@pytest.mark.parametrize(
    ("claim", "gap"), [('quantity: params, printed: "25.4M"', 107_033), ('quantity: params, printed: "25.7M"', -92_968)]
)
def test_the_gap_is_to_the_nearest_count_that_would_hold(explained, claim, gap):
    (found,) = explained(claim)
    assert found.gap == gap
    assert parse_printed(found.claim.printed).is_measured(found.claim.measured - gap)


def test_what_holds_and_what_is_no_count_needs_no_explanation(explained):
    assert explained('quantity: params, printed: "25.6M"') == ()
    assert explained('quantity: output, stage: layer1, printed: "1x1"') == ()


def test_a_known_disagreement_is_explained(explained):
    (found,) = explained(
        'quantity: params, printed: "25.50M", disagrees: {how: other_count, measured: "25557032", reason: r}'
    )
    assert found.candidates[0].words == "without norm"


@given(st.decimals("0.1", "999", places=1), st.sampled_from(["", "e3", "M", "e9"]))
def test_the_interval_is_what_rounds_to_the_figure(mantissa, unit):
    figure = parse_printed(f"{mantissa}{unit}")
    low, high = figure.interval()
    for count in {low, high} if low <= high else ():
        assert figure.is_measured(count)
    assert not figure.is_measured(high + 1)
    assert not figure.is_measured(low - 1)


def test_the_command_says_it_as_text_and_as_json(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    claim = '{source: s, quantity: macs, printed: "3.86e9"}'
    (tmp_path / "claimed.yaml").write_text(f"archc: 1\nname: c\nextends: resnet/resnet50\nclaims: [{claim}]\n", "utf-8")
    assert main(["check", "claimed.yaml", "--fast", "--explain"]) == 1
    assert "224,184,257 above what rounds to it; closed by" in capsys.readouterr().out
    assert main(["check", "claimed.yaml", "--fast", "--explain", "--format", "json"]) == 1
    (spec,) = json.loads(capsys.readouterr().out)["specs"]
    (found,) = spec["explanations"]
    assert found["candidates"][0] == {
        "is": "stride_on 1x1",
        "measured": 3_857_973_248,
        "closes": True,
        "parts": {"layer2": -77_070_336, "layer3": -77_070_336, "layer4": -77_070_336},
    }


TWICE = "2 x MACs: each multiplication and each addition is one operation"
STATISTICS = "running statistics counted in"
BIASED = "bias true in the stem too"
CAUSES = [
    # fvcore's issue 133: "8.18G"
    ("resnet/resnet50", 'quantity: macs, printed: "8.18G"', TWICE, 8_178_368_512),
    ("resnet/resnet18", 'quantity: macs, printed: "3.63G"', TWICE, 2 * 1_814_073_344),
    ("resnet/resnet50", 'quantity: macs, stage: layer1, printed: "1335885824"', TWICE, 1_335_885_824),
    ("resnet/resnet50", 'quantity: macs, printed: "7715946496"', f"stride_on 1x1, {TWICE}", 7_715_946_496),
    # Keras's ResNet-50, with its top and without
    ("resnet/resnet50", 'quantity: params, printed: "25636712"', f"{BIASED}, {STATISTICS}", 25_636_712),
    ("resnet/resnet50", 'quantity: params, printed: "25583592"', BIASED, 25_583_592),
    ("resnet/resnet50", 'quantity: params, printed: "23587712"', f"{BIASED}, without head, {STATISTICS}", 23_587_712),
    (
        "resnet/resnet34",
        'quantity: params, printed: "21827624"',
        f"{BIASED}, shortcut projection_always in every first block, {STATISTICS}",
        21_827_624,
    ),
    ("resnet/resnet50", 'quantity: params, printed: "25610152"', STATISTICS, 25_610_152),
    ("resnet/resnet50", 'quantity: params, printed: "25610205"', None, 25_610_205),  # PyTorch's state dict
    # CNTK's issue 2873
    ("resnet/resnet18", 'quantity: params, printed: "16410152"', "layer4.blocks 3", 16_410_152),
    ("resnet/resnet18", 'quantity: params, printed: "11615528"', "layer1.blocks 1", 11_615_528),
    ("resnet/resnet50", 'quantity: params, printed: "26674216"', "layer3.blocks 7", 26_674_216),
    ("resnet/resnet50", 'quantity: params, printed: "23508032"', "without head", 23_508_032),
    # timm's with num_classes=0, which keeps what stands in front of the classifier
    ("timm/convnext_tiny", 'quantity: params, printed: "27820128"', "without classifier", 27_820_128),
    ("timm/ghostnet_100", 'quantity: params, printed: "3901508"', "without classifier", 3_901_508),
    (
        "cifar/preact_resnet110",
        'quantity: params, printed: "1735408"',
        f"without classifier, {STATISTICS}",
        1_735_408,
    ),
    ("resnet/resnet50", 'quantity: params, printed: "23528522"', "head.classes 10", 23_528_522),
    ("cifar/resnet20", 'quantity: params, printed: "275572"', "head.classes 100", 275_572),
    ("resnet/resnet50", 'quantity: macs, printed: "5.34G"', "input.size 256", 5_340_348_416),
    ("resnet/resnet50", 'quantity: macs, printed: "12013223936"', "input.size 384", 12_013_223_936),
    (
        "resnet/resnet18",
        'quantity: params, printed: "11693736"',
        "shortcut projection_always in every first block",
        11_693_736,
    ),
    ("resnet/resnet50", 'quantity: macs, printed: "4094703616"', "sums counted in", 4_094_703_616),
    ("resnet/resnet50", 'quantity: macs, printed: "4096610304"', "sums and pools counted in", 4_096_610_304),
    ("resnet/resnet50", 'quantity: macs, printed: "4.11e9"', "as fvcore counts", 4_111_512_576),
    ("resnet/resnet50", 'quantity: macs, printed: "4133742592"', "as thop counts", 4_133_742_592),
    ("resnet/resnet50", 'quantity: macs, printed: "4100298240"', "norms counted in", 4_100_298_240),
    (
        "resnet/resnet50",
        'quantity: flops, printed: "4.09G"',
        "MACs: a multiplication with its addition is one operation",
        4_089_184_256,
    ),
]


@pytest.mark.parametrize(("base", "claim", "words", "measured"), CAUSES)
def test_the_usual_causes_of_a_disagreement_are_known(explained, base, claim, words, measured):
    (found,) = explained(claim, base)
    first = found.candidates[0]
    assert first.closes
    assert first.measured == measured
    assert words in (None, first.words)


def test_a_backbone_is_counted_with_a_classifier_too(explained, tmp_path):
    path = tmp_path / "backbone.yaml"
    path.write_text("archc: 1\nname: b\nextends: resnet/resnet50\nhead: none\n", encoding="utf-8")
    (found,) = explained('quantity: params, printed: "25557032"', str(path))
    assert found.candidates[0].words == "with a classifier of 1000 classes"


def test_flops_are_twice_the_macs_and_say_so(tmp_path, capsys):
    figures = ('printed: "8.18G"', 'stage: layer1, printed: "1.34G"')
    whole, part = (f"{{source: s, quantity: flops, {figure}}}" for figure in figures)
    path = tmp_path / "flops.yaml"
    path.write_text(f"archc: 1\nname: f\nextends: resnet/resnet50\nclaims: [{whole}, {part}]\n", encoding="utf-8")
    assert main(["check", str(path), "--fast", "--all"]) == 0
    said = capsys.readouterr().out
    assert "flops (2 x MACs)" in said
    assert "8,178,368,512" in said
    assert "flops of layer1 (2 x MACs)" in said
