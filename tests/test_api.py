"""The Python API: what goes in, what comes out, and that its errors and tables are those of the command."""

import doctest
import inspect
import json
import pickle

import pytest

import archcompiler
from archcompiler import api
from archcompiler.cli import main
from archcompiler.tree import plain

FAULTY = {
    "a shape": "archc: 1\nname: x\nextends: resnet/resnet50\nstages: {layer1: {width: 100, cardinality: 32}}\n",
    "a key": "archc: 1\nname: x\nextends: resnet/resnet50\nstages: {layer1: {widht: 100}}\n",
    "two shapes": (
        "archc: 1\nname: x\nextends: resnet/resnet50\nhead: {pool: {window: 8}}\n"
        "stages: {layer2: {shortcut: identity}}\n"
    ),
    "a default without effect and a shape": (
        "archc: 1\nname: x\nextends: vgg/vgg16\ndefaults: {cardinality: 7}\nstages: {block1: {channels: 0}}\n"
    ),
    "no yaml": "archc: [\n",
    "a missing base": "archc: 1\nname: x\nextends: resnet/resnet51\n",
    "nothing": "archc: 1\n",
    "a selector": 'archc: 1\nname: x\nextends: resnet/resnet18\nstages: {layer1: {override: {"7": {dilation: 2}}}}\n',
    "a duplicate": "archc: 1\nname: x\nname: y\nextends: resnet/resnet18\n",
    "a scalar": "archc: 1\nname: x\nextends: resnet/resnet18\nstages: {layer1: {blocks: 010}}\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_function_is_documented_with_an_example_that_runs():
    public = [getattr(api, name) for name in archcompiler.__all__ if hasattr(api, name)]
    functions = [each for each in public if inspect.isfunction(each)]
    assert {each.__name__ for each in functions} == {"load", "compile", "cost", "diff", "build"}
    examples = {test.name.rpartition(".")[2]: test.examples for test in doctest.DocTestFinder().find(api)}
    assert all(examples[each.__name__] for each in functions)
    assert doctest.testmod(api, optionflags=doctest.ELLIPSIS).failed == 0
    assert all(getattr(archcompiler, name).__doc__ for name in archcompiler.__all__)


@pytest.mark.parametrize("text", FAULTY.values(), ids=FAULTY)
def test_an_error_says_what_the_command_prints(folder, capsys, text):
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(archcompiler.SpecError) as raised:
        archcompiler.load("x.yaml")
    assert main(["validate", "x.yaml"]) == 1
    said = capsys.readouterr().out
    assert str(raised.value) == said.rpartition("\n\n")[0]
    assert main(["validate", "x.yaml", "--format", "json"]) == 1
    assert len(raised.value.diagnostics) == len(json.loads(capsys.readouterr().out)["diagnostics"])


@pytest.mark.parametrize("text", FAULTY.values(), ids=FAULTY)
def test_an_error_of_a_text_is_that_of_the_file(folder, text):
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    errors = []
    for given in ("x.yaml", text):
        with pytest.raises(archcompiler.SpecError) as raised:
            archcompiler.load(given)
        errors.append(str(raised.value))
    assert errors[1] == errors[0].replace("x.yaml", "<text>")


def test_an_error_of_a_dict_shows_its_lines():
    with pytest.raises(archcompiler.SpecError) as raised:
        archcompiler.cost({"archc": 1, "name": "x", "extends": "resnet/resnet50", "stages": {"layer1": {"width": 0}}})
    assert str(raised.value).splitlines() == [
        "<dict>:5:19: error[S005]: width: expected at least 1, found 0",
        "  |",
        "5 |   layer1: {width: 0}",
        "  |                   ^",
    ]


def test_an_error_survives_a_pickle_with_its_words():
    with pytest.raises(archcompiler.SpecError) as raised:
        archcompiler.load(FAULTY["a shape"])
    again = pickle.loads(pickle.dumps(raised.value))
    assert (str(again), again.diagnostics) == (str(raised.value), raised.value.diagnostics)


@pytest.mark.parametrize("call", [api.load, api.compile, api.cost, api.build, lambda x: api.diff(x, "resnet/resnet50")])
def test_every_function_raises_the_same_faults(call):
    with pytest.raises(archcompiler.SpecError, match=r"error\[G001\]: width 100 is not divisible by cardinality 32"):
        call(FAULTY["a shape"])


WRITTEN = [
    "archc: 1\nname: x\nextends: resnet/resnet18\nstages: {layer4: {blocks: 3}}\n",
    "{archc: 1, name: x, extends: resnet/resnet18, stages: {layer4: {blocks: 3}}}",
    '{"archc": 1, "name": "x", "extends": "resnet/resnet18", "stages": {"layer4": {"blocks": 3}}}',
    {"archc": 1, "name": "x", "extends": "resnet/resnet18", "stages": {"layer4": {"blocks": 3}}},
]


@pytest.mark.parametrize("spec", WRITTEN, ids=["lines", "braces", "json", "dict"])
def test_a_text_and_a_dict_are_specs(spec):
    assert archcompiler.cost(spec).params == archcompiler.cost(archcompiler.load(spec)).params == 16_410_152
    assert archcompiler.diff("resnet/resnet18", spec).impact.name == "WEIGHTS"
    assert archcompiler.compile(spec).name == "x"


def test_a_resolved_spec_as_a_dict_is_the_same_spec():
    spec = archcompiler.load("torchvision/regnet_y_400mf")
    again = archcompiler.load(plain(spec.document))
    assert plain(again.document) == plain(spec.document)
    assert archcompiler.cost(again).total == archcompiler.cost(spec).total


def test_a_base_of_a_text_is_looked_up_from_the_working_folder(folder):
    (folder / "base.yaml").write_text(WRITTEN[0], encoding="utf-8")
    assert archcompiler.cost({"archc": 1, "name": "y", "extends": "base.yaml"}).params == 16_410_152


@pytest.mark.parametrize("value", [{"archc": {1, 2}}, {"archc": float("nan")}, {1j: 2}, {"archc": object()}])
def test_what_no_text_can_say_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        archcompiler.load(value)


def test_a_dict_with_a_letter_that_no_text_has_is_a_fault():
    with pytest.raises(archcompiler.SpecError, match=r"error\[Y001\]"):
        archcompiler.load({"archc": 1, "name": "x", "description": "\ud800", "extends": "resnet/resnet18"})


@pytest.mark.parametrize("name", ["resnet/resnet50", "cifar/resnet20", "vgg/vgg16", "regnet/regnety_400mf"])
def test_the_cost_prints_as_the_command_does(capsys, name):
    assert main(["cost", name]) == 0
    assert f"{archcompiler.cost(name)}\n" == capsys.readouterr().out


def test_rows_by_stage_block_and_layer_are_data(capsys):
    found = archcompiler.cost("resnet/resnet50", batch=2)
    for by, rows in (("stage", found.parts), ("block", found.blocks), ("layer", found.layers)):
        assert main(["cost", "resnet/resnet50", "--by", by, "--batch", "2", "--format", "json"]) == 0
        printed = json.loads(capsys.readouterr().out)[f"{by}s"]
        assert [(row.name, row.words, row.cost.params, row.cost.macs, list(row.output)) for row in rows] == [
            (row["name"], row["is"], row["params"], row["macs"], row["output"]) for row in printed
        ]
        assert sum(row.cost.macs for row in rows) == found.macs


def test_the_cost_of_a_graph_has_rows_too():
    graph = archcompiler.compile("resnet/resnet18")
    found = archcompiler.cost(graph)
    assert [row.name for row in found.parts] == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]
    assert (len(found.blocks), found.layers[0].name) == (10, "conv1")
    assert "11,689,512" in str(found)


PARTIAL = [
    (["head.classes=7"], (114, 2, 0, 0)),
    (["stages.layer3.blocks=4"], (116, 0, 12, 0)),
    (["stages.layer3.blocks=2"], (104, 0, 0, 12)),
    (["input.channels=1"], (115, 1, 0, 0)),
]


@pytest.mark.parametrize(("settings", "counts"), PARTIAL)
def test_a_partial_build_reports_what_was_kept(settings, counts):
    weights = archcompiler.build("cifar/resnet20", seed=0).state_dict()
    net = archcompiler.build(archcompiler.load("cifar/resnet20", settings), weights=weights, partial=True)
    report = net.weights_report
    assert tuple(map(len, (report.kept, report.reshaped, report.missing, report.unexpected))) == counts
    assert str(report) == "{} kept, {} reshaped, {} missing, {} unexpected".format(*counts)
    assert all(net.state_dict()[name].equal(weights[name]) for name in report.kept)


def test_the_report_is_there_for_whole_weights_and_stays_out_of_the_state():
    net = archcompiler.build("cifar/resnet20", seed=0)
    same = archcompiler.build("cifar/resnet20", weights=net.state_dict())
    assert same.weights_report.complete
    assert list(same.state_dict()) == list(net.state_dict())
    assert pickle.loads(pickle.dumps(same)).weights_report == same.weights_report
    assert not hasattr(net, "weights_report")
