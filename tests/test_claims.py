"""What papers print against what is measured: figures, verdicts, `archc check` and the claims of the shipped specs."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import peers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from archcompiler.claims.check import check_spec
from archcompiler.claims.printed import parse_printed
from archcompiler.cli import main

OUTPUT = Path(__file__).parents[1] / "schemas" / "output"
HOLD = {
    "269722": [269_722],
    "25.0e6": [24_950_000, 25_028_904, 25_049_999],
    "25e6": [24_500_000, 25_499_999],
    "~25e6": [24_500_000, 25_499_999],
    "4.1B": [4_050_000_000, 4_089_184_256],
    "3.86G": [3_857_973_248],
    "0.27M": [265_000, 269_722, 274_999],
    "133M": [132_863_336],
    "70K": [69_500, 70_499],
    "1.5T": [1_450_000_000_000],
    "0.5": [],
}
FAIL = {
    "269722": [269_721, 269_723],
    "25.0e6": [24_949_999, 25_050_000],
    "25e6": [24_499_999, 25_500_000],
    "4.1B": [4_049_999_999, 4_150_000_000],
    "0.27M": [264_999, 275_000],
    "0.5": [0, 1],
}
ROUNDED = [
    ("truncated", "3.8e9", 3_857_973_248),
    ("truncated", "3.8e9", 3_800_000_000),
    ("truncated", "25.5e6", 25_557_032),
    ("rounded_up", "44.6M", 44_549_160),
    ("rounded_up", "44.6M", 44_600_000),
]


@pytest.mark.parametrize(("text", "count"), [(text, count) for text, counts in HOLD.items() for count in counts])
def test_a_figure_holds_for_what_rounds_to_it(text, count):
    assert parse_printed(text).is_measured(count)


@pytest.mark.parametrize(("text", "count"), [(text, count) for text, counts in FAIL.items() for count in counts])
def test_a_figure_fails_for_what_rounds_to_another(text, count):
    assert not parse_printed(text).is_measured(count)


@pytest.mark.parametrize(("how", "text", "count"), ROUNDED)
def test_a_figure_may_be_cut_off_or_rounded_up(how, text, count):
    assert parse_printed(text).is_measured(count, how)
    assert not parse_printed(text).is_measured(count + 10 ** (len(str(count)) - 1), how)


@pytest.mark.parametrize("text", ["56x56", "", "~", "1.", ".5", "1e", "1.5X", "-1", "1_000", "1,5", " 1", "1e6M"])
def test_other_text_is_no_figure(text):
    assert parse_printed(text) is None


@given(st.integers(0, 10**20), st.integers(0, 20), st.integers(0, 20))
def test_a_count_printed_with_any_number_of_digits_holds(count, exponent, decimals):
    """By hand: units of the last digit, rounded half up, with the point put in."""
    units = (2 * count * 10**decimals + 10**exponent) // (2 * 10**exponent)
    digits = str(units).zfill(decimals + 1)
    point = len(digits) - decimals
    printed = f"{digits[:point]}.{digits[point:]}".rstrip(".")
    figure = parse_printed(f"{printed}e{exponent}")
    assert figure.is_measured(count)
    assert figure.text_of(count) == (f"{printed}e{exponent}" if exponent else str(count))
    if exponent >= decimals:
        assert not figure.is_measured(count + 10 ** (exponent - decimals))


def _claimed(tmp_path, *claims, base="resnet/resnet18"):
    """Write a variant of a spec with claims of its own."""
    path = tmp_path / "claimed.yaml"
    rows = "".join(f"  - {{source: s, {claim}}}\n" for claim in claims)
    path.write_text(f"archc: 1\nname: claimed\nextends: {base}\nclaims:\n{rows}", encoding="utf-8")
    return path


def _verdict(tmp_path, claim):
    """Return the only verdict, and the text that its fault points at."""
    path = _claimed(tmp_path, claim)
    (verdict,) = check_spec(str(path)).claims
    fault = verdict.fault
    line = path.read_text(encoding="utf-8").splitlines()[fault.span.line - 1] if fault else ""
    return verdict, line[fault.span.column - 1 : fault.span.end_column - 1] if fault else None


NOTE = "disagrees: {how: %s, reason: because}"
NOTED = 'disagrees: {how: %s, measured: "%s", reason: because}'
HOLDING = [
    'quantity: params, printed: "11.7M"',
    'quantity: params, printed: "11689512"',
    'quantity: params, policy: without_norm, printed: "11679912"',
    'quantity: params, policy: without_head, printed: "11176512"',
    'quantity: params, stage: layer1, printed: "147968"',
    'quantity: params, stage: layer2, block: 0, printed: "230144"',
    'quantity: macs, stage: layer1, block: 1, printed: "231211008"',
    'quantity: depth, stage: layer1, block: 1, printed: "2"',
    'quantity: macs, printed: "1.8e9"',
    'quantity: macs, policy: without_head, printed: "1813561344"',
    'quantity: macs, batch: 2, printed: "3628146688"',
    'quantity: activations, printed: "2484712"',
    'quantity: depth, printed: "18"',
    'quantity: output, stage: layer4, printed: "7x7"',
    'quantity: width, stage: layer3, printed: "256"',
]
KNOWN = [
    f'quantity: params, printed: "11.6M", {NOTE % "truncated"}',
    f'quantity: params, printed: "11.6M", {NOTED % ("truncated", 11689512)}',
    f'quantity: macs, printed: "1.82e9", {NOTE % "rounded_up"}',
    f'quantity: params, printed: "12.9M", {NOTED % ("misprint", 11689512)}',
    f'quantity: macs, printed: "1.9e9", {NOTED % ("other_count", 1814073344)}',
    f'quantity: macs, printed: "~2.0e9", {NOTED % ("approximate", 1814073344)}',
    f'quantity: output, stage: layer4, printed: "8x8", {NOTED % ("misprint", "7x7")}',
]
FAULTS = {
    'quantity: params, printed: "11.6M"': ("C001", '"11.6M"', "11.6M is printed, 11,689,512 is measured, which rounds"),
    'quantity: params, printed: "56x56"': ("C001", '"56x56"', "56x56 is printed, 11,689,512 is measured"),
    'quantity: macs, printed: "1.9e9"': ("C001", '"1.9e9"', "which rounds to 1.8e9"),
    'quantity: output, stage: layer4, printed: "8x8"': ("C001", '"8x8"', "8x8 is printed, 7x7 is measured"),
    'quantity: output, stage: layer4, printed: "7"': ("C001", '"7"', "7 is printed, 7x7 is measured"),
    'quantity: output, printed: "7x7"': ("C003", "output", "needs the name of a stage"),
    'quantity: output, stage: head, printed: "7x7"': ("C003", "head", "needs the name of a stage"),
    'quantity: width, stage: layer5, printed: "7"': ("C003", "layer5", "needs the name of a stage"),
    'quantity: params, stage: layer5, printed: "7"': ("C003", "layer5", "needs the name of a stage"),
    'quantity: params, stage: layer4, block: 2, printed: "7"': ("C003", "2", "and a block that it has"),
    'quantity: params, block: 0, printed: "7"': ("C003", "0", "and a block that it has"),
    'quantity: output, stage: layer1, block: 0, printed: "7x7"': ("C003", "0", "`block` says nothing about output"),
    'quantity: depth, policy: without_norm, printed: "18"': (
        "C003",
        "without_norm",
        "`policy` says nothing about depth",
    ),
    'quantity: params, batch: 2, printed: "11.7M"': ("C003", "2", "`batch` says nothing about params"),
}
STALE = {
    f'quantity: params, printed: "11.7M", {NOTE % "truncated"}': "the printed figure is right",
    f'quantity: params, printed: "11.6M", {NOTE % "rounded_up"}': "11,689,512 is not what it says (rounded up)",
    f'quantity: params, printed: "11.6M", {NOTED % ("truncated", 11600000)}': "not what it says (truncated)",
    f'quantity: params, printed: "12.9M", {NOTED % ("misprint", 11689513)}': "not what it says (misprint)",
    f'quantity: params, printed: "12.9M", {NOTE % "misprint"}': "not what it says (misprint)",
    f'quantity: macs, printed: "2.0e9", {NOTED % ("approximate", 1814073344)}': "not what it says (approximate)",
    f'quantity: macs, printed: "1.9e9", {NOTE % "other_count"}': "not what it says (other count)",
    f'quantity: output, stage: layer4, printed: "8x8", {NOTE % "truncated"}': "7x7 is not what it says (truncated)",
    f'quantity: output, stage: layer4, printed: "7x7", {NOTED % ("misprint", "7x7")}': "the printed figure is right",
}


@pytest.mark.parametrize("claim", HOLDING)
def test_a_claim_holds(tmp_path, claim):
    verdict, _ = _verdict(tmp_path, claim)
    assert (verdict.fault, verdict.known) == (None, None)


@pytest.mark.parametrize("claim", KNOWN)
def test_a_known_disagreement_is_no_fault(tmp_path, claim):
    verdict, _ = _verdict(tmp_path, claim)
    assert (verdict.fault, verdict.known) == (None, "because")


@pytest.mark.parametrize(("claim", "expected"), FAULTS.items())
def test_a_claim_that_fails_is_shown_where_it_stands(tmp_path, claim, expected):
    verdict, place = _verdict(tmp_path, claim)
    code, text, message = expected
    assert (verdict.fault.code, place) == (code, text)
    assert message in verdict.fault.message
    assert verdict.known is None


@pytest.mark.parametrize(("claim", "message"), STALE.items())
def test_a_note_that_is_no_longer_true_is_a_fault(tmp_path, claim, message):
    verdict, place = _verdict(tmp_path, claim)
    assert verdict.fault.code == "C002"
    assert message in verdict.fault.message
    assert place == claim[claim.index("{") :]


def test_a_claim_names_its_source_stage_and_batch(tmp_path):
    claims = ['table: "1", quantity: depth, printed: "18"', 'table: section 4, quantity: macs, batch: 2, printed: "1"']
    claims.append('quantity: output, stage: layer1, printed: "1x1"')
    verdicts = check_spec(str(_claimed(tmp_path, *claims))).claims
    assert [verdict.source for verdict in verdicts] == ["s table 1", "s section 4", "s"]
    assert [verdict.quantity for verdict in verdicts] == ["depth", "macs at batch 2", "output of layer1"]


def test_claims_are_not_inherited(tmp_path):
    path = tmp_path / "variant.yaml"
    path.write_text("archc: 1\nname: variant\nextends: resnet/resnet18\n", encoding="utf-8")
    assert check_spec("resnet/resnet18").claims
    assert check_spec(str(path)).claims == ()
    assert check_spec(str(_claimed(tmp_path, 'quantity: depth, printed: "18"'))).sound


def _run(capsys, *arguments):
    code = main(["check", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_spec_that_holds_ends_with_0_and_one_that_fails_with_1(tmp_path, capsys):
    holds = _claimed(tmp_path, 'quantity: depth, printed: "18"')
    assert _run(capsys, holds, "--fast")[0] == 0
    code, out, err = _run(capsys, _claimed(tmp_path, 'quantity: depth, printed: "19"'), "--fast")
    assert (code, "FAILS (C001)" in out) == (1, True)
    assert err.startswith(f"{tmp_path}/claimed.yaml:5:")
    assert "^^^^" in err


def test_a_faulty_spec_ends_with_1_and_no_spec_at_all_with_2(tmp_path, capsys):
    faulty = _claimed(tmp_path, 'quantity: depth, printed: "19"', base="resnet/resnet18\nhead: {classes: none}")
    code, out, err = _run(capsys, faulty, "--fast")
    assert (code, "FAULTY (S00" in out) == (1, True)
    assert "error[S00" in err
    assert _run(capsys, "resnet/resnet18", "no/such", "--fast")[0] == 2


@pytest.mark.parametrize("quantity", ["params", "macs", "torchinfo_mult_adds"])
def test_counts_that_differ_from_torchinfos_are_no_verdict_to_trust(monkeypatch, capsys, quantity):
    from archcompiler.verbs import check

    def other(graph, report):
        return {quantity: getattr(report.total, quantity) + 1}

    monkeypatch.setattr(check, "_torchinfo_counts", other)
    code, out, _ = _run(capsys, "resnet/resnet34")
    assert code == 1
    assert re.search(r"; [1-9][0-9]* specs? not sound$", out.strip())
    assert ("COUNTS DIFFER" in out) == (quantity != "torchinfo_mult_adds")


LEFT_OUT = {
    "timm/convnext_atto": {},  # its layers of each position are 1x1 convolutions
    "timm/convnext_tiny": {("torchinfo", "Linear"): 36},
    "timm/resnetblur18": dict.fromkeys([("torchinfo", "BlurPool"), ("thop", "BlurPool"), ("ptflops", "BlurPool")], 4),
}


@pytest.mark.parametrize(("spec", "expected"), LEFT_OUT.items())
def test_what_tools_leave_out_of_their_figures_is_told(capsys, spec, expected):
    _, out, _ = _run(capsys, spec, "--fast", "--format", "json")
    (found,) = json.loads(out)["specs"]
    assert {(each["tool"], each["op"]): each["layers"] for each in found["left_out"]} == expected
    assert all(each["counted"] < each["macs"] <= found["analysis"]["macs"] for each in found["left_out"])
    said = _run(capsys, spec, "--fast")[1]
    assert said.count(" counts: ") == len(expected)


def test_torchinfo_counts_of_linear_layers_on_maps_what_is_told(capsys):
    """On timm's own module, with PyTorch's counter beside it."""
    import timm
    import torch
    import torchinfo
    from torch import nn

    (found,) = json.loads(_run(capsys, "timm/convnext_tiny", "--fast", "--format", "json")[1])["specs"]
    (told,) = found["left_out"]
    with torch.device("meta"):
        network = timm.create_model("convnext_tiny", pretrained=False)
    layers = torchinfo.summary(network, input_size=(1, 3, 224, 224), device="meta", verbose=0).summary_list
    linear = [each for each in layers if isinstance(each.module, nn.Linear) and len(each.output_size) == 4]
    assert (len(linear), sum(each.macs for each in linear)) == (told["layers"], told["counted"])
    assert peers.torch_macs(network, (1, 3, 224, 224)) == found["analysis"]["macs"]


THREE = [HOLDING[0], KNOWN[0], 'quantity: macs, printed: "1.9e9"']


def test_json_follows_its_schema(tmp_path, capsys):
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text("archc: 1\nname: faulty\n", encoding="utf-8")
    code, out, _ = _run(capsys, _claimed(tmp_path, *THREE), faulty, "cifar/resnet20", "--fast", "--format", "json")
    resources = [(path.as_uri(), Resource.from_contents(_json(path))) for path in OUTPUT.glob("*.json")]
    schema = {"$ref": (OUTPUT / "check.json").as_uri(), "$schema": Draft202012Validator.META_SCHEMA["$id"]}
    document = json.loads(out)
    Draft202012Validator(schema, registry=Registry().with_resources(resources)).validate(document)
    claimed, faulty, shipped = document["specs"]
    assert [claim["verdict"] for claim in claimed["claims"]] == ["holds", "known", "fails"]
    assert [claimed["sound"], faulty["sound"], shipped["sound"]] == [False, False, True]
    assert [bool(spec["diagnostics"]) for spec in document["specs"]] == [False, True, False]
    assert code == 1


def _json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_junit_has_a_suite_for_each_spec_and_a_failure_for_each_failed_claim(tmp_path, capsys):
    _, out, _ = _run(capsys, _claimed(tmp_path, *THREE), "cifar/resnet32", "--fast", "--format", "junit")
    root = ElementTree.fromstring(out)
    suites = root.findall("testsuite")
    assert [(suite.get("tests"), len(suite.findall("testcase"))) for suite in suites] == [("3", 3), ("2", 2)]
    (failure,) = root.iter("failure")
    assert failure.get("type") == "C001"
    assert "1.9e9 is printed" in failure.get("message")


def test_markdown_is_one_table_of_even_rows(tmp_path, capsys):
    claim = 'table: "a | b <c>", quantity: depth, printed: "18"'
    _, out, _ = _run(capsys, _claimed(tmp_path, claim), "--fast", "--format", "markdown")
    rows = [line for line in out.splitlines() if line.startswith("|")]
    assert len(rows) == 3
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert "a \\| b \\<c\\>" in rows[2]


@pytest.fixture(scope="module")
def shipped(archc):
    """What the command says of every shipped spec, by its name; it finds nothing."""
    run = archc("check", "--fast", "--format", "json")
    assert (run.returncode, run.stderr) == (0, "")
    return {spec["name"]: spec for spec in json.loads(run.stdout)["specs"]}


def test_every_claim_of_every_shipped_spec_holds(shipped):
    assert list(shipped) == peers.SHIPPED
    assert all(spec["sound"] for spec in shipped.values())
    assert {claim["verdict"] for spec in shipped.values() for claim in spec["claims"]} == {"holds", "known"}


@pytest.mark.slow
def test_torchinfo_agrees_with_the_analysis_in_several_processes(archc):
    """test_counts.py holds more networks against torchinfo itself."""
    specs = peers.representatives()[::6]
    run = archc("check", *specs, "--format", "json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)["specs"]
    assert [spec["name"] for spec in found] == specs
    assert all(spec["torchinfo"] == spec["analysis"] for spec in found)


UNPRINTED = {
    "senet/se_resnet50_identity",
    "senet/se_resnet50_post",
    "senet/se_resnet50_pre",
    "resnet/resnet50_b",
    "resnet/resnet50_c",
    "timm/convnext_atto_rms",
    "timm/cspnext_l",
    "timm/cspnext_m",
    "timm/cspnext_s",
    "timm/cspnext_tiny",
    "timm/cspnext_x",
    "timm/efficientnet_x_b3",
    "timm/ghostnetv3_050",
    "timm/ghostnetv3_130",
    "timm/ghostnetv3_160",
    "timm/lcnetv2_base",
    "timm/lcnetv2_large",
    "timm/lcnetv2_small",
    "timm/mobilenetv4_conv_small_035",
    "timm/starnet_s050",
    "timm/starnet_s100",
    "timm/starnet_s150",
    "timm/test_mambaout",
}
"""Networks of which nobody has seen a printed figure with a source; test_attention.py holds the places of the
excitation against their paper's Figure 5, test_timm.py timm's networks against timm itself."""


SOURCE = re.compile(
    r"arXiv:\d{4}\.\d{4,5} (table \d+|Figure \d+|section [\d.]+|list of models)$|https://"
    r"|the original code"
)


def test_every_shipped_spec_has_a_claim_with_a_source(shipped):
    without = {name for name, spec in shipped.items() if not spec["claims"]}
    assert without == UNPRINTED
    sources = [claim["source"] for spec in shipped.values() for claim in spec["claims"]]
    assert [source for source in sources if not SOURCE.match(source)] == []


TORCHVISION = re.compile(
    r"https://pytorch\.org/vision/stable/models/generated/torchvision\.models\.(\w+)\.html(?: (\w+))?"
)


def test_torchvisions_figures_are_those_of_its_documentation(shipped):
    """Its pages are made of each network's `meta`: `num_params`, and `_ops` with two digits."""
    import torchvision

    claims = [(name, claim) for name, spec in shipped.items() for claim in spec["claims"]]
    found = [(name, claim, page) for name, claim in claims if (page := TORCHVISION.fullmatch(claim["source"]))]
    assert len(found) == 2 * 68
    for name, claim, page in found:
        weights = torchvision.models.get_model_weights(page[1])
        meta = (weights[page[2]] if page[2] else weights.DEFAULT).meta
        expected = {"params": str(meta["num_params"]), "macs": f"{meta['_ops']:.2f}e9"}
        assert peers.short(name) == page[1]
        assert claim["printed"] == expected[claim["quantity"]]


MEASURED = {
    "resnet/resnet18_a": (11_515_688, 1_794_805_760),
    "resnet/resnet34_a": (21_623_848, 3_644_493_824),
    "resnet/resnet34_c": (22_716_840, 3_830_747_136),
    "resnet/plain18": (11_515_688, 1_794_805_760),
    "resnet/plain34": (21_623_848, 3_644_493_824),
    "resnet/resnet101_v1": (44_549_160, 7_570_194_432),
    "resnet/resnet152_v1": (60_192_808, 11_282_415_616),
    "resnext/resnext50_2x40d": (25_425_000, 4_124_508_160),
    "resnext/resnext50_4x24d": (25_292_968, 4_159_832_064),
    "resnext/resnext50_8x14d": (25_603_016, 4_267_409_408),
    "resnext/resnext101_2x40d": (44_456_296, 7_843_553_280),
    "resnext/resnext101_4x24d": (44_363_432, 7_885_701_120),
    "resnext/resnext101_32x4d": (44_177_704, 7_969_996_800),
    "resnext/resnext152_32x4d": (59_951_400, 11_709_513_728),
    "resnext/resnext101_2x64d": (84_198_184, 15_123_087_360),
    "resnext/resnet101_1x100d": (85_611_336, 15_272_862_720),
    "cifar/resnext29_8x64d": (34_426_698, 5_387_266_048),
    "wide_resnet/wide_resnet18_1_5": (25_875_816, 3_866_327_040),
    "wide_resnet/wide_resnet18_2": (45_618_216, 6_695_706_624),
    "wide_resnet/wide_resnet18_3": (101_783_976, 14_724_378_624),
    "wide_resnet/wide_resnet34_1_5": (48_613_608, 8_028_125_184),
    "wide_resnet/wide_resnet34_2": (86_036_008, 14_094_458_880),
    "vgg/vgg16_c": (133_638_952, 11_770_888_192),
    "cifar/densenet40_k12": (1_019_722, 264_812_928),
    "cifar/densenet100_k12": (6_979_642, 1_769_516_448),
    "cifar/densenet100_k24": (27_249_082, 6_889_347_744),
    "cifar/densenet_bc100_k12": (769_162, 287_929_692),
    "cifar/densenet_bc190_k40": (25_624_430, 9_301_945_740),
    "cifar/densenet_bc40_k60": (4_261_690, 1_795_836_360),
    "mobilenet/mnasnet_a1": (3_887_038, 311_579_072),
    "mobilenet/mobilenet_v3_large_0_75": (3_993_528, 154_560_624),
    "mobilenet/mobilenet_v3_small_0_75": (2_041_872, 43_399_344),
}
"""Parameters and MACs of other implementations, where no figure is printed or only a few digits of one."""


@pytest.mark.parametrize(("spec", "counts"), MEASURED.items(), ids=MEASURED)
def test_a_network_counts_as_other_implementations_of_it(shipped, spec, counts):
    analysis = shipped[spec]["analysis"]
    assert (analysis["params"], analysis["macs"]) == counts


@pytest.mark.parametrize("depth", [50, 101, 152])
def test_the_two_places_of_the_stride_differ_by_the_same_number(shipped, depth):
    """Three blocks keep their first 1x1 on the larger map: 231,211,008 multiply-adds whatever the depth."""
    later, earlier = (shipped[f"resnet/resnet{depth}{form}"]["analysis"]["macs"] for form in ("", "_v1"))
    assert later - earlier == 231_211_008
