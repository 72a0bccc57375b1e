"""Warnings and safe fixes: what is told, what is left alone, and that a fix changes no network."""

import copy
import json

import pytest
from hypothesis import given
from made_specs import documents, moderately, text_of

import archcompiler
from archcompiler.cli import main
from archcompiler.lint.fix import fixed
from archcompiler.lint.lint import lint
from archcompiler.resolve import load_spec

NET = """\
archc: 1
name: net
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 16}
defaults: {block: basic}
stages:
  layer1: {blocks: 2, channels: 16}
head: {classes: 10}
"""


@pytest.fixture
def codes(tmp_path):
    """Return a function that lints a text and returns the codes of its warnings, in the order of the text."""

    def run(text, also=()):
        path = tmp_path / "net.yaml"
        path.write_text(text, encoding="utf-8")
        return [warning.code for warning in lint(load_spec(path), also)[1]]

    return run


# what is put in place of what in NET, and the warnings
CASES = {
    "nothing": ("", "", []),
    "a default of the schema": ("block: basic", "block: basic, norm: batch", ["L007"]),
    "a default that replaces one": ("channels: 16}\nh", "channels: 16, norm: batch}\nh", ["L007"]),
    "a default in place of the spec's own": (
        "block: basic}\nstages:\n  layer1: {",
        "block: basic, norm: layer}\nstages:\n  layer1: {norm: batch, ",
        [],
    ),
    "a column of the table": (
        "channels: 16}\nh",
        "channels: 16, stride: 1}\n  layer2: {blocks: 1, channels: 32, stride: 2}\nh",
        [],
    ),
    "a column of one value": (
        "channels: 16}\nh",
        "channels: 16, stride: 1}\n  layer2: {blocks: 1, channels: 16, stride: 1}\nh",
        ["L007", "L007"],
    ),
    "an exception back to the default": (
        "block: basic}\nstages:\n  layer1: {",
        "block: basic, dilation: 2}\nstages:\n  layer1: {override: {first: {dilation: 1}}, ",
        [],
    ),
    "a default of a step": ("type: conv3x3, channels: 16", "steps: [{conv: 16, kernel: 3}]", []),
    "what a step is": ("type: conv3x3, channels: 16", "steps: [{conv: 16}, {norm: batch}, {activation: relu}]", []),
    "the scale of no norm": ("channels: 16}\nh", "channels: 16, zero_init: true, norm: none}\nh", ["L002"]),
    "an activation that nothing has": ("classes: 10", "classes: 10, activation: silu", ["L002"]),
    "an activation of hidden layers": ("classes: 10", "classes: 10, hidden: [8], activation: silu", []),
    "where the stride sits, without a stride": (
        "block: basic}\nstages:\n  layer1: {",
        "block: bottleneck, stride_on: 1x1}\nstages:\n  layer1: {bottleneck_width: 4, ",
        ["L002"],
    ),
    "where the stride sits": (
        "block: basic}\nstages:\n  layer1: {",
        "block: bottleneck, stride_on: 1x1}\nstages:\n  layer1: {bottleneck_width: 4, stride: 2, ",
        [],
    ),
    "a stride on an odd map": ("size: 32", "size: [32, 33]", []),
    "an odd map with a stride": ("channels: 16}\nh", "channels: 16, stride: 3}\nh", ["L004"]),
    "widths by eights": ("channels: 16", "channels: 20", []),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_what_is_warned_of(old, new, expected, codes):
    text = NET.replace(old, new, 1) if old else NET
    assert (text != NET) == bool(old)
    assert codes(text) == expected


def test_a_rule_that_is_off_is_asked_for(codes):
    text = NET.replace("channels: 16", "channels: 20")
    assert codes(text) == []
    assert codes(text, ["L005"]) == ["L005", "L005"]


def test_a_reason_silences_a_warning_and_no_other(codes):
    odd = NET.replace("size: 32", "size: 33").replace("channels: 16}\nh", "channels: 16, stride: 2, bias: false}\nh")
    assert codes(odd) == ["L004", "L007"]
    assert codes(f"{odd}ignore: {{L004: the data's size}}\n") == ["L007"]
    assert codes(f"{odd}ignore: {{L004: the data's size, L007: for the reader}}\n") == []
    assert codes(f"{NET}ignore: {{L004: the data's size}}\n") == ["L009"]


def test_a_reason_is_inherited_and_removed(tmp_path, codes):
    base = NET.replace("size: 32", "size: 33").replace("channels: 16}\nh", "channels: 16, stride: 2}\nh")
    (tmp_path / "base.yaml").write_text(f"{base}ignore: {{L004: the data's size}}\n", encoding="utf-8")
    variant = "archc: 1\nname: variant\nextends: base.yaml\n"
    assert codes(variant) == []
    assert codes(f"{variant}ignore: {{L004: null}}\n") == ["L004"]


def test_strict_takes_warnings_for_errors(tmp_path, capsys):
    (tmp_path / "net.yaml").write_text(NET.replace("block: basic", "block: basic, bias: false"), encoding="utf-8")
    assert main(["validate", str(tmp_path / "net.yaml")]) == 0
    assert main(["validate", str(tmp_path / "net.yaml"), "--strict"]) == 1
    assert "error[L007]" in capsys.readouterr().out


MENDED = {
    "between brackets, with the columns": (
        "stem: {type: conv3x3, bias: false, channels: 16}",
        "stem: {type: conv3x3, channels: 16}",
    ),
    "the last between brackets": (
        "stem: {type: conv3x3, channels: 16,  bias: false }",
        "stem: {type: conv3x3, channels: 16 }",
    ),
    "a line of its own": (
        "stem:\n  type: conv3x3  # why\n  bias: false\n  # of the papers\n  channels: 16",
        "stem:\n  type: conv3x3  # why\n  # of the papers\n  channels: 16",
    ),
    "a key in quotes": ('stem: {type: conv3x3, "chanels": 16}', "stem: {type: conv3x3, channels: 16}"),
    "a word": (
        "stem: {type: conv3x3, channels: 16, act: SiLU}",
        "stem: {type: conv3x3, channels: 16, activation: silu}",
    ),
    "a number": ("stem: {type: conv3x3, channels: 16.0}  # wide", "stem: {type: conv3x3, channels: 16}  # wide"),
    "twice": ("stem: {type: conv3x3, chanels: 16, biass: false}", "stem: {type: conv3x3, channels: 16}"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), MENDED.values(), ids=MENDED)
def test_what_has_one_safe_fix_is_mended_in_place(before, after, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.yaml"
    text = "# kept\n" + NET.replace("stem: {type: conv3x3, channels: 16}", before)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o640)
    assert main(["validate", "net.yaml", "--diff"]) == 1
    assert capsys.readouterr().out.startswith("--- net.yaml\n+++ net.yaml\n@@")
    assert path.read_text(encoding="utf-8") == text
    assert main(["validate", "net.yaml", "--fix"]) == 0
    assert path.read_text(encoding="utf-8") == text.replace(before, after)
    assert path.stat().st_mode & 0o777 == 0o640
    assert main(["validate", "net.yaml", "--diff"]) == 0


LEFT = {
    "a near value": "stem: {type: conv3x, channels: 16}",
    "two near names": "stem: {type: conv3x3, channels: 16}\nhaed: 1",
    "a name that is there already": "stem: {type: conv3x3, channels: 16, chanels: 16}",
    "an anchor that an alias needs": "stem: {type: conv3x3, channels: 16, norm: &n batch}",
    "a lone key": "stem:\n  {type: conv3x3, channels: 16,\n   bias: false}",
}


@pytest.mark.parametrize("stem", LEFT.values(), ids=LEFT)
def test_what_has_no_safe_fix_is_left(stem, tmp_path, capsys):
    path = tmp_path / "net.yaml"
    alias = "head: {classes: 10, norm: *n}\n" if "&n" in stem else "head: {classes: 10}\n"
    text = NET.replace("stem: {type: conv3x3, channels: 16}", stem).replace("head: {classes: 10}\n", alias)
    path.write_text(text, encoding="utf-8")
    main(["validate", str(path), "--fix"])
    assert path.read_text(encoding="utf-8") == text
    assert capsys.readouterr().out != "no faults in 1 file\n"


def test_windows_line_ends_and_a_byte_order_mark_stay(tmp_path):
    path = tmp_path / "net.yaml"
    text = NET.replace("channels: 16}\ns", "channels: 16}\ns").replace("type: conv3x3,", "type: conv3x3, bias: false,")
    path.write_bytes(f"\ufeff{text}".replace("\n", "\r\n").encode())
    assert main(["validate", str(path), "--fix"]) == 0
    assert path.read_bytes() == f"\ufeff{NET}".replace("\n", "\r\n").encode()


def test_a_base_is_mended_only_where_it_is_named(tmp_path, capsys):
    base, net = tmp_path / "base.yaml", tmp_path / "net.yaml"
    base.write_text(NET.replace("classes", "clases"), encoding="utf-8")
    net.write_text("archc: 1\nname: variant\nextends: base.yaml\n", encoding="utf-8")
    assert main(["validate", str(net), "--fix"]) == 1
    assert "clases" in base.read_text(encoding="utf-8")
    assert main(["validate", str(net), str(base), "--fix"]) == 0
    assert base.read_text(encoding="utf-8") == NET
    capsys.readouterr()


def test_a_setting_is_no_part_of_the_file(tmp_path, capsys):
    path = tmp_path / "net.yaml"
    path.write_text(NET, encoding="utf-8")
    assert main(["validate", str(path), "--set", "defaults.norm=batch", "--fix"]) == 2
    assert "without --set" in capsys.readouterr().err


@pytest.mark.slow
@moderately(150)
@given(documents())
def test_removing_what_is_said_to_have_no_effect_changes_no_network(tmp_path_factory, document):
    path = str(tmp_path_factory.getbasetemp() / "linted.yaml")

    def compiled(text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            return lint(load_spec(path))
        except archcompiler.SpecError:
            return None, []

    graph, found = compiled(text_of(document))
    if graph is None:
        return
    for warning in found:
        if warning.code == "L002":
            changed = without(document, warning.span.column)
            assert layers(compiled(text_of(changed))[0]) == layers(graph)
    text = fixed(text_of(document), path, found)
    assert layers(compiled(text)[0]) == layers(graph)


def layers(graph):
    return graph and [(call.path, call.body.nodes) for call in graph.calls]


def without(document, column):
    """Return a document without the key that begins at a column of its one line of JSON."""
    marked = copy.deepcopy(document)
    position = 0
    text = text_of(marked)
    for value, key in all_keys(marked):
        position = text.index(json.dumps(key), position)
        if position == column - 1:
            del value[key]
            return marked
        position += 1
    raise AssertionError("no key begins there")


def all_keys(value):
    """Yield each mapping and key in the order of the text."""
    for key, inner in list(value.items()) if isinstance(value, dict) else enumerate(value):
        if isinstance(value, dict):
            yield value, key
        if isinstance(inner, (dict, list)):
            yield from all_keys(inner)
