"""`archc diff` between states of real repositories: what a change does to every spec that it reaches."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from repository import Repository, base, variant

from archcompiler.api import cost
from archcompiler.cli import main

ROOT = Path(__file__).parents[1]
WIDER = {"base": base("base", blocks=3)}
STRIDE = "{block: bottleneck, stride_on: 1x1}"


@pytest.fixture
def family(repo):
    """A base, two specs that extend it (one through the other), one that says its own value, and one without it."""
    repo.commit(
        base=base("base"),
        one=variant("one", "base"),
        two=variant("two", "./one.yaml", head="{classes: 7}"),
        own=variant("own", "base", stages="{a: {blocks: 9}}"),
        other=base("other"),
    )
    return repo


@pytest.fixture
def diff(capsys):
    """Return a function that runs `archc diff` and returns its exit code, what it prints, and its complaints."""

    def run(*arguments):
        code = main(["diff", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def rows(text):
    """Return the rows of the table of a review, cells separated by one blank."""
    lines = text.split("\n\n")[1].splitlines()[2:]
    return [" ".join(line.split()) for line in lines]


def test_editing_a_base_lists_each_spec_that_changes_with_it_and_none_that_does_not(family, diff):
    family.write(**WIDER)
    code, out, err = diff("--against", "HEAD")
    assert (code, err) == (1, "")
    assert out.startswith("HEAD -> the working tree: 3 specs differ in effect\n")
    assert rows(out) == [
        "WEIGHTS base.yaml +4,544 +12.8 % +4,456,448 +25.9 %",
        "WEIGHTS one.yaml +4,544 +12.8 % +4,456,448 +25.9 % base.yaml",
        "WEIGHTS two.yaml +4,544 +13.0 % +4,456,448 +25.9 % base.yaml",
    ]
    assert "\n\nthe same network, written otherwise: own.yaml\n\n" in out
    assert "\nbase.yaml\nHEAD:base.yaml -> base.yaml: WEIGHTS\n" in out
    assert "~  stages.a.blocks 2 -> 3    +4,544  +4,456,448\n" in out
    _, out, _ = diff("--against", "HEAD", "--edits")
    assert "~ stages.a.blocks 2 -> 3\n    HEAD:base.yaml:7:15 -> base.yaml:7:15\n" in out


def test_the_worst_impact_stands_first_and_stat_is_a_line_for_each(family, diff):
    family.write(
        base=base("base", description="x"),
        one=variant("one", "base", head="{classes: 10, dropout: 0.5}"),
        own=variant("own", "base", head="{classes: 7}"),
        other=base("other").replace("{block:", "{stride_on: 1x1, block:"),
        new=base("new", blocks=7),
    )
    code, out, _ = diff("--against", "HEAD", "--stat")
    assert code == 1
    assert [row.split()[:2] for row in rows(out)] == [
        ["INTERFACE", "own.yaml"],
        ["FUNCTION", "other.yaml"],
        ["TRAINING", "one.yaml"],
        ["TRAINING", "two.yaml"],
        ["added", "new.yaml"],
    ]
    assert len(out.splitlines()) == 2 + 2 + 5
    assert diff("--against", "HEAD")[1].startswith(out[:-1])


def test_the_short_form_of_json_has_no_lists_of_tensors(family, diff):
    family.write(**WIDER)
    whole, short = (
        json.loads(diff("--against", "HEAD", "--format", "json", *more)[1])["specs"] for more in ([], ["--stat"])
    )
    assert [each["diff"]["summary"] for each in short] == [each["diff"]["summary"] for each in whole]
    assert [each["diff"]["delta"] for each in short] == [each["diff"]["delta"] for each in whole]
    assert short[0]["diff"]["findings"] == [{"rule": "D203", "count": 18}]
    assert len(json.dumps(short[0])) < 1000 < len(json.dumps(whole[0])) / 5


def test_the_difference_is_that_of_the_costs(family, diff):
    before = cost("two.yaml").total
    family.write(**WIDER)
    after = cost("two.yaml").total
    _, out, _ = diff("--against", "HEAD", "two.yaml", "--format", "json")
    [spec] = json.loads(out)["specs"]
    assert spec["diff"]["delta"]["params"] == after.params - before.params
    assert spec["diff"]["delta"]["macs"] == after.macs - before.macs


def test_two_revisions_are_compared_whatever_lies_in_the_working_tree(family, diff):
    family.commit(**WIDER)
    family.write(base="archc: 1\nfaulty", one=None)
    code, out, _ = diff("HEAD~1..HEAD", "--edits")
    assert (code, len(rows(out))) == (1, 3)
    assert "HEAD~1:base.yaml:7:15 -> HEAD:base.yaml:7:15" in out
    assert diff("HEAD..HEAD~1")[1].count("-4,544") == 4
    assert diff("HEAD~1..", "--edits")[1] == out


def test_three_dots_compare_with_what_was_forked_from(family, diff):
    family.git("branch", "topic")
    family.commit(other=base("other", blocks=4))
    family.git("checkout", "-q", "topic")
    family.commit(**WIDER)
    assert "other.yaml" in diff("main..topic")[1]
    assert "other.yaml" not in diff("main...topic")[1]
    assert "other.yaml" not in diff("--against", "main...")[1]
    assert len(rows(diff("--against", "main...")[1])) == 3


def test_a_dirty_tree_staged_or_not_is_what_is_compared(family, diff):
    family.write(**WIDER)
    family.git("add", "base.yaml")
    family.write(base=base("base", blocks=4), untracked=base("untracked"))
    _, out, _ = diff("--against", "HEAD")
    assert "~  stages.a.blocks 2 -> 4" in out
    assert "added untracked.yaml 35,418 17,220,864" in rows(out)


def test_a_renamed_spec_and_a_removed_one(family, diff):
    family.git("mv", "other.yaml", "moved.yaml")
    assert diff("--against", "HEAD")[0] == 0
    family.write(one=None, two=None)
    code, out, _ = diff("--against", "HEAD")
    assert code == 1
    assert rows(out) == ["removed one.yaml", "removed two.yaml"]
    assert "the same network, written otherwise: other.yaml -> moved.yaml\n" in out


def test_an_added_spec_that_is_the_same_network_as_another_says_so(family, diff):
    family.write(
        copy=base("copy").replace("{classes: 10}", "{classes: 10, pool: {grid: 1}}"),
        again=variant("again", "copy"),
        fresh=base("fresh", blocks=4),
        two=None,
        seven=base("seven", description="x").replace("classes: 10", "classes: 7"),
    )
    said = (
        "again.yaml is the same network as base.yaml\n"
        "copy.yaml is the same network as base.yaml\n"
        "seven.yaml is the same network as two.yaml, which is removed\n"
    )
    _, out, _ = diff("--against", "HEAD")
    assert f"\n\n{said}" in out
    for form in ("markdown", "github"):
        assert "copy.yaml is the same network as base.yaml" in diff("--against", "HEAD", "--format", form)[1]
    specs = json.loads(diff("--against", "HEAD", "--format", "json")[1])["specs"]
    assert {each["new_path"]: each["same_as"] for each in specs if each["status"] == "added"} == {
        "again.yaml": "base.yaml",
        "copy.yaml": "base.yaml",
        "fresh.yaml": None,
        "seven.yaml": "two.yaml",
    }


def test_a_base_that_is_removed_leaves_specs_that_are_not_sound(family, diff):
    family.write(one=None)
    code, out, err = diff("--against", "HEAD")
    assert code == 1
    assert rows(out) == ["removed one.yaml", "faulty two.yaml one.yaml"]
    assert "two.yaml:3:10: error[R001]: no base './one.yaml'" in err


def test_against_a_revision_in_which_the_base_did_not_exist(repo, diff):
    repo.commit(one=variant("one", "base"))
    repo.write(base=base("base"))
    code, out, _ = diff("--against", "HEAD")
    assert code == 0
    assert rows(out) == ["added base.yaml 35,418 17,220,864", "added one.yaml 35,418 17,220,864 base.yaml"]
    assert "one.yaml was not sound:\n  HEAD:one.yaml:3:10: R001 no base 'base'" in out


def test_editing_the_file_of_a_block_lists_the_specs_that_name_it(repo, diff, capsys):
    block = "archc: 1\nblock: mine\ndescription: One layer.\nfields: {channels: {}}\nsteps:\n  - {conv: channels}\n"
    own = base("one").replace("{block: bottleneck, cardinality: 1}", "{block: mine}\nblocks: {mine: mine.yaml}")
    own = own.replace(", width: 16, stride: 1", "").replace(", width: 32, stride: 2", "")
    repo.commit(one=own, two=variant("two", "./one.yaml"), other=base("other"), mine=block)
    repo.write(mine=block.replace("channels}\n", "channels, kernel: 1}\n"))
    code, out, err = diff("--against", "HEAD")
    assert (code, err) == (1, "")
    assert [" ".join(row.split()[:2]) for row in rows(out)] == ["WEIGHTS one.yaml", "WEIGHTS two.yaml"]
    assert "\nblock mine changed: -" in diff("HEAD:one.yaml", "one.yaml")[1]
    assert main(["validate", "--and-derived", "mine.yaml"]) == 0
    assert "3 files" in capsys.readouterr().out


def test_a_comment_is_cosmetic(family, diff):
    family.write(base=f"# a note\n{base('base')}")
    code, out, _ = diff("--against", "HEAD")
    assert code == 0
    assert out == (
        "HEAD -> the working tree: no specs differ in effect\n\n"
        "the same network, written otherwise: base.yaml, one.yaml, own.yaml, two.yaml\n"
    )
    for form in ("markdown", "github"):
        assert diff("--against", "HEAD", "--format", form) == (0, "", "")


def test_nothing_differs_from_oneself(family, diff):
    code, out, _ = diff("--against", "HEAD")
    assert (code, out) == (0, "HEAD -> the working tree: no specs differ in effect\n")


def test_paths_say_which_specs_are_reported_and_not_which_are_read(family, diff):
    family.write(**WIDER, other=base("other", blocks=3))
    assert len(rows(diff("--against", "HEAD", "one.yaml", "other.yaml")[1])) == 2
    family.commit(**{"nets/deep": variant("deep", "../base")})
    family.write(base=base("base", blocks=4))
    assert rows(diff("--against", "HEAD", "nets")[1])[0].startswith("WEIGHTS nets/deep.yaml +4,544")


def test_folders_are_paths_however_they_are_written(family, diff, monkeypatch):
    family.commit(**{"nets/deep": variant("deep", "../base")})
    family.write(base=base("base", blocks=4))
    (family.root.parent / "link").symlink_to(family.root)
    for path, count in ((".", 4), ("nets/", 1), ("./nets/../nets", 1), ("../repo", 4), ("../link/nets/deep.yaml", 1)):
        assert len(rows(diff("--against", "HEAD", path)[1])) == count, path
    monkeypatch.chdir("nets")
    assert len(rows(diff("--against", "HEAD", "..")[1])) == 4


def test_what_lies_outside_or_nowhere_is_refused(family, diff, tmp_path):
    (tmp_path / "outside.yaml").write_text(base("outside"))
    for arguments, said in (
        (["--against", "HEAD", "../outside.yaml"], "lies outside of the repository"),
        (["--against", "HEAD", "nowhere.yaml"], "is in neither of the two states"),
        (["--against", "nope"], "names no commit"),
        (["nope..HEAD"], "names no commit"),
        (["--against", "--output=x"], "is no revision"),
        (["--against", "HEAD", "--set", "a=1"], "--set goes with one or two specs"),
        (["resnet/resnet18"], "is in neither of the two states: to compare specs, give two, or one and a --set"),
        (["HEAD:one.yaml"], "to compare specs, give two"),
        (["one.yaml", "two.yaml", "own.yaml", "--set", "a=1"], "--set goes with one or two specs"),
    ):
        arguments = [arguments[0] + "=" + arguments[1], *arguments[2:]] if arguments[0] == "--against" else arguments
        code, out, err = diff(*arguments)
        assert (code, out) == (2, ""), arguments
        assert said in err


@pytest.mark.parametrize("paths", [[], ["."], ["one.yaml"], ["one.yaml", "two.yaml", "own.yaml"], ["one.yaml", "."]])
def test_without_two_specs_the_last_commit_and_the_working_tree_are_compared(family, diff, paths):
    assert diff(*paths) == (0, "HEAD -> the working tree: no specs differ in effect\n", "")
    family.write(**WIDER)
    assert diff(*paths) == diff("--against", "HEAD", *paths)
    assert "one.yaml" in diff(*paths)[1]


def test_two_specs_or_one_and_a_setting_are_compared_with_each_other(family, diff):
    family.write(**WIDER)
    assert diff("one.yaml", "base.yaml")[1].startswith("one -> base: COSMETIC\n")
    assert diff("one.yaml", "--set", "head.classes=3")[1].startswith("one: INTERFACE\n")


def test_a_spec_of_a_revision_is_compared_as_any_other(family, diff, monkeypatch):
    family.write(**WIDER)
    code, out, err = diff("HEAD:two.yaml", "two.yaml", "--edits")
    assert (code, err) == (1, "")
    assert out.startswith("HEAD:two.yaml -> two.yaml: WEIGHTS\n")
    assert "~ stages.a.blocks 2 -> 3\n    HEAD:base.yaml:7:15 -> base.yaml:7:15\n" in out
    family.commit(**{"nets/deep": variant("deep", "../base")})
    monkeypatch.chdir(family.root / "nets")
    assert diff("HEAD:./deep.yaml", "HEAD:nets/deep.yaml")[1].startswith("deep: COSMETIC\n")
    assert diff("HEAD~1:../base.yaml", "HEAD:base.yaml")[0] == 1


VERBS = [
    ["cost", "HEAD:two.yaml"],
    ["show", "HEAD:two.yaml"],
    ["build", "HEAD:two.yaml", "--emit", "python"],
    ["solve", "HEAD:two.yaml", "--for", "stages.a.blocks", "--to", "HEAD:base.yaml"],
    ["validate", "HEAD:two.yaml"],
    ["check", "HEAD:two.yaml", "--fast"],
]


@pytest.mark.parametrize("words", VERBS, ids=lambda words: words[0])
def test_a_spec_of_a_revision_is_a_spec_for_every_verb(family, capsys, words):
    def said(words):
        code = main(words)
        lines = capsys.readouterr().out.replace("HEAD:", "").splitlines()
        return code, [line.split() for line in lines if not line.startswith("---")]

    before = said([word.replace("HEAD:", "") for word in words])
    family.write(base=base("base", blocks=5), two="archc: 1\nfaulty")
    assert said(words) == before
    assert before[0] == 0


def test_a_spec_of_a_revision_is_told_with_its_faults_and_its_lines(family, capsys):
    family.commit(bad=variant("bad", "base", head="{clases: 3}"))
    family.write(bad=None)
    assert main(["validate", "HEAD:bad.yaml"]) == 1
    assert capsys.readouterr().out.startswith(
        "HEAD:bad.yaml:4:8: error[S001]: head has no field `clases`\n  |\n4 | head: {clases: 3}\n"
    )
    for name, said in (("HEAD:nope.yaml", "HEAD has no file 'nope.yaml'"), ("nope:one.yaml", "'nope' names no commit")):
        assert main(["cost", name]) == 2
        assert f"{name}:1:1: error[R009]: {said}" in capsys.readouterr().err
    assert main(["new", "x", "--extends", "HEAD:base.yaml"]) == 2
    assert "which no file can extend" in capsys.readouterr().err
    assert main(["cost", "HEAD:base.yaml", "--root", str(family.root / ".git")]) == 2
    assert "R011" in capsys.readouterr().err


def test_a_spec_of_a_revision_is_loaded_in_python_too(family):
    family.write(**WIDER)
    assert cost("HEAD:one.yaml").total.params < cost("one.yaml").total.params


def test_outside_of_a_repository_it_says_so(tmp_path, monkeypatch, diff):
    monkeypatch.chdir(tmp_path)
    assert diff()[0] == 2
    assert "to compare specs, give two" in diff("one.yaml")[2]
    code, _, err = diff("--against", "HEAD")
    assert (code, err.splitlines()[0][:28]) == (2, "archc: not a git repository ")


def test_outside_of_a_repository_a_path_says_which(family, diff, monkeypatch, tmp_path):
    family.write(**WIDER)
    monkeypatch.chdir(tmp_path)
    _, out, _ = diff("--against", "HEAD", "repo/one.yaml")
    assert rows(out) == ["WEIGHTS repo/one.yaml +4,544 +12.8 % +4,456,448 +25.9 % repo/base.yaml"]


def test_a_path_with_two_dots_is_no_range(family, diff, monkeypatch):
    (family.root / "nets").mkdir()
    monkeypatch.chdir(family.root / "nets")
    assert diff("../base.yaml", "../other.yaml")[0] == 0


@pytest.mark.parametrize(
    ("edit", "codes"),
    [
        ({"head": "{classes: 11}"}, {"TRAINING": 1, "FUNCTION": 1, "WEIGHTS": 1, "INTERFACE": 1}),
        ({"head": "{classes: 10, hidden: [4]}"}, {"TRAINING": 1, "FUNCTION": 1, "WEIGHTS": 1, "INTERFACE": 0}),
        ({"defaults": STRIDE}, {"TRAINING": 1, "FUNCTION": 1, "WEIGHTS": 0, "INTERFACE": 0}),
        ({"head": "{classes: 10, dropout: 0.5}"}, {"TRAINING": 1, "FUNCTION": 0, "WEIGHTS": 0, "INTERFACE": 0}),
        ({"description": "x"}, {"TRAINING": 0, "FUNCTION": 0, "WEIGHTS": 0, "INTERFACE": 0}),
    ],
    ids=["interface", "weights", "function", "training", "cosmetic"],
)
def test_fail_on_says_from_which_impact_on_the_code_is_1(family, diff, edit, codes):
    family.write(one=variant("one", "base", **edit))
    assert {level: diff("--against", "HEAD", "--fail-on", level)[0] for level in codes} == codes
    assert diff("--against", "HEAD")[0] == codes["TRAINING"]


def test_a_spec_that_is_not_sound_fails_whatever_the_impact(family, diff):
    family.write(one=variant("one", "base", head="{clases: 3}"))
    code, _, err = diff("--against", "HEAD", "--fail-on", "INTERFACE")
    assert code == 1
    assert "one.yaml:4:8: error[S001]" in err


def accept(diff, family, **changed):
    """Write a ledger that accepts the present change of base.yaml, with some of its fields changed."""
    _, out, _ = diff("--against", "HEAD", "base.yaml", "--format", "json")
    both = json.loads(out)["specs"][0]["diff"]
    hashes = {"from": both["old"]["checkpoint_hash"], "to": both["new"]["checkpoint_hash"]}
    entry = {"spec": "base.yaml", "rule": "D203", **hashes, "reason": "Meant so.", **changed}
    family.put({"archc-accept.yaml": json.dumps({"accept": [entry]})})


def test_an_accepted_break_fails_no_more_and_its_reason_is_told(family, diff):
    family.write(**WIDER)
    accept(diff, family)
    code, out, _ = diff("--against", "HEAD", "--fail-on", "TRAINING")
    assert code == 0
    assert rows(out)[0].startswith("COSMETIC (accepted: WEIGHTS) base.yaml")
    assert "accepted: D203 of base.yaml: Meant so." in out
    assert "accepted: D203 of base.yaml: Meant so." in diff("--against", "HEAD", "--format", "markdown")[1]


def test_the_entries_that_a_failing_gate_prints_open_it(family, diff):
    family.write(**WIDER, other=base("other", blocks=3).replace("16, stride: 1", "24, stride: 1"))
    code, out, _ = diff("--against", "HEAD", "--fail-on", "WEIGHTS")
    assert code == 1
    family.put({"archc-accept.yaml": out[out.index("accept:\n") :]})
    assert diff("--against", "HEAD", "--fail-on", "WEIGHTS")[0] == 0
    markdown = diff("--against", "HEAD~0", "--format", "markdown")[1]
    assert "To accept" not in markdown
    family.write(**{"archc-accept": None})
    _, markdown, _ = diff("--against", "HEAD", "--fail-on", "WEIGHTS", "--format", "markdown")
    family.put({"archc-accept.yaml": markdown.partition("```yaml\n")[2].partition("```")[0]})
    assert diff("--against", "HEAD", "--fail-on", "WEIGHTS")[0] == 0
    assert "to accept" not in diff("--against", "HEAD")[1]


@pytest.mark.parametrize("changed", [{"rule": "D202"}, {"from": "checkpoint-2:0"}])
def test_an_entry_accepts_one_rule_of_one_pair_of_networks(family, diff, changed):
    family.write(**WIDER)
    accept(diff, family, **changed)
    assert diff("--against", "HEAD")[0] == 1


def test_what_is_accepted_of_a_base_does_not_excuse_an_edit_of_ones_own(family, diff):
    family.write(**WIDER, one=variant("one", "base", stages="{b: {blocks: 3}}"))
    accept(diff, family)
    _, out, _ = diff("--against", "HEAD")
    assert [row.split()[0] for row in rows(out)] == ["WEIGHTS", "WEIGHTS", "COSMETIC"]


@pytest.mark.parametrize("changed", [{"to": "checkpoint-2:0"}, {"spec": "gone.yaml"}])
def test_a_stale_entry_is_a_finding(family, diff, changed):
    family.write(**WIDER)
    accept(diff, family, **changed)
    family.commit()
    code, _, err = diff("--against", "HEAD")
    assert code == 1
    assert "archc-accept.yaml:1:13: error[A001]: an accepted break that is stale" in err


def test_an_entry_in_hashes_of_another_version_is_told_as_such_and_not_as_stale(family, diff):
    family.write(**WIDER)
    accept(diff, family, **{"from": "checkpoint-1:0", "to": "checkpoint-1:0"})
    code, _, err = diff("--against", "HEAD")
    assert code == 1
    assert "archc-accept.yaml:1:13: error[A002]: an accepted break in hashes of version 1: those of now" in err
    assert "A001" not in err


def test_an_entry_stays_as_a_record_while_its_network_stands(family, diff):
    family.write(**WIDER)
    accept(diff, family)
    family.commit()
    assert diff("--against", "HEAD") == (0, "HEAD -> the working tree: no specs differ in effect\n", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accept: 3", "S002"),
        ("acept: []", "S001"),
        ("accept: [{rule: D203}]", "S003"),
        ("accept: [{spec: a, rule: D999, from: a, to: b, reason: c}]", "S004"),
        ("accept: [{spec: a, rule: D203, from: a, to: b, reason: 3, extra: x}]", "S001"),
        ("accept: [", "Y001"),
    ],
)
def test_a_ledger_that_is_none_is_told_with_its_places(family, diff, text, said):
    family.put({"archc-accept.yaml": text})
    code, _, err = diff("--against", "HEAD")
    assert code == 1
    assert f"error[{said}]" in err
    assert "archc-accept.yaml:1:" in err


def test_annotations_stand_on_the_changed_lines_of_the_new_side(family, diff):
    family.write(base=base("base", blocks=3), two=variant("two", "one"))
    _, out, _ = diff("--against", "HEAD", "--format", "github")
    assert "::warning file=base.yaml,line=7,endLine=7,col=15," in out
    assert "title=reaches 1 spec::" in out
    assert all(re.match(r"::(warning|notice|error) (file=(base|two)\.yaml,|title=)", line) for line in out.splitlines())


def test_markdown_shows_names_as_they_are(repo, diff):
    name = "a|b<img src=x>[l](http:x)"
    repo.commit(**{name: base("base")})
    repo.write(**{name: base("base", blocks=3)})
    _, out, _ = diff("--against", "HEAD", "--format", "markdown")
    outside_of_the_fence = out.partition("```")[0]
    assert re.findall(r"(?<!\\)[<\[](?!/?(?:details|summary))", outside_of_the_fence) == []
    assert "a\\|b" in out


def test_a_spec_that_reads_what_is_not_its_own_shows_none_of_it(repo, diff):
    """The comment on a pull request is public, and the change that it is about may come from anybody."""
    repo.git("config", "http.extraheader", "AUTHORIZATION: basic c2VjcmV0")
    repo.commit(one=base("one"))
    repo.write(one=variant("one", "./.git/config"), two=variant("two", "/etc/passwd"))
    for form in ("text", "json", "markdown", "github"):
        code, out, err = diff("--against", "HEAD", "--format", form)
        assert code == 1
        assert "c2VjcmV0" not in out + err
        assert "root:" not in out + err


def test_in_a_checkout_of_archcompiler_itself_the_shipped_specs_are_those_of_the_revision(tmp_path):
    """Its own specs are versioned beside its code; anywhere else a shipped name means the installed set."""
    made = Repository(tmp_path)
    documents = [f"specs/{kind}" for kind in ("attentions", "blocks", "heads", "names", "shortcuts", "stems")]
    for name in ("archcompiler", "schemas", "specs/resnet", *documents):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    made.commit()
    edited = tmp_path / "specs" / "resnet" / "resnet50.yaml"
    edited.write_text(edited.read_text().replace("blocks: 6", "blocks: 7"))
    command = [sys.executable, "-m", "archcompiler", "diff", "--against", "HEAD", "--format", "json"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    specs = {spec["new_path"].rpartition("/")[2]: spec for spec in json.loads(run.stdout)["specs"]}
    assert specs["resnet50_v1.yaml"]["through"] == ["specs/resnet/resnet50.yaml"]
    assert "resnet34.yaml" not in specs


HOSTILE = {
    "NUL in a base": 'archc: 1\nname: x\nextends: "a\\0b"\n',
    "surrogate in a base": 'archc: 1\nname: x\nextends: "\\ud800"\n',
    "a folder as base": "archc: 1\nname: x\nextends: .\n",
    "a base of 5,000 characters": f"archc: 1\nname: x\nextends: {'a' * 5000}\n",
    "a device as base": "archc: 1\nname: x\nextends: /dev/zero\n",
    "itself as base": "archc: 1\nname: x\nextends: hostile\n",
    "itself as table": "archc: 1\nname: x\nextends: base\nnames: hostile\n",
    "a name with escapes": 'archc: 1\nname: "\\e[31m"\nextends: base\n',
    "a bomb": "archc: 1\nname: &a [x, x]\nb: [*a, *a]\n" + "".join(f"c{i}: &b{i} [*a, *a]\n" for i in range(99)),
    "other types": "archc: 1\nname: [1]\nextends: {a: b}\nnames: [3]\n",
    "a list": "[archc: 1]\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_specs_are_told_on_either_side_and_nothing_dies(family, diff, text):
    first = family.git("rev-parse", "HEAD").strip()
    family.commit(hostile=text, link="archc: 1\nname: link\nextends: hostile\n")
    for arguments in (["--against", first], [f"HEAD..{first}"], [f"{first}..HEAD"]):
        for form in ("text", "json", "markdown", "github"):
            code, out, err = diff(*arguments, "--format", form)
            assert code == 1, out + err
            assert "\x1b" not in out + err


def test_long_chains_and_circles_of_specs_end(family, diff):
    family.write(**{f"c{i}": variant(f"c{i}", f"c{(i + 1) % 300}") for i in range(300)})
    code, _, err = diff("--against", "HEAD")
    assert code == 1
    assert "R002" in err


def test_torch_is_never_loaded(family):
    family.write(**WIDER)
    script = (
        "import sys; from archcompiler.cli import main; code = main(sys.argv[1:]);"
        "sys.stderr.write(' '.join(sorted({name.split('.')[0] for name in sys.modules}))); sys.exit(code)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, "diff", "--against", "HEAD"],
        cwd=family.root,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 1
    assert {"torch", "torchinfo", "torchvision", "numpy"} & set(run.stderr.split()) == set()


def test_what_a_sparse_checkout_leaves_out_is_not_gone(family, diff):
    family.commit(**{"nets/deep": variant("deep", "../base")})
    family.git("sparse-checkout", "set", "--no-cone", "/base.yaml", "/one.yaml")
    assert not (family.root / "nets").exists()
    family.write(**WIDER)
    names = [row.split()[1] for row in rows(diff("--against", "HEAD")[1])]
    assert sorted(names) == ["base.yaml", "nets/deep.yaml", "one.yaml", "two.yaml"]


def test_a_linked_working_tree_is_reviewed_alike(family, diff, monkeypatch):
    family.git("worktree", "add", "-q", "../linked", "-b", "linked")
    linked = Repository.__new__(Repository)
    linked.root = family.root.parent / "linked"
    linked.write(**WIDER)
    monkeypatch.chdir(linked.root)
    assert len(rows(diff("--against", "main")[1])) == 3


def test_a_shipped_base_is_never_what_a_change_arrives_by(repo, capsys):
    variant = "archc: 1\nname: v\nextends: base.yaml\nstages: {layer1: {blocks: 3}}\n"
    repo.commit("specs", base="archc: 1\nname: base\nextends: resnet/resnet18\n", v=variant)
    repo.write(base="archc: 1\nname: base\nextends: resnet/resnet34\n")
    assert main(["diff", "--against", "HEAD", "--format", "json", "--stat"]) == 1
    specs = {each["new_path"]: each["through"] for each in json.loads(capsys.readouterr().out)["specs"]}
    assert specs == {"base.yaml": [], "v.yaml": ["base.yaml"]}
