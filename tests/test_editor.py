"""What an editor shows for a spec, through the real language server."""

import pytest
from editor.client import FOLDER, Editor
from editor.transcript import BLOCK_ABSENT, BLOCK_WRITTEN, HOVER, MISTYPED, transcript
from update import assert_golden

from archcompiler.schema.language import language

pytestmark = pytest.mark.slow
STAGE_KEYS = {"after", "override", "transition"}


@pytest.fixture(scope="module")
def editor():
    with Editor() as running:
        yield running


def test_stage_with_a_block_is_offered_the_fields_of_that_block(editor):
    assert set(editor.completions(BLOCK_WRITTEN)) == {*language().blocks["bottleneck"], *STAGE_KEYS}


def test_stage_without_a_block_is_offered_the_fields_of_every_block(editor):
    assert set(editor.completions(BLOCK_ABSENT)) == {"block", *language().block_fields, *STAGE_KEYS}


@pytest.mark.parametrize("block", sorted(language().blocks))
def test_override_is_offered_the_fields_of_its_block(editor, block):
    text = BLOCK_WRITTEN.replace("|", f"override:\n      first:\n        block: {block}\n        |")
    assert set(editor.completions(text)) == {*language().blocks[block]}


def test_hovering_a_key_shows_its_description(editor):
    assert "Width per group; the 3x3 convolution has cardinality x" in editor.hover(HOVER)


def test_hovering_a_union_shows_what_it_is_for_at_this_place(editor):
    assert "Normalisation behind each convolution." in editor.hover(BLOCK_WRITTEN.replace("|", "no|rm: batch"))


def test_values_of_a_union_are_offered(editor):
    assert editor.completions(BLOCK_WRITTEN.replace("|", "activation: |")) == ["relu", "silu"]


def test_mistyped_key_is_underlined_and_nothing_else(editor):
    (fault,) = editor.open(MISTYPED)
    line = MISTYPED.splitlines()[fault["range"]["start"]["line"]]
    assert line[fault["range"]["start"]["character"] : fault["range"]["end"]["character"]] == "cardnality"
    assert fault["message"] == "Property cardnality is not allowed."


@pytest.mark.parametrize(
    ("line", "underlined", "message"),
    [
        ("{width: 3, bottleneck_width: 4}", "3", "bottleneck_width and width are alternatives: write one of them."),
        ("{width: null}", "null", "null removes what is inherited, and nothing is inherited here"),
        (
            "{norm: bacth}",
            "bacth",
            'Value is not accepted. Valid values: "batch", "group", "layer", "instance", "rms", "simple", "response", '
            '"evo", "filter_response", "none".',
        ),
    ],
)
def test_wrong_value_is_underlined_with_a_word_on_why(editor, line, underlined, message):
    text = BLOCK_WRITTEN.replace("|", f"override: {{first: {line}}}")
    (fault,) = editor.open(text)
    row = text.splitlines()[fault["range"]["start"]["line"]]
    assert row[fault["range"]["start"]["character"] : fault["range"]["end"]["character"]] == underlined
    assert fault["message"] == message


EXTENDING = """\
# yaml-language-server: $schema=../../schemas/block.json
archc: 1
block: mine
description: A block that differs from another.
extends: bottleneck
"""


def test_a_block_that_extends_another_is_offered_what_changes_of_a_step(editor):
    offered = set(editor.completions(f"{EXTENDING}steps:\n  conv2:\n    |\n"))
    assert offered >= {"after", "before", "kernel", "stride", "norm", "role"}
    assert {"fields", "let", "steps"} <= set(editor.completions(f"{EXTENDING}|\n"))
    assert "$activation" in editor.completions(f"{EXTENDING}steps:\n  act1:\n    activation: |\n")


def test_a_block_that_extends_another_is_underlined_where_it_is_wrong(editor):
    assert editor.open(f"{EXTENDING}steps: {{conv2: {{kernel: 5}}, act1: null}}\n") == []
    (fault,) = editor.open(f"{EXTENDING}steps: {{conv2: {{after: 3}}}}\n")
    assert fault["range"]["start"]["character"] == len("steps: {conv2: {after: ")
    assert editor.open(EXTENDING.replace("extends: bottleneck\n", "steps: {conv2: {kernel: 5}}\n"))


def test_transcript_is_what_the_editor_shows(editor):
    assert_golden(FOLDER / "transcript.txt", transcript(editor))
