"""Every numeric field of every block, at its bounds and beyond: a network or a fault, and never anything else."""

import pytest

import archcompiler
from archcompiler.lint.lint import lint
from archcompiler.schema.language import read_schema

DEFINITIONS = read_schema("architecture.json")["$defs"]
BLOCKS = DEFINITIONS["stage"]["x-choice"]["cases"]
BOUNDS = {"minimum": -1, "maximum": 1, "exclusiveMinimum": 0, "exclusiveMaximum": 0}
"""By keyword of a bound, where the first value lies that it refuses."""


def needed(block):
    """Return small values for the fields that a block needs, of alternatives for the second one; lists as examples."""
    described = DEFINITIONS[f"stage.{block}"]
    fields, instead = described["properties"], [first for first, _ in described.get("x-alternatives", ())]
    names = [name for name in described["x-required"] if name not in ("block", "blocks", *instead)]
    integers = {name: 32 for name in names if "integer" in str(fields[name].get("type"))}
    others = {name: fields[name]["examples"][0] for name in names if name not in integers}
    return {"block": block, "blocks": 1, **integers, **others}


def numbers(block):
    """Yield each numeric field of a block, with each of its bounds and the value beyond, 0, 1 and a fraction."""
    for name, field in DEFINITIONS[f"stage.{block}"]["properties"].items():
        if "integer" in str(field.get("type")) or "number" in str(field.get("type")):
            bounds = {field[key] + beyond for key, beyond in BOUNDS.items() if key in field}
            bounds |= {field[key] for key in BOUNDS if key in field}
            yield from ((name, value) for value in sorted({*bounds, -1, 0, 1, 5, 1.5, 10**18}))


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS)
def test_a_number_at_its_bounds_and_beyond_is_a_network_or_a_fault(block):
    found = {True: 0, False: 0}
    for name, value in numbers(block):
        stage = {**needed(block), name: value}
        for pair in DEFINITIONS[f"stage.{block}"].get("x-alternatives", ()):
            if name in pair:
                stage = {key: each for key, each in stage.items() if key == name or key not in pair}
        spec = {
            "archc": 1,
            "name": "net",
            "input": {"channels": 3, "size": 16},
            "stem": {"type": "conv3x3", "channels": 32},
            "stages": {"a": stage},
            "head": {"classes": 3},
        }
        try:
            lint(archcompiler.load(spec))
            assert archcompiler.cost(spec).params > 0
            found[True] += 1
        except archcompiler.SpecError:
            found[False] += 1
    assert found[True] > 0
    assert found[False] > 2
