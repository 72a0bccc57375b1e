"""`archc show`: the resolved spec as text that stands alone, and where each of its values came from."""

import json

import peers
import pytest
import yaml
from hypothesis import given
from made_specs import documents, moderately, text_of

import archcompiler
from archcompiler.cli import main
from archcompiler.render.spec import spec_yaml
from archcompiler.tree import plain

BASE = """\
archc: 1
name: base
input: {channels: 3, size: 16}
stem: none
defaults: {block: basic, norm: {type: batch, eps: 0.5}}
stages:
  a: {blocks: 2, channels: 8, stride: 2}
head: {classes: 10}
"""
VARIANT = """\
archc: 1
name: variant
description: "yes: 'quoted' # no comment"
extends: base
stages:
  a: {channels: 16, override: {last: {dilation: 2}}}
names: {extends: names/torchvision, stem.conv1: null}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "variant.yaml").write_text(VARIANT, encoding="utf-8")
    return tmp_path


def test_show_writes_every_value_out(archc, folder):
    run = archc("show", "variant.yaml", cwd=folder)
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert lines[:6] == [
        "archc: 1",
        "name: variant",
        "description: 'yes: ''quoted'' # no comment'",
        "input: {channels: 3, size: 16}",
        "stem: none",
        "stages:",
    ]
    said = "  a: {block: basic, blocks: 2, channels: 16, stride: 2, override: {last: {dilation: 2}}, "
    assert lines[6].startswith(f"{said}norm: {{type: batch, eps: 0.5, momentum: 0.1}}, cardinality: 1, dilation: 1, ")
    assert lines[7].startswith("head: {type: classifier, classes: 10, pool: global, ")
    assert lines[8] == "names:"
    assert "  norm1: bn1" in lines
    assert not any(word in run.stdout for word in ("extends", "stem.conv1", "defaults"))


def test_show_takes_settings(archc, folder):
    shown = archc("show", "base.yaml", "--set", "stages.a.channels=24", cwd=folder).stdout
    assert "a: {block: basic, blocks: 2, channels: 24," in shown


def test_json_holds_the_same_values_as_the_text(archc, folder):
    document = json.loads(archc("show", "variant.yaml", "--format", "json", cwd=folder).stdout)
    assert document["spec"] == plain(archcompiler.load(folder / "variant.yaml").document)


def same_network(one, other):
    """Hold two graphs against each other: every op with its wiring, shape, path and place among the modules."""
    assert (one.name, one.description, one.input) == (other.name, other.description, other.input)
    assert one.parts == other.parts


@pytest.mark.parametrize("spec", peers.SHIPPED)
def test_what_is_shown_of_a_shipped_spec_compiles_to_the_same_network(spec, tmp_path):
    path = tmp_path / "shown.yaml"
    loaded = archcompiler.load(spec)
    path.write_text(spec_yaml(loaded), encoding="utf-8")
    same_network(archcompiler.compile(path), archcompiler.compile(loaded))


@pytest.mark.slow
@moderately(80)
@given(documents())
def test_what_is_shown_of_any_spec_compiles_to_the_same_network(tmp_path_factory, document):
    path = tmp_path_factory.getbasetemp() / "shown.yaml"
    path.write_text(text_of(document), encoding="utf-8")
    try:
        spec = archcompiler.load(path)
        graph = archcompiler.compile(spec)
    except archcompiler.SpecError:
        return
    shown = spec_yaml(spec)
    path.write_text(shown, encoding="utf-8")
    again = archcompiler.load(path)
    assert plain(again.document) == plain(spec.document)
    same_network(archcompiler.compile(again), graph)
    assert spec_yaml(again) == shown


@pytest.mark.parametrize(
    "description", ["on", "1e3", "0x10", "~", "a: b", "# x", "é ☃", "'", '"', " x ", "\\", "1.0", "!a"]
)
def test_a_text_that_reads_like_something_else_is_quoted(tmp_path, description):
    path = tmp_path / "spec.yaml"
    path.write_text(f"{BASE}description: {json.dumps(description)}\n", encoding="utf-8")
    spec = archcompiler.load(path)
    path.write_text(spec_yaml(spec), encoding="utf-8")
    assert archcompiler.load(path).description == spec.description == description


ORIGINS = {
    "name": ("variant", "variant.yaml:2:7", []),
    "input.size": (16, "base.yaml:3:28", []),
    "stages.a.block": ("basic", "base.yaml:5:19", []),
    "stages.a.blocks": (2, "base.yaml:7:15", []),
    "stages.a.channels": (16, "variant.yaml:6:17", [(8, "base.yaml:7:28")]),
    "stages.a.norm.eps": (0.5, "base.yaml:5:51", []),
    "stages.a.norm.momentum": (0.1, "schema default", []),
    "stages.a.override.last.dilation": (2, "variant.yaml:6:49", []),
    "stages.a.stride": (4, "<--set stages.a.stride=4>:1:17", [(2, "base.yaml:7:39")]),
    "head.classes": (10, "base.yaml:8:17", []),
    "head.pool.type": ("global", "schema default", []),
}


def test_origins_say_where_each_value_was_written_and_what_it_hides(archc, folder):
    run = archc("show", "variant.yaml", "--origins", "--format", "json", "--set", "stages.a.stride=4", cwd=folder)
    values = {value["address"]: value for value in json.loads(run.stdout)["values"]}
    found = {
        address: (value["value"], value["origin"], [(each["value"], each["origin"]) for each in value["instead_of"]])
        for address, value in values.items()
    }
    assert {address: found[address] for address in ORIGINS} == ORIGINS
    assert values["names.norm1"]["origin"].endswith("specs/names/torchvision.yaml:8:10")


def test_origins_are_a_table_for_people(archc, folder):
    lines = archc("show", "variant.yaml", "--origins", cwd=folder).stdout.splitlines()
    assert lines[0].split() == ["value", "is", "written", "at", "instead", "of"]
    (row,) = [line.split() for line in lines if line.startswith("stages.a.channels ")]
    assert row == ["stages.a.channels", "16", "variant.yaml:6:17", "8", "of", "base.yaml:7:28"]


def test_what_a_stage_hides_of_the_defaults_is_told(archc, tmp_path):
    text = BASE.replace("eps: 0.5}}", "eps: 0.5}, dilation: 2}").replace(
        "  a:", "  b: {blocks: 1, channels: 8, dilation: 1}\n  a:"
    )
    (tmp_path / "spec.yaml").write_text(text, encoding="utf-8")
    run = archc("show", "spec.yaml", "--origins", cwd=tmp_path)
    (row,) = [line.split() for line in run.stdout.splitlines() if line.startswith("stages.b.dilation ")]
    assert row == ["stages.b.dilation", "1", "spec.yaml:7:41", "2", "of", "spec.yaml:5:67"]


def test_every_origin_of_a_shipped_spec_is_a_place_that_holds_the_value(archc):
    """The text at each origin is the value, quoted or not."""
    run = archc("show", "resnext/resnext101_32x8d", "--origins", "--format", "json", cwd=peers.SPECS.parent)
    values = json.loads(run.stdout)["values"]
    assert len(values) > 60
    for value in values:
        path, _, place = value["origin"].partition(":")
        if path != "schema default" and not isinstance(value["value"], list):
            line, column = map(int, place.split(":"))
            text = (peers.SPECS.parent / path).read_text(encoding="utf-8").splitlines()[line - 1][column - 1 :]
            assert text.lstrip("\"'").startswith(str(value["value"])), value


def test_a_default_that_overrides_hide_in_every_block_is_not_shown(tmp_path, capsys):
    """Written out, it would be a value that takes effect nowhere (R010)."""
    path = tmp_path / "net.yaml"
    override = "{first: {stride: 2}, odd: {zero_init: true}, even: {zero_init: true, bias: true}}"
    stage = f"{{block: basic, blocks: 3, channels: 64, shortcut: projection, override: {override}}}"
    text = "archc: 1\nname: net\nextends: resnet/resnet18\nstages:\n  layer1: null\n"
    path.write_text(f"{text}  new: {{after: layer4, {stage[1:]}\n", encoding="utf-8")
    assert main(["show", str(path)]) == 0
    shown = capsys.readouterr().out
    stage = yaml.safe_load(shown)["stages"]["new"]
    assert not {"stride", "zero_init"} & stage.keys()
    assert stage["bias"] is False
    path.write_text(shown, encoding="utf-8")
    assert main(["validate", str(path)]) == 0


OTHER_KINDS = {
    "another default": "{block: conv, blocks: 2, channels: 16, override: {last: {block: convnext}}}",
    "a default of its own": "{block: conv, blocks: 2, channels: 16, override: {last: {block: basic}}}",
    "a default that only another block takes": (
        "{block: conv, blocks: 2, channels: 16, override: {last: {block: osa, width: 8}}}, two: {block: osa, blocks: 1,"
        " channels: 16, width: 4, layers: 2}"
    ),
    "one that an earlier override says": (
        "{block: conv, blocks: 4, channels: 16, override: {even: {block: osa, width: 8, layers: 2}, last: {block: osa,"
        " width: 8}}}"
    ),
    "another type in each block": "{block: basic, blocks: 1, channels: 16, override: {last: {attention: ese}}}",
}


@pytest.mark.parametrize("stage", OTHER_KINDS.values(), ids=OTHER_KINDS)
def test_no_default_is_shown_that_a_block_would_not_take(tmp_path, stage):
    path = tmp_path / "net.yaml"
    text = "archc: 1\nname: net\ninput: {channels: 3, size: 16}\nstem: {type: conv3x3, channels: 16}\n"
    text += "defaults: {layers: 3}\n" if "osa" in stage else ""
    path.write_text(f"{text}stages: {{one: {stage}}}\nhead: {{classes: 10}}\n", encoding="utf-8")
    spec = archcompiler.load(path)
    graph = archcompiler.compile(spec)
    path.write_text(spec_yaml(spec), encoding="utf-8")
    same_network(archcompiler.compile(path), graph)


def test_no_value_pushes_its_origin_off_the_screen(capsys):
    assert main(["show", "resnet/resnet50", "--origins"]) == 0
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) < 250
