"""Shapes, parameters, receptive field and memory of small networks whose numbers can be worked out by hand."""

import pytest

import archcompiler

NET = """\
archc: 1
name: net
input: {{channels: 3, size: {size}}}
stem: {stem}
stages: {stages}
head: {head}
"""


@pytest.fixture
def net(tmp_path):
    """Return a function that writes a spec, of which it takes the parts that matter, and gives its path."""

    def write(text=None, *, size=32, stem="none", stages="{}", head="{classes: 10}"):
        path = tmp_path / "net.yaml"
        path.write_text(text or NET.format(size=size, stem=stem, stages=stages, head=head), encoding="utf-8")
        return path

    return write


def rows(path):
    """Return `name: shape, params` of each part."""
    shape = "x".join
    return [f"{row.name} {shape(map(str, row.output))} {row.cost.params}" for row in archcompiler.cost(path).parts]


def stage(block):
    return f"{{a: {{blocks: 1, {block}}}}}"


# --- one block on 16 channels of 8x8: its fields, the map that leaves, its parameters ---

B = "block: basic, channels: 16"
N = "block: bottleneck, channels: 32, bottleneck_width: 4, cardinality: 2"  # width 8
C = "block: conv, channels: 16"
BLOCKS = {
    f"{B}": ("16x8x8", 2 * (9 * 16 * 16) + 2 * 32),
    f"{B}, bias: true": ("16x8x8", 2 * (9 * 16 * 16 + 16) + 2 * 32),
    f"{B}, norm: none": ("16x8x8", 2 * (9 * 16 * 16)),
    f"{B}, norm: layer": ("16x8x8", 2 * (9 * 16 * 16) + 2 * 32),
    f"{B}, norm: {{type: group, groups: 4}}": ("16x8x8", 2 * (9 * 16 * 16) + 2 * 32),
    f"{B}, dilation: 3": ("16x8x8", 2 * (9 * 16 * 16) + 2 * 32),
    f"{B}, stride: 2": ("16x4x4", 2 * (9 * 16 * 16) + 2 * 32 + 16 * 16 + 32),
    f"{B}, stride: 3": ("16x3x3", 2 * (9 * 16 * 16) + 2 * 32 + 16 * 16 + 32),
    f"{B}, stride: 2, shortcut: zero_pad": ("16x4x4", 2 * (9 * 16 * 16) + 2 * 32),
    f"{B}, stride: 2, shortcut: none": ("16x4x4", 2 * (9 * 16 * 16) + 2 * 32),
    f"{B}, shortcut: identity": ("16x8x8", 2 * (9 * 16 * 16) + 2 * 32),
    f"{B}, shortcut: projection_always": ("16x8x8", 2 * (9 * 16 * 16) + 2 * 32 + 16 * 16 + 32),
    f"{B}, shortcut: projection_always, bias: true": ("16x8x8", 2 * (9 * 16 * 16 + 16) + 2 * 32 + 16 * 16 + 16 + 32),
    "block: basic, channels: 24, shortcut: {type: zero_pad, pad: both}": ("24x8x8", 9 * 16 * 24 + 9 * 24 * 24 + 96),
    N: ("32x8x8", 16 * 8 + 9 * 4 * 8 + 8 * 32 + 16 + 16 + 64 + 16 * 32 + 64),
    f"{N}, grouped_reduce: true": ("32x8x8", 8 * 8 + 9 * 4 * 8 + 8 * 32 + 16 + 16 + 64 + 16 * 32 + 64),
    f"{N}, stride: 2": ("32x4x4", 16 * 8 + 9 * 4 * 8 + 8 * 32 + 16 + 16 + 64 + 16 * 32 + 64),
    f"{N}, stride: 2, stride_on: 1x1": ("32x4x4", 16 * 8 + 9 * 4 * 8 + 8 * 32 + 16 + 16 + 64 + 16 * 32 + 64),
    f"{N}, shortcut: none": ("32x8x8", 16 * 8 + 9 * 4 * 8 + 8 * 32 + 16 + 16 + 64),
    "block: bottleneck, channels: 16, width: 8, cardinality: 8": ("16x8x8", 16 * 8 + 9 * 8 + 8 * 16 + 16 + 16 + 32),
    C: ("16x8x8", 9 * 16 * 16 + 32),
    f"{C}, kernel: 5, padding: 0": ("16x4x4", 25 * 16 * 16 + 32),
    f"{C}, kernel: 2, padding: 0, stride: 2": ("16x4x4", 4 * 16 * 16 + 32),
    f"{C}, kernel: 1": ("16x8x8", 16 * 16 + 32),
    f"{C}, padding: 2": ("16x10x10", 9 * 16 * 16 + 32),
    f"{C}, dilation: 2, padding: 0": ("16x4x4", 9 * 16 * 16 + 32),
    f"{C}, cardinality: 16": ("16x8x8", 9 * 16 + 32),
    f"{C}, shortcut: identity": ("16x8x8", 9 * 16 * 16 + 32),
}


@pytest.mark.parametrize(("block", "expected"), BLOCKS.items(), ids=BLOCKS)
def test_a_block_has_the_shape_and_the_parameters_of_its_layers(net, block, expected):
    stem = "{steps: [{conv: 16, kernel: 1}]}"
    report = archcompiler.cost(net(size=8, stem=stem, stages=stage(block)))
    row = next(row for row in report.parts if row.name == "a")
    assert ("x".join(map(str, row.output)), row.cost.params) == expected


STEMS = {
    "none": ("3x32x32", 0),
    "{type: conv7x7_maxpool, channels: 8}": ("8x8x8", 49 * 3 * 8 + 16),
    "{type: conv7x7_maxpool, channels: 8, bias: true, norm: none}": ("8x8x8", 49 * 3 * 8 + 8),
    "{type: conv3x3, channels: 8}": ("8x32x32", 9 * 3 * 8 + 16),
    "{type: deep, channels: 8, width: 4}": ("8x8x8", 9 * (3 * 4 + 4 * 4 + 4 * 8) + 8 + 8 + 16),
    "{steps: [{conv: 6, kernel: 4, stride: 4, padding: 0, bias: true}, {norm: layer}]}": ("6x8x8", 48 * 6 + 6 + 12),
    "{steps: [{pool: average}, {activation: gelu}, {pool: max, kernel: 3, stride: 1, padding: 1}]}": ("3x16x16", 0),
    "{steps: []}": ("3x32x32", 0),
}


@pytest.mark.parametrize(("stem", "expected"), STEMS.items(), ids=STEMS)
def test_a_stem_has_the_shape_and_the_parameters_of_its_layers(net, stem, expected):
    row = archcompiler.cost(net(stem=stem)).parts[0]
    assert ("x".join(map(str, row.output)), row.cost.params) == expected


HEADS = {
    "{classes: 10}": 3 * 10 + 10,
    "{classes: 10, bias: false}": 3 * 10,
    "{classes: 10, pool: none}": 3 * 64 * 10 + 10,
    "{classes: 10, pool: {window: 4}}": 3 * 4 * 10 + 10,
    "{classes: 10, pool: {window: 3}}": 3 * 4 * 10 + 10,
    "{classes: 10, pool: {grid: 3}}": 3 * 9 * 10 + 10,
    "{classes: 10, hidden: [7, 5]}": 3 * 7 + 7 + 7 * 5 + 5 + 5 * 10 + 10,
    "{classes: 10, hidden: [7], bias: false, dropout: 0.5, activation: none}": 3 * 7 + 7 * 10,
}


@pytest.mark.parametrize(("head", "params"), HEADS.items(), ids=HEADS)
def test_a_head_has_the_parameters_of_its_layers(net, head, params):
    report = archcompiler.cost(net(size=8, head=head))
    assert (report.params, report.output) == (params, (10,))


@pytest.mark.parametrize(
    "kind", ["relu", "relu6", "leaky_relu", "{type: leaky_relu, slope: 0.2}", "gelu", "silu", "none"]
)
def test_an_activation_changes_neither_shape_nor_parameters(net, kind):
    path = net(size=8, stages=stage(f"{B}, activation: {kind}"))
    assert rows(path)[1] == f"a 16x8x8 {9 * 3 * 16 + 9 * 16 * 16 + 64 + 3 * 16 + 32}"


def test_a_transition_stands_at_the_start_or_at_the_end(net):
    steps = "steps: [{pool: max}, {conv: 6, kernel: 1}]"
    assert rows(net(stages=stage(f"{B}, transition: {{at: end, {steps}}}")))[1].startswith("a 6x16x16")
    assert rows(net(stages=stage(f"{B}, transition: {{at: start, {steps}}}")))[1].startswith("a 16x16x16")


def test_sides_may_differ(net):
    path = net(size="[32, 47]", stem="{type: conv7x7_maxpool, channels: 8}", stages=stage(f"{B}, stride: 2"))
    assert [row.output for row in archcompiler.cost(path).parts] == [(8, 8, 12), (16, 4, 6), (10,)]


# --- receptive field and memory ---

FIELDS = {
    "one 3x3": (stage("block: conv, channels: 4"), 3),
    "two 3x3": ("{a: {block: conv, blocks: 2, channels: 4}}", 5),
    "a basic block": (stage(B), 5),
    "a bottleneck sees what its 3x3 sees": (stage(N), 3),
    "a stride doubles the steps behind it": ("{a: {block: conv, blocks: 2, channels: 4, stride: 2}}", 3 + 2 * 2),
    "dilation": (stage("block: conv, channels: 4, dilation: 2"), 5),
    "a pool": (stage("block: conv, channels: 4, transition: {at: end, steps: [{pool: max}]}"), 4),
    "nothing": ("{}", 1),
}


@pytest.mark.parametrize(("stages", "side"), FIELDS.values(), ids=FIELDS)
def test_the_receptive_field_before_the_head(net, stages, side):
    assert archcompiler.cost(net(stages=stages)).receptive_field == side


def test_the_receptive_field_is_the_set_of_pixels_that_change_the_middle_of_the_last_map(tmp_path):
    """Against gradients: the pixels whose gradient is not zero, in a network of strides, dilation and pools."""
    import torch

    path = tmp_path / "net.yaml"
    text = """\
archc: 1
name: net
input: {channels: 1, size: 129}
stem: {steps: [{conv: 2, kernel: 5, stride: 2}, {pool: average, kernel: 3, stride: 1, padding: 1}]}
defaults: {norm: none, activation: none, bias: true}
stages:
  a: {block: basic, blocks: 2, channels: 2, stride: 2, override: {last: {dilation: 2}}}
  b: {block: bottleneck, blocks: 1, channels: 4, width: 2, stride: 2}
head: {classes: 2}
"""
    path.write_text(text, encoding="utf-8")
    graph = archcompiler.compile(path)
    network = archcompiler.build(graph, seed=0)
    for parameter in network.parameters():
        torch.nn.init.constant_(parameter, 0.1)
    found = {}
    network.b.register_forward_hook(lambda *call: found.update(map=call[-1]))
    image = torch.zeros(1, 1, 129, 129, requires_grad=True)
    network(image)
    middle = found["map"].shape[-1] // 2
    found["map"][0, 0, middle, middle].backward()
    touched = image.grad[0, 0].abs().sum(0).nonzero()
    assert int(touched.max() - touched.min()) + 1 == archcompiler.cost(graph).receptive_field


def test_memory_is_parameters_and_the_largest_set_of_maps_alive_at_once(net):
    one = archcompiler.cost(net(size=8, stages=stage("block: conv, channels: 16, norm: none, activation: none")))
    assert one.memory.parameters_bytes == 4 * one.params
    assert one.memory.peak_activation_bytes == 4 * (3 * 64 + 16 * 64)  # the convolution reads one and writes the other
    block = archcompiler.cost(net(size=8, stem="{steps: [{conv: 16, kernel: 1}]}", stages=stage(B)))
    assert (
        block.memory.peak_activation_bytes == 4 * 3 * 16 * 64
    )  # the input waits for the sum while two maps are in use
    assert archcompiler.cost(net(size=8, stages=stage(B)), batch=5).memory.peak_activation_bytes == 5 * (
        archcompiler.cost(net(size=8, stages=stage(B))).memory.peak_activation_bytes
    )


# --- whole networks of the papers and tutorials that this project stands on ---

MNIST_CNN = """\
archc: 1
name: mnist_cnn
input: {channels: 1, size: 28}
stem: none
defaults: {block: conv, kernel: 5, padding: 0, bias: true, norm: none, shortcut: none,
           transition: {at: end, steps: [{pool: max, kernel: 2, stride: 2}]}}
stages: {conv1: {blocks: 1, channels: 6}, conv2: {blocks: 1, channels: 16}}
head: {pool: none, hidden: [120, 84], classes: 10}
"""


def test_the_cnn_for_mnist(net):
    assert rows(net(MNIST_CNN)) == [
        "stem 1x28x28 0",
        f"conv1 6x12x12 {25 * 6 + 6}",
        f"conv2 16x4x4 {25 * 6 * 16 + 16}",
        f"head 10 {256 * 120 + 120 + 120 * 84 + 84 + 84 * 10 + 10}",
    ]
    assert archcompiler.cost(net(MNIST_CNN)).params == 44_426


SYSTEM_A = """\
archc: 1
name: system_a
input: {channels: 3, size: 224}
stem: {type: conv7x7_maxpool, channels: 64, bias: true}
defaults: {block: bottleneck, cardinality: 32, stride_on: 1x1}
stages:
  layer1: {blocks: 3, channels: 256, bottleneck_width: 4}
  layer2: {blocks: 4, channels: 512, bottleneck_width: 8, stride: 2}
  layer3: {blocks: 6, channels: 1024, bottleneck_width: 16, stride: 2}
  layer4: {blocks: 3, channels: 2048, bottleneck_width: 32, stride: 2}
head: {classes: 10}
"""
SYSTEM_C = """\
archc: 1
name: system_c
input: {channels: 3, size: 64}
stem: {type: conv3x3, channels: 16, bias: true}
defaults: {block: basic, bias: true, shortcut: zero_pad}
stages:
  layer1: {blocks: 8, channels: 16}
  layer2: {blocks: 8, channels: 32, stride: 2}
  layer3: {blocks: 8, channels: 64, stride: 2}
  layer4: {blocks: 8, channels: 128, stride: 2}
head: {classes: 10, pool: {window: 8}}
"""
SYSTEM_E = """\
archc: 1
name: system_e
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 64}
defaults: {block: bottleneck, cardinality: 32, grouped_reduce: true}
stages:
  layer1: {blocks: 3, channels: 256, bottleneck_width: 4}
  layer2: {blocks: 4, channels: 512, bottleneck_width: 8, stride: 2}
  layer3: {blocks: 6, channels: 1024, bottleneck_width: 16, stride: 2}
  layer4: {blocks: 3, channels: 2048, bottleneck_width: 32, stride: 2}
head: {classes: 100}
"""
EIGHT_GROUPS = [
    "defaults.cardinality=8",
    *(
        f"stages.layer{i}.{field}"
        for i in range(1, 5)
        for field in (f"bottleneck_width={14 * 2 ** (i - 1)}", f"channels={224 * 2 ** (i - 1)}")
    ),
]


def depths(*blocks):
    return [f"stages.layer{index}.blocks={count}" for index, count in enumerate(blocks, 1)]


# spec, settings, parameters, torchinfo's mult-adds (None where the source prints none)
SYSTEMS = {
    "A 50": (SYSTEM_A, [], 23_000_458, 3_766_901_386),
    "A 101": (SYSTEM_A, depths(3, 4, 23, 3), 42_149_258, 7_506_487_946),
    "A 152": (SYSTEM_A, depths(3, 8, 36, 3), 57_922_954, 11_246_066_314),
    "A 50 8x14d": (SYSTEM_A, EIGHT_GROUPS, 20_873_642, 3_451_383_626),
    "C 7": (SYSTEM_C, [], 3_049_962, None),
    "C 5": (SYSTEM_C, depths(6, 6, 6, 6), 2_263_722, None),
    "C 2": (SYSTEM_C, depths(3, 3, 3, 3), 1_084_362, None),
    "C 3463": (SYSTEM_C, depths(4, 5, 7, 4), 1_718_442, None),
    "E 50": (SYSTEM_E, [], 14_788_772, None),
    "E 101": (SYSTEM_E, depths(3, 4, 23, 3), 25_303_204, None),
    "E 152": (SYSTEM_E, depths(3, 4, 36, 3), 33_343_652, None),
}


@pytest.mark.parametrize(("text", "settings", "params", "mult_adds"), SYSTEMS.values(), ids=SYSTEMS)
def test_a_published_system_has_its_published_size(net, text, settings, params, mult_adds):
    report = archcompiler.cost(archcompiler.load(net(text), settings))
    assert report.params == params
    assert mult_adds in (None, report.total.torchinfo_mult_adds)


def test_macs_of_the_published_systems(net):
    eight = archcompiler.load(net(SYSTEM_A), EIGHT_GROUPS)
    assert archcompiler.cost(eight).macs == 3_450_521_088


@pytest.mark.parametrize(("blocks", "mult_adds"), [((3, 4, 23, 3), 4_258_574_508), ((3, 4, 36, 3), 5_792_276_652)])
def test_torchinfo_multiplies_by_the_batch_as_system_e_prints(net, blocks, mult_adds):
    report = archcompiler.cost(archcompiler.load(net(SYSTEM_E), depths(*blocks)), batch=3)
    assert report.total.torchinfo_mult_adds == mult_adds


def test_the_window_of_system_c_does_not_fit_the_maps_of_its_own_tutorial(net):
    """At 32x32 the last map is 4x4: the published network cannot run, which is told at the window's own place."""
    path = net(SYSTEM_C.replace("size: 64", "size: 32"))
    with pytest.raises(archcompiler.SpecError) as raised:
        archcompiler.compile(path)
    (fault,) = raised.value.diagnostics
    assert (str(fault.span), fault.code) == (f"{path}:11:36", "G004")
    assert fault.message == "the window of pool is 8x8, larger than its map of 4x4"
    assert [label.text for label in fault.labels] == ["128x4x4 arrives here"]


def test_a_window_that_a_setting_makes_too_large_is_told_at_the_setting(net):
    path = net(SYSTEM_C)
    with pytest.raises(archcompiler.SpecError) as raised:
        archcompiler.load(path, ["input.size=32"])
    (fault,) = raised.value.diagnostics
    assert (str(fault.span), fault.code) == ("<--set input.size=32>:1:12", "G004")
    assert f"{path}:11:36" in [str(label.span) for label in fault.labels]


# --- numbers that do not fit: the fault stands at the culprit, whoever wrote it ---

MISFITS = {
    "cardinality and width": ("block: bottleneck, channels: 16, cardinality: 4, width: 10", "G001 10"),
    "cardinality and channels": ("block: conv, channels: 18, cardinality: 4", "G001 4"),
    "identity and stride": ("block: basic, channels: 3, stride: 2, shortcut: identity", "G002 identity"),
    "identity and channels": ("block: basic, channels: 4, shortcut: identity", "G002 identity"),
    "projection and padding": ("block: conv, channels: 4, padding: 3, shortcut: projection", "G002 3"),
    "zero padding that shrinks": ("block: basic, channels: 2, shortcut: zero_pad", "G003 zero_pad"),
    "kernel and map": ("block: conv, channels: 4, kernel: 9, padding: 0", "G004 9"),
    "dilation and map": ("block: conv, channels: 4, dilation: 5, padding: 0", "G004 5"),
    "pool and map": (
        "block: conv, channels: 4, stride: 8, transition: {at: end, steps: [{pool: max}]}",
        "G004 {pool: max}",
    ),
    "pool and padding": (
        "block: conv, channels: 4, transition: {at: start, steps: [{pool: max, padding: 2}]}",
        "G004 2",
    ),
    "groups and channels": ("block: basic, channels: 4, norm: {type: group, groups: 3}", "G005 3"),
    "default groups and channels": ("block: basic, channels: 4, norm: group", "G005 group"),
    "even kernel": ("block: conv, channels: 4, kernel: 2", "G006 2"),
    "in an override": (
        "block: basic, channels: 3, override: {first: {shortcut: identity, stride: 2}}",
        "G002 identity",
    ),
}


@pytest.mark.parametrize(("block", "expected"), MISFITS.values(), ids=MISFITS)
def test_numbers_that_do_not_fit_are_told_at_the_culprit(net, block, expected):
    path = net(size=8, stages=stage(block))
    with pytest.raises(archcompiler.SpecError) as raised:
        archcompiler.compile(path)
    (fault,) = raised.value.diagnostics
    line = path.read_text(encoding="utf-8").splitlines()[fault.span.line - 1]
    assert f"{fault.code} {line[fault.span.column - 1 : fault.span.end_column - 1]}" == expected
    assert fault.help or fault.choices


def test_a_misfit_of_a_default_and_a_stage_names_both_places(tmp_path):
    path = tmp_path / "net.yaml"
    text = "defaults: {block: bottleneck, cardinality: 4}\n" + NET.format(
        size=8, stem="none", stages="\n  a: {blocks: 1, channels: 16, width: 10}", head="{classes: 10}"
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(archcompiler.SpecError) as raised:
        archcompiler.compile(path)
    (fault,) = raised.value.diagnostics
    places = [str(fault.span), *(f"{label.span} {label.text}" for label in fault.labels)]
    assert [place.removeprefix(f"{path}:") for place in places] == [
        "7:39",
        "1:44 `cardinality` is 4 here",
        "7:3 3x8x8 arrives here",
    ]


def test_every_stage_is_checked_on_the_shape_that_it_should_have_had(net):
    stages = (
        "{a: {block: basic, blocks: 1, channels: 8, stride: 2, shortcut: identity},"
        " b: {block: bottleneck, blocks: 1, channels: 8, width: 5, cardinality: 2}}"
    )
    with pytest.raises(archcompiler.SpecError) as raised:
        archcompiler.compile(net(stages=stages, head="{classes: 2, pool: {window: 17}}"))
    found = [(fault.code, fault.labels[-1].text) for fault in raised.value.diagnostics]
    assert found == [
        ("G002", "3x32x32 arrives here"),
        ("G001", "8x16x16 arrives here"),
        ("G004", "8x16x16 arrives here"),
    ]
