"""Every shipped spec: valid, described, named as its file, and opened by editors with its schema."""

import subprocess
import sys

import peers
import pytest

import archcompiler
from archcompiler.syntax.parse import read
from archcompiler.tree import plain

TABLES = sorted((peers.SPECS / "names").rglob("*.yaml"))


def test_every_shipped_spec_and_table_validates_without_a_warning(archc):
    tables = [path.relative_to(peers.SPECS).with_suffix("").as_posix() for path in TABLES]
    run = archc("validate", *peers.SHIPPED, *tables)
    assert run.stdout == f"no faults in {len(peers.SHIPPED) + len(tables)} files\n"
    assert len(peers.SHIPPED) >= 20


def test_every_shipped_spec_says_what_it_is():
    specs = [plain(read(peers.SPECS / f"{name}.yaml")) for name in peers.SHIPPED]
    assert [spec["name"] for spec in specs] == [peers.short(name) for name in peers.SHIPPED]
    descriptions = [spec["description"] for spec in specs]
    assert [text for text in descriptions if len(text) <= 20 or not text.endswith(".")] == []
    assert len(set(descriptions)) == len(descriptions)


@pytest.mark.parametrize("name", peers.SHIPPED)
def test_a_shipped_spec_is_opened_with_the_schema_by_editors(name):
    path = peers.SPECS / f"{name}.yaml"
    first = path.read_text(encoding="utf-8").splitlines()[0]
    schema = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / schema).resolve() == peers.SPECS.parent / "schemas" / "architecture.json"


# --- a network of 1,202 layers ---


def test_equal_blocks_of_a_deep_network_are_recorded_once():
    graph = archcompiler.compile("cifar/resnet1202")
    calls = list(graph.calls)
    assert len(calls) == 602
    assert len({id(call.body) for call in calls}) == 7  # stem, head, one for the first stage, and two for each other


def test_a_deep_network_needs_no_deep_recursion():
    script = (
        "import sys, archcompiler; archcompiler.cost('cifar/resnet20'); sys.setrecursionlimit(120);"
        "print(archcompiler.cost('cifar/resnet1202').params)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert run.stdout == "19421274\n", run.stderr


def calls_made(run):
    """Return how many calls of Python functions a function makes."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


def test_work_grows_no_faster_than_the_network():
    """600 blocks against 9, counted in calls: what a clock would say, on any machine."""
    archcompiler.cost("cifar/resnet1202")  # everything is imported and read once
    small = calls_made(lambda: archcompiler.cost("cifar/resnet20"))
    large = calls_made(lambda: archcompiler.cost("cifar/resnet1202"))
    assert large < 600 / 9 * small


@pytest.mark.parametrize("spec", [["archc"], 5, b"resnet/resnet50", None], ids=lambda spec: type(spec).__name__)
def test_what_is_no_spec_is_told_what_is_one(spec):
    with pytest.raises(TypeError, match=f"expected a path, a shipped name, .* found {type(spec).__name__}"):
        archcompiler.cost(spec)
