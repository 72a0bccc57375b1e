"""Blocks that extend others: what comes out is the block written in full, and every verb takes the one that differs."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import peers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from repository import without_stem

import archcompiler
from archcompiler.blocks.files import file_faults
from archcompiler.cli import main
from archcompiler.compare.hashes import checkpoint_hash, function_hash
from archcompiler.compare.reading import Reading
from archcompiler.compare.steps import by_role, in_order
from archcompiler.lower.network import lower
from archcompiler.resolve import load_spec, resolve_document
from archcompiler.schema.language import language, read_schema
from archcompiler.shipped import shipped_spec
from archcompiler.syntax.files import GivenText
from archcompiler.syntax.parse import parse, read
from archcompiler.tree import plain

LINES = """\
blocks:
%s
stages:
  one: {block: %s, blocks: 2, channels: 8, stride: 2%s}
  two: {block: %s, blocks: 2, channels: 8%s}
"""
WIDTHS = {"bottleneck": ", width: 8", "preact_bottleneck": ", width: 8"}


def spec_of(blocks, name, base="bottleneck"):
    """Return a network of one kind of block; `blocks` are lines of YAML, or the value of `blocks` as data."""
    text = (
        blocks if isinstance(blocks, str) else "\n".join(f"  {key}: {json.dumps(own)}" for key, own in blocks.items())
    )
    width = WIDTHS.get(base, "")
    return without_stem("net", LINES % (text, name, width, name, width), size=16, classes=3)


def reading(text):
    return Reading(lower(load_spec("<stdin>", (), GivenText(text.encode(), "<stdin>"))))


def hashes(text):
    """Return what the network computes, and what its checkpoints are."""
    read = reading(text)
    return function_hash(read), checkpoint_hash(read)


def keys_of(text):
    return [(key, tuple(tensor.shape)) for key, tensor in archcompiler.build(text, device="meta").state_dict().items()]


# --- equality ---


@cache
def networks():
    """Return a shipped network for each shipped block, which runs it or has it inside a block."""
    found = {}
    for spec in sorted(peers.SHIPPED, key=lambda spec: len((peers.SPECS / f"{spec}.yaml").read_bytes()), reverse=True):
        if language().blocks.keys() <= found.keys():
            break
        calls = lower(load_spec(spec)).calls
        for block in {block for call in calls for block in call.body.blocks.values()}:
            found.setdefault(block, spec)
    return found


def hiding(base):
    """Return a variant of a shipped network whose block is its own, which changes nothing."""
    return f"archc: 1\nname: net\nextends: {networks()[base]}\nblocks: {{{base}: {{extends: {base}}}}}\n"


@pytest.mark.parametrize("base", sorted(language().blocks))
def test_a_block_that_changes_nothing_is_the_one_that_it_extends(base):
    own, shipped = hiding(base), f"archc: 1\nname: net\nextends: {networks()[base]}\n"
    assert hashes(own) == hashes(shipped)
    assert keys_of(own) == keys_of(shipped)


EDITED = """\
  mine:
    extends: bottleneck
    fields: {kernel: {default: 5}, grouped_reduce: null, attention: null, stride_on: null, dilation: null,
             zero_init: null}
    let: {reduce_stride: 1, spatial_stride: stride}
    steps:
      attention1: null
      attention2: null
      attention3: null
      attention4: null
      attention5: null
      shortcut1: {attention: null}
      conv1: {cardinality: null}
      act1: null
      conv2: {kernel: kernel, cardinality: null, dilation: null}
      drop: {norm: batch, after: conv1, role: early}
      norm3: {zero_init: null, activation: silu, norm: null}
      last: {if: stride == 1, then: [{conv: channels, kernel: 1}, {norm: $norm}], before: act3}
"""
WRITTEN = """\
  mine:
    fields: {channels: {}, stride: {}, width: {}, kernel: {default: 5}, shortcut: {}, norm: {}, activation: {},
             bias: {}, anti_alias: {}, bottleneck_width: {}, cardinality: {}}
    let: {width: cardinality * bottleneck_width}
    steps:
      - {conv: width, kernel: 1, bias: bias, role: conv1}
      - {norm: batch, role: early}
      - {norm: $norm, role: norm1}
      - {anti_alias: anti_alias, stride: 1, role: aa}
      - {conv: width, kernel: kernel, stride: stride if anti_alias == none else 1, bias: bias, role: conv2}
      - {norm: $norm, role: norm2}
      - {activation: $activation, role: act2}
      - {anti_alias: anti_alias, stride: stride, role: aa}
      - {conv: channels, kernel: 1, bias: bias, role: conv3}
      - {activation: silu, role: norm3}
      - {shortcut: $shortcut}
      - if: stride == 1
        then: [{conv: channels, kernel: 1, role: conv4}, {norm: $norm, role: norm4}]
      - {activation: $activation, role: act3}
"""


def test_an_edited_block_is_the_block_written_in_full():
    own, full = spec_of(EDITED, "mine"), spec_of(WRITTEN, "mine")
    assert hashes(own) == hashes(full)
    assert keys_of(own) == keys_of(full)
    assert {key.split(".")[2] for key, _ in keys_of(own) if key.startswith("one.0")} >= {"conv1", "early", "conv3"}


BASES = ("basic", "bottleneck", "preact_bottleneck")
OF_THREE = ["conv1", "norm1", "act1", "conv2", "norm2", "act2", "conv3", "norm3", "act3"]
LAYERS = {"basic": OF_THREE[:6], "bottleneck": OF_THREE, "preact_bottleneck": OF_THREE}
CHANGES = st.sampled_from(
    [
        None,
        {"norm": "batch"},
        {"activation": "silu"},
        {"kernel": 5},
        {"conv": "channels", "kernel": 1, "stride": 1, "cardinality": 1},
    ]
)
FITTING = {"conv": ("kernel", "conv"), "norm": ("norm",), "act": ("activation",)}


def in_full(base, edits):
    """Return the steps of a shipped block with edits by role made by hand, each layer with its role in the base."""
    counts, steps = {}, []
    for step in plain(read(shipped_spec(f"blocks/{base}")))["steps"]:
        kind = next((kind for kind in language().steps if kind in step), "")
        word = language().step_words[kind]
        if word and "role" not in step:
            counts[word] = counts.get(word, 0) + 1
            step = {**step, "role": f"{word}{counts[word]}"}
        role = step.get("role")
        if role in edits and edits[role] is None:
            continue
        steps.append({**step, **edits.get(role, {})})
        steps += [{"activation": "relu", "role": f"behind_{role}"}] if f"behind_{role}" in edits else []
    return steps


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_edits_by_role_are_the_same_edits_made_by_hand(data):
    base = data.draw(st.sampled_from(BASES))
    roles = data.draw(st.lists(st.sampled_from(LAYERS[base]), unique=True, max_size=5))
    edits = {}
    for role in roles:
        edit = data.draw(CHANGES)
        if edit is None or next(iter(edit)) in FITTING[role[:-1]]:
            edits[role] = edit
    there = [role for role in LAYERS[base] if edits.get(role, ()) is not None]
    added = data.draw(st.lists(st.sampled_from(there), unique=True, max_size=2))
    said = {**edits, **{f"behind_{role}": {"activation": "relu", "after": role} for role in added}}
    made = edits | {f"behind_{role}": {} for role in added}
    document = plain(read(shipped_spec(f"blocks/{base}")))
    full = {key: document[key] for key in ("fields", "let") if key in document} | {"steps": in_full(base, made)}
    own = spec_of({"mine": {"extends": base, "steps": said}}, "mine", base)
    written = spec_of({"mine": full}, "mine", base)
    outcomes = []
    for text in (own, written):
        try:
            outcomes.append((hashes(text), keys_of(text)))
        except archcompiler.SpecError as error:
            outcomes.append(sorted({fault.code for fault in error.diagnostics}))
    assert outcomes[0] == outcomes[1]


# --- names and origins ---


def test_layers_that_stay_keep_their_names_and_so_their_weights(tmp_path):
    whole = spec_of("  mine: {extends: bottleneck}", "mine")
    less = spec_of("  mine: {extends: bottleneck, steps: {conv1: null, norm1: null, act1: null}}", "mine")
    added = spec_of("  mine: {extends: bottleneck, steps: {extra: {norm: batch, after: conv1}}}", "mine")
    keys = {key for key, _ in keys_of(whole)}
    assert {key for key, _ in keys_of(less)} == {key for key in keys if key.split(".")[2] not in ("conv1", "norm1")}
    assert keys < {key for key, _ in keys_of(added)}
    assert {key.split(".")[2] for key, _ in keys_of(added)} - {key.split(".")[2] for key in keys} == {"extra"}


def test_a_table_of_names_goes_on_working(tmp_path):
    blocks = "  bottleneck: {extends: bottleneck, steps: {act1: null, extra: {norm: batch, after: conv1}}}"
    text = spec_of(blocks, "bottleneck") + "names: {extends: names/torchvision, stages: {}, extra: bn9}\n"
    keys = {key.split(".")[2] for key, _ in keys_of(text.replace(", stages: {}", "")) if key.startswith("one.0.")}
    assert keys >= {"conv1", "bn1", "bn9", "conv2", "bn2", "conv3", "bn3", "downsample"}


def test_a_repeat_goes_on_counting_its_layers():
    edits = "steps: {conv2: {dilation: null}, end: {activation: silu, after: if1, role: last}}"
    own = spec_of(
        f"  mine: {{extends: preact_basic, fields: {{kernels: {{default: [3, 3, 3]}}}}, {edits}}}", "mine", ""
    )
    roles = {key.split(".")[2] for key, _ in keys_of(own) if key.startswith("one.0.")}
    assert roles >= {"conv1", "conv2", "conv3", "norm1", "norm2", "norm3"}


def test_values_keep_the_places_where_they_are_written(tmp_path, capsys):
    path = tmp_path / "net.yaml"
    text = spec_of(
        "  mine: {extends: bottleneck, steps: {conv2: {kernel: 5}}, fields: {norm: {default: group}}}", "mine"
    )
    path.write_text(text, encoding="utf-8")
    assert main(["show", str(path), "--origins", "--format", "json"]) == 0
    values = {row["address"]: row for row in json.loads(capsys.readouterr().out)["values"]}
    assert values["blocks.mine.fields.norm.default"]["origin"] == f"{path}:6:85"
    assert values["blocks.mine.let.width"]["origin"].endswith("specs/blocks/bottleneck.yaml:37:10")


# --- the blocks of a spec and its bases ---

BASE = spec_of("  mine: {extends: bottleneck, steps: {conv2: {kernel: 5}}}", "mine")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE.replace("name: net", "name: base"), encoding="utf-8")
    return tmp_path


def write(name, text):
    Path(name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("mine: {steps: {conv2: {kernel: 7}}}", "extends: bottleneck, steps: {conv2: {kernel: 7}}"),
        ("mine: {steps: {act1: null}}", "extends: bottleneck, steps: {conv2: {kernel: 5}, act1: null}"),
        ("mine: {extends: mine, steps: {act1: null}}", "extends: bottleneck, steps: {conv2: {kernel: 5}, act1: null}"),
        ("mine: {fields: {bias: {default: true}}}",
         "extends: bottleneck, fields: {bias: {default: true}}, steps: {conv2: {kernel: 5}}"),
    ],
)  # fmt: skip
def test_a_variant_changes_a_block_of_its_base(folder, said, written):
    write("net.yaml", f"archc: 1\nname: net\nextends: base.yaml\nblocks: {{{said}}}\n")
    full = spec_of(f"  mine: {{{written}}}", "mine")
    assert function_hash(Reading(lower(load_spec("net.yaml")))) == hashes(full)[0]


def test_a_setting_changes_a_step_by_its_role(folder):
    full = spec_of("  mine: {extends: bottleneck, steps: {conv2: {kernel: 7}}}", "mine")
    changed = load_spec("base.yaml", ["blocks.mine.steps.conv2.kernel=7"])
    assert function_hash(Reading(lower(changed))) == hashes(full)[0]


def test_a_block_extends_one_that_extends_one_whatever_their_order():
    blocks = """\
  third: {extends: second, steps: {norm1: {norm: instance}}}
  first: {extends: bottleneck, steps: {act1: null}}
  second: {extends: first, steps: {conv2: {kernel: 5}}}"""
    at_once = "  third: {extends: bottleneck, steps: {act1: null, conv2: {kernel: 5}, norm1: {norm: instance}}}"
    assert hashes(spec_of(blocks, "third")) == hashes(spec_of(at_once, "third"))


def test_a_whole_block_under_the_name_of_another_is_refused(folder, capsys):
    write("mine.yaml", WHOLE.format(name="mine", more=""))
    write("net.yaml", "archc: 1\nname: net\nextends: base.yaml\nblocks: {mine: mine.yaml}\n")
    assert main(["validate", "net.yaml"]) == 1
    assert "net.yaml:4:10: error[R012]: `mine` is a block of the base already" in capsys.readouterr().out
    write("mine.yaml", WHOLE.format(name="mine", more="extends: mine\n"))
    assert main(["validate", "net.yaml"]) == 0
    write("net.yaml", "archc: 1\nname: net\nextends: base.yaml\nblocks: {mine: null}\nstages: {one: null, two: null}\n")
    assert "R012" not in capsys.readouterr().out


def test_one_file_that_a_spec_and_its_base_name_is_one_block(folder, capsys):
    write("mine.yaml", WHOLE.format(name="mine", more=""))
    write("base.yaml", spec_of("  mine: mine.yaml", "mine", "basic"))
    write("net.yaml", "archc: 1\nname: net2\nextends: base.yaml\nblocks: {mine: mine.yaml}\n")
    assert main(["validate", "net.yaml"]) == 0, capsys.readouterr().out


def test_a_block_that_hides_a_shipped_one_is_noted_and_never_fails(folder, capsys):
    write("net.yaml", spec_of("  bottleneck: {extends: bottleneck, steps: {act1: null}}", "bottleneck"))
    assert main(["validate", "net.yaml", "--strict"]) == 0
    said = capsys.readouterr().out
    assert "net.yaml:6:3: note[L015]: this spec's `bottleneck` stands in place of the shipped one" in said
    assert said.endswith("no faults in 1 file\n")
    for form, level in (("github", "::notice "), ("sarif", '"level": "note"'), ("json", '"severity": "note"')):
        assert main(["validate", "net.yaml", "--strict", "--format", form]) == 0
        assert level in capsys.readouterr().out


# --- files, and the verbs ---

WHOLE = """\
archc: 1
block: {name}
description: Two convolutions.
{more}fields:
  channels: {{}}
  stride: {{}}
steps:
  - {{conv: channels, stride: stride}}
  - {{norm: batch}}
  - {{conv: channels}}
"""
WIDER = """\
archc: 1
block: wider
description: A block of the same folder, changed.
extends: pair
fields:
  kernel: {default: 5}
steps:
  conv2: {kernel: kernel}
  norm1: null
  last: {activation: relu, after: conv2}
"""


@pytest.fixture
def files(folder):
    write("pair.yaml", WHOLE.format(name="pair", more=""))
    write("wider.yaml", WIDER)
    write("net.yaml", spec_of("  pair: pair.yaml\n  wider: wider.yaml", "wider", ""))
    return folder


def test_files_extend_each_other_in_a_spec_and_alone(files, capsys):
    assert main(["validate", "wider.yaml", "net.yaml", "--strict"]) == 0, capsys.readouterr().out
    full = WIDER.partition("extends")[0].replace("archc: 1\nblock: wider\n", "") + (
        "fields: {channels: {}, stride: {}, kernel: {default: 5}}\n"
        "steps: [{conv: channels, stride: stride}, {conv: channels, kernel: kernel}, {activation: relu, role: last}]\n"
    )
    inline = "  wider:\n" + "".join(f"    {line}\n" for line in full.splitlines())
    assert function_hash(Reading(lower(load_spec("net.yaml")))) == hashes(spec_of(inline, "wider", ""))[0]


def test_a_faulty_base_is_told_at_its_own_lines(files, capsys):
    write("pair.yaml", WHOLE.format(name="pair", more="").replace("conv: channels}", "conv: chanels}"))
    assert main(["validate", "wider.yaml"]) == 1
    assert "pair.yaml:10:12: error[B002]: there is no `chanels` here" in capsys.readouterr().out


def test_show_prints_the_whole_block_and_its_network(files, capsys):
    assert main(["show", "./wider.yaml"]) == 0
    write("shown.yaml", capsys.readouterr().out)
    assert file_faults("shown.yaml") == []
    assert "extends" not in Path("shown.yaml").read_text(encoding="utf-8")
    assert main(["show", "net.yaml"]) == 0
    write("whole.yaml", capsys.readouterr().out)
    one, other = (Reading(lower(load_spec(name))) for name in ("net.yaml", "whole.yaml"))
    assert (function_hash(one), checkpoint_hash(one)) == (function_hash(other), checkpoint_hash(other))


def test_explain_says_what_differs_and_every_field(files, capsys):
    assert main(["explain", "wider.yaml"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("wider (block, class Wider, extends pair): A block of the same folder, changed.")
    assert "  channels: Channels that leave the block." in text
    steps = ["conv2: {kernel: kernel}", "norm1: null", "last: {activation: relu, after: conv2}"]
    assert text.endswith("Steps, with the role of each layer:\n" + "".join(f"  {step}\n" for step in steps))


def test_fmt_gives_each_role_a_line(files, capsys):
    assert main(["fmt", "--check", "wider.yaml"]) == 0
    lines = WIDER.splitlines()
    write("wider.yaml", "\n".join([*lines[3:6], *lines[:3], "steps: {conv2: {kernel: kernel}, norm1: null,",
                                   "  last: {activation: relu, after: conv2}}", ""]))  # fmt: skip
    assert main(["fmt", "wider.yaml"]) == 0
    assert Path("wider.yaml").read_text(encoding="utf-8") == WIDER


# --- differences ---


@pytest.fixture
def diff(files, capsys):
    """Return a function that changes a file of the network, and returns what `archc diff` says of it."""

    def changes(file, old, new):
        shutil.copytree(".", "../old")
        text = Path(file).read_text(encoding="utf-8")
        assert old in text
        write(file, text.replace(old, new))
        assert main(["diff", "../old/net.yaml", "net.yaml", "--format", "json"]) == 1
        return json.loads(capsys.readouterr().out)

    yield changes
    shutil.rmtree("../old", ignore_errors=True)


def test_an_edit_in_an_extending_block_is_listed_by_its_role(diff):
    found = diff("wider.yaml", "conv2: {kernel: kernel}", "conv2: {kernel: kernel, bias: true}")
    (change,) = found["changes"]
    assert (change["new"]["address"], change["new"]["value"]) == ("blocks.wider.steps.conv2.bias", True)
    assert [effect["part"] for effect in found["contributions"][0]["effects"]] == ["one", "two"]


def test_an_edit_in_the_base_is_one_edit_that_reaches_the_blocks_that_extend_it(diff):
    found = diff("pair.yaml", "- {conv: channels, stride: stride}", "- {conv: channels, stride: stride, bias: true}")
    (change,) = found["changes"]
    addresses = {reach["address"] for reach in change["reaches"]}
    assert addresses == {"blocks.pair.steps.conv1.bias", "blocks.wider.steps.conv1.bias"}
    assert [effect["part"] for effect in found["contributions"][0]["effects"]] == ["one", "two"]


def test_a_step_that_is_removed_or_new_is_an_edit_of_its_own(diff):
    found = diff("wider.yaml", "  norm1: null\n", "  second: {norm: batch, before: conv2}\n")
    said = {(each["kind"], each["new"]["address"]): each["new"]["value"] for each in found["changes"]}
    assert said == {
        ("added", "blocks.wider.steps.norm1"): {"norm": "batch"},
        ("added", "blocks.wider.steps.second"): {"norm": "batch", "role": "second"},
    }


@pytest.mark.parametrize("base", sorted(language().blocks))
def test_steps_by_role_are_the_steps(base):
    text = hiding(base)
    keyed = by_role(load_spec("<stdin>", (), GivenText(text.encode(), "<stdin>")).document)
    again = Reading(lower(resolve_document("", in_order(keyed))))
    assert isinstance(plain(keyed)["blocks"][base]["steps"], dict)
    assert (function_hash(again), checkpoint_hash(again)) == hashes(text)


def test_review_lists_what_a_changed_base_reaches_and_hooks_take_it(files, monkeypatch, capsys):
    identity = ["-c", "user.name=me", "-c", "user.email=me@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "blocks"]):
        subprocess.run(["git", *command], check=True, capture_output=True)
    write(
        "pair.yaml",
        Path("pair.yaml").read_text(encoding="utf-8").replace("conv: channels}", "conv: channels, bias: true}"),
    )
    assert main(["diff", "--against", "HEAD"]) == 1
    said = capsys.readouterr().out
    assert "WEIGHTS  net.yaml" in said
    assert "base.yaml" not in said
    assert main(["validate", "--and-derived", "pair.yaml"]) == 0
    assert "no faults in 2 files" in capsys.readouterr().out


# --- the schema, for the editor ---

GOOD = [
    "extends: bottleneck",
    "extends: bottleneck\nfields: {kernel: {default: 5}, norm: null}\nlet: {width: null}",
    "extends: bottleneck\nsteps: {conv2: {kernel: 5, dilation: null}, act1: null}",
    "extends: bottleneck\nsteps: {extra: {norm: {type: group, groups: 4}, after: conv1}, if1: {then: [{conv: 3}]}}",
    "extends: bottleneck\nsteps: [{conv: 3}]",
    "steps: [{conv: 3}]",
]
BAD = [
    "extends: Bottleneck",
    "extends: 3",
    "extends: bottleneck\nsteps: {conv2: 5}",
    "extends: bottleneck\nsteps: {Conv2: {kernel: 5}}",
    "extends: bottleneck\nsteps: {extra: {norm: batch, after: 3}}",
    "extends: bottleneck\nsteps: [{conv: 3, kernel: null}]",
    "steps: {conv2: {kernel: 5}}",
    "fields: {channels: {}}",
    "steps: [{conv: 3}]\nfields: {channels: null}",
]


@pytest.mark.parametrize(("said", "sound"), [*((said, True) for said in GOOD), *((said, False) for said in BAD)])
def test_the_schema_of_blocks_says_what_validate_says(said, sound, tmp_path):
    text = f"archc: 1\nblock: mine\ndescription: Mine.\n{said}\n"
    tree = parse(text, "mine.yaml")
    assert Draft202012Validator(read_schema("block.json")).is_valid(plain(tree)) == sound
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    codes = {fault.code[0] for fault in file_faults(str(tmp_path / "mine.yaml"))}
    assert sound or codes & {"S", "B"}
    assert "S" not in codes or not sound


@pytest.mark.parametrize(
    ("edit", "rule", "culprit"),
    [
        ("{conv1: {bias: true}}", "D203", "true"),
        ("{conv1: {kernel: 5}}", "D202", "5"),
        ("{last: {activation: silu}}", "D305", "silu"),
    ],
)
def test_a_finding_stands_at_the_step_of_the_block_that_changed(files, capsys, edit, rule, culprit):
    line = f"blocks: {{wider: {{steps: {edit}}}}}"
    write("variant.yaml", f"archc: 1\nname: v\nextends: net.yaml\n{line}\n")
    assert main(["diff", "net.yaml", "variant.yaml"]) == 1
    told = capsys.readouterr().out.split(f"[{rule}]")[1]
    assert f"variant.yaml:4:{line.index(culprit) + 1}\n" in told
