"""Counted without torch = torchinfo = PyTorch's own counter = the built module = the published figure, exactly."""

import peers
import pytest

import archcompiler

PARAMETERS = {
    "resnet/resnet18": 11_689_512,
    "resnet/resnet34": 21_797_672,
    "resnet/resnet50": 25_557_032,
    "resnet/resnet101": 44_549_160,
    "resnet/resnet152": 60_192_808,
    "resnext/resnext50_32x4d": 25_028_904,
    "resnext/resnext101_32x8d": 88_791_336,
    "resnext/resnext101_64x4d": 83_455_272,
    "wide_resnet/wide_resnet50_2": 68_883_240,
    "wide_resnet/wide_resnet101_2": 126_886_696,
    "resnet/resnet50_v1": 25_557_032,
    "cifar/resnet20": 269_722,
    "cifar/resnet32": 464_154,
    "cifar/resnet44": 658_586,
    "cifar/resnet56": 853_018,
    "cifar/resnet110": 1_727_962,
    "cifar/resnet1202": 19_421_274,
}
PARAMETERS_WITH_PROJECTIONS = {
    "cifar/resnet20": 272_474,
    "cifar/resnet32": 466_906,
    "cifar/resnet44": 661_338,
    "cifar/resnet56": 855_770,
    "cifar/resnet110": 1_730_714,
    "cifar/resnet1202": 19_424_026,
}
MACS = {
    "resnet/resnet50": 4_089_184_256,
    "resnet/resnet50_v1": 3_857_973_248,
    "resnext/resnext50_32x4d": 4_230_479_872,
}
TORCHINFO_MULT_ADDS = {
    "resnet/resnet50": 4_089_238_376,
    "resnext/resnext50_32x4d": 4_230_549_096,
}
IN_ONE_LIST = ("vgg/", "timm/vgg", "torchvision/alexnet", "torchvision/mnasnet", "torchvision/squeezenet")
"""Networks whose blocks and transitions, or some of them, are no modules: their layers stand in one list."""


@pytest.mark.parametrize(("spec", "params"), PARAMETERS.items())
def test_parameters_are_the_published_number(spec, params):
    assert archcompiler.cost(spec).params == params
    assert peers.parameter_count(archcompiler.build(spec, device="meta")) == params


@pytest.mark.parametrize(("spec", "params"), PARAMETERS_WITH_PROJECTIONS.items())
def test_parameters_of_cifar_networks_with_projection_shortcuts(spec, params):
    with_projections = archcompiler.load(spec, settings=["defaults.shortcut=projection"])
    assert archcompiler.cost(with_projections).params == params
    assert peers.parameter_count(archcompiler.build(with_projections, device="meta")) == params


@pytest.mark.parametrize(("spec", "macs"), MACS.items())
def test_macs_are_the_published_number(spec, macs):
    report = archcompiler.cost(spec)
    assert report.macs == macs
    assert peers.torch_macs(archcompiler.build(spec, device="meta"), (1, *report.input)) == macs


@pytest.mark.parametrize(("spec", "mult_adds"), TORCHINFO_MULT_ADDS.items())
def test_torchinfo_mult_adds_are_the_published_number(spec, mult_adds):
    report = archcompiler.cost(spec)
    assert report.total.torchinfo_mult_adds == mult_adds
    assert peers.torchinfo_totals(archcompiler.build(spec, device="meta"), (1, *report.input))[1] == mult_adds


@pytest.mark.parametrize("spec", peers.representatives())
def test_a_network_of_each_set_of_mechanisms_costs_what_it_is_measured_to_cost(spec):
    graph = archcompiler.compile(spec)
    report, network = archcompiler.cost(graph), archcompiler.build(graph, device="meta")
    shapes = _assert_measured(network, report)
    if not spec.startswith(IN_ONE_LIST):
        _assert_stages(graph, network, report, shapes)
    assert sum(part.cost.params for part in report.parts) == report.params


def _assert_measured(network, report, batch=1):
    """Hold a report against a network's parameters, torchinfo, and what a forward pass shows; return the shapes."""
    images = (batch, *report.input)
    assert peers.parameter_count(network) == report.params
    assert peers.torchinfo_totals(network, images) == (report.params, report.total.torchinfo_mult_adds)
    measured = peers.measured(network, images)
    assert (measured.macs, measured.activations) == (report.macs, report.total.activations)
    assert measured.shapes[""] == report.output
    return measured.shapes


def _assert_stages(graph, network, report, shapes):
    """Hold the parameters and the output of each stage against those of its modules, of which one may hold another."""
    calls = {part.name: part.calls for part in graph.parts}
    for stage in (part for part in report.parts if part.kind == "stage"):
        modules = [call.path for call in calls[stage.name]]
        parameters = {each for name in modules for each in network.get_submodule(name).parameters()}
        assert stage.cost.params == sum(each.numel() for each in parameters)
        assert stage.output == shapes[modules[-1]]


@pytest.mark.parametrize("spec", ["cifar/resnet20", "resnext/resnext50_32x4d"])
def test_a_batch_costs_what_it_is_measured_to_cost(spec):
    report = archcompiler.cost(spec, batch=3)
    network = archcompiler.build(spec, device="meta")
    _assert_measured(network, report, batch=3)
    assert report.macs == 3 * archcompiler.cost(spec).macs


@pytest.mark.parametrize("size", [(32, 48), (225, 193)])
@pytest.mark.parametrize("name", ["resnet/resnet18", "timm/resnet26t"])
def test_another_input_size_costs_what_it_is_measured_to_cost(name, size):
    """Odd and oblong images: every rounding of a map's side counts."""
    spec = archcompiler.load(name, settings=[f"input.size={list(size)}"])
    report = archcompiler.cost(spec)
    network = archcompiler.build(spec, device="meta")
    assert report.input == (3, *size)
    _assert_measured(network, report)


FIELDS = {
    "bias": "defaults: {bias: true}",
    "norm": "defaults: {norm: {type: group, groups: 8}}",
    "no norm": "defaults: {norm: none, bias: true}",
    "layer norm": "defaults: {norm: layer}",
    "plain": "defaults: {shortcut: none}",
    "projection always": "defaults: {shortcut: projection_always}",
    "dilation": "stages: {layer4: {stride: 1, dilation: 2}}",
    "deep stem": "stem: {type: deep, channels: 64}",
    "tiered stem": "stem: {type: deep, width: [24, 40], channels: 64}",
    "blur": "defaults: {anti_alias: blur}",
    "excitation": "defaults: {attention: {type: se, ratio: 0.25, of: block_input, after: conv2}}",
    "excitation of each position": "defaults: {attention: {type: se, squeeze: false}}",
    "average": "defaults: {anti_alias: average}",
    "stem steps": "stem: {steps: [{conv: 64, kernel: 4, stride: 4, padding: 0, bias: true}, {norm: layer}]}",
    "hidden layers": "head: {hidden: [48, 32], classes: 10, dropout: 0.5}",
    "window": "head: {pool: {window: 7}}",
    "grid": "head: {pool: {grid: 3}}",
    "convolutions in the head": "head: {hidden: [48], conv: true}",
    "no pool": "head: {pool: none}",
    "transition": "stages: {layer2: {stride: 1, transition: {at: start, steps: [{pool: max}, {conv: 96, kernel: 1}]}}}",
    "another block": "stages: {layer3: {override: {odd: {block: bottleneck, width: 96, cardinality: 4}}}}",
}


@pytest.mark.parametrize("change", FIELDS.values(), ids=FIELDS)
def test_every_field_that_changes_a_network_is_counted_as_it_is_measured(tmp_path, change):
    _, *unchanged = repr(archcompiler.build("resnet/resnet18", device="meta")).splitlines()
    path = tmp_path / "variant.yaml"
    path.write_text(f"archc: 1\nname: variant\nextends: resnet/resnet18\n{change}\n", encoding="utf-8")
    report = archcompiler.cost(path)
    network = archcompiler.build(path, device="meta")
    assert repr(network).splitlines()[1:] != unchanged
    _assert_measured(network, report)
