"""`archc git install`, and then git itself: diff, log, show, blame, on real repositories."""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest
from repository import base, variant

from archcompiler.cli import main

WIDER = base("base", blocks=3)
ROW = "~  stages.a.blocks 2 -> 3"
ROWS_OF_COSTS = "-# a: 9,472 params, 9,175,040 MACs\n+# a: 14,016 params, 13,631,488 MACs\n"


@pytest.fixture
def archc(capsys):
    """Return a function that runs a verb and returns its exit code and what it prints."""

    def run(*arguments):
        code = main(arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


@pytest.fixture
def driven(repo, archc):
    """A repository with the driver, in which a base was edited in the second commit and once more since."""
    assert archc("git", "install", "--attributes", ".gitattributes")[0] == 0
    repo.put({"ci.yaml": "on: push\n"})
    repo.commit(base=base("base"), one=variant("one", "base"))
    repo.put({"ci.yaml": "on: pull\n"})
    repo.commit(base=WIDER)
    return repo


def test_git_diff_prints_what_the_change_does(driven):
    driven.write(base=base("base", blocks=5))
    said = driven.git("diff")
    assert said.startswith("diff --archc a/base.yaml b/base.yaml\nbase: WEIGHTS\n")
    assert "~  stages.a.blocks 3 -> 5" in said
    assert "\n1 stage changed, 2 blocks added: +9.09 k params (+22.7 %), +8.91 MMACs (+41.1 %)\n" in said
    driven.git("add", "-A")
    assert driven.git("diff") == ""
    assert driven.git("diff", "--cached") == said


def test_git_diff_of_two_revisions_and_of_other_yaml(driven):
    said = driven.git("diff", "HEAD~1", "HEAD")
    assert ROW in said
    assert "--- a/ci.yaml\n+++ b/ci.yaml\n@@ -1 +1 @@\n-on: push\n+on: pull\n" in said


def test_git_log_and_show_print_the_same_with_ext_diff(driven):
    assert ROW in driven.git("show", "--ext-diff")
    said = driven.git("log", "-p", "--ext-diff")
    assert said.count(ROW) == 1
    assert "added: 35,418 params, 17,220,864 MACs" in said
    assert said.index(ROW) < said.index("+name: base")


def test_git_log_and_show_print_rows_of_costs_below_the_text(driven):
    for command in (["show"], ["log", "-p"]):
        said = driven.git(*command)
        assert "-  a: {blocks: 2, channels: 64, width: 16, stride: 1}\n+  a: {blocks: 3," in said
        assert ROWS_OF_COSTS in said
        assert "-on: push\n+on: pull\n" in said


def test_the_bases_are_those_of_the_revision_in_which_the_text_stood(driven):
    """One edit each time, on a base of another size: the same edit of a variant costs something else."""
    driven.commit(one=variant("one", "base", stages="{b: {channels: 256}}"))
    driven.commit(base=base("base", blocks=9))
    driven.write(base=None)
    said = driven.git("show", "--ext-diff", "HEAD~1")
    assert "~  stages.b.channels 128 -> 256" in said
    assert "   a      14,016  14,016  13,631,488  13,631,488\n" in said


def test_a_renamed_a_new_and_a_deleted_spec(driven):
    driven.git("mv", "one.yaml", "two.yaml")
    driven.write(two=variant("two", "base", head="{classes: 7}"), new=base("new"))
    driven.git("add", "-A")
    said = driven.git("diff", "--cached", "-M20")
    assert "diff --archc a/one.yaml b/two.yaml\none -> two: INTERFACE" in said
    assert "diff --archc a/new.yaml b/new.yaml\nadded: 35,418 params" in said
    driven.git("commit", "-qm", "x")
    driven.git("rm", "-q", "two.yaml")
    assert "removed: 39,575 params" in driven.git("diff", "--cached")


def test_what_says_nothing_new_is_shown_as_text_too(driven):
    driven.write(base=f"# a note\n{WIDER}")
    said = driven.git("diff")
    assert "COSMETIC" in said
    assert "\n+# a note\n" in said


@pytest.mark.parametrize("text", ["archc: 1\nname: [\n", "archc: 1\nname: x\nextends: nowhere\n", "archc: 1\n\0\n", ""])
def test_a_side_that_is_not_sound_is_shown_as_text_with_its_faults(driven, text):
    driven.write(base=text)
    said = driven.git("diff")
    assert "\n-  a: {blocks: 3, channels: 64, width: 16, stride: 1}" in said
    driven.commit()
    assert "\n-  a: {blocks: 3, channels: 64, width: 16, stride: 1}" in driven.git("show")


def test_git_never_dies_of_the_driver(driven):
    """Conflicts, links, folders in place of files, files of a megabyte, no repository at all."""
    (driven.root / "link.yaml").symlink_to("base.yaml")
    (driven.root / "big.yaml").write_text("archc: 1\n" + "# x\n" * 400_000)
    (driven.root / "latin.yaml").write_bytes(b"archc: 1\nname: \xe9\n")
    driven.git("add", "-A")
    assert "big.yaml" in driven.git("diff", "--cached")
    driven.commit()
    driven.git("checkout", "-q", "-b", "side", "HEAD~1")
    driven.commit(base=base("base", blocks=7))
    driven.git("checkout", "-q", "main")
    driven.commit(base=base("base", blocks=8))
    with pytest.raises(AssertionError, match="CONFLICT"):
        driven.git("merge", "side")
    assert "diff --cc base.yaml" in driven.git("diff")
    assert "Unmerged path base.yaml" in driven.git("diff", "--ours")
    assert main(["git", "driver"]) == main(["git", "driver", "a", "b"]) == 0
    os.chdir(driven.root.parent)
    shutil.copytree(driven.root, "bare", ignore=shutil.ignore_patterns(".git"))
    nothing = [os.devnull, "0" * 40, "100644"]
    assert main(["git", "driver", "a.yaml", *nothing, "bare/one.yaml", "0" * 40, "100644"]) == 0
    assert main(["git", "driver", "a.yaml", *nothing, "nowhere", "0" * 40, "100644"]) == 0
    assert main(["git", "textconv", "nowhere"]) == 0


def test_blame_shows_the_lines_of_the_file_with_their_commits(driven):
    lines = driven.git("blame", "-s", "base.yaml").splitlines()
    second = driven.git("rev-parse", "--short=8", "HEAD").strip()
    assert lines[6].startswith(second)
    assert lines[6].endswith("  a: {blocks: 3, channels: 64, width: 16, stride: 1}")
    assert not lines[7].startswith(second)


def test_in_a_linked_working_tree_and_below_the_root(driven, monkeypatch):
    driven.git("worktree", "add", "-q", "../linked", "-b", "linked")
    linked = driven.root.parent / "linked"
    (linked / "base.yaml").write_text(base("base", blocks=4))
    assert "~  stages.a.blocks 3 -> 4" in driven.git("diff", cwd=linked)
    driven.commit(**{"nets/deep": variant("deep", "../base")})
    driven.write(**{"nets/deep": variant("deep", "../base", head="{classes: 3}")})
    assert "\ndeep: INTERFACE\n" in driven.git("diff", cwd=driven.root / "nets")


def test_install_says_what_it_does_and_touches_no_file_of_attributes_by_itself(repo, archc):
    code, said = archc("git", "install")
    assert code == 0
    assert said.endswith("no file uses it yet: add to .gitattributes, or give --attributes FILE\n*.yaml diff=archc\n")
    assert os.listdir(repo.root) == [".git"]
    assert not (repo.root / ".git" / "info" / "attributes").exists()
    command = repo.git("config", "diff.archc.command").split()
    assert command == [str(Path(sysconfig.get_path("scripts")) / "archc"), "git", "driver"]


def test_attributes_go_where_the_user_says_once_and_leave_again(repo, archc):
    place = ".git/info/attributes"
    Path(place).parent.mkdir(exist_ok=True)
    Path(place).write_text("*.png binary")
    wanted = ["git", "install", "--attributes", place, "--pattern", "nets/*.yaml", "--pattern", "my nets/*.yml"]
    for _ in range(2):
        assert archc(*wanted)[0] == 0
    assert Path(place).read_text() == '*.png binary\nnets/*.yaml diff=archc\n"my nets/*.yml" diff=archc\n'
    assert repo.git("check-attr", "diff", "my nets/a.yml") == "my nets/a.yml: diff: archc\n"
    assert archc("git", "uninstall", "--attributes", place) == (0, f"removed diff.archc\n{place} names it no more\n")
    assert Path(place).read_text() == "*.png binary\n"
    assert "archc" not in (repo.root / ".git" / "config").read_text()
    assert archc("git", "uninstall") == (0, "there was no diff.archc\n")


def test_after_uninstall_git_diff_is_gits_own(driven, archc):
    driven.write(base=base("base", blocks=5))
    archc("git", "uninstall")
    assert driven.git("diff").startswith("diff --git a/base.yaml b/base.yaml\n")


@pytest.mark.parametrize("pattern", ["", "!x", "#x", "[attr]x", "a\nb"])
def test_what_is_no_pattern_is_refused_before_anything_is_set(repo, archc, pattern):
    code, said = archc("git", "install", "--pattern", pattern)
    assert (code, "is no pattern of attributes" in said) == (2, True)
    assert "archc" not in (repo.root / ".git" / "config").read_text()


def test_outside_of_a_repository_it_installs_for_the_user_only(tmp_path, monkeypatch, archc):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    assert archc("git", "install")[0] == 2
    assert archc("git", "install", "--global")[0] == 0
    assert '[diff "archc"]' in (tmp_path / "config").read_text()


def test_a_repository_cannot_have_its_own_modules_run(driven):
    """Git runs the driver at the root of the working tree, from where `python -m` would import."""
    for name in ("archcompiler", "yaml", "json", "argparse", "jsonschema"):
        driven.put({f"{name}.py": "open('pwned', 'w')\nraise SystemExit(3)\n"})
    driven.write(base=base("base", blocks=5))
    assert "~  stages.a.blocks 3 -> 5" in driven.git("diff")
    assert driven.git("log", "-p", "-1")
    assert not (driven.root / "pwned").exists()
    assert sys.path[0] != str(driven.root)


ODD_PATHS = {
    "a dash": "-x.yaml",
    "two dashes": "--no-textconv.yaml",
    "an option of archc": "--version.yaml",
    "an option and its value": "--print-completion=bash.yaml",
    "the help": "-h.yaml",
    "a space": "my net.yaml",
    "a quote": 'it\'s "one".yaml',
    "a line end": "a\nb.yaml",
    "an emoji": "\U0001f9e0.yaml",
    "a dollar": "$HOME.yaml",
    "a folder with a dash": "-a/-b.yaml",
    "a long name": f"{'x' * 250}.yaml",
}


@pytest.mark.parametrize("path", ODD_PATHS.values(), ids=ODD_PATHS)
def test_a_path_is_a_path_whatever_it_begins_with(driven, path):
    driven.put({path: base("base")})
    driven.git("add", "-A")
    driven.git("commit", "-q", "-m", "odd")
    driven.put({path: WIDER})
    said = driven.git("diff")
    assert said.startswith("diff --archc a/")
    assert ROW in said
    driven.git("add", "-A")
    driven.git("commit", "-q", "-m", "wider")
    assert ROWS_OF_COSTS in driven.git("log", "-p", "-1")
    assert ROW in driven.git("show", "--ext-diff")
