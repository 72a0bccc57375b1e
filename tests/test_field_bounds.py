"""A field of one name has one type in all blocks; each block has bounds, words and a default of its own."""

import pytest

from archcompiler.cli import main
from archcompiler.schema.shapes import united

SPEC = """\
archc: 1
name: net
input: {channels: 3, size: 32}
stem: none
defaults: {DEFAULTS}
blocks:
  one:
    description: Odd kernels up to 9.
    fields:
      channels: {}
      kernel: {minimum: 3, maximum: 9, default: 3}
      mode: {enum: [wide, thin], default: wide, description: How wide., examples: [wide]}
    steps: [{conv: channels, kernel: kernel}, {if: mode == wide, then: [{norm: batch}]}]
  two:
    description: Kernels up to 5.
    fields:
      channels: {}
      kernel: {minimum: 1, maximum: 5, default: 1}
      mode: {enum: [fast, slow], default: slow, description: How fast., examples: [slow]}
    steps: [{conv: channels, kernel: kernel}, {if: mode == fast, then: [{norm: batch}]}]
stages:
  a: {block: one, blocks: 2, channels: 8}
  b: {block: two, blocks: 2, channels: 8}
head: {classes: 10}
"""


@pytest.fixture
def validate(tmp_path, monkeypatch, capsys):
    """Return a function that validates the spec with these `defaults` and other edits, and returns what is said."""
    monkeypatch.chdir(tmp_path)

    def run(defaults="", *settings, **edits):
        text = SPEC.replace("{DEFAULTS}", f"{{{defaults}}}")
        for old, new in edits.values():
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
        main(["validate", "net.yaml", *(word for setting in settings for word in ("--set", setting))])
        return capsys.readouterr().out

    return run


SOUND = "no faults in 1 file\n"
OF_A = "a: {block: one, blocks: 2, channels: 8"


def test_a_default_that_suits_every_block_is_sound(validate):
    assert validate("kernel: 5") == SOUND


def test_a_default_that_suits_no_block_is_told_at_its_place_with_what_each_takes(validate):
    assert validate("kernel: 11") == (
        "net.yaml:5:20: error[S005]: kernel: no block of this network takes 11\n"
        "  |\n"
        "5 | defaults: {kernel: 11}\n"
        "  |                    ^^\n"
        "  = help: block `one` takes a whole number from 3 to 9; block `two` takes a whole number from 1 to 5\n"
        "\n"
        "1 error in 1 file; shapes were not checked, because of the faults above\n"
    )


def test_a_default_that_suits_one_of_two_blocks_is_told_at_the_stage_that_takes_it(validate):
    assert validate("kernel: 7, mode: fast") == (
        "net.yaml:22:3: error[S004]: mode: expected one of wide, thin, found the string 'fast' in `defaults`\n"
        "   |\n"
        "22 |   a: {block: one, blocks: 2, channels: 8}\n"
        "   |   ^\n"
        "   = note: net.yaml:5:29: stage `a` has it from here, and its block `one` takes wide, thin\n"
        "   |\n"
        " 5 | defaults: {kernel: 7, mode: fast}\n"
        "   |                             ^^^^\n"
        "   = help: say `mode` in stage `a`\n"
        "\n"
        "net.yaml:23:3: error[S005]: kernel: expected at most 5, found 7 in `defaults`\n"
        "   |\n"
        "23 |   b: {block: two, blocks: 2, channels: 8}\n"
        "   |   ^\n"
        "   = note: net.yaml:5:20: stage `b` has it from here, and its block `two` takes a whole number from 1 to 5\n"
        "   |\n"
        " 5 | defaults: {kernel: 7, mode: fast}\n"
        "   |                    ^\n"
        "   = help: say `kernel` in stage `b`\n"
        "\n"
        "2 errors in 1 file; shapes were not checked, because of the faults above\n"
    )


def test_a_default_is_no_fault_where_the_stage_says_its_own(validate):
    assert validate("kernel: 7", b=("b: {", "b: {kernel: 3, ")) == SOUND
    assert validate("kernel: 7", "stages.b.kernel=3") == SOUND
    said = 'override: {first: {kernel: 3}, "1": {kernel: 5}}, '
    assert validate("kernel: 7", b=("b: {", f"b: {{{said}")) == SOUND


def test_a_default_that_only_an_overrides_block_takes_is_told_at_the_selector(validate):
    turned = ("a: {block: one", "a: {override: {last: {block: two}}, block: one")
    said = validate("kernel: 7", a=turned, b=("b: {", "b: {kernel: 3, "))
    assert said.startswith("net.yaml:22:18: error[S005]: kernel: expected at most 5, found 7 in `defaults`\n")
    assert "override `last` of stage `a` has it from here, and its block `two` takes a whole number from 1 to 5" in said


OF_B = ("channels: 8}\nh", "channels: 8, kernel: 9}\nh")
TOO_LARGE, TOO_SMALL = "error[S005]: kernel: expected at most", "error[S005]: kernel: expected at least"
VALUES = {
    "of a stage": ([], (OF_A, f"{OF_A}, kernel: 11"), f"net.yaml:22:51: {TOO_LARGE} 9, found 11"),
    "of another": ([], OF_B, f"net.yaml:23:51: {TOO_LARGE} 5, found 9"),
    "of an override": ([], (OF_A, f"{OF_A}, override: {{first: {{kernel: 1}}}}"), f":22:70: {TOO_SMALL} 3, found 1"),
    "set": (["stages.b.kernel=7"], (), f"<--set stages.b.kernel=7>:1:17: {TOO_LARGE} 5, found 7"),
    "word set": (["stages.b.mode=wide"], (), "error[S004]: mode: expected one of fast, slow, found the string 'wide'"),
    "default set": (["defaults.kernel=11"], (), "<--set defaults.kernel=11>:1:17: error[S005]: kernel: no block of"),
}


@pytest.mark.parametrize(("settings", "edit", "fault"), VALUES.values(), ids=VALUES)
def test_a_value_is_held_against_the_bounds_of_its_own_block(validate, settings, edit, fault):
    said = validate("kernel: 5", *settings, **({"edit": edit} if edit else {}))
    assert fault in said
    assert said.count("error[") == 1


def test_a_block_of_the_defaults_has_its_own_bounds_too(validate):
    without = {"a": ("a: {block: one, ", "a: {kernel: 11, "), "b": ("b: {block: two, ", "b: {block: two, kernel: 5, ")}
    said = validate("block: one", **without)
    assert f"net.yaml:22:15: {TOO_LARGE} 9, found 11" in said
    assert said.count("error[") == 1


def test_bounds_may_be_wider_than_those_of_shipped_blocks(validate):
    wide = {"a": ("maximum: 9, default: 3", "maximum: 20000, default: 3"), "b": ("b: {", "b: {kernel: 3, ")}
    assert validate("kernel: 15001", **wide) == SOUND


def test_solve_searches_within_the_bounds_of_the_block(validate, capsys):
    bounds = ("minimum: 3, maximum: 9, default: 3", "minimum: 700, maximum: 800, default: 700")
    steps = ("kernel: kernel}, {if: mode == wide", "kernel: 1}, {conv: kernel}, {conv: channels}, {if: mode == wide")
    assert validate(one=steps, bounds=bounds) == SOUND
    for target, nearest in ((230_000, 798), (10**9, 800)):
        main(["solve", "net.yaml", "--for", "stages.a.kernel", "--to", str(target)])
        assert f"{{a: {{kernel: {nearest}}}}}" in capsys.readouterr().out
    main(["solve", "net.yaml", "--for", "stages.a.kernel", "--to", "1"])
    assert "no legal value stays within 1: the nearest, 700, spends" in capsys.readouterr().out
    main(["solve", "net.yaml", "--for", "stages.b.kernel", "--equal", "macs", "--to", "1e9"])
    assert "no legal value spends more than 1,000,000,000: 5 comes nearest" in capsys.readouterr().out


def test_what_would_fit_is_within_the_bounds_of_the_block(validate):
    said = validate("", "stages.a.kernel=4")
    assert "no padding keeps the map under an even kernel of 4" in said
    assert "use `kernel` 3 (" in said
    bounds = ("minimum: 3, maximum: 9, default: 3", "minimum: 4, maximum: 9, default: 5")
    assert "use `kernel` 3" not in validate("", "stages.a.kernel=4", bounds=bounds)


def test_words_of_another_block_do_not_silence_the_warning_of_a_key_without_effect(validate):
    idle = ("kernel: kernel}, {if: mode == wide", "kernel: side}, {if: kernel > 9")
    steps = "    steps: [{conv: channels, kernel: side"
    side = (steps, f"    let: {{side: kernel if mode == wide or mode == thin else 9}}\n{steps}")
    assert "`mode` has no effect" in validate(a=(OF_A, f"{OF_A}, mode: thin"), idle=idle, side=side)


# --- what has to agree ---

NUMBER = "{type: integer, default: 3, description: A., examples: [3]}"
WORD = "{enum: [good, bad], default: bad, description: A., examples: [bad]}"
NORM = "{union: norm, default: batch, description: A., examples: [batch]}"
OTHER = "where other blocks have"


def with_fields(one, two):
    """Return the edits that give the blocks these fields too."""
    named = {"one": ("up to 9.\n    fields:\n", one), "two": ("up to 5.\n    fields:\n", two)}
    return {name: (old, f"{old}      {fields}\n") for name, (old, fields) in named.items()}


@pytest.mark.parametrize(
    ("one", "two", "fault"),
    [
        (NUMBER, WORD, f"`mood` is `bad` or `good`, {OTHER} a number of that name"),
        (NORM, NUMBER, f"`mood` is a number, {OTHER} the norm of that name"),
        (WORD, NORM, f"`mood` is the norm, {OTHER} `bad` or `good` of that name"),
    ],
)
def test_two_blocks_of_a_spec_give_a_field_one_type(validate, one, two, fault):
    said = validate(**with_fields(f"mood: {one}", f"mood: {two}"))
    assert said.startswith(f"net.yaml:18:7: error[B012]: {fault}")


def test_two_blocks_of_a_spec_give_a_field_one_set_of_alternatives(validate):
    low, high = (NUMBER.replace("default: 3", f"required: true, alternatives: [{name}]") for name in ("high", "low"))
    one = f"low: {low}\n      high: {high}"
    stages = (OF_A, f"{OF_A}, low: 3")
    said = validate(stages=stages, **with_fields(one, f"low: {NUMBER}\n      high: {NUMBER}"))
    assert "net.yaml:19:7: error[B012]: `low` replaces no other field, where in other blocks it replaces `high`" in said
    assert "net.yaml:20:7: error[B012]: `high` replaces no other field, where in other blocks it replaces `low`" in said


def test_of_alternatives_one_has_a_default(validate):
    low, high = (NUMBER.replace("default: 3", f"default: 3, alternatives: [{name}]") for name in ("high", "low"))
    said = validate(**with_fields(f"low: {low}\n      high: {high}", ""))
    assert "error[B015]: `high` and `low` stand in place of each other, and both have a default" in said


def test_the_shared_default_has_to_suit_the_bounds_of_the_block(validate):
    said = validate(one=("minimum: 3, maximum: 9, default: 3", "minimum: 5"))
    assert "net.yaml:11:7: error[S005]: default: expected at least 5, found 3" in said
    assert "= help: it is the default of the shared definition: say another, or `required: true`" in said


def test_two_definitions_are_one_that_takes_what_either_takes():
    numbers = {"type": "integer", "minimum": 2, "maximum": 9, "default": 3, "description": "A."}
    assert united(numbers, {"type": "integer", "minimum": 1, "default": 3, "words": ["same"]}) == {
        "description": "A.",
        "type": "integer",
        "minimum": 1,
        "default": 3,
        "words": ["same"],
    }
    assert united({"enum": ["a", None]}, {"enum": ["b", "a", None]}) == {"enum": ["a", "b", None]}
    assert united({"type": "integer"}, {"type": "number", "default": 1}) == {"type": ["integer", "number"]}
    assert united({"type": "integer"}, {"$ref": "#/$defs/norm"}) == {
        "anyOf": [{"type": "integer"}, {"$ref": "#/$defs/norm"}]
    }


def test_defaults_of_stages_without_a_block_are_no_fault_of_their_own(validate):
    said = validate("kernel: 3", b=("b: {block: two, ", "b: {"))
    assert said.count("error[") == 1
    assert "net.yaml:23:3: error[S003]: stage `b` lacks `block`" in said
