"""The schema says every field once, and its readers agree on what it says."""

import copy
import json
import math
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.validators import extend
from schema_documents import BAD, ENDS_IN_A_LINE_BREAK, GOOD, HERE, NUMBERS_THAT_JSON_DOES_NOT_TELL_APART

from archcompiler import generate as schemagen
from archcompiler.schema.check import partial_faults
from archcompiler.schema.language import MISSING, language, read_schema
from archcompiler.shipped import DOCUMENTS, shipped
from archcompiler.syntax.parse import parse
from archcompiler.tree import from_plain, plain

SCHEMA = read_schema("architecture.json")
COMMITTED = json.loads((shipped("schemas") / "architecture.json").read_text(encoding="utf-8"))
OBJECTS = {"": SCHEMA, **{name: found for name, found in SCHEMA["$defs"].items() if "properties" in found}}
PROPERTIES = [
    pytest.param(owner, name, schema, id=f"{owner or 'document'}-{name}")
    for owner, found in OBJECTS.items()
    for name, schema in found["properties"].items()
]


def strict_validator() -> Draft202012Validator:
    """The reader that knows nothing of ours but that YAML tells floats from integers and has numbers without end."""
    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: isinstance(value, int) and not isinstance(value, bool),
            "number": lambda _, value: type(value) is int or (type(value) is float and math.isfinite(value)),
        }
    )
    return extend(Draft202012Validator, type_checker=types)(COMMITTED)


def test_committed_schemas_are_what_the_fragments_say():
    assert schemagen.main(["--check"]) == 0


def test_a_field_that_objects_have_alike_stands_in_the_file_once():
    stages = [found for name, found in COMMITTED["$defs"].items() if name.startswith("stage.")]
    channels = [found["properties"]["channels"] for found in stages if "channels" in found["properties"]]
    assert {json.dumps(found) for found in channels} == {'{"$ref": "#/$defs/shared.stage.channels"}'}
    assert COMMITTED["$defs"]["stage.conv"]["properties"]["shortcut"]["default"] == "none"
    assert len(json.dumps(COMMITTED)) < 0.7 * len(json.dumps(SCHEMA))


def test_the_table_of_documents_says_what_their_yaml_says():
    """The table is made by PyYAML; specs are read by our own reader, which has YAML 1.2's scalars."""
    files = [path for folder in DOCUMENTS for path in (shipped("specs") / folder).glob("*.yaml")]
    table = json.loads((shipped("schemas") / "documents.json").read_text())
    assert table == {f"{path.parent.name}/{path.stem}": plain(parse(path.read_bytes(), path.name)) for path in files}


def test_the_page_of_the_language_tells_every_field_of_every_block():
    page = (shipped("schemas") / "README.md").read_text(encoding="utf-8")
    told = page.partition("<!-- generated: stage -->")[2].partition("<!-- end -->")[0].splitlines()
    for name, field in language().block_fields.items():
        assert [line for line in told if line.startswith(f"| `{name}` |")], field
    for name in language().blocks:
        (row,) = [line for line in told if line.startswith(f"| [`{name}`](../specs/blocks/{name}.yaml) |")]
        assert row.endswith(". |")


def test_every_case_on_the_page_of_the_language_is_described_in_a_sentence():
    """`{description: One, as in two.}` is a description of one word and a key: YAML splits at the comma."""
    page = (shipped("schemas") / "README.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith(("| `", "| [`"))]
    assert [row for row in rows if not row.endswith(". |")] == []


def test_schemas_out_of_date_are_found_and_written(tmp_path, monkeypatch):
    folder = tmp_path / "schemas"
    monkeypatch.setattr(schemagen, "shipped", lambda name: tmp_path / name)
    subprocess.run(["cp", "-r", shipped("schemas"), shipped("specs"), tmp_path], check=True)
    wide = "archc: 1\nblock: wide\ndescription: A wide block.\nfields: {channels: {}, kernel: {}}\nsteps: []\n"
    (tmp_path / "specs" / "blocks" / "wide.yaml").write_text(wide)
    assert schemagen.main(["--check"]) == 1
    assert schemagen.main([]) == 0
    assert schemagen.main(["--check"]) == 0
    written = json.loads((folder / "architecture.json").read_text())
    assert list(written["$defs"]["override.wide"]["properties"]) == ["block", "channels", "kernel"]
    assert "wide" in written["$defs"]["stage"]["x-choice"]["cases"]


@pytest.mark.parametrize("name", ["architecture", "names", "output/validate", "output/cost"])
def test_schema_is_valid_draft_2020_12(name):
    Draft202012Validator.check_schema(json.loads((shipped("schemas") / f"{name}.json").read_text()))


@pytest.mark.parametrize(("owner", "name", "schema"), PROPERTIES)
def test_property_is_described_and_its_examples_and_default_satisfy_it(owner, name, schema):
    assert schema["description"].endswith(".")
    assert schema["examples"]
    validator = Draft202012Validator({**schema, "$defs": SCHEMA["$defs"]})
    for value in [*schema["examples"], *([schema["default"]] if "default" in schema else [])]:
        validator.validate(value)


WITHOUT_DEFAULT = (
    *("role", "from", "as", "adjective", "else", "index", "collect", "stride", "bias", "norm", "attention"),
    *("weights", "factor", "size"),
)
"""Of steps: names, a branch, what a shortcut takes from the fields of its block, and the two ways to say a new size."""


@pytest.mark.parametrize("kind", ["blocks", "unions", "steps"])
def test_every_optional_field_of_a_block_a_variant_and_a_step_has_a_default(kind):
    groups = getattr(language(), kind)
    if kind == "unions":
        groups = {(union, name): fields for union, found in groups.items() for name, fields in found.variants.items()}
    documents = json.loads((shipped("schemas") / "documents.json").read_text())
    for group, fields in groups.items():
        for field in fields.values():
            defaults = [fields[name].default for name in (field.name, *field.alternatives)]
            is_said_or_not = kind == "steps" and field.name in WITHOUT_DEFAULT
            is_computed = kind == "blocks" and field.name in documents[f"blocks/{group}"].get("let", {})
            assert field.required or is_said_or_not or is_computed or any(each is not MISSING for each in defaults)


def test_a_default_is_written_once_and_reaches_every_block():
    norm = yaml.safe_load((shipped("schemas") / "fields.yaml").read_text())["norm"]["default"]
    documents = json.loads((shipped("schemas") / "documents.json").read_text())
    own = {name for name in language().blocks if "default" in documents[f"blocks/{name}"]["fields"].get("norm", {})}
    blocks = {name: fields for name, fields in language().blocks.items() if "norm" in fields and name not in own}
    others = [fields["norm"].default for fields in blocks.values()]
    assert len(others) > 10
    assert set(others) == {norm}


@pytest.mark.parametrize("name", sorted({*BAD} - {*ENDS_IN_A_LINE_BREAK}))
def test_jsonschema_alone_rejects_bad_document(name):
    assert not strict_validator().is_valid(plain(parse(BAD[name][0], "test.yaml")))


def test_the_walk_and_jsonschema_agree_on_mutated_documents():
    chance, validator, seen = random.Random(0), strict_validator(), {True: 0, False: 0}
    for _ in range(1500):
        document = mutated(plain(parse(chance.choice(list(GOOD.values())), "test.yaml")), chance)
        faults = partial_faults(from_plain(document, HERE))
        assert validator.is_valid(document) == (not faults), (document, faults)
        seen[not faults] += 1
    assert min(seen.values()) > 100


VALUES = [
    *(
        None,
        0,
        1,
        -1,
        2.5,
        3.0,
        True,
        "same",
        "none",
        "batch",
        "x y",
        "3x3",
        "deep",
        "window",
        "basic",
        "global",
        math.nan,
    ),
    *([], [1], [1, 2], [{"conv": 1}], {}, {"type": "batch"}, {"type": "x"}, {"window": 3}, {"eps": 0.1}),
    *({"steps": [{"norm": None}]}, {"bottleneck_width": 3, "width": 3}, {"first": {"kernel": 2}}),
]
KEYS = [
    "type",
    "block",
    "width",
    "bottleneck_width",
    "kernel",
    "extends",
    "window",
    "steps",
    "norm",
    "conv",
    "first",
    "q",
]


def mutated(document, chance):
    """The document with one to three values or keys exchanged, removed or added."""
    for _ in range(chance.choice([1, 1, 2, 3])):
        *above, last = chance.choice([path for path in paths(document) if path])
        owner = document
        for part in above:
            owner = owner[part]
        action = chance.random()
        if action < 0.25:
            del owner[last]
        elif action < 0.5 and isinstance(owner, dict):
            owner[chance.choice(KEYS)] = copy.deepcopy(chance.choice(VALUES))
        else:
            owner[last] = copy.deepcopy(chance.choice(VALUES))
        if not document:
            return document
    return document


def paths(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key))


@pytest.mark.slow
def test_check_jsonschema_accepts_the_good_and_rejects_the_bad(tmp_path):
    def check(texts) -> list[str]:
        files = []
        for number, text in enumerate(texts):
            files.append(tmp_path / f"{number}.yaml")
            files[-1].write_text(text)
        command = [sys.executable, "-m", "check_jsonschema", "--output-format", "json", "--schemafile"]
        run = subprocess.run(
            [*command, shipped("schemas") / "architecture.json", *files], capture_output=True, text=True
        )
        errors = json.loads(run.stdout)["errors"]
        return sorted({int(Path(error["filename"]).stem) for error in errors})

    assert check(GOOD.values()) == []
    unseen = {*ENDS_IN_A_LINE_BREAK, *NUMBERS_THAT_JSON_DOES_NOT_TELL_APART}
    rejected = [text for name, (text, _) in BAD.items() if name not in unseen]
    assert check(rejected) == list(range(len(rejected)))


@pytest.mark.parametrize("name", ["architecture", "names", "block"])
def test_every_definition_that_a_schema_refers_to_is_there(name):
    """An editor shows nothing at all where one is not."""
    text = (shipped("schemas") / f"{name}.json").read_text(encoding="utf-8")
    referred = set(re.findall(r'"\$ref": "#/\$defs/([^"]+)"', text))
    assert referred <= json.loads(text)["$defs"].keys()
