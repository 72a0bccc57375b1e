"""How `names` says module paths: tables by stage, part and kind of block, counters, and the order of registration."""

import peers
import pytest
from repository import without_stem

import archcompiler
from archcompiler.backends.pytorch.source import source
from archcompiler.compare.weights import weights
from archcompiler.resolve import load_spec
from archcompiler.tree import plain

pytestmark = pytest.mark.usefixtures("one_thread")

INVERTED_RESIDUAL = """
  inverted_residual:
    fields:
      channels: {}
      expand_ratio: {type: integer, minimum: 1, default: 6, description: How much the block widens., examples: [6]}
      kernel: {default: 3}
      stride: {}
      norm: {}
      activation: {default: relu6}
      attention: {}
    let: {width: in_channels * expand_ratio}
    steps:
      - if: expand_ratio != 1
        then: [{conv: width, kernel: 1}, {norm: $norm}, {activation: $activation}]
      - {conv: width, kernel: kernel, stride: stride, cardinality: width}
      - {norm: $norm}
      - {activation: $activation}
      - {attention: $attention, at: conv2}
      - {conv: channels, kernel: 1}
      - {norm: $norm, as: y}
      - if: stride == 1 and in_channels == channels
        then: [{add: [y, x]}]
"""
MOBILENET_V2 = f"""
archc: 1
name: mobilenet_v2
input: {{size: 224}}
stem: {{steps: [{{conv: 32, stride: 2}}, {{norm: batch}}, {{activation: relu6}}]}}
blocks: {INVERTED_RESIDUAL}
defaults: {{block: inverted_residual}}
stages:
  stage1: {{blocks: 1, channels: 16, expand_ratio: 1}}
  stage2: {{blocks: 2, channels: 24, stride: 2}}
  stage3: {{blocks: 3, channels: 32, stride: 2}}
  stage4: {{blocks: 4, channels: 64, stride: 2}}
  stage5: {{blocks: 3, channels: 96}}
  stage6: {{blocks: 3, channels: 160, stride: 2}}
  stage7:
    blocks: 1
    channels: 320
    transition: {{at: end, steps: [{{conv: 1280, kernel: 1}}, {{norm: batch}}, {{activation: relu6}}]}}
head: {{classes: 1000, dropout: 0.2}}
"""
EFFICIENTNET_B0 = f"""
archc: 1
name: efficientnet_b0
input: {{size: 224}}
stem: {{steps: [{{conv: 32, stride: 2}}, {{norm: batch}}, {{activation: silu}}]}}
blocks: {INVERTED_RESIDUAL}
defaults:
  block: inverted_residual
  activation: silu
  attention: {{type: se, ratio: 0.25, of: block_input, after: conv2, activation: silu}}
stages:
  stage1: {{blocks: 1, channels: 16, expand_ratio: 1}}
  stage2: {{blocks: 2, channels: 24, stride: 2}}
  stage3: {{blocks: 2, channels: 40, stride: 2, kernel: 5}}
  stage4: {{blocks: 3, channels: 80, stride: 2}}
  stage5: {{blocks: 3, channels: 112, kernel: 5}}
  stage6: {{blocks: 4, channels: 192, stride: 2, kernel: 5}}
  stage7:
    blocks: 1
    channels: 320
    transition: {{at: end, steps: [{{conv: 1280, kernel: 1}}, {{norm: batch}}, {{activation: silu}}]}}
head: {{classes: 1000, dropout: 0.2}}
"""
TORCHVISION_MOBILENET_V2 = """
names:
  block: features.{slot}
  stem:
    conv1: features.{slot:stem}.0
    norm1: features.{slot:stem}.1
    act1: features.{slot:stem}.2
  blocks:
    inverted_residual:
      conv1: conv.{slot:expand}.0
      norm1: conv.{slot:expand}.1
      act1: conv.{slot:expand}.2
      conv2: conv.{slot:depthwise}.0
      norm2: conv.{slot:depthwise}.1
      act2: conv.{slot:depthwise}.2
      conv3: conv.{slot}
      norm3: conv.{slot}
  transition: {path: "features.{slot}", conv1: "0", norm1: "1", act1: "2"}
  head: {dropout: "classifier.{slot}", linear: "classifier.{slot}"}
"""
TORCHVISION_EFFICIENTNET = """
names:
  block: features.{slot:stage}.{block}
  stem: {conv1: "features.{slot:stem}.0", norm1: "features.{slot:stem}.1", act1: "features.{slot:stem}.2"}
  blocks:
    inverted_residual:
      conv1: block.{slot:expand}.0
      norm1: block.{slot:expand}.1
      act1: block.{slot:expand}.2
      conv2: block.{slot:depthwise}.0
      norm2: block.{slot:depthwise}.1
      act2: block.{slot:depthwise}.2
      attention.pool: block.{slot:attention}.avgpool
      attention.reduce: block.{slot:attention}.fc1
      attention.act: block.{slot:attention}.activation
      attention.expand: block.{slot:attention}.fc2
      attention.gate: block.{slot:attention}.scale_activation
      conv3: block.{slot:project}.0
      norm3: block.{slot:project}.1
  transition: {path: "features.{slot}", conv1: "0", norm1: "1", act1: "2"}
  head: {pool: avgpool, dropout: "classifier.{slot}", linear: "classifier.{slot}"}
"""
TIMM_EFFICIENTNET = """
names:
  block: blocks.{stage_index}.{block}
  stem: {conv1: conv_stem, norm1: bn1, act1: act1}
  blocks:
    inverted_residual:
      conv1: conv_pw
      norm1: bn1
      act1: act1
      conv2: conv_dw
      norm2: bn2
      act2: act2
      conv3: conv_pwl
      norm3: bn3
  stages:
    stage1: {conv2: conv_dw, norm2: bn1, act2: act1, conv3: conv_pw, norm3: bn2}
  head: {pool: global_pool, linear: classifier}
"""


@pytest.fixture
def spec(tmp_path):
    """Return a function that writes a spec and returns its path."""

    def write(*texts, name="net.yaml"):
        path = tmp_path / name
        path.write_text("".join(texts), encoding="utf-8")
        return path

    return write


def keys(network):
    return [name.removesuffix(".weight") for name, tensor in network.state_dict().items() if tensor.dim() > 1]


# --- tables of libraries ---


@pytest.mark.parametrize(
    ("network", "table", "name"),
    [
        (MOBILENET_V2, TORCHVISION_MOBILENET_V2, "mobilenet_v2"),
        (EFFICIENTNET_B0, TORCHVISION_EFFICIENTNET, "efficientnet_b0"),
    ],
    ids=["mobilenet_v2", "efficientnet_b0"],
)
def test_a_table_gives_torchvisions_names_in_its_order_and_its_weights_their_output(spec, network, table, name):
    theirs = peers.filled(lambda: peers.torchvision_model(name), seed=3)
    path = spec(network, table)
    assert peers.layout(archcompiler.build(path, device="meta")) == peers.layout(theirs)
    assert [*weights(archcompiler.compile(path)).state_dict] == [*theirs.state_dict()]
    ours = archcompiler.build(path, weights=theirs.state_dict())
    images = peers.random_images(2, 3, 64, 64)
    assert peers.output(ours, images).equal(peers.output(theirs, images))


def test_a_stage_may_be_named_otherwise_than_the_others(spec):
    """timm's first stage has blocks of another class, whose depthwise convolution has the first norm."""
    import timm
    import torch

    with torch.device("meta"):
        theirs = peers.layout(timm.create_model("mobilenetv2_100"))
    ours = peers.layout(archcompiler.build(spec(MOBILENET_V2, TIMM_EFFICIENTNET), device="meta"))
    shared = [row for row in theirs if not row[0].startswith(("conv_head", "bn2", "classifier"))]
    assert [row for row in ours if not row[0].startswith(("stage7_transition", "classifier"))] == shared
    assert len(shared) == 306


# --- small tables, each for one thing ---

SMALL = """
archc: 1
name: small
input: {{channels: 3, size: 16}}
stem: {{steps: [{{conv: 8}}, {{norm: batch}}]}}
defaults: {{block: basic, channels: 8}}
stages:
  one: {{blocks: 2}}
  two: {{blocks: 1, {two}}}
head: {{classes: 2}}
names: {names}
"""
NUMBERED = "{block: trunk, CONVS}".replace(
    "CONVS", ", ".join(f'{role}: "{{slot}}"' for role in ("conv1", "norm1", "act1", "conv2", "norm2", "act2"))
)
IN_BETWEEN = "transition: {at: start, steps: [{norm: batch}, {conv: 8}]}"


@pytest.fixture
def convolutions(spec):
    """Return a function that builds a small network with a table and returns the paths of its convolutions."""

    def build(names, two=IN_BETWEEN):
        path = spec(SMALL.format(names=names, two=two))
        network = archcompiler.build(path, seed=0)
        assert peers.output(network, peers.random_images(2, 3, 16, 16)).shape == (2, 2)
        assert [*weights(archcompiler.compile(path)).state_dict] == [*network.state_dict()]
        return keys(network)[:-1]

    return build


def test_without_a_table_a_role_is_its_path(convolutions):
    expected = ["stem.conv1", "one.0.conv1", "one.0.conv2", "one.1.conv1", "one.1.conv2"]
    assert convolutions("{}") == [*expected, "two_transition.conv1", "two.0.conv1", "two.0.conv2"]


def test_what_stage_says_comes_before_kind_of_block_and_that_before_all_blocks(convolutions):
    names = "{conv1: all, conv2: all2, blocks: {basic: {conv1: kind}, bottleneck: {conv2: none}}, "
    names += "stages: {two: {conv1: stage}}}"
    found = convolutions(names, two="")
    assert found[1:] == ["one.0.kind", "one.0.all2", "one.1.kind", "one.1.all2", "two.0.stage", "two.0.all2"]


def test_a_block_has_a_path_by_its_stage_before_its_kind_before_that_of_all(convolutions):
    names = '{block: "all.{stage}{block}", blocks: {basic: {path: "kind.{stage}{block}"}}, '
    names += 'stages: {two: {block: "stage.{block}", transition: stage.down}}}'
    found = convolutions(names)
    assert found[1::2] == ["kind.one0.conv1", "kind.one1.conv1", "stage.down.conv1", "stage.0.conv2"]


def test_a_transition_has_roles_of_its_own_and_else_those_of_all(convolutions):
    assert "two_transition.down" in convolutions("{conv1: all, transition: {conv1: down}}")
    assert "two_transition.all" in convolutions("{conv1: all, transition.norm1: down}")
    assert "trunk.two.down" in convolutions('{transition: {path: "trunk.{stage}", conv1: down}}')
    assert "trunk.last" in convolutions("{stages: {two: {transition: {path: trunk, conv1: last}}}}")


def test_slots_count_stem_blocks_and_transitions_together(convolutions):
    """As torchvision's ConvNeXt: the transition in front of a stage has a number too."""
    names = '{stem: {conv1: "features.{slot:stem}.0", norm1: "features.{slot:stem}.1"}, '
    names += 'block: "features.{slot:stage}.{block}", transition: {path: "features.{slot}", norm1: "0", conv1: "1"}}'
    found = convolutions(names)
    assert found[::2] == ["features.0.0", "features.1.0.conv2", "features.1.1.conv2", "features.3.0.conv1"]
    assert found[5] == "features.2.1"


def test_a_word_shares_a_slot_in_one_block_and_no_other(convolutions):
    names = '{block: trunk, conv1: "{slot:a}.0", norm1: "{slot:a}.1", conv2: "{slot:b}.0", norm2: "{slot:b}.1"}'
    found = convolutions(names, two="")
    assert found[1:] == [f"trunk.{number}.0" for number in range(6)]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("b{slot+1}", ["b1", "b2", "b3"]),
        ("{stage}{slot+5}", ["one5", "one6", "two5"]),
        ("s{stage_index+2}.b{block+1}", ["s2.b1", "s2.b2", "s3.b1"]),
        ("s{stage_number+1}.b{block_number+1}", ["s2.b2", "s2.b3", "s3.b2"]),
        ("s{slot:stage+3}.b{slot}", ["s3.b0", "s3.b1", "s4.b0"]),
    ],
)
def test_counters_start_anywhere(convolutions, block, expected):
    found = convolutions(f'{{block: "{block}"}}', two="")
    assert found[1::2] == [f"{path}.conv1" for path in expected]


def test_layers_may_be_registered_in_another_order_than_they_run(convolutions):
    names = "{registered: [norm2, conv2], blocks: {bottleneck: {registered: [conv1]}}}"
    assert convolutions(names)[1:5] == ["one.0.conv2", "one.0.conv1", "one.1.conv2", "one.1.conv1"]
    names = "{registered_first: shortcut, registered: [conv2]}"
    assert convolutions(names, two="channels: 16")[-3:] == ["two.0.shortcut.conv", "two.0.conv2", "two.0.conv1"]


def test_modules_of_one_chain_are_registered_in_another_order_than_they_run(convolutions):
    names = "{registered: [conv2, conv1], conv1: body.a, norm1: body.b, act1: body.c, conv2: body.d, norm2: body.e}"
    assert convolutions(names, two="")[1:3] == ["one.0.body.d", "one.0.body.a"]


def test_transitions_may_be_registered_behind_the_blocks_of_their_stage(convolutions):
    """As in timm's FasterNet, whose stages run the downsampling first and register it last."""
    names = '{block: "stages.{stage_index}.blocks.{block}", transition: "stages.{stage_index}.down", REGISTERED}'
    found = convolutions(names.replace("REGISTERED", "registered: [block, transition]"))
    assert found[-3:] == ["stages.1.blocks.0.conv1", "stages.1.blocks.0.conv2", "stages.1.down.conv1"]
    found = convolutions(names.replace("REGISTERED", "stages: {one: {registered: [block]}}"))
    assert found[-3:] == ["stages.1.down.conv1", "stages.1.blocks.0.conv1", "stages.1.blocks.0.conv2"]


def test_the_stem_has_an_order_of_its_own(spec):
    path = spec(SMALL.format(names="{stem: {registered: [norm1]}}", two=""))
    assert list(archcompiler.build(path, device="meta").stem._modules) == ["norm1", "conv1"]


GHOST_BLOCKS = """\
blocks:
  ghost:
    fields: {channels: {}, stride: {}}
    steps: [{conv: channels, kernel: 1, stride: stride}, {norm: batch}, {conv: channels, cardinality: channels}]
  unit:
    fields: {channels: {}, stride: {}}
    steps:
      - {block: ghost, role: ghost1, channels: channels}
      - {activation: relu}
      - {block: ghost, role: ghost2, channels: channels}
defaults: {block: unit, channels: 4}
stages: {one: {blocks: 1}, two: {blocks: 1, block: ghost}}
"""
GHOST = without_stem("ghosts", GHOST_BLOCKS)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("{}", ["one.0.ghost1.conv1", "one.0.ghost1.conv2", "one.0.ghost2.conv1", "one.0.ghost2.conv2", "two.0.conv1"]),
        (
            "{blocks: {ghost: {conv1: primary, norm1: bn}}}",
            [
                "one.0.ghost1.primary",
                "one.0.ghost1.conv2",
                "one.0.ghost2.primary",
                "one.0.ghost2.conv2",
                "two.0.primary",
            ],
        ),
        (
            "{ghost1: first, blocks: {unit: {ghost2: second}, ghost: {conv1: a}}}",
            ["one.0.first.a", "one.0.first.conv2", "one.0.second.a", "one.0.second.conv2", "two.0.a"],
        ),
        (
            "{ghost1: {path: first, conv1: own}, conv1: all}",
            ["one.0.own", "one.0.first.conv2", "one.0.ghost2.all", "one.0.ghost2.conv2", "two.0.all"],
        ),
        (
            '{block: "{stage}.{slot}", blocks: {ghost: {conv1: "{slot}", norm1: "{slot}", conv2: "{slot}"}}}',
            ["one.0.ghost1.0", "one.0.ghost1.2", "one.0.ghost2.0", "one.0.ghost2.2", "two.0.0"],
        ),
    ],
    ids=["none", "of its kind", "its role", "a role inside", "slots"],
)
def test_a_block_inside_a_block_is_one_role_with_the_paths_of_its_own_kind(spec, names, expected):
    network = archcompiler.build(spec(GHOST, f"names: {names}\n"), seed=0)
    assert keys(network)[:5] == expected
    assert peers.output(network, peers.random_images(2, 4, 8, 8)).shape == (2, 2)


def test_a_block_inside_a_block_has_the_order_of_its_own_kind(spec):
    names = "names: {blocks: {ghost: {registered: [conv2]}, unit: {registered: [ghost2]}}}\n"
    network = archcompiler.build(spec(GHOST, names), seed=0)
    assert keys(network)[:4] == ["one.0.ghost2.conv2", "one.0.ghost2.conv1", "one.0.ghost1.conv2", "one.0.ghost1.conv1"]


def test_the_turns_of_a_repeat_number_the_role_of_a_block(spec):
    inner = "{block: ghost, role: ghost1, channels: channels}"
    network = GHOST.replace(f"- {inner}", f"- repeat: 2\n        steps: [{inner}]")
    paths = keys(archcompiler.build(spec(network, "names: {ghost12: second}\n"), seed=0))
    assert paths[:4] == ["one.0.ghost11.conv1", "one.0.ghost11.conv2", "one.0.second.conv1", "one.0.second.conv2"]
    twice = network.replace(f"[{inner}]", f"[{{repeat: 2, steps: [{inner}]}}]")
    paths = keys(archcompiler.build(spec(twice), seed=0))
    assert [path.split(".")[2] for path in paths[:8:2]] == ["ghost11_1", "ghost11_2", "ghost12_1", "ghost12_2"]


# --- classes ---


def test_blocks_that_differ_in_paths_alone_are_one_body_and_two_classes(spec):
    path = spec(SMALL.format(names="{stages: {two: {conv1: first}}}", two=""))
    blocks = [call for call in archcompiler.compile(path).calls if call.kind == "block"]
    assert len({call.body for call in blocks}) == 1
    text = source(archcompiler.compile(path)).text
    assert ("class BasicBlock(" in text, "class BasicBlock2(" in text, "class BasicBlock3(" in text) == (
        True,
        True,
        False,
    )


def test_numbered_layers_of_a_block_with_a_path_of_its_own_stand_in_its_class(spec):
    names = NUMBERED.replace("block: trunk, ", "")
    text = source(archcompiler.compile(spec(SMALL.format(names=names, two="")))).text
    assert text.count("class BasicBlock") == 1
    assert "BasicBlock(8)" in text


def test_a_block_that_shares_its_path_is_written_out_and_starts_as_in_a_class(spec):
    path = spec(SMALL.format(names=NUMBERED, two="").replace("defaults: {", "defaults: {zero_init: true, "))
    assert "class BasicBlock" not in source(archcompiler.compile(path)).text
    norms = [
        tensor
        for name, tensor in archcompiler.build(path, seed=0).trunk.state_dict().items()
        if tensor.dim() == 1 and "running" not in name
    ]
    assert [float(norm[0]) for norm in norms] == [1, 0, 0, 0] * 3


def test_a_layer_of_the_head_may_stand_in_a_block(spec):
    network = archcompiler.build(spec(SMALL.format(names="{head.linear: two.0.fc}", two="")), seed=0)
    assert keys(network)[-1] == "two.0.fc"
    assert peers.output(network, peers.random_images(2, 3, 16, 16)).shape == (2, 2)


@pytest.mark.parametrize("table", ["{}", NUMBERED])
def test_how_layers_are_named_changes_no_count_and_no_function(spec, table):
    plain_one = archcompiler.compile(spec(SMALL.format(names="{}", two=IN_BETWEEN), name="plain.yaml"))
    named = archcompiler.compile(spec(SMALL.format(names=table, two=IN_BETWEEN)))
    assert [call.body for call in named.calls] == [call.body for call in plain_one.calls]
    assert [call.kind for call in named.calls] == ["stem", "block", "block", "transition", "block", "head"]
    assert archcompiler.cost(named).total == archcompiler.cost(plain_one).total


def test_solve_finds_the_blocks_of_a_network_whose_layers_are_numbered(archc):
    run = archc(
        "solve",
        "vgg/vgg16_bn",
        "--for",
        "stages.stage2.channels",
        "--to",
        "vgg/vgg16_bn",
        "--over",
        "block",
        "--block",
        "0",
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "stages: {stage2: {channels: 128}}" in run.stdout


# --- one table in two forms ---

FORMS = [
    ("stem: {conv1: a}", "stem.conv1: a"),
    ("blocks: {basic: {conv1: a, path: b}}", "blocks.basic.conv1: a, blocks.basic: b"),
    ("transition: {path: a, norm1: b}", "transition: a, transition.norm1: b"),
    ("transition: {path: a}", "transition: a"),
    ("stages: {one: {block: a, blocks: {basic: {conv1: c}}}}", "stages.one.block: a, stages.one.blocks.basic.conv1: c"),
    ("ghost1: {conv1: a, inner: {conv1: b}}", "ghost1.conv1: a, ghost1.inner.conv1: b"),
    ("blocks: {basic: {registered: [conv2]}}", "blocks.basic.registered: [conv2]"),
]


@pytest.mark.parametrize(("nested", "flat"), FORMS)
def test_an_object_is_short_for_the_keys_that_begin_alike(spec, nested, flat):
    one, other = (
        plain(load_spec(spec(SMALL.format(names=f"{{{names}}}", two=IN_BETWEEN))).document)["names"]
        for names in (nested, flat)
    )
    assert one == other
    assert all(not isinstance(value, dict) for value in one.values())


def test_a_variant_says_in_one_form_what_its_base_says_in_the_other(spec):
    spec(SMALL.format(names="{stem: {conv1: a, norm1: b}, blocks.basic.conv1: c}", two=""), name="base.yaml")
    variant = spec(
        "archc: 1\nname: v\nextends: base.yaml\n", "names: {stem.conv1: null, blocks: {basic: {conv1: d}}}\n"
    )
    assert plain(archcompiler.load(variant).document)["names"] == {"stem.norm1": "b", "blocks.basic.conv1": "d"}


def test_what_show_prints_is_the_same_network(spec, archc):
    path = spec(EFFICIENTNET_B0, TORCHVISION_EFFICIENTNET)
    shown = spec(archc("show", path).stdout, name="shown.yaml")
    assert [call.paths for call in archcompiler.compile(shown).calls] == [
        call.paths for call in archcompiler.compile(path).calls
    ]


def test_fmt_keeps_the_tables_and_gives_each_row_a_line(spec, archc):
    path = spec(MOBILENET_V2, TORCHVISION_MOBILENET_V2)
    before = archcompiler.compile(path)
    assert archc("fmt", path).returncode == 0
    assert archc("fmt", "--check", path).returncode == 0
    assert [call.paths for call in archcompiler.compile(path).calls] == [call.paths for call in before.calls]
    assert "  transition:\n    path: features.{slot}\n" in path.read_text(encoding="utf-8").replace('"', "")


# --- differences ---


def test_a_renamed_stage_keeps_the_paths_that_its_table_gives_it(spec):
    names = "{stages: {STAGE: {block: 'tail.{block}'}}}"
    old = spec(SMALL.format(names=names.replace("STAGE", "two"), two="activation: silu"), name="old.yaml")
    text = SMALL.format(names=names.replace("STAGE", "last"), two="activation: silu").replace("  two:", "  last:")
    found = archcompiler.diff(old, spec(text, name="new.yaml"))
    assert (found.facts.weights, found.facts.function) == ("same", "same")


def test_a_path_of_a_kind_of_block_is_an_edit_that_renames(spec):
    old = spec(SMALL.format(names="{}", two=""), name="old.yaml")
    new = spec(SMALL.format(names="{blocks: {basic: {conv1: first}}}", two=""), name="new.yaml")
    found = archcompiler.diff(old, new)
    assert (found.facts.weights, found.facts.function) == ("renamed", "same")
    assert [change.address for change in found.changes] == ["names.blocks.basic.conv1"]
    assert found.weights.renamed[0] == ("one.0.conv1.weight", "one.0.first.weight")


def test_only_the_order_of_registration_differs(spec):
    old = spec(SMALL.format(names="{}", two=""), name="old.yaml")
    new = spec(SMALL.format(names="{registered: [conv2]}", two=""), name="new.yaml")
    found = archcompiler.diff(old, new)
    assert (found.facts.weights, found.facts.function) == ("same", "same")
    assert found.old.function_hash == found.new.function_hash
    assert found.old.checkpoint_hash != found.new.checkpoint_hash
