"""What the schema says about the language reaches the resolver: canonical forms, defaults, alternatives."""

import subprocess
import sys

import pytest
from schema_documents import HERE, PLAIN_NET, VARIANT

from archcompiler.schema.canonical import canonical, canonical_document, filled
from archcompiler.schema.language import language
from archcompiler.span import SCHEMA_ORIGIN
from archcompiler.syntax.parse import parse
from archcompiler.tree import find, from_plain, plain


@pytest.mark.parametrize(
    ("value", "union", "expected"),
    [
        ("relu", "activation", {"type": "relu"}),
        ({"window": 8}, "pool", {"type": "window", "window": 8}),
        (
            {"classes": 3, "pool": {"grid": 7}},
            "head",
            {"type": "classifier", "classes": 3, "pool": {"type": "grid", "grid": 7}},
        ),
        ({"eps": 0.1}, "norm", {"eps": 0.1}),
        ({"steps": [{"norm": "layer"}]}, "stem", {"type": "steps", "steps": [{"norm": {"type": "layer"}}]}),
        (None, "norm", None),
    ],
)
def test_canonical_form_says_every_type(value, union, expected):
    assert plain(canonical(from_plain(value, HERE), union)) == expected


def test_canonical_document_keeps_spans():
    document = canonical_document(parse(VARIANT.replace("bias: true", "norm: group"), "test.yaml"))
    assert str(find(document, ("stem", "norm", "type")).span) == "test.yaml:4:14"
    assert plain(find(document, ("names", "extends"))) == "names/timm"
    assert plain(canonical_document(parse(PLAIN_NET, "t.yaml")))["names"] == {"extends": "names/torchvision"}


def test_filled_objects_have_every_default_and_say_that_the_schema_is_its_origin():
    node = filled(from_plain({"type": "conv3x3", "channels": 16}, HERE), "stem")
    batch = {"type": "batch", "eps": 1e-05, "momentum": 0.1}
    expected = {"type": "conv3x3", "channels": 16, "bias": False, "norm": batch, "activation": {"type": "relu"}}
    assert plain(node) == expected
    assert find(node, ("norm", "eps")).span == SCHEMA_ORIGIN
    assert find(node, ("channels",)).span == HERE


def test_steps_are_filled():
    node = filled(canonical(from_plain({"steps": [{"pool": "max"}, {"norm": "group"}]}, HERE), "stem"), "stem")
    expected = [
        {"pool": "max", "kernel": 2, "stride": 2, "padding": 0, "count_padding": True, "ceil": False},
        {"norm": {"type": "group", "groups": 32, "eps": 1e-05, "shift": True}, "zero_init": False},
    ]
    assert plain(node)["steps"] == expected


def test_language_knows_alternatives_and_stage_fields():
    assert language().blocks["bottleneck"]["width"].alternatives == ("bottleneck_width",)
    assert list(language().stage_fields) == ["blocks", "after", "override", "transition"]


def test_language_needs_no_jsonschema():
    script = "import sys, archcompiler.schema.language as l; l.language(); assert 'jsonschema' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
