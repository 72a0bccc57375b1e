"""Specs read from the revisions of real repositories."""

import os
import subprocess

import pytest
from repository import Repository, base, variant

from archcompiler.analyses.report import cost_report
from archcompiler.diagnostics import SpecError
from archcompiler.git.process import GitError, Objects
from archcompiler.git.repository import repository_of
from archcompiler.git.state import Revision, WorkingTree
from archcompiler.lower.network import lower
from archcompiler.resolve import load_spec
from archcompiler.review.chains import Chains
from archcompiler.review.pairs import Pair, changed_pairs


def pairs(old="HEAD", new=None, wanted=lambda pair: True):
    repository = repository_of(".")
    known = {}
    with Objects(repository.root) as objects:
        states = [
            WorkingTree(repository) if name is None else Revision(repository, name, repository.commit(name), objects)
            for name in (old, new)
        ]
        return changed_pairs(*(Chains(state, known) for state in states), wanted)


def params(path, revision):
    repository = repository_of(".")
    with Objects(repository.root) as objects:
        files = Revision(repository, revision, repository.commit(revision), objects)
        return cost_report(lower(load_spec(path, files=files))).total.params


def test_a_spec_and_its_bases_are_those_of_the_revision(repo):
    repo.commit(base=base("base"), one=variant("one", "base.yaml"))
    before = cost_report(lower(load_spec("one.yaml"))).total.params
    repo.commit(base=base("base", blocks=5))
    repo.write(base=base("base", blocks=9))
    now = cost_report(lower(load_spec("one.yaml"))).total.params
    assert params("one.yaml", "HEAD~1") == before < params("one.yaml", "HEAD") < now


def test_places_of_the_old_side_are_shown_as_git_writes_them(repo):
    repo.commit(**{"nets/base": base("base"), "nets/one": variant("one", "./base", stages="{a: {blocks: 0}}")})
    with pytest.raises(SpecError, match=r"HEAD:nets/one.yaml:4:22: S005"):
        params("nets/one.yaml", "HEAD")


def test_a_base_that_the_revision_does_not_have_is_not_found(repo):
    repo.commit(one=variant("one", "./base"))
    repo.write(base=base("base"))
    load_spec("one.yaml")
    with pytest.raises(SpecError, match=r"R001 no base './base'"):
        params("one.yaml", "HEAD")


def test_a_circle_in_a_revision_is_shown_with_its_places(repo):
    repo.commit(one=variant("one", "two"), two=variant("two", "one"))
    with pytest.raises(SpecError, match=r"one.yaml -> HEAD:two.yaml -> HEAD:one.yaml"):
        params("one.yaml", "HEAD")


def test_shipped_names_mean_the_installed_set(repo):
    repo.commit(one=variant("one", "resnet/resnet18"))
    assert params("one.yaml", "HEAD") == 11_689_512


def test_tables_of_names_are_read_from_the_revision_too(repo):
    table = "archc: 1\nnames: {stem.conv1: first}\n"
    repo.put({"table.yaml": table})
    repo.commit(one=base("one", names="./table"))
    repo.put({"table.yaml": table.replace("first", "zeroth")})
    assert pairs() == [Pair("one.yaml", "one.yaml", ("table.yaml",), edited=False)]


def test_editing_a_base_reaches_what_extends_it_and_nothing_else(repo):
    repo.commit(
        base=base("base"),
        one=variant("one", "base.yaml"),
        two=variant("two", "./one"),
        other=base("other"),
        third=variant("third", "other"),
    )
    repo.write(base=base("base", blocks=3))
    assert pairs() == [
        Pair("base.yaml", "base.yaml"),
        Pair("one.yaml", "one.yaml", ("base.yaml",), edited=False),
        Pair("two.yaml", "two.yaml", ("base.yaml",), edited=False),
    ]
    assert [pair.path for pair in pairs(wanted=lambda pair: pair.path == "two.yaml")] == ["two.yaml"]


def test_two_revisions_are_compared_without_the_working_tree(repo):
    first = repo.commit(base=base("base"), one=variant("one", "base"))
    second = repo.commit(base=base("base", blocks=3))
    repo.write(base=base("base", blocks=4), new=base("new"))
    assert [pair.path for pair in pairs(first, second)] == ["base.yaml", "one.yaml"]
    assert [pair.path for pair in pairs(second, second)] == []
    assert [pair.path for pair in pairs(second)] == ["base.yaml", "new.yaml", "one.yaml"]


@pytest.mark.parametrize("edit", ["", "# a note\n", "description: more\nhead: {classes: 100}\n"])
def test_a_renamed_file_is_one_spec(repo, edit):
    repo.commit(base=base("base"), other=base("other"))
    repo.git("mv", "base.yaml", "moved.yaml")
    repo.write(
        moved=edit
        + (repo.root / "moved.yaml").read_text().replace("head: {classes: 10}\n" if edit[:1] == "d" else "", "")
    )
    assert [(pair.old, pair.new) for pair in pairs()] == [("base.yaml", "moved.yaml")]


def test_what_came_and_what_went_are_not_held_for_a_rename(repo):
    repo.commit(base=base("base"))
    repo.write(base=None, new=variant("new", "resnet/resnet18"))
    assert pairs() == [Pair("base.yaml", None), Pair(None, "new.yaml")]


SMALL_CHANGES = [
    (base("old"), base("new", blocks=3), False),  # as all of the family but for one line, which is another one
    (variant("old", "base", head="{classes: 7}"), variant("new", "base", stages="{a: {blocks: 4}}"), False),
    (variant("old", "base"), variant("new", "base"), False),
    (variant("old", "base", head="{classes: 7}"), variant("new", "base", head="{classes: 7}"), True),
    (variant("old", "base", head="{classes: 7}"), base("new").replace("classes: 10", "classes: 7"), False),
    (
        variant(
            "old", "base", input="{size: 64}", head="{classes: 7}", defaults="{activation: silu}", stem="{channels: 24}"
        ),
        variant(
            "new", "base", input="{size: 64}", head="{classes: 9}", defaults="{activation: silu}", stem="{channels: 24}"
        ),
        True,
    ),
]


@pytest.mark.parametrize(("before", "after", "is_rename"), SMALL_CHANGES)
def test_only_lines_of_its_own_make_a_renamed_spec(repo, before, after, is_rename):
    repo.commit(base=base("base"), other=base("other", blocks=5), old=before)
    repo.write(old=None, new=after)
    apart = [Pair(None, "new.yaml"), Pair("old.yaml", None)]
    assert pairs() == ([Pair("old.yaml", "new.yaml")] if is_rename else apart)


def test_yaml_that_is_no_spec_is_left_alone(repo):
    repo.put({"ci.yaml": "archc_version: 1\n", "k8s.yml": "kind: x\nspec:\n  archc: 1\n", "list.yaml": "[archc]\n"})
    repo.commit(faulty="archc: 1\nname: [\n", flow="{archc: 1, name: x}")
    repo.put({"ci.yaml": "a: 1\n", "k8s.yml": "b: 1\n", "list.yaml": "[]\n", "notes.txt": base("x")})
    repo.write(faulty="archc: 1\nname: ]\n", flow="{archc: 1, name: y}")
    assert [pair.path for pair in pairs()] == ["faulty.yaml", "flow.yaml"]


def test_line_ends_alone_are_found_too_and_left_to_the_diff(repo):
    repo.commit(base=base("base"))
    (repo.root / "base.yaml").write_bytes(base("base").replace("\n", "\r\n").encode())
    assert [pair.path for pair in pairs()] == ["base.yaml"]


def test_ignored_files_are_no_specs_of_the_repository(repo):
    repo.put({".gitignore": "venv/\n"})
    repo.commit()
    repo.write(**{"venv/base": base("base"), "new": base("new")})
    assert [pair.path for pair in pairs()] == ["new.yaml"]


def test_paths_are_shown_from_the_working_folder(repo, monkeypatch):
    repo.commit(**{"nets/one": variant("one", "../base"), "base": base("base")})
    repo.write(base=base("base", blocks=3))
    monkeypatch.chdir(repo.root / "nets")
    found = pairs()
    assert [pair.path for pair in found] == [str(repo.root / "base.yaml"), "one.yaml"]
    assert params("one.yaml", "HEAD") == params(str(repo.root / "base.yaml"), "HEAD")


def test_a_base_outside_the_repository_is_the_same_on_both_sides(repo):
    (repo.root.parent / "outside.yaml").write_text(base("outside"))
    repo.commit(one=variant("one", "../outside"))
    assert pairs() == []
    (repo.root.parent / "outside.yaml").write_text(base("outside", blocks=3))
    assert pairs() == []
    assert params("one.yaml", "HEAD") > 0


def test_a_linked_working_tree_has_its_own_files(repo, monkeypatch):
    repo.commit(base=base("base"), one=variant("one", "base"))
    repo.git("worktree", "add", "-q", "../linked", "-b", "linked")
    monkeypatch.chdir(repo.root.parent / "linked")
    (repo.root.parent / "linked" / "base.yaml").write_text(base("base", blocks=3))
    assert [pair.path for pair in pairs("main")] == ["base.yaml", "one.yaml"]
    monkeypatch.chdir(repo.root)
    assert pairs("linked") == []


def test_links_between_specs_are_followed_in_a_revision(repo):
    (repo.root / "link.yaml").symlink_to("nets/base.yaml")
    repo.commit(**{"nets/base": base("base"), "one": variant("one", "link")})
    repo.write(**{"nets/base": base("base", blocks=3)})
    assert [pair.path for pair in pairs()] == ["link.yaml", "nets/base.yaml", "one.yaml"]
    assert params("one.yaml", "HEAD") == params("nets/base.yaml", "HEAD")


def test_a_repository_of_sha256_is_read_alike(tmp_path, monkeypatch):
    repo = Repository(tmp_path, "--object-format=sha256")
    monkeypatch.chdir(tmp_path)
    repo.commit(base=base("base"), same=base("same"))
    repo.write(base=base("base", blocks=3))
    assert [pair.path for pair in pairs()] == ["base.yaml"]


HOSTILE = [
    "a b",
    "-x",
    "--output=x",
    "ü",
    "a\nb",
    "a\tb",
    '"q"',
    "$(touch pwned)",
    "; touch pwned",
    "a:b",
    "*",
    "\x1b[31m",
]


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_hostile_file_names_are_names(repo, name):
    repo.commit(**{name: base("base"), f"{name}/one": variant("one", f"'../{name}'" if name.isprintable() else "base")})
    repo.write(**{name: base("base", blocks=3)})
    assert f"{name}.yaml" in [pair.path for pair in pairs()]
    assert sorted(os.listdir(repo.root)) == sorted([".git", name, f"{name}.yaml"])


@pytest.mark.parametrize(
    "revision", ["", "-x", "--all", "nope", "HEAD~9", "HEAD:base.yaml", "$(touch pwned)", "a\0b", ":/"]
)
def test_what_names_no_commit_is_refused(repo, revision):
    repo.commit(base=base("base"))
    with pytest.raises(GitError, match=r"no revision|names no commit"):
        pairs(revision)
    assert "pwned" not in os.listdir(repo.root)


def test_outside_of_a_repository_git_says_so(tmp_path):
    with pytest.raises(GitError, match="not a git repository"):
        repository_of(str(tmp_path))


def test_nothing_that_a_repository_configures_is_run(repo):
    """Every program that a repository's configuration can name leaves a mark; none may be there afterwards."""
    repo.commit(base=base("base"))
    mark = repo.root / "ran"
    script = repo.root.parent / "hook"
    script.write_text(f"#!/bin/sh\necho $0 $@ >> '{mark}'\ncat\n")
    script.chmod(0o755)
    hooks = repo.root / ".git" / "hooks"
    for hook in ("post-index-change", "reference-transaction", "fsmonitor-watchman", "post-checkout"):
        (hooks / hook).write_text(script.read_text())
        (hooks / hook).chmod(0o755)
    (repo.root / ".gitattributes").write_text("*.yaml diff=evil filter=evil merge=evil\n")
    for key in (
        *("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.gitProxy", "diff.external"),
        *("diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge", "filter.evil.process"),
        *("gpg.program", "credential.helper", "uploadpack.packObjectsHook", "sequence.editor", "log.showSignature"),
    ):
        repo.git("config", key, "true" if key == "log.showSignature" else script)
    repo.git("config", "filter.evil.required", "true")
    for alias in ("rev-parse", "ls-tree", "ls-files", "cat-file", "merge-base"):
        repo.git("config", f"alias.{alias}", f"!{script}")
    os.utime(repo.root / "base.yaml", (1, 1))
    mark.unlink(missing_ok=True)
    (repo.root / "base.yaml").write_text(base("base", blocks=3))
    assert [pair.path for pair in pairs()] == ["base.yaml"]
    assert params("base.yaml", "HEAD") > 0
    assert not mark.exists(), mark.read_text()
    subprocess.run(["git", "status"], cwd=repo.root, capture_output=True, check=False, timeout=60)
    assert mark.exists()  # the user's own git does run it


def test_a_partial_clone_fetches_nothing(repo, monkeypatch):
    repo.commit(base=base("base"))
    repo.git("config", "uploadpack.allowFilter", "true")
    Repository(repo.root.parent / "other")
    repo.git("clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repo.root}", "../partial")
    monkeypatch.chdir(repo.root.parent / "partial")
    with pytest.raises(SpecError, match="Y013"):
        params("base.yaml", "HEAD")


def test_the_folder_of_git_itself_is_never_read(repo):
    """It may hold credentials, and a message may show what a file says."""
    repo.put({".git/secret.yaml": base("secret")})
    repo.commit(one=variant("one", ".git/secret"))
    with pytest.raises(SpecError, match="R001"):
        load_spec("one.yaml", files=WorkingTree(repository_of(".")))
    (repo.root / "link.yaml").symlink_to(".git/secret.yaml")
    with pytest.raises(SpecError, match="folder of git itself"):
        load_spec("link.yaml", files=WorkingTree(repository_of(".")))


def test_a_file_beyond_the_size_limit_is_refused_in_a_revision_too(repo):
    repo.commit(big="#" * (1 << 20) + "\n", base=base("base"))
    with pytest.raises(SpecError, match="Y012"):
        params("big.yaml", "HEAD")
