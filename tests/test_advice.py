"""The values that a shape fault offers: each, written into the file, mends it, and costs what is said."""

import json
import shutil
from pathlib import Path

import pytest

import archcompiler
from archcompiler.advise import prices
from archcompiler.advise.prices import advised
from archcompiler.lower.network import lowered
from archcompiler.render.choices import advice, flow
from archcompiler.resolve import load_spec

FOLDER = Path(__file__).parent / "faults"
SPECS = sorted(FOLDER.glob("*.yaml"))


def faults_of(path):
    """Return what is found on a spec, with its choices."""
    try:
        archcompiler.compile(path)
    except archcompiler.SpecError as error:
        return advised(error)
    return ()


def offered(path):
    """Return the faults of a spec and the choices of each that stand in the spec itself."""
    for found in faults_of(path):
        for choice in found.choices:
            if choice.span.path == path.name:
                yield found, choice


def edited(text, choice):
    """Return a text with a choice written into it."""
    lines = text.splitlines(keepends=True)
    line = lines[choice.span.line - 1]
    value = flow(choice.value)
    assert choice.span.line == choice.span.end_line
    lines[choice.span.line - 1] = line[: choice.span.column - 1] + value + line[choice.span.end_column - 1 :]
    return "".join(lines)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    shutil.copytree(FOLDER, tmp_path / "faults")
    monkeypatch.chdir(tmp_path / "faults")
    return tmp_path / "faults"


def test_every_choice_of_every_fault_mends_it_and_nothing_else(folder):
    tried = set()
    for name in (path.name for path in SPECS):
        before = {(fault.code, fault.message, fault.span.line) for fault in faults_of(Path(name))}
        text = Path(name).read_bytes()
        for found, choice in list(offered(Path(name))):
            Path(name).write_text(edited(text.decode(), choice), encoding="utf-8")
            after = {(fault.code, fault.message, fault.span.line) for fault in faults_of(Path(name))}
            assert (found.code, found.message, found.span.line) not in after, (name, choice)
            assert len(after) < len(before), (name, choice, after)
            tried.add((found.code, choice.field))
        Path(name).write_bytes(text)
    assert len(tried) >= 14
    assert {code for code, _ in tried} >= {f"G00{number}" for number in (1, 2, 3, 4, 5, 6, 9)}


def test_prices_differ_as_the_edited_files_do(folder):
    """Two choices of one fault, each written into the file: the costs of the two files differ by what is said."""
    compared = 0
    for name in (path.name for path in SPECS):
        if len(faults_of(Path(name))) != 1:
            continue
        text = Path(name).read_bytes()
        costs = []
        for _, choice in list(offered(Path(name))):
            Path(name).write_text(edited(text.decode(), choice), encoding="utf-8")
            cost = archcompiler.cost(name)
            if choice.params is not None:
                costs.append((cost.params - choice.params, cost.macs - choice.macs))
        Path(name).write_bytes(text)
        assert len(set(costs)) <= 1, name
        compared += len(costs) > 1
    assert compared >= 8


def test_the_example_of_width_and_cardinality(folder):
    path = Path("width_over_that_of_the_base.yaml")
    (found,) = faults_of(path)
    assert [(choice.field, choice.value) for choice in found.choices] == [
        *(("width", 96), ("width", 128), ("cardinality", 25), ("cardinality", 50))
    ]
    assert advice(found)[0].startswith("use `width` 96 (-5.7 k params) or 128 (+43.7 k params), or `cardinality` 25")
    # As written the three 3x3 have 3 = 100 // 32 inputs a group: what 96 differs by can be counted by hand.
    width = {value: 64 * value + value * 256 + 2 * 256 * value * 2 for value in (96, 100)}
    grouped = 3 * 9 * (96 * 3 - 100 * 3)
    norms = 3 * 2 * 2 * (96 - 100)
    assert found.choices[0].params == width[96] - width[100] + grouped + norms


def test_the_smallest_input_that_fits_is_offered(folder):
    (found,) = faults_of(Path("system_c_as_published.yaml"))
    (size,) = [choice.value for choice in found.choices if choice.field == "input.size"]
    assert archcompiler.cost(archcompiler.load("system_c_as_published.yaml", [f"input.size={size}"]))
    with pytest.raises(archcompiler.SpecError):
        archcompiler.compile(archcompiler.load("system_c_as_published.yaml", [f"input.size={size - 1}"]))


def test_prices_are_bounded_and_left_out_beyond(folder, monkeypatch):
    monkeypatch.setattr(prices, "MOST_BLOCKS", 0)
    (found,) = faults_of(Path("cardinality_does_not_divide_width.yaml"))
    assert [choice.params for choice in found.choices] == [None] * len(found.choices)
    assert advice(found)[0] == "use `width` 96 or 128, or `cardinality` 25 or 50"


def test_nothing_is_compiled_again_for_a_sound_spec(monkeypatch, capsys):
    from archcompiler.cli import main

    monkeypatch.setattr(prices, "advised", None)
    assert main(["validate", "resnet/resnet18"]) == 0


def test_json_has_the_choices_as_data(folder, capsys):
    from archcompiler.cli import main

    assert main(["validate", "norm_groups.yaml", "--format", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert [(choice["field"], choice["value"], choice["params"]) for choice in found["choices"]] == [
        *(("groups", 4, 0), ("groups", 8, 0))
    ]


def test_a_graph_behind_a_fault_has_the_shapes_that_were_meant():
    spec = load_spec("resnet/resnet50", ["stages.layer2.shortcut=identity", "stages.layer3.width=100"])
    meant = archcompiler.compile("resnet/resnet50")
    graph, faults = lowered(spec)
    assert [fault.code for fault in faults] == ["G002"]
    assert [part.calls[-1].body.output for part in graph.parts] == [part.calls[-1].body.output for part in meant.parts]
