"""Documents of blocks: those shipped are sound, and every verb takes them; their faults stand in `faults/block_*`."""

import json
from pathlib import Path

import pytest

import archcompiler
from archcompiler.blocks.files import file_faults
from archcompiler.blocks.library import Library, shipped_descriptions
from archcompiler.blocks.page import document_page
from archcompiler.blocks.typecheck import FUNCTION_USES
from archcompiler.cli import main
from archcompiler.schema.language import language
from archcompiler.shipped import shipped, shipped_spec
from archcompiler.syntax.parse import read

NAMES = [name for name, _ in shipped_descriptions()]
FAULTY = Path(__file__).with_name("faults") / "block_name_unknown.yaml"
SPEC = """\
archc: 1
name: net
input: {channels: 4, size: 16}
stem: none
blocks: {outer: outer.yaml, inner: inner.yaml}
stages: {one: {block: outer, blocks: 2, channels: 8}}
head: {classes: 3}
"""
OUTER = """\
archc: 1
block: outer
description: A block with a block inside.
fields: {channels: {}, norm: {}}
steps:
  - {block: inner, width: 2 * channels, norm: $norm, role: inner}
  - {conv: channels}
"""
INNER = """\
archc: 1
block: inner
description: The block inside; it knows what arrives at it.
fields:
  width: {alternatives: []}
  norm: {}
steps:
  - {conv: width, cardinality: in_channels}
  - {norm: $norm}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {"net": SPEC, "outer": OUTER, "inner": INNER}.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_document_has_no_fault_and_nothing_that_is_not_read(name):
    assert file_faults(str(shipped_spec(name))) == []


def test_the_list_of_documents_is_complete(capsys):
    folders = ("blocks", "shortcuts", "attentions", "stems", "heads")
    files = {path for folder in folders for path in (shipped("specs") / folder).glob("*.yaml")}
    assert {shipped_spec(name) for name in NAMES} == files
    assert main(["list", "--blocks", "--format", "json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)["blocks"]] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_show_prints_is_the_same_document_with_nothing_left_to_look_up(name, tmp_path, capsys):
    assert main(["show", name]) == 0
    shown = tmp_path / "shown.yaml"
    shown.write_text(capsys.readouterr().out, encoding="utf-8")
    assert file_faults(str(shown)) == []
    page, again = document_page(name), document_page(str(shown))
    assert (again.fields, again.lets, again.class_name) == (page.fields, page.lets, page.class_name)
    assert main(["show", str(shown)]) == 0
    assert capsys.readouterr().out == shown.read_text(encoding="utf-8")
    assert main(["fmt", "--check", str(shown)]) == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_explained_by_its_fields_and_steps(name, capsys):
    assert main(["explain", name]) == 0
    text = capsys.readouterr().out
    kind, _, own = name.partition("/")
    tree = Library(language()).document(kind.removesuffix("s"), own).tree
    assert text.startswith(f"{own} ({kind.removesuffix('s')}")
    assert str(tree.get("description").value)[:30] in text
    for key in ("fields", "let"):
        for field in tree.get(key).entries if tree.get(key) else ():
            assert f"  {field}" in text
    assert "Steps, with the role of each layer:\n" in text


def test_a_block_is_explained_by_its_name_alone_beside_fields_of_that_name(capsys):
    assert main(["explain", "bottleneck"]) == 0
    assert "class Bottleneck" in capsys.readouterr().out
    assert main(["explain", "conv"]) == 0
    text = capsys.readouterr().out
    assert text.index("class ConvBlock") < text.index("in          step (conv)")


def test_the_role_of_each_layer_is_told_beside_its_step_as_a_names_table_finds_it(folder, capsys):
    text = OUTER.replace("channels}\n", "channels}\n  - {activation: relu}\n")
    (folder / "outer.yaml").write_text(f"{text}  - {{layer_scale: 1}}\n", encoding="utf-8")
    assert main(["explain", "outer.yaml", "--format", "json"]) == 0
    (page,) = json.loads(capsys.readouterr().out)["documents"]
    assert page["roles"] == ["inner", "conv1", "act1", "layer_scale1"]
    names = [f"{role}: {role}_here" for role in page["roles"]]
    (folder / "net.yaml").write_text(f"{SPEC}names: {{{', '.join(names)}}}\n", encoding="utf-8")
    assert main(["validate", "--strict", "net.yaml"]) == 0
    assert main(["explain", "outer.yaml"]) == 0
    told = [line.partition("  # ")[2] for line in capsys.readouterr().out.splitlines() if "  # " in line]
    assert told == page["roles"]


def test_the_guide_names_each_step_and_function(capsys):
    assert main(["explain", "block"]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = {line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "}
    steps = set(archcompiler_steps())
    assert said >= {*steps, *(name for name, _ in FUNCTION_USES), "fields", "let", "default"}


def archcompiler_steps():
    """Return the kinds of steps."""
    from archcompiler.schema.language import language

    return language().steps


def test_the_functions_that_are_typed_are_those_that_are_computed():
    from archcompiler.blocks.expression import FUNCTIONS

    assert {name for name, _ in FUNCTION_USES} == set(FUNCTIONS)


def test_a_new_block_is_sound_laid_out_and_runs_at_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "my_block", "--block"]) == 0
    assert main(["validate", "my_block.yaml", "--strict"]) == 0
    assert main(["fmt", "--check", "my_block.yaml"]) == 0
    spec = SPEC.replace("{outer: outer.yaml, inner: inner.yaml}", "{my_block: my_block.yaml}")
    Path("net.yaml").write_text(spec.replace("block: outer", "block: my_block"), encoding="utf-8")
    assert archcompiler.cost("net.yaml").params == (4 * 9 * 8 + 16) + (8 * 9 * 8 + 16) + 8 * 3 + 3
    schema = json.loads(Path(".archc/block.json").read_text(encoding="utf-8"))
    assert schema["title"] == "archcompiler block"
    capsys.readouterr()


@pytest.mark.parametrize("name", ["Mine", "3x", "my-block", "a" * 61])
def test_a_block_has_a_name_in_small_letters(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", name, "--block"]) == 2
    assert "small letters" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_block_inside_is_found_beside_the_file_that_names_it(folder, capsys):
    assert main(["validate", "outer.yaml", "inner.yaml"]) == 0
    Path("inner.yaml").write_text(INNER.replace("block: inner", "block: other"), encoding="utf-8")
    assert main(["validate", "outer.yaml"]) == 1
    assert "there is no block `inner`" in capsys.readouterr().out


def test_a_block_inside_knows_the_channels_that_arrive_at_it(folder):
    graph = archcompiler.compile("net.yaml")
    groups = [call.body.nodes[0].op.groups for part in graph.parts for call in part.calls if part.kind == "stage"]
    assert groups == [4, 8]


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_every_format_tells_the_faults_of_a_block(form, capsys):
    assert main(["validate", str(FAULTY), "--format", form]) == 1
    text = capsys.readouterr().out
    assert "B002" in text
    assert "chanels" in text


def test_what_yaml_cut_is_quoted_by_fix(folder, capsys):
    Path("inner.yaml").write_text(INNER.replace("conv: width,", "conv: max(width, 8),"), encoding="utf-8")
    assert main(["validate", "inner.yaml"]) == 1
    assert main(["validate", "inner.yaml", "--fix"]) == 0
    assert "{conv: 'max(width, 8)', cardinality: in_channels}" in Path("inner.yaml").read_text(encoding="utf-8")
    capsys.readouterr()


def test_a_document_is_no_network_and_says_so(folder, capsys):
    assert main(["cost", "outer.yaml"]) == 1
    assert "outer.yaml describes a block, no network" in capsys.readouterr().err
    assert main(["show", "./outer.yaml", "--set", "a=1"]) == 2
    assert "a document of a block is one file" in capsys.readouterr().err


def test_hooks_that_take_specs_leave_documents_of_blocks_out(folder, capsys):
    assert main(["check", "--fast", "--only-specs", "outer.yaml", "inner.yaml"]) == 0
    assert "outer" not in capsys.readouterr().out
    assert main(["validate", "--only-specs", "outer.yaml"]) == 0


def test_the_tree_of_a_document_is_checked_without_a_file():
    from archcompiler.blocks.check import declared_fields, document_faults

    tree = read(FAULTY)
    (fault,) = document_faults(tree, "block", "any", declared_fields(tree), Library(language()))
    assert (fault.code, fault.span.column) == ("B002", 12)


@pytest.mark.parametrize(
    "definition",
    [
        "type: number, if: 8",
        "$ref: '#/$defs/nothing'",
        "type: integer, $ref: 'https://example.org/schema.json'",
        "type: integer, allOf: 3",
        "type: integer, x-union: norm",
        "type: integer, pattern: '('",
        "type: word",
        "type: 3",
        "type: [integer, word]",
        "type: integer, minimum: x",
        "type: integer, minimum: .inf",
        "type: integer, alternatives: 3",
        "type: integer, alternatives: [nothing]",
        "type: array, items: 3",
        "type: array, items: {type: word}",
        "type: array, items: {type: integer, pattern: '(a+)+$'}",
        "union: word",
        "union: [norm]",
        "object: word",
        "enum: 3",
        "enum: [1]",
        "type: word, words: [none]",
        "words: [none]",
        "type: integer, d: 1, required: true",
    ],
)
@pytest.mark.parametrize("verb", ["validate", "cost"])
def test_a_faulty_definition_in_a_spec_is_told_at_its_place(definition, verb, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    own = (
        f"fields: {{channels: {{}}, a: {{{definition}, description: A., examples: [3]}}}}, steps: [{{conv: channels}}]"
    )
    text = SPEC.replace("outer: outer.yaml, inner: inner.yaml", f"outer: {{{own}}}")
    Path("net.yaml").write_text(text.replace("channels: 8", "channels: 8, a: 3"), encoding="utf-8")
    assert main([verb, "net.yaml"]) == 1
    said = capsys.readouterr()
    assert "net.yaml:5:" in said.out + said.err


REPEATED = """\
archc: 1
block: outer
description: Blocks and layers with roles in a repeat inside a repeat.
fields: {channels: {}, norm: {}}
steps:
  - repeat: 2
    steps:
      - {conv: channels, role: wide}
      - repeat: 2
        steps:
          - {block: inner, width: channels, norm: $norm, role: inner}
          - {block: conv, channels: channels, activation: none}
"""
TURNS = ("1_1", "1_2", "2_1", "2_2")


def test_roles_in_a_repeat_have_the_numbers_of_its_turns(folder, capsys):
    (folder / "outer.yaml").write_text(REPEATED, encoding="utf-8")
    names = "names: {blocks: {outer: {wide2: second, inner2_1: third}, inner: {conv1: dense}}}\n"
    (folder / "net.yaml").write_text(SPEC.replace("blocks: 2", "blocks: 1") + names, encoding="utf-8")
    assert main(["validate", "--strict", "net.yaml", "outer.yaml"]) == 0
    weights = [key for key in archcompiler.build("net.yaml").state_dict() if key.endswith("weight")]
    roles = ["wide1", "inner1_1", "inner1_2", "second", "third", "inner2_2"]
    layers = [[f"{role}.dense", f"{role}.norm1"] if role[0] in "it" else [role] for role in roles]
    expected = [f"one.0.{path}.weight" for each in layers for path in each]
    assert [path for path in weights if path in expected] == expected
    assert [path for path in weights if "conv" in path] == [f"one.0.conv{turns}.weight" for turns in TURNS]


@pytest.mark.parametrize(("ratio", "roles"), [(1, ["norm1"]), (2, ["conv1", "norm1"])])
def test_what_leaves_an_if_has_a_name_whether_it_ran_or_not(ratio, roles, folder):
    steps = "{if: ratio != 1, then: [{conv: channels}], as: made}, {norm: batch, from: x}, {add: made}"
    field = "{type: number, minimum: 1, maximum: 9, default: 1, description: A number., examples: [2]}"
    (folder / "outer.yaml").write_text(
        f"archc: 1\nblock: outer\ndescription: A name behind an if.\n"
        f"fields: {{channels: {{}}, ratio: {field}}}\nsteps: [{steps}]\n",
        encoding="utf-8",
    )
    stage = f"{{block: outer, blocks: 1, channels: 4, ratio: {ratio}}}"
    (folder / "net.yaml").write_text(SPEC.replace("{block: outer, blocks: 2, channels: 8}", stage), encoding="utf-8")
    assert main(["validate", "outer.yaml"]) == 0
    layers = [layer.name for layer in archcompiler.cost("net.yaml").layers if layer.name.startswith("one")]
    assert layers == [f"one.0.{role}" for role in roles]


@pytest.mark.parametrize(("turns", "sums"), [(1, 0), (2, 1), (3, 2)])
def test_what_a_repeat_collected_is_joined_alone_even_where_it_ran_once(turns, sums, folder):
    steps = f"{{repeat: {turns}, collect: made, steps: [{{conv: channels, from: x}}]}}, {{add: made}}"
    (folder / "outer.yaml").write_text(
        f"archc: 1\nblock: outer\ndescription: Maps that are added.\nfields: {{channels: {{}}}}\nsteps: [{steps}]\n",
        encoding="utf-8",
    )
    (stage,) = [part for part in archcompiler.compile("net.yaml").parts if part.name == "one"]
    assert [node.op.name for node in stage.calls[0].body.nodes].count("Add") == sums


def test_attention_that_is_handed_to_a_block_inside_stands_there_or_is_refused():
    spec = {"archc": 1, "name": "net", "extends": "timm/cs3darknet_s"}
    archcompiler.compile({**spec, "defaults": {"attention": {"type": "se", "after": "conv1"}}})
    with pytest.raises(archcompiler.SpecError, match="attention after sum, and there is no sum"):
        archcompiler.compile({**spec, "defaults": {"attention": {"type": "se", "after": "sum"}}})


XCEPTION = """\
archc: 1
name: xception
input: {channels: 3, size: 64}
stem:
  steps:
    - {conv: 32, kernel: 3, stride: 2}
    - {norm: batch}
    - {activation: relu}
    - {conv: 64, kernel: 3}
    - {norm: batch}
    - {activation: relu}
blocks:
  separable:
    description: A depthwise convolution and a pointwise one, as in Xception (arXiv:1610.02357).
    fields: {channels: {}, stride: {}, norm: {}}
    steps:
      - {conv: in_channels, stride: stride, cardinality: in_channels, role: conv_dw}
      - {norm: $norm, role: bn_dw}
      - {conv: channels, kernel: 1, role: conv_pw}
      - {norm: $norm, role: bn_pw}
  xception:
    description: Three separable convolutions, each behind an activation, and a shortcut (arXiv:1802.02611).
    fields: {channels: {}, stride: {}, norm: {}, activation: {}, shortcut: {}}
    steps:
      - repeat: 3
        index: turn
        steps:
          - {activation: $activation, role: act}
          - {block: separable, channels: channels, stride: stride if turn == 2 else 1, norm: $norm, role: conv}
      - {shortcut: $shortcut, bias: false}
stages:
  entry: {block: xception, blocks: 1, channels: 128, stride: 2}
  middle: {block: xception, blocks: 2, channels: 128}
head: {classes: 10}
names:
  stem: {conv1: stem.0.conv, norm1: stem.0.bn, act1: stem.0.act, conv2: stem.1.conv, norm2: stem.1.bn, act2: stem.1.act}
  block: "blocks.{slot}"
  shortcut: {conv: shortcut.conv, norm: shortcut.bn}
  blocks:
    xception: {conv1: stack.conv1, conv2: stack.conv2, conv3: stack.conv3}
  head: {pool: head.global_pool, linear: head.fc}
"""


@pytest.mark.slow
def test_a_repeat_of_blocks_with_a_role_is_timms_aligned_xception_bit_for_bit(tmp_path):
    import torch
    from timm.models.xception_aligned import XceptionAligned

    (tmp_path / "net.yaml").write_text(XCEPTION, encoding="utf-8")
    widths = ((64, 128, 2), (128, 128, 1), (128, 128, 1))
    blocks = [{"in_chs": arriving, "out_chs": leaving, "stride": stride} for arriving, leaving, stride in widths]
    peer = XceptionAligned(blocks, num_classes=10).eval()
    ours = archcompiler.build(tmp_path / "net.yaml", weights=peer.state_dict()).eval()
    x = torch.randn(2, 3, 64, 64)
    assert torch.equal(ours(x), peer(x))


@pytest.mark.parametrize(("turns", "sums"), [(1, 0), (2, 1), (3, 2)])
def test_a_sum_of_what_a_repeat_collected_is_of_that_alone(turns, sums):
    spec = f"""\
archc: 1
name: net
input: {{channels: 3, size: 8}}
stem: none
stages: {{a: {{block: fans, blocks: 1, channels: 4}}}}
head: {{classes: 5}}
blocks:
  fans:
    description: Convolutions side by side.
    fields: {{channels: {{}}}}
    steps: [{{repeat: {turns}, collect: fans, steps: [{{conv: channels, from: x}}]}}, {{add: fans}}]
"""
    (call,) = (call for call in archcompiler.compile(spec).calls if call.kind == "block")
    assert [node.op.name for node in call.body.nodes] == ["Conv"] * turns + ["Add"] * sums
