"""How a comparison reads: 80 columns, colour on terminals only, a line that sums up; markdown, GitHub's commands."""

import json
import os
import pty
import re
import subprocess
import sys

import pytest
from repository import Repository

from archcompiler.cli import main
from archcompiler.render.diff_text import _wrapped

WIDE = """\
archc: 1
name: wide
extends: base.yaml
stem: {channels: 32}
stages: {a: {channels: 32}, b: {channels: 32, blocks: 3}}
"""
BASE = """\
archc: 1
name: base
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 16}
defaults: {block: basic, shortcut: identity}
stages:
  a: {blocks: 2, channels: 16}
  b: {blocks: 2, channels: 16}
head: {classes: 10}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "wide.yaml").write_text(WIDE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


SUMMARY = """\
base -> wide: WEIGHTS
a checkpoint of the one does not load into the other as it is
2 stages changed, 1 block added, stem changed: +74.7 k params (+387 %),
  +75.9 MMACs (+393 %)
"""
STAGES = """
   part   params                MACs
-  -----  ------  ------  ----------  ----------
~  stem      464     928     442,368     884,736
~  a       9,344  37,120   9,437,184  37,748,736
~  b       9,344  55,680   9,437,184  56,623,104
~  head      170     330         160         320
   total  19,322  94,058  19,316,896  95,256,896
"""
EDITS = """
   edit                          params         MACs
-  --------------------------  --------  -----------
~  stages.b.blocks 2 -> 3        +4,672   +4,718,592
~  stem.channels 16 -> 32       +70,064  +71,221,408
~  stages.a.channels 16 -> 32  together     together
~  stages.b.channels 16 -> 32  together     together
   total                        +74,736  +75,940,000
"""
ALL_OF_THE_EDITS = """
~ stages.b.blocks 2 -> 3
    base.yaml:8:15 -> wide.yaml:5:55
    +4,672 params, +4,718,592 MACs, receptive field +4

~ stem.channels 16 -> 32
    base.yaml:4:33 -> wide.yaml:4:18
~ stages.a.channels 16 -> 32
    base.yaml:7:28 -> wide.yaml:5:24
~ stages.b.channels 16 -> 32
    base.yaml:8:28 -> wide.yaml:5:43
    together: +70,064 params, +71,221,408 MACs
    therefore head: 32x32x32 arrives instead of 16x32x32, +160 params, +160 MACs
"""


def test_the_summary_stands_first_then_the_stages_then_the_edits(folder, capsys):
    assert main(["diff", "base.yaml", "wide.yaml"]) == 1
    text = capsys.readouterr().out
    assert text.startswith(SUMMARY)
    assert STAGES in text
    assert EDITS in text
    assert text.index("weights ") < text.index("   part ") < text.index("   edit ")
    assert text.endswith("~ name: no effect on the network\n~ changed  + added  - removed\n")
    assert max(map(len, text.splitlines())) <= 80


def test_edits_that_are_illegal_alone_are_made_together_and_what_follows_is_said(folder, capsys):
    assert main(["diff", "base.yaml", "wide.yaml", "--edits"]) == 1
    text = capsys.readouterr().out
    assert text.startswith(SUMMARY)
    assert ALL_OF_THE_EDITS in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_variant_that_begins_to_say_blocks_of_its_own_is_told(capsys):
    for pair in (["t02_patchify", "t03_depthwise"], ["t03_depthwise", "t02_patchify"]):
        assert main(["diff", *(f"convnext/{name}" for name in pair)]) == 1
        assert "block bottleneck changed: " in capsys.readouterr().out


def test_stat_is_one_line(folder, capsys):
    assert main(["diff", "base.yaml", "wide.yaml", "--stat"]) == 1
    line = SUMMARY.splitlines()
    assert capsys.readouterr().out == f"{line[0]}, {line[2]} {line[3].strip()}\n"
    assert main(["diff", "base.yaml", "wide.yaml", "--stat", "--format", "markdown"]) == 1
    assert capsys.readouterr().out.startswith("### base → wide: WEIGHTS\n")
    for refused in (["--stat", "--format", "github"], ["--edits", "--format", "json"]):
        assert main(["diff", "base.yaml", "wide.yaml", *refused]) == 2


def test_networks_of_one_name_are_told_by_their_paths(folder, capsys):
    (folder / "copy.yaml").write_text(BASE.replace("blocks: 2", "blocks: 3"), encoding="utf-8")
    main(["diff", "base.yaml", "copy.yaml"])
    assert capsys.readouterr().out.startswith("base.yaml -> copy.yaml: WEIGHTS\n")
    main(["diff", "base.yaml", "--set", "head.classes=3"])
    assert capsys.readouterr().out.startswith("base: INTERFACE\n")


def test_many_edits_are_counted_and_the_rows_still_add_up(folder, capsys):
    stages = "".join(f"  s{number}: {{blocks: 1, channels: 16}}\n" for number in range(30))
    for name, text in (("few", stages), ("more", stages.replace("blocks: 1", "blocks: 2"))):
        text = BASE[: BASE.index("  a:")] + text + "head: {classes: 10}\n"
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    main(["diff", "few.yaml", "more.yaml"])
    text = capsys.readouterr().out
    table = text[text.index("   edit ") :].partition("\n\n")[0].splitlines()[2:]
    assert [line[:7] for line in table] == ["~  stag"] * 20 + ["   and ", "   tota"]
    assert "and 10 more, which --edits tells apart" in table[20]
    figures = [[int(cell.replace(",", "")) for cell in line.split()[-2:]] for line in table]
    assert figures[-1] == [sum(column) for column in zip(*figures[:-1], strict=True)]
    main(["diff", "few.yaml", "more.yaml", "--edits"])
    assert capsys.readouterr().out.count("\n~ stages.s") == 30


@pytest.mark.parametrize("width", range(20, 100))
def test_a_number_and_its_unit_stay_on_one_line(width):
    text = (
        "changed: 144 of 320 tensors load, 19.4 % of the parameters, +19 M params (+74.3 %), 0 MACs (-<0.1 %), stem 7 %"
    )
    lines = _wrapped(text, "  ", width)
    assert " ".join(line.strip() for line in lines) == text
    assert max(map(len, lines)) <= width
    assert not any(re.search(r"\d( [kMG])?$", line) for line in lines)


@pytest.mark.parametrize("arguments", [["base.yaml", "wide.yaml"], ["--stat"]], ids=["two specs", "index"])
def test_colour_is_for_terminals(folder, arguments):
    made = Repository(folder)
    made.commit()
    (folder / "wide.yaml").write_text(BASE.replace("blocks: 2", "blocks: 3"), encoding="utf-8")
    words = [sys.executable, "-m", "archcompiler", "diff", *arguments]
    assert "\x1b" not in subprocess.run(words, capture_output=True, text=True).stdout
    environment = {**os.environ, "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    for colourless in ({}, {"NO_COLOR": "1"}):
        terminal, inside = pty.openpty()
        with subprocess.Popen(words, stdout=inside, env={**environment, **colourless}):
            os.close(inside)
            said = b""
            while part := _read(terminal):
                said += part
        os.close(terminal)
        assert (b"\x1b[1;31mWEIGHTS\x1b[0m" in said) == (not colourless)


def _read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side is closed
        return b""


def test_markdown_is_tables_that_no_text_breaks(folder, capsys):
    (folder / "evil.yaml").write_text(WIDE.replace("name: wide", 'name: evil\ndescription: "| <b> `x`"'))
    assert main(["diff", "base.yaml", "evil.yaml", "--format", "markdown"]) == 1
    text = capsys.readouterr().out
    assert text.startswith("### base → evil: WEIGHTS\n")
    assert "<b>" not in text
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_github_gets_a_note_on_every_changed_line(folder, capsys):
    assert main(["diff", "base.yaml", "wide.yaml", "--format", "github"]) == 1
    lines = capsys.readouterr().out.splitlines()
    note = "::warning file=wide.yaml,line=4,endLine=4,col=18,endColumn=20,title=WEIGHTS::stem.channels"
    assert any(line.startswith(note) for line in lines)
    assert len(lines) == 5
    assert main(["diff", "base.yaml", "base.yaml", "--format", "github"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["base.yaml", "base.yaml"], 0),
        (["base.yaml", "--set", "head.pool={window: 32}"], 0),
        (["base.yaml", "--set", "head.dropout=0.5"], 1),
        (["base.yaml", "wide.yaml"], 1),
        (["base.yaml", "--set", "stages.a.channels=32"], 2),
        (["base.yaml", "nowhere.yaml"], 2),
        (["base.yaml"], 2),
    ],
)
def test_the_code_says_whether_the_effect_differs(folder, arguments, code):
    assert main(["diff", *arguments]) == code


def test_faults_of_both_sides_are_told(folder, capsys):
    (folder / "bad.yaml").write_text(WIDE.replace("stem: {channels: 32}\n", ""))
    (folder / "worse.yaml").write_text(BASE.replace("size: 32", "size: 0"))
    assert main(["diff", "bad.yaml", "bad.yaml"]) == 2
    assert main(["diff", "worse.yaml", "nowhere.yaml"]) == 2
    said = capsys.readouterr().err
    assert "bad.yaml" in said
    assert "worse.yaml:3:" in said
    assert "no file and no shipped spec 'nowhere.yaml'" in said


def test_a_new_name_that_clashes_with_a_module_of_the_old_spec_is_no_rename(folder):
    import archcompiler

    (folder / "x.yaml").write_text(BASE + "names: {head.linear: x}\n")
    (folder / "y.yaml").write_text(BASE.replace("  b:", "  x:") + "names: {head.linear: y}\n")
    found = archcompiler.diff("x.yaml", "y.yaml")
    assert [change.kind for change in found.changes] == ["removed", "added", "changed"]
    assert [each.changes for each in found.contributions] == [(0,), (2,), (1,)]  # the new stage needs the other name


def test_json_names_the_places_and_the_hashes(folder, capsys):
    main(["diff", "base.yaml", "wide.yaml", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert found["changes"][0]["new"] == {
        "address": "stem.channels",
        "value": 32,
        "origin": {"path": "wide.yaml", "line": 4, "column": 18, "end_line": 4, "end_column": 20},
    }
    assert found["delta"] == {key: sum(each["delta"][key] for each in found["contributions"]) for key in found["delta"]}
    assert found["old"]["function_hash"] != found["new"]["function_hash"]


def test_hashes_are_of_the_network_and_not_of_its_text(folder):
    import archcompiler

    (folder / "other.yaml").write_text(BASE.replace("name: base", "name: other").replace("  a:", "  first:"))
    found = archcompiler.diff("base.yaml", "other.yaml")
    assert found.old.function_hash == found.new.function_hash
    assert found.old.checkpoint_hash != found.new.checkpoint_hash
    shipped = archcompiler.diff("resnet/resnet50", "resnet/resnet50")
    assert shipped.new.function_hash == "function-2:0d43ff39e5f02d09ce7a5dab3377710d"
    assert shipped.new.checkpoint_hash == "checkpoint-2:cc6f1c22253dc13ef7564f28831184de"
