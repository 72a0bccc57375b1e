"""Specs that hypothesis makes: whatever the language has, small enough to build. `EXAMPLES=1000` makes more of them."""

import json
import os
from functools import cache

from hypothesis import settings
from hypothesis import strategies as st

from archcompiler.schema.language import language, read_schema

EXAMPLES = int(os.environ.get("EXAMPLES", "0"))

SMALL = {
    "channels": [4, 8, 8, 12, 16],
    "classes": [3],
    "hidden": [[], [6], [6, 5]],
    "dropout": [0, 0.5],
    "kernel": [1, 2, 3, 5],
    "stride": [1, 1, 2],
    "padding": ["same", "same", 0, 1, 2],
    "dilation": [1, 1, 2],
    "cardinality": [1, 2, 4],
    "bottleneck_width": [1, 2, 3],
    "width": [4, 8, 6],
    "eps": [0.001, 0.5],
    "momentum": [0.25, 0],
    "groups": [1, 2, 4],
    "window": [2, 3],
    "grid": [1, 2, 3],
    "conv": [4, 6, 8],
    "pool": ["max", "average", "global"],
    "blur": [1, 2],
    "subsample": [1, 2],
    "ceil": [False, True],
    "bias": [False, True],
    "zero_init": [False, True],
}
"""What a field says in a network that is quickly built; any other field says one of the schema's words or examples."""


@cache
def values(name):
    """Return what a field may say that is neither a union nor a list of steps."""
    if name in SMALL:
        return SMALL[name]
    definitions = read_schema("architecture.json")["$defs"].values()
    found = next(each["properties"][name] for each in definitions if name in each.get("properties", {}))
    if found.get("type") in ("boolean", ["boolean", "null"]):
        return [False, True]
    return [value for value in found.get("enum", found["examples"]) if value is not None]


OVER = {
    "stem": {"kernel": [3, 7], "width": [4, 6, [4, 6]]},
    "pool": {"kernel": [2, 3], "padding": [0, 1], "stride": [1, 2]},
    "head": {"conv": [False, True]},
    "attention": {"kernel": ["adaptive", 1, 3, 4], "after": ["input", "conv1", "conv2", "residual", "shortcut", "sum"]},
}
STEPS = ["conv", "norm", "activation", "pool", "blur", "subsample", "dropout"]
"""The steps of a chain of layers; those of groups and of joined maps stand in documents of blocks."""
NAMES = ("role", "from", "as")
SELECTORS = ["first", "last", "odd", "even", "0", "1", "0..1"]


def moderately(examples):
    """Return the settings of a test: always the same examples, unless EXAMPLES asks for others."""
    return settings(max_examples=EXAMPLES or examples, derandomize=not EXAMPLES, deadline=None)


@st.composite
def union_values(draw, name):
    """A value of a union: its type alone, or an object."""
    variants = language().unions[name].variants
    kind = draw(st.sampled_from(sorted(variants)))
    value = {"type": kind, **draw(objects(variants[kind], over=OVER.get(name, {})))}
    return kind if value == {"type": kind} and draw(st.booleans()) else value


@st.composite
def step_values(draw):
    """One step of a stem or a transition."""
    kind = draw(st.sampled_from(["conv", "conv", "pool", *STEPS]))
    fields = {name: field for name, field in language().steps[kind].items() if name not in NAMES}
    value = {kind: draw(value_of(fields[kind]))}
    others = {name: field for name, field in fields.items() if name != kind}
    return {**value, **draw(objects(others, over=OVER.get(kind, {})))}


def value_of(field, over=()):
    """Return the strategy of a field's values."""
    if field.union:
        return union_values(field.union)
    if field.object:
        return objects(language().objects[field.object])
    if field.steps:
        return st.lists(step_values(), max_size=3)
    return st.sampled_from(over[field.name] if field.name in over else values(field.name))


@st.composite
def objects(draw, fields, over=()):
    """An object that says its required fields, one of alternatives, and some of the others."""
    groups = {tuple(sorted((name, *field.alternatives))) for name, field in fields.items() if field.alternatives}
    kept = {group: draw(st.sampled_from(group)) for group in sorted(groups)}
    dropped = {name for group, one in kept.items() for name in group if name != one}
    said = {}
    for name, field in fields.items():
        if name not in dropped and (field.required or draw(st.integers(0, 3)) == 0):
            said[name] = draw(value_of(field, over))
    return said


@st.composite
def stages(draw):
    """One stage with its block, perhaps exceptions and a transition."""
    block = draw(st.sampled_from(sorted(language().blocks)))
    stage = {"block": block, "blocks": draw(st.integers(1, 3)), **draw(objects(language().blocks[block]))}
    if draw(st.integers(0, 2)) == 0:
        selectors = draw(st.lists(st.sampled_from(SELECTORS), min_size=1, max_size=2, unique=True))
        optional = {name: field for name, field in language().blocks[block].items() if not field.required}
        stage["override"] = {selector: draw(objects(optional)) for selector in selectors}
    if draw(st.integers(0, 2)) == 0:
        stage["transition"] = draw(objects(language().transition))
    return stage


_OWN = {"norm1": "bn.1", "shortcut.conv": "down.a"}
_LAYERS = [f"{kind}{number}" for kind in ("conv", "norm", "act", "pool", "aa") for number in ("", 1, 2, 3)]
NAMES = [
    "names/torchvision",
    _OWN,
    {**_OWN, "registered_first": "shortcut", "block": "blocks.{stage_index}.{block}"},
    {"block": "trunk", "transition": "trunk", **dict.fromkeys(_LAYERS, "{slot}"), "shortcut.conv": "down.{slot}"},
    {
        "registered": ["block", "norm2", "shortcut", "act1"],
        "block": "all.{slot:stage}.{block+1}",
        "transition": {"path": "all.{slot:stage}.down", "conv1": "conv.{slot:first}", "registered": ["norm1"]},
        "stem": {"conv1": "all.{slot:stem}.0", "norm1": "all.{slot:stem}.1"},
        "blocks": {
            "basic": {"path": "basic{slot+1}", "act1": "mix.act", "norm2": "mix.norm"},
            "bottleneck": {"registered": ["conv3", "conv1"], "conv3": "last"},
        },
        "stages": {"layer1": {"conv2": "second"}, "stem": {"block": "{stage}s.{block}"}},
    },
]
"""Tables of module names, each with other forms than those before it."""


@st.composite
def documents(draw):
    """A whole spec, which need not fit together."""
    size = draw(st.sampled_from([16, 24, 17, [12, 20]]))
    names = ["layer1", "class", "stem", "head", "x", "b2"]
    document = {
        "archc": 1,
        "name": draw(st.sampled_from(["net", "None", "F", "a_1_2b", "Tensor", "nn", "blurPool2d"])),
        "input": {"channels": draw(st.sampled_from([1, 3, 4])), "size": size},
        "stem": draw(union_values("stem")),
        "stages": {name: draw(stages()) for name in draw(st.lists(st.sampled_from(names), max_size=3, unique=True))},
        "head": {
            "type": "classifier",
            **draw(objects(language().unions["head"].variants["classifier"], over=OVER["head"])),
        },
    }
    if draw(st.booleans()):
        fields = {name: language().block_fields[name] for name in ("norm", "activation", "bias", "dilation")}
        document["defaults"] = draw(objects(fields))
    if draw(st.booleans()):
        document["names"] = draw(st.sampled_from(NAMES))
    return document


def text_of(document):
    """Return a document as a spec's text: JSON is YAML."""
    return json.dumps(document)
