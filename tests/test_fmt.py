"""`archc fmt`: the layout in examples, and what holds for every text: nothing is lost, and a second run is idle."""

import json
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from made_specs import documents, moderately
from peers import SPECS

from archcompiler.cli import main
from archcompiler.diagnostics import SpecError
from archcompiler.layout.brackets import WIDTH
from archcompiler.layout.format import formatted
from archcompiler.syntax.parse import parse
from archcompiler.tree import plain

MESSY = """\
---
# yaml-language-server: $schema=x.json

stages:   # the table
    conv1: {channels: 6,
            blocks: 1}
    # before the second
    b: {blocks: 12, stride: 2, channels: 16}   # strides


    c: {blocks: 3, channels: 1024, norm: {eps: 0.1, type: batch}} # ends
    # behind the last
head:
  classes: 10   # ten
  hidden: [1,
     2]
input:
    size: 28
    channels: 1
name: 'net'     # a name
archc: 1 # a version
stem: {steps: [{kernel: 3, conv: 8}]}
"""
NEAT = """\
# yaml-language-server: $schema=x.json

archc: 1     # a version
name: 'net'  # a name
input: {channels: 1, size: 28}
stem: {steps: [{conv: 8, kernel: 3}]}
stages:  # the table
  conv1: {blocks: 1,  channels: 6}
  # before the second
  b:     {blocks: 12, channels: 16,   stride: 2}  # strides

  c:     {blocks: 3,  channels: 1024, norm: {type: batch, eps: 0.1}}  # ends
  # behind the last
head:
  classes: 10  # ten
  hidden: [1, 2]
"""


def test_a_messy_spec_becomes_neat():
    assert formatted(MESSY, "x.yaml") == NEAT
    assert formatted(NEAT, "x.yaml") == NEAT


LAYOUTS = {
    "what is too long goes on below its bracket": (
        f"a: {{b: {'x' * 60}, c: {{d: {'y' * 60}, e: [1]}}}}",
        f"a: {{b: {'x' * 60},\n    c: {{d: {'y' * 60}, e: [1]}}}}",
    ),
    "a string is never broken": (f"a: {{b: {'x' * 130}}}", f"a: {{b: {'x' * 130}}}"),
    "a comment in brackets opens them": ("a: [1, # one\n 2]", "a:\n  - 1  # one\n  - 2"),
    "a comment behind the opening bracket": ("a: { # c\n b: 1}", "a: {b: 1}  # c"),
    "a comment in nested brackets": ("a: [{b: 1, c: [2 # c\n]}]", "a:\n  - b: 1\n    c:\n      - 2  # c"),
    "a comment in empty brackets": ("a: {\n# none\n}\nb: 1", "# none\na: {}\nb: 1"),
    "a comment below a nested key": ("a:\n  b: 1\n  # c\n# d\ne: 2", "a:\n  b: 1\n  # c\n# d\ne: 2"),
    "a plain value that brackets cannot hold": ("a:\n  b: x, y", 'a: {b: "x, y"}'),
    "quotes stay": ("a: \"b\"\nc: 'd'\ne: f", "a: \"b\"\nc: 'd'\ne: f"),
    "numbers stay": ("a: 1.0e-5\nb: 0x1F", "a: 1.0e-5\nb: 0x1F"),
    "nothing is null": ("a:\nb: {c: }", "a: null\nb: {c: null}"),
    "a block scalar stays": ("a:\n    b: |\n        c\n          d\n\n        e\n    f: 1", None),
    "a block scalar that keeps its end": ('a: |+\n  b\n\nc: 1', 'a: "b\\n\\n"\n\nc: 1'),
    "a block scalar with a comment": ("a: |  # c\n  b\nc: 1", None),
    "a block scalar at the end of the file": ("a: >\n  b", 'a: "b"'),
    "an alias stays behind its anchor": ("name: &x {b: 1}\narchc: *x", "name: &x {b: 1}\narchc: *x"),
    "an anchored scalar": ("a: &x   1\nb: [*x,*x]", "a: &x 1\nb: [*x, *x]"),
    "an anchored string over several lines": ("a: [&x 'b\n  c']\nd: *x", "a: [&x \"b c\"]\nd: *x"),
    "a string over several lines": ("a: 'b\n     c'", "a: 'b\n  c'"),
    "blank lines are one at most": ("\n\na: 1\n\n\n\nb: 2\n\n", "a: 1\n\nb: 2"),
    "windows": ("\ufeffa: 1\r\nb: 2\r\n", "a: 1\nb: 2"),
    "json": ('{"stages": {"a": {"channels": 1, "blocks": 2}}}', '"stages":\n  "a": {"blocks": 2, "channels": 1}'),
    "a document in brackets": ("# a\n{ # b\nname: x # c\n} # d\n# e", "# a\n# b\n# d\nname: x  # c\n# e"),
    "an empty document in brackets": ("# a\n{ # b\n}", "{}\n# a\n# b"),
    "a list of pairs": ("a: [b: 1, {c: 2}]", "a: [{b: 1}, {c: 2}]"),
    "names keep their order": ("names: {norm1: a, extends: b, act1: c}", "names:\n  norm1: a\n  extends: b\n  act1: c"),
    "selectors keep their order": ("stages: {a: {override: {last: {}, first: {}}}}", None),
    "stages that are a list": ("stages:\n# c\n- m:", "stages:\n  # c\n  - m: null"),
    "a removed stage": ("stages: {a: null, bb: {blocks: 1}}", "stages:\n  a: null\n  bb: {blocks: 1}"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LAYOUTS.values(), ids=LAYOUTS)
def test_a_layout(text, expected):
    result = formatted(text, "x.yaml")
    assert expected is None or result == f"{expected}\n"
    assert formatted(result, "x.yaml") == result


def test_block_scalars_keep_their_inner_indentation():
    assert formatted(LAYOUTS["a block scalar stays"][0], "x") == "a:\n  b: |\n    c\n      d\n\n    e\n  f: 1\n"
    assert formatted(LAYOUTS["a block scalar with a comment"][0], "x") == "a: |  # c\n  b\nc: 1\n"


def comments_of(text):
    """Return the comments of a text in which no string holds a `#`."""
    return sorted(re.findall(r"#.*", text))


@st.composite
def texts(draw):
    """A made spec as somebody might have typed it: block and flow style, comments and blank lines anywhere."""
    document = draw(documents())
    style = draw(st.sampled_from([None, False, True]))
    text = yaml.safe_dump(
        document,
        default_flow_style=style,
        sort_keys=draw(st.booleans()),
        width=9999,
        indent=draw(st.sampled_from([2, 4])),
    )
    if "&id" in text:
        text = json.dumps(document) + "\n"
    places = [token.end_mark.index for token in yaml.scan(text) if isinstance(token, yaml.FlowEntryToken)]
    places += [match.start() for match in re.finditer("\n", text)]
    chosen = draw(st.lists(st.sampled_from(sorted(places)), max_size=5, unique=True))
    for number, place in enumerate(sorted(chosen, reverse=True)):
        comment = draw(
            st.sampled_from([f"  # c{number}", f"\n        # c{number}", "\n", f"\n # c{number}\n\n # d{number}"])
        )
        text = text[:place] + comment + ("" if text[place] == "\n" else "\n        ") + text[place:]
    return text


@pytest.mark.slow
@moderately(400)
@given(texts())
def test_nothing_is_lost_and_a_second_run_is_idle(text):
    result = formatted(text, "made.yaml")
    before, after = parse(text, "made.yaml"), parse(result, "made.yaml")
    assert plain(before) == plain(after)
    stages = [[[*stage.value.entries] for stage in [document.entries["stages"]]] for document in (before, after)]
    assert stages[0] == stages[1]
    assert comments_of(result) == comments_of(text)
    assert formatted(result, "made.yaml") == result
    assert all(len(line.partition("  #")[0]) <= WIDTH for line in result.splitlines())


@pytest.mark.slow
@moderately(400)
@given(st.text(alphabet="ab:-[]{}'\"\n #&*|>?,%1~"))
def test_any_text_is_formatted_or_refused_with_its_faults(text):
    try:
        result = formatted(text, "x.yaml")
    except SpecError:
        return
    assert formatted(result, "x.yaml") == result


@pytest.fixture
def messy(tmp_path, monkeypatch):
    """A messy file in the working folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.yaml"
    path.write_text(MESSY, encoding="utf-8")
    return path


def test_the_verb_writes_in_place_once(messy, capsys):
    messy.chmod(0o640)
    link = messy.with_name("link.yaml")
    link.symlink_to(messy)
    assert main(["fmt", "link.yaml"]) == 0
    assert (messy.read_text(encoding="utf-8"), messy.stat().st_mode & 0o777) == (NEAT, 0o640)
    assert link.is_symlink()
    assert capsys.readouterr() == ("link.yaml\n", "1 of 1 file changed\n")
    written = messy.stat().st_mtime_ns
    assert main(["fmt", "."]) == 0
    assert capsys.readouterr().err == "0 of 2 files changed\n"
    assert messy.stat().st_mtime_ns == written


def test_check_and_diff_write_nothing(messy, capsys):
    assert main(["fmt", "--check", "net.yaml"]) == 1
    assert capsys.readouterr() == ("net.yaml\n", "1 of 1 file would be changed\n")
    assert main(["fmt", "--diff", "net.yaml"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("--- net.yaml\n+++ net.yaml\n@@")
    assert "+input: {channels: 1, size: 28}\n" in said
    assert messy.read_text(encoding="utf-8") == MESSY


def test_standard_input_comes_out_formatted(archc, messy):
    import subprocess
    import sys

    command = [sys.executable, "-m", "archcompiler", "fmt", "-"]
    run = subprocess.run(command, input=MESSY.encode(), capture_output=True, check=True, timeout=60)
    assert run.stdout.decode() == NEAT
    check = subprocess.run([*command, "--check"], input=NEAT.encode(), capture_output=True, timeout=60, check=True)
    assert check.stdout == b""


def test_what_cannot_be_formatted_hinders_no_other(messy, capsys):
    bad = messy.with_name("bad.yaml")
    bad.write_text("archc: [\n", encoding="utf-8")
    assert main(["fmt", "."]) == 1
    out, err = capsys.readouterr()
    assert "bad.yaml:1:9: error[Y001]" in err
    assert out == "net.yaml\n"
    assert messy.read_text(encoding="utf-8") == NEAT
    for arguments, words in ((["resnet/resnet50"], "no file"), (["-", "x"], "alone"), (["a.json"], "no layout")):
        messy.with_name("a.json").write_text("{}", encoding="utf-8")
        assert main(["fmt", *arguments]) == 2
        assert words in capsys.readouterr().err


def test_a_long_file_takes_its_time_by_the_line():
    import time

    text = "archc: 1\nnames:\n" + "".join(f"  a{number}: b  # c\n" for number in range(10_000))
    started = time.process_time()
    formatted(text, "x.yaml")
    assert time.process_time() - started < 10


def test_a_folder_is_searched_for_specs_alone(messy, capsys):
    other = messy.with_name("compose.yaml")
    other.write_text("services:   {}\n", encoding="utf-8")
    assert main(["fmt", "."]) == 0
    assert other.read_text(encoding="utf-8") == "services:   {}\n"
    capsys.readouterr()
    (messy.parent / "empty").mkdir()
    assert main(["fmt", "empty"]) == 2
    assert "no spec lies below" in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted(SPECS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_spec_is_formatted(path):
    text = path.read_text(encoding="utf-8")
    assert formatted(text, str(path)) == text, "run `archc fmt specs`"


def test_the_fields_of_a_block_of_ones_own_stand_among_those_of_a_block():
    stage = "{block: mine, override: {last: {ratio: 2}}, blocks: 2, ratio: 0.5, channels: 8}"
    text = f"archc: 1\nname: net\nstages:\n  one: {stage}\n"
    (line,) = [line for line in formatted(text, "x").splitlines() if "one" in line]
    assert line == "  one: {block: mine, blocks: 2, channels: 8, ratio: 0.5, override: {last: {ratio: 2}}}"
