"""One fault hides no other: whatever is wrong with the text of one line, the faults of the other lines are told too."""

import re

import pytest

from archcompiler.cli import main

NET = """\
archc: 1
name: net
description: plain
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 16}
defaults: {block: basic, bias: false}
stages:
  layer1: {blocks: 2, channels: 16}
  layer2: {blocks: 2, channels: 32, cardnality: 2}
  layer3: {blocks: 2, channels: 64, norm: bacth}
head: {classes: 10, pol: none}
"""
OTHERS = {"9:37 S001", "10:43 S004", "11:21 S001"}

# what is put in place of what, and the fault that it is
FIRST = {
    "a switch of YAML 1.1": ("bias: false", "bias: no", "6:32 Y003"),
    "another switch of YAML 1.1": ("bias: false", "bias: On", "6:32 Y003"),
    "an octal of YAML 1.1": ("blocks: 2, channels: 16", "blocks: 012, channels: 16", "8:20 Y003"),
    "digits in groups": ("channels: 16}\n  l", "channels: 1_6}\n  l", "8:33 Y003"),
    "minutes and seconds": ("blocks: 2, channels: 16", "blocks: 1:30, channels: 16", "8:20 Y003"),
    "a date": ("description: plain", "description: 2026-01-31", "3:14 Y003"),
    "a number of many digits": ("channels: 16}\n  l", "channels: 1234567890123456789}\n  l", "8:33 S005"),
    "a tag": ("description: plain", "description: !!str plain", "3:14 Y005"),
    "a tag of a type that is wrong": ("blocks: 2, channels: 16", "blocks: !!str 2x, channels: 16", "8:20 Y005"),
    "a key that is a number": ("bias: false", "1: false", "6:26 Y004"),
    "a key that YAML 1.1 reads as a switch": ("bias: false", "on: false", "6:26 Y003"),
    "a key written twice": ("bias: false", "block: basic", "6:26 Y002"),
    "a merge key": ("bias: false", "<<: basic", "6:26 Y009"),
    "an anchor that is not there": ("bias: false", "norm: *n", "6:32 Y001"),
    "a tab": ("  layer1:", "\tlayer1:", "8:1 Y001"),
    "a space and a tab": ("  layer1:", " \tlayer1:", "8:2 Y001"),
    "a second colon": ("description: plain", "description: a: b", "3:15 Y001"),
    "no space behind a colon": ("description: plain", "description:plain", "3:1 Y001"),
    "an at sign": ("description: plain", "description: @plain", "3:14 Y001"),
    "two values": ("description: plain", "description: 'plain' text", "3:22 Y001"),
    "no comma": ("size: 32}", "size: 32} {}", "4:32 Y001"),
}  # fmt: skip


@pytest.fixture
def faults(tmp_path, monkeypatch, capsys):
    """Return a function that validates a text and returns the place and code of each fault, and all that is said."""
    monkeypatch.chdir(tmp_path)

    def run(text, *arguments):
        (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
        main(["validate", "net.yaml", *arguments])
        said = capsys.readouterr().out
        return [" ".join(found) for found in re.findall(r"net.yaml:(\d+:\d+): error\[(\w+)\]", said)], said

    return run


@pytest.mark.parametrize(("old", "new", "first"), FIRST.values(), ids=FIRST)
def test_the_faults_of_other_lines_are_told_beside_the_first(old, new, first, faults):
    assert NET.count(old) == 1
    found, _ = faults(NET.replace(old, new))
    assert sorted(found) == sorted([first, *OTHERS])


def test_tabs_hide_neither_each_other_nor_what_stands_on_their_lines(faults):
    text = re.sub(r"^  ", "\t", NET, flags=re.MULTILINE)
    found, _ = faults(text)
    assert sorted(found) == sorted(["8:1 Y001", "9:1 Y001", "9:36 S001", "10:1 Y001", "10:42 S004", "11:21 S001"])


def test_lines_that_stop_the_parser_hide_neither_each_other_nor_the_rest(faults):
    text = NET.replace("description: plain", "description: a: b").replace("size: 32}", "size: 32} {}")
    assert sorted(faults(text)[0]) == sorted(["3:15 Y001", "4:32 Y001", *OTHERS])


@pytest.mark.parametrize("line", ["name: net", "head: {classes: 10, pol: none}", "stem: {type: conv3x3, channels: 16}"])
def test_what_may_stand_on_a_line_that_cannot_be_read_is_not_lacking(line, faults):
    torn = line.replace("name: ", "name:") if line.startswith("name") else f"{line} {{}}"
    found, said = faults(NET.replace(line, torn))
    assert len(found) == 1 + len(OTHERS) - ("pol" in line)
    assert "Y001" in said
    assert "lacks" not in said


@pytest.mark.parametrize(
    ("old", "new", "written"),
    [
        ("bias: false", "bias: no", "bias: false"),
        ("bias: false", "bias: YES", "bias: true"),
        ("blocks: 2, channels: 16", "blocks: 0b10, channels: 16", "blocks: 2, channels: 16"),
        ("blocks: 2, channels: 16", "blocks: 0o2, channels: 16", "blocks: 2, channels: 16"),
        ("channels: 16}\n  l", "channels: 1_6}\n  l", "channels: 16}\n  l"),
        ("channels: 16}\n  l", "channels: 1e3}\n  l", "channels: 1000}\n  l"),
    ],
)
def test_a_value_that_only_one_version_of_yaml_reads_as_the_field_needs_is_written_so(old, new, written, faults):
    sound = NET.replace(", cardnality: 2", "").replace(", norm: bacth", "").replace(", pol: none", "")
    faults(sound.replace(old, new), "--fix")
    with open("net.yaml", encoding="utf-8") as file:
        text = file.read()
    assert text == sound.replace(old, written).replace(", bias: false", "")  # a default is not written out


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("blocks: 2, channels: 16", "blocks: 012, channels: 16"),
        ("blocks: 2, channels: 16", "blocks: 010, channels: 16"),
        ("blocks: 2, channels: 16", "blocks: 1:30, channels: 16"),
        ("description: plain", "description: no"),
        ("description: plain", "description: 1e3"),
        ("classes: 10", "classes: no"),
    ],
)
def test_a_value_that_may_be_meant_in_two_ways_is_left(old, new, faults):
    sound = NET.replace(", cardnality: 2", "").replace(", norm: bacth", "").replace(", pol: none", "")
    text = sound.replace(old, new).replace(", bias: false", "")
    faults(text, "--fix")
    with open("net.yaml", encoding="utf-8") as file:
        assert file.read() == text


def test_a_value_that_is_clear_hides_no_shape_that_does_not_fit(faults):
    text = NET.replace("bias: false", "bias: no, shortcut: identity").replace(", cardnality: 2", "")
    found, said = faults(text.replace(", norm: bacth", "").replace(", pol: none", ""))
    assert found[0] == "6:32 Y003"
    assert "G002" in said


@pytest.mark.parametrize(
    ("said", "faulty"),
    [
        ("depth: two", "blocks"),
        ("out_channels: 0", "channels"),
        ("chanels: -3", "channels"),
        ("strides: 1.5", "stride"),
        ("act: rellu", "activation"),
        ("act: {type: rellu}", "type"),
        ("bn: {type: batch, eps: big}", "eps"),
        ("norm_layer: {type: batch, epsilon: big}", "eps"),
        ("attn: {type: SELayer, reduction: x}", "reduction"),
        ("overide: {last: {stride: 0}}", "stride"),
        ("dilation_rate: [1]", "dilation"),
    ],
)
def test_a_key_whose_meaning_is_certain_hides_no_fault_of_its_value(said, faulty, faults):
    found, text = faults(NET.replace("blocks: 2, channels: 16}\n  l", f"{said}}}\n  l"))
    assert found[0] == "8:12 S001"
    assert re.search(rf"^net.yaml:8:\d+: error\[S00[245]\]: {faulty}: expected ", text, re.MULTILINE)


BLOCK = """\
archc: 1
block: net
description: A block with a fault in each line.
fields: {channels: {}, kernel: {default: 010}}
steps:
  - {conv: chanels, kernel: kernel}
  - {norm: $nrm}
  - {activaton: relu}
  - {add: y}
"""


def test_a_fault_in_the_text_of_a_block_hides_none_of_the_others(faults):
    expected = ["4:42 Y003", "6:12 B002", "7:13 B002", "8:6 S001", "9:11 B002"]
    assert faults(BLOCK)[0] == expected
    faults(BLOCK, "--fix")
    with open("net.yaml", encoding="utf-8") as file:
        assert file.read() == BLOCK.replace("activaton", "activation")


def test_a_fault_in_the_text_of_a_table_hides_none_of_the_others(faults):
    assert faults("archc: 1\nnames:\n  conv1: 010\n  Conv3: y\n  act1: [x]\n")[0] == [
        "3:10 Y003",
        "4:3 S006",
        "5:9 S002",
    ]
