"""Limits of texts and networks: each is moved from the command line or from Python, and holds where it is given."""

import os
import threading
from pathlib import Path

import pytest

import archcompiler
from archcompiler.cli import main
from archcompiler.limits import DEEPEST, NUMBERS, Limits, current, within
from archcompiler.resolve import load_spec

SPEC = """\
archc: 1
name: net
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 16}
stages:
  a: {block: basic, blocks: 3, channels: 16}
  b: {block: basic, blocks: 2, channels: 32, stride: 2}
head: {classes: 10}
"""
COUNTS = {
    "bytes": len(SPEC),
    "nesting": 4,  # of the names of a module path, which are one more than the levels of the text
    "stages": 2,
    "blocks": 5,
    "channels": 32,
    "nodes": 43,
    "params": 47_898,
    "steps": 16,
}
CODES = {"bytes": "Y012", "values": "Y010", "bases": "R002"}


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC, encoding="utf-8")
    Path("one.yaml").write_text("archc: 1\nname: one\nextends: net.yaml\n", encoding="utf-8")
    Path("two.yaml").write_text("archc: 1\nname: two\nextends: one.yaml\n", encoding="utf-8")
    return "net.yaml"


def codes(spec, **limits):
    """Return the codes that a spec has under limits, in Python."""
    try:
        archcompiler.compile(archcompiler.load(spec, limits=Limits(**limits)))
    except archcompiler.SpecError as error:
        return {found.code for found in error.diagnostics}
    return set()


def test_every_limit_is_in_the_help_and_tested_here(capsys):
    with pytest.raises(SystemExit):
        main(["validate", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert f"move a limit: {', '.join(NUMBERS)}" in text
    assert {*COUNTS, "values", "bases"} == set(NUMBERS)


@pytest.mark.parametrize("name", COUNTS)
def test_a_limit_holds_to_the_unit_in_python_and_on_the_command_line(net, name, capsys):
    code = CODES.get(name, "M001")
    assert codes(net, **{name: COUNTS[name]}) == set()
    assert codes(net, **{name: COUNTS[name] - 1}) == {code}
    assert main(["validate", net, "--limit", f"{name}={COUNTS[name]}"]) == 0
    assert main(["cost", net, "--limit", f"{name}={COUNTS[name] - 1}"]) == 1
    said = capsys.readouterr().err
    assert f"error[{code}]" in said
    assert f"help: `--limit {name}=N` moves the limit" in said


def test_params_are_those_that_cost_counts(net):
    assert archcompiler.cost(net).params == COUNTS["params"]


def test_values_count_aliases_written_out(net):
    """A claim is a mapping, three keys and three values: each alias of it counts as seven."""

    def smallest(claims):
        Path("net.yaml").write_text(SPEC + f"claims: {claims}\n")
        return next(number for number in range(40, 200) if codes(net, values=number) == set())

    claim = "&c {source: x, quantity: params, printed: '1'}"
    assert smallest(f"[{claim}, *c, *c]") == smallest(f"[{claim}]") + 14


def test_bases_are_the_files_of_a_chain(net):
    assert codes("two.yaml", bases=3) == set()
    assert codes("two.yaml", bases=2) == {"R002"}


def test_a_chain_of_fifty_is_no_trouble_and_one_beyond_the_limit_is_a_fault(net):
    Path("c0.yaml").write_text(SPEC, encoding="utf-8")
    for number in range(1, 70):
        Path(f"c{number}.yaml").write_text(
            f"archc: 1\nname: c{number}\nextends: c{number - 1}\nstages: {{a: {{channels: {number}}}}}\n"
        )
    assert archcompiler.cost("c50.yaml").params
    assert archcompiler.load("c50.yaml").section("stages").entries["a"].value.get("channels").value == 50
    assert codes("c69.yaml") == {"R002"}
    assert codes("c69.yaml", bases=100) == set()


def test_a_limit_can_be_raised_beyond_the_default(net):
    assert codes("net.yaml") == set()
    many = ["stages.a.blocks=30000"]
    with pytest.raises(archcompiler.SpecError, match=r"M001\]: 30000 blocks are more than the 20000"):
        archcompiler.load(net, many)
    spec = archcompiler.load(net, many, limits=Limits(blocks=40_000))
    assert archcompiler.cost(spec).params > 100_000_000


def test_the_limits_of_a_spec_hold_for_what_is_compiled_from_it_later(net):
    with within(Limits(params=10)):
        spec = load_spec(net)
    with pytest.raises(archcompiler.SpecError, match="M001"):
        archcompiler.compile(spec)
    assert archcompiler.compile(net)


def test_limits_hold_within_their_block_and_thread(net):
    seen = []
    with within(Limits(stages=1)):
        thread = threading.Thread(target=lambda: seen.append(current().stages))
        thread.start()
        thread.join()
        assert current().stages == 1
    assert seen == [Limits().stages]
    assert current() == Limits()


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("blocks", "expected a whole number from 1, found ''"),
        ("block=3", "expected NAME=N with one of bytes, nesting"),
        ("blocks=-1", "expected a whole number from 1, found '-1'"),
        (f"nesting={DEEPEST + 1}", "nesting can be 200 at most"),
    ],
)
def test_a_limit_that_cannot_be_is_a_usage_error(net, limit, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["validate", net, "--limit", limit])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_the_deepest_nesting_that_may_be_allowed_is_read(net):
    depth = DEEPEST - 1
    Path("net.yaml").write_text("x: " + "[" * depth + "]" * depth)
    assert codes(net, nesting=DEEPEST) == {"S001", "S003"}


# --- roots ---


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A folder `inside` to work in, and a secret beside it."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.yaml").write_text(SPEC + "description: hush\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "inside")
    return tmp_path / "secret.yaml"


def variant(extends):
    Path("v.yaml").write_text(f"archc: 1\nname: v\nextends: {extends}\n", encoding="utf-8")
    return "v.yaml"


@pytest.mark.parametrize("base", ["../secret.yaml", "../secret", "{secret}", "x/../../secret.yaml", "link", "d/secret"])
def test_no_base_leads_out_of_the_root(outside, base, capsys):
    os.symlink(outside, "link.yaml")
    os.symlink(outside.parent, "d")
    spec = variant(base.format(secret=outside))
    assert main(["validate", spec]) == (1 if base.startswith("x/") else 0)
    capsys.readouterr()
    assert main(["validate", spec, "--root", "."]) == 1
    said = capsys.readouterr().out
    assert said.count("error[R011]") == 1
    assert "hush" not in said
    assert codes(spec, roots=(str(outside.parent / "inside"),)) == {"R011"}


def test_a_path_that_is_not_there_is_refused_alike(outside, capsys):
    texts = []
    for base in ("../secret.yaml", "../absent.yaml"):
        main(["validate", variant(base), "--root", "."])
        texts.append(capsys.readouterr().out.replace(base, "BASE"))
    assert texts[0] == texts[1]


def test_the_spec_itself_and_its_names_are_held_to_the_root(outside, capsys):
    assert main(["validate", str(outside), "--root", "."]) == 2
    said = capsys.readouterr().out
    assert "error[R011]" in said
    assert "archc: 1" not in said
    Path("n.yaml").write_text(SPEC + f"names: {outside}\n", encoding="utf-8")
    assert codes("n.yaml", roots=(".",)) == {"R011"}
    assert main(["show", str(outside), "--root", "."]) == 2
    assert "hush" not in capsys.readouterr().err


def test_what_is_inside_or_shipped_is_allowed(outside):
    Path("inner").mkdir()
    Path("inner/base.yaml").write_text(SPEC, encoding="utf-8")
    os.symlink("inner/base.yaml", "link.yaml")
    for base in ("inner/base", "link", "resnet/resnet18"):
        assert codes(variant(base), roots=(".",)) == set()
    assert codes(variant("../secret"), roots=(".", str(outside.parent))) == set()
    assert main(["check", "resnet/resnet18", "--fast", "--root", "."]) == 0


def test_a_prefix_of_a_name_is_no_root(outside):
    os.mkdir("../insider")
    Path("../insider/b.yaml").write_text(SPEC, encoding="utf-8")
    assert codes(variant("../insider/b.yaml"), roots=(".",)) == {"R011"}
