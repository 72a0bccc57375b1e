"""`archc schema --project`: the schema that knows the blocks of a project, for its editor."""

import json

import pytest
from editor.client import Editor
from jsonschema import Draft202012Validator

from archcompiler.cli import main
from archcompiler.schema.language import language
from archcompiler.syntax.parse import parse
from archcompiler.tree import plain

SPEC = """\
archc: 1
name: {name}
input: {{channels: 3, size: 32}}
stem: {{type: conv3x3, channels: 16}}
blocks:
  {blocks}
stages:
  one: {{block: pair, blocks: 2, channels: 32, {said}}}
head: {{classes: 10}}
"""
PAIR = """\
archc: 1
block: pair
description: Two convolutions, the first of them narrow.
fields:
  channels: {}
  ratio: {type: number, exclusiveMinimum: 0, maximum: 4, default: 0.5, description: How narrow., examples: [0.5]}
  mood: {type: integer, minimum: 1, maximum: 9, default: 3, description: The kernel., examples: [5]}
  kernel: {maximum: 9}
steps:
  - {conv: 'round(channels * ratio, 8, half_up)', kernel: mood}
  - {conv: channels, kernel: kernel}
"""
OTHER = """\
pair:
    description: A pair of another kind.
    fields:
      channels: {}
      ratio: {type: number, minimum: 1, maximum: 64, default: 2, description: How wide., examples: [2]}
      mood: {enum: [good, bad], default: good, description: The mood., examples: [bad]}
      depth: {type: integer, minimum: 1, maximum: 7, default: 1, description: How deep., examples: [2]}
    steps: [{conv: channels * ratio}, {repeat: depth, steps: [{if: mood == good, then: [{norm: batch}]}]}]"""
NARROWER = "pair: {fields: {kernel: {maximum: 21}}}"
FILES = {
    "blocks/pair.yaml": PAIR,
    "nets/of_a_file.yaml": SPEC.format(
        name="of_a_file", blocks="pair: ../blocks/pair.yaml", said="ratio: 0.25, mood: 5"
    ),
    "nets/inline.yaml": SPEC.format(name="inline", blocks=OTHER, said="ratio: 64, mood: bad, depth: 2"),
    "nets/variant.yaml": "archc: 1\nname: variant\nextends: of_a_file.yaml\n"
    f"blocks: {{{NARROWER}}}\nstages: {{one: {{kernel: 21}}}}\n",
    "shipped.yaml": "archc: 1\nname: shipped\nextends: resnet/resnet18\nstages: {layer1: {blocks: 3}}\n",
    ".venv/lib/hidden.yaml": PAIR.replace("block: pair", "block: hidden"),
    "unrelated.yaml": "some: [thing]\n",
}
SCHEMA = ".archc/architecture.json"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository whose files say blocks: the working folder."""
    for name, text in {**FILES, ".git/HEAD": ""}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(project, code=0):
    """Return the schema of the project."""
    assert main(["schema", "--project", "-o", SCHEMA, "--force"]) == code
    return json.loads((project / SCHEMA).read_text(encoding="utf-8"))


def is_valid(schema, text):
    return Draft202012Validator(schema).is_valid(plain(parse(text.encode(), "net.yaml")))


def test_the_schema_knows_the_blocks_of_files_and_specs_and_of_no_hidden_folder(project):
    schema = written(project)
    Draft202012Validator.check_schema(schema)
    cases = schema["$defs"]["stage"]["x-choice"]["cases"]
    assert cases == [*language().blocks, "pair"]
    assert {"ratio", "mood", "depth", "kernel", "blocks", "after"} <= schema["$defs"]["stage.pair"]["properties"].keys()
    described = schema["$defs"]["shared.stage.block"]["description"]
    assert described.endswith("; pair: Two convolutions, the first of them narrow.")


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(("nets", "shipped"))])
def test_no_valid_spec_of_the_project_is_refused(project, name, capsys):
    """Two of them say a block of one name, with other fields, bounds and even types."""
    assert main(["validate", name]) == 0, capsys.readouterr()
    assert is_valid(written(project), FILES[name])


@pytest.mark.parametrize(("said", "wrong"), [("mood: 5", "moody: 5"), ("mood: 5", "mood: worse"), ("0.25", "65")])
def test_what_no_block_of_the_name_takes_is_refused(project, said, wrong):
    text = FILES["nets/of_a_file.yaml"]
    assert not is_valid(written(project), text.replace(said, wrong))


def test_a_stage_whose_block_comes_from_elsewhere_may_say_what_any_block_takes(project):
    text = "archc: 1\nname: deeper\nextends: inline.yaml\nstages: {one: {depth: 3, mood: bad, ratio: 33}}\n"
    assert is_valid(written(project), text)
    assert not is_valid(written(project), text.replace("depth", "dept"))


def test_a_block_that_hides_a_shipped_one_leaves_both_valid(project):
    own = OTHER.replace("pair:", "conv:", 1)
    (project / "own.yaml").write_text(
        SPEC.format(name="own", blocks=own, said="depth: 2").replace("block: pair", "block: conv")
    )
    schema = written(project)
    for said in ("depth: 2, mood: bad", "kernel: 3, padding: same"):
        assert is_valid(schema, SPEC.format(name="net", blocks="{}", said=said).replace("block: pair", "block: conv"))


def test_folders_are_searched_for_specs_without_their_hidden_folders(project, capsys):
    (project / ".venv" / "faulty.yaml").write_text("archc: 1\nname: 3\n", encoding="utf-8")
    assert main(["validate", "."]) == 0
    assert capsys.readouterr().out == "no faults in 5 files\n"
    assert main(["validate", ".venv"]) == 1


# --- writing and checking ---


def test_it_is_printed_or_written_and_overwritten_by_force_only(project, capsys):
    assert main(["schema", "--project"]) == 0
    printed = capsys.readouterr().out
    assert main(["schema", "--project", ".", "-o", SCHEMA]) == 0
    assert capsys.readouterr().out == f"wrote {SCHEMA}\n"
    assert (project / SCHEMA).read_text(encoding="utf-8") == printed
    assert main(["schema", "--project", "-o", SCHEMA]) == 2
    assert capsys.readouterr().err == f"archc: {SCHEMA} exists: give --force to overwrite it, or another name\n"


def test_a_stale_file_is_found(project, capsys):
    check = ["schema", "--project", "--check"]
    assert main(check) == 1
    command = f"write it by `archc schema --project -o {SCHEMA} --force`"
    assert capsys.readouterr().out == f"{SCHEMA} is not there: {command}\n"
    written(project)
    capsys.readouterr()
    assert main(check) == 0
    assert capsys.readouterr().out == ""
    pair = project / "blocks" / "pair.yaml"
    pair.write_text(
        PAIR.replace("mood: {type: integer, minimum: 1", "mood: {type: integer, minimum: 2"), encoding="utf-8"
    )
    assert main(check) == 1
    assert capsys.readouterr().out == f"{SCHEMA} is out of date: {command}\n"
    assert main([*check, "-o", "elsewhere.json"]) == 1
    assert "elsewhere.json is not there" in capsys.readouterr().out


def test_the_copy_that_new_made_is_checked_without_a_project(project, capsys):
    assert main(["new", "mine", "--extends", "resnet/resnet18"]) == 0
    assert main(["schema", "--check"]) == 0
    capsys.readouterr()
    assert main(["schema", "--project", "--check"]) == 1


def test_faulty_blocks_are_told_at_their_places_and_the_rest_goes_on(project, capsys):
    (project / "blocks" / "worse.yaml").write_text(
        PAIR.replace("block: pair", "block: worse").replace("conv: channels,", "conv: chanels,"), encoding="utf-8"
    )
    blocks = "bad: {description: Bad., fields: {size: {type: integer}}, steps: []}\n  gone: gone.yaml"
    (project / "nets" / "faulty.yaml").write_text(
        SPEC.format(name="faulty", blocks=blocks, said="blcks: 3"), encoding="utf-8"
    )
    (project / "torn.yaml").write_text("archc: 1\nname: [\n", encoding="utf-8")
    schema = written(project, code=1)
    said = capsys.readouterr()
    assert said.out == f"wrote {SCHEMA}\n"
    places = [line.partition(": error")[0] for line in said.err.splitlines() if ": error[" in line]
    assert places == ["blocks/worse.yaml:11:12", "nets/faulty.yaml:7:9", "nets/faulty.yaml:6:37", "torn.yaml:2:8"]
    assert {"pair", "bad", "worse"} <= {*schema["$defs"]["stage"]["x-choice"]["cases"]}
    assert main(["schema", "--project", "--check"]) == 1


def test_arguments_that_do_not_go_together(project, capsys):
    assert main(["schema", "--path", "--check"]) == 2
    assert main(["schema", "--project", "shipped.yaml"]) == 2
    assert "--project takes a folder" in capsys.readouterr().err


# --- in the editor ---

TYPED = """\
# yaml-language-server: $schema={schema}
archc: 1
name: network
input: {{size: 32}}
stem: none
head: {{classes: 10}}
blocks: {{pair: blocks/pair.yaml}}
stages:
  one:
    block: {block}
    blocks: 3
    {line}
"""


@pytest.mark.slow
def test_an_editor_completes_describes_and_checks_the_projects_own_fields(project):
    written(project)

    def typed(line, block="pair"):
        return TYPED.format(schema=project / SCHEMA, block=block, line=line)

    with Editor() as editor:
        stage = {"after", "override", "transition"}
        assert set(editor.completions(typed("|"))) == {"channels", "ratio", "mood", "kernel", "depth", *stage}
        assert "pair" in editor.completions(typed("channels: 8", block="|"))
        assert editor.completions(typed("mood: |")) != []
        assert "How narrow." in editor.hover(typed("ra|tio: 1"))
        (fault,) = editor.open(typed("moody: 4"))
        assert fault["message"] == "Property moody is not allowed."
        (fault,) = editor.open(typed("kernel: 22"))
        assert fault["message"] == "Value is above the maximum of 21."
        assert editor.open(typed("mood: bad\n    ratio: 64\n    kernel: 9")) == []
