"""Assemble the schemas of documents from the fragments beside them, the shipped documents and the steps of ops.

The tables of their page, `schemas/README.md`, and of `specs/blocks/README.md` are written with them.

The output is flat on purpose: one closed object for each block and each variant, picked by its discriminator with
if/then/else, so that editors complete exactly its fields and errors speak about the field that is wrong. Keys that
start with `x-` are read by `archcompiler.schema.language` and ignored by every other reader.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from archcompiler.blocks.kinds import KINDS
from archcompiler.graph.ops import OPS
from archcompiler.graph.ops.base import StepForm
from archcompiler.render.language import Case, language_tables, modes_table
from archcompiler.render.marked import with_parts
from archcompiler.schema.shapes import (
    Json,
    choice,
    closed_object,
    free_mapping,
    has,
    implies,
    kind_field,
    laid_over,
    merged_fields,
    no_null,
    property_schema,
    required_fields,
    says,
    union_or_field,
    untyped,
    with_shared_fields,
    without_shared_fields,
)
from archcompiler.shipped import DOCUMENTS, shipped

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class _Fragments:
    """The fragments as they are written, by file."""

    document: Json
    fields: Json
    blocks: Json
    unions: Json
    steps: Json

    def field(self, name: str, own: Json) -> Json:
        """Return one field: what the fragment says over what the shared definition says."""
        return laid_over(self.fields.get(name, {}), own)

    def step_fields(self, fragment: Json) -> Json:
        """Return the fields of a step."""
        shared = {**self.fields, **self.document["step"]}
        found = {}
        for name, own in fragment["fields"].items():
            rest = {key: value for key, value in own.items() if key != "shared"}
            found[name] = laid_over(shared.get(own.get("shared", name), {}), rest)
        return found

    def fields_of(self, fragment: Json) -> Json:
        """Return the fields of a block, a variant or a step."""
        return {name: self.field(name, own) for name, own in fragment.get("fields", {}).items()}


def _read(path: Path) -> Json:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def _read_folder(folder: Path) -> Json:
    return {path.stem: _read(path) for path in sorted(folder.glob("*.yaml"))}


def _steps_of_ops() -> Json:
    """Return the steps that one op is, as its declaration has them."""
    forms = [op.step for op in OPS.values() if op.step]
    return {form.key: {"description": form.description, "fields": _fields_of(form)} for form in forms}


def _fields_of(form: StepForm) -> Json:
    """Return the fields of the step of one op: its attributes, the first of which tells the step."""
    fields: Json = {name: {**own, "expression": True} for name, own in form.fields.items()}
    first = next(iter(fields), None)
    own = fields.pop(first) if first else {"shared": "operands", "description": ""}
    description = f"{form.description} {own['description']}".rstrip()
    told: Json = {form.key: {**own, "description": description, "required": "always"}}
    return {**told, **fields, **({"role": {}} if form.role else {}), "from": {}, "as": {}}


def _with_documents(union: Json) -> Json:
    """Return a union with the variants that documents describe, which it names alone."""
    variants: Json = union["variants"]
    folder = shipped("specs") / union.get("documents", "")
    return {**union, "variants": {name: own or _read(folder / f"{name}.yaml") for name, own in variants.items()}}


def _fragments() -> _Fragments:
    root = shipped("schemas")
    return _Fragments(
        _read(root / "document.yaml"),
        _read(root / "fields.yaml"),
        _read_folder(shipped("specs") / "blocks"),
        {name: _with_documents(union) for name, union in _read_folder(root / "unions").items()},
        {**_read(root / "steps.yaml"), **_steps_of_ops()},
    )


def generate() -> Json:
    """Return the schema of architecture documents."""
    fragments = _fragments()
    document = fragments.document
    root = closed_object(document["fields"], nullable=True)
    schema = {
        "$schema": _DIALECT,
        "title": document["title"],
        "description": document["description"],
        **root,
        "if": {"required": ["extends"]},
        "else": _standalone(fragments),
        "$defs": {
            **_document_objects(document),
            **_name_tables(document, fragments.blocks),
            **_block_objects(fragments),
            **{key: value for name in fragments.unions for key, value in _union(fragments, name).items()},
            **_step_objects(fragments),
            **_own_block_objects(document),
            "no_null": no_null(),
        },
    }
    return with_shared_fields(schema)


def generate_part() -> Json:
    """Return the schema of the documents of blocks, shortcuts, attentions, stems and heads."""
    fragments = _fragments()
    document, part = fragments.document, fragments.document["part"]
    schema = {
        "$schema": _DIALECT,
        "title": "archcompiler block",
        "description": "A document describes one kind of block, shortcut, attention, stem or head by its steps.",
        **closed_object(part["fields"], nullable=True),
        "oneOf": [{"required": [kind]} for kind in part["kinds"]],
        "if": {"required": ["extends"]},
        "then": {"required": ["block"]},
        "else": {
            "allOf": [{"$ref": "#/$defs/no_null"}],
            "required": ["steps"],
            "properties": {"steps": {"type": "array"}},
        },
        "$defs": {
            **_own_block_objects(document),
            **{key: value for name in fragments.unions for key, value in _union(fragments, name).items()},
            **_step_objects(fragments),
            "rounding": closed_object(document["rounding"], nullable=True),
            "no_null": no_null(),
        },
    }
    return with_shared_fields(schema)


def generate_names() -> Json:
    """Return the schema of the tables of module names."""
    document = _fragments().document
    root = {"archc": document["fields"]["archc"], "names": {**document["fields"]["names"], "required": "always"}}
    return {
        "$schema": _DIALECT,
        "title": "archcompiler module names",
        "description": "A table of module names that documents can share.",
        **closed_object(root, nullable=False),
        "$defs": _name_tables(document),
    }


def _block_objects(fragments: _Fragments) -> Json:
    """Return the stages, the overrides and the defaults, which have the fields of blocks."""
    common, blocks = fragments.document["stage"], fragments.blocks
    block = kind_field("The kind of block.", blocks)
    fields = {name: fragments.fields_of(fragment) for name, fragment in blocks.items()}
    tests = {name: says("block", name) for name in blocks}
    every = merged_fields(fields.items(), fragments.fields)
    objects: Json = {
        "stage": choice("stage", "block", tests),
        "override": choice("override", "block", tests),
        "defaults": closed_object({"block": block, **every, "transition": common["transition"]}, nullable=True),
    }
    for name, own in {**fields, "any": every}.items():
        stage = {"block": {**block, "required": True}, "blocks": common["blocks"], **own}
        stage |= {key: value for key, value in common.items() if key != "blocks"}
        objects[f"stage.{name}"] = closed_object(stage, nullable=True)
        objects[f"override.{name}"] = closed_object({"block": block, **own}, nullable=True)
    return objects


def _union(fragments: _Fragments, name: str) -> Json:
    """Return a union, one closed object for each of its variants, and one object with the fields of all of them."""
    union = fragments.unions[name]
    variants = union["variants"]
    fields = {variant: fragments.fields_of(fragment) for variant, fragment in variants.items()}
    implied = [variant for variant in variants if variant in fields[variant]]
    kind = kind_field(union["description"], variants) | ({"default": union["default"]} if "default" in union else {})
    tests = {variant: says("type", variant) for variant in variants}
    tests |= {variant: {"anyOf": [says("type", variant), implies(variant)]} for variant in implied}
    scalars = [variant for variant in variants if not required_fields(fields[variant])]
    picked = choice(name, "type", tests, implied=implied, default=union.get("default"))
    objects = {
        name: {
            "type": ["string", "object", "null"],
            "if": {"type": "string"},
            "then": {"enum": scalars} if scalars else {"type": "object"},
            "else": {key: value for key, value in picked.items() if key != "x-choice"},
            "x-choice": picked["x-choice"],
        }
    }
    for variant, own in fields.items():
        objects[f"{name}.{variant}"] = closed_object({"type": kind, **own}, nullable=True)
    untyped = {"type": {**kind, "required": "default" not in union}, **merged_fields(fields.items())}
    return {**objects, f"{name}.any": closed_object(untyped, nullable=True)}


def _step_objects(fragments: _Fragments) -> Json:
    """Return the steps; one that says no kind might be any."""
    fields = {name: fragments.step_fields(fragment) for name, fragment in fragments.steps.items()}
    objects = _told_objects("step", fields, {name: own[name] for name, own in fields.items()})
    for name, own in fields.items():
        objects[f"step.{name}"]["x-word"] = KINDS[name].word
        _with_computed_unions(objects[f"step.{name}"], own, fragments)
        _with_computed_unions(objects["step.any"], own, None)
        if fragments.steps[name].get("open"):
            pattern = {"pattern": fragments.document["field_pattern"]}
            objects[f"step.{name}"] |= {"additionalProperties": {}, "propertyNames": pattern}
    return {**objects, **_edit_objects(fragments.document, [objects[f"step.{name}"] for name in fields])}


def _edit_objects(document: Json, steps: list[Json]) -> Json:
    """Return the changes of the steps of a block that is extended: a key says what it does in any kind of step."""
    edit = closed_object(document["edit"], nullable=True)
    said: dict[str, list[Json]] = {}
    for step in steps:
        for key, found in step["properties"].items():
            said.setdefault(key, []).append(found)
    edit["properties"] |= {key: _any_of(found) for key, found in said.items()}
    edit |= {"additionalProperties": {}, "propertyNames": {"pattern": document["field_pattern"]}}
    return {"edits": free_mapping(document["edit"]["after"]["pattern"], {"$ref": "#/$defs/edit"}), "edit": edit}


def _any_of(found: list[Json]) -> Json:
    """Return what a value may be by one of some schemas, or null, with the words of the first."""
    words: Json = {key: found[0][key] for key in ("description", "examples") if key in found[0]}
    alone = [{key: value for key, value in each.items() if key not in ("description", "examples")} for each in found]
    distinct = [each for number, each in enumerate(alone) if each not in alone[:number]]
    return {**words, "anyOf": [*distinct, {"type": "null"}]}


def _with_computed_unions(described: Json, fields: Json, fragments: _Fragments | None) -> None:
    """Let `$NAME` stand for the unions of a step; with the `fragments` the others have to be whole."""
    for key, field in fields.items():
        if "union" in field and key in described["properties"]:
            kept = ("description", "examples", *(() if field.get("required") else ("default",)))
            words = {word: field[word] for word in kept if word in field}
            whole = _whole(fragments, field["union"]) if fragments else {}
            described["properties"][key] = {**words, **union_or_field(field["union"]), **whole}


def _told_objects(prefix: str, fields: Json, untold: Json) -> Json:
    """Return the objects that are told by the one key that only they have, and the one that has none of these keys."""
    objects: Json = {prefix: choice(prefix, "", {name: has(name) for name in fields})}
    objects |= {f"{prefix}.{name}": closed_object(own, nullable=False) for name, own in fields.items()}
    optional = {name: {**field, "required": False} for name, field in untold.items()}
    needed = {"anyOf": [{"required": [name]} for name in fields]}
    return {**objects, f"{prefix}.any": {**closed_object(optional, nullable=False), **needed}}


def _document_objects(document: Json) -> Json:
    """Return the objects that stand in a document once."""
    selectors = {
        name: {"object": "override", "description": text, "examples": [{"dilation": 2}]}
        for name, text in document["selectors"].items()
    }
    claims = {name: kind["fields"] for name, kind in document["claim"].items()}
    return {
        "input": closed_object(document["input"], nullable=True),
        "stages": free_mapping(document["stage_pattern"], {"$ref": "#/$defs/stage"}),
        "overrides": free_mapping(document["selector_pattern"], {"$ref": "#/$defs/override"}, selectors),
        "ignored": free_mapping(
            document["ignored"]["code_pattern"], property_schema(document["ignored"]["reason"], nullable=True)
        ),
        **_told_objects("claim", claims, merged_fields(claims.items())),
        "rule": closed_object(document["rule"], nullable=False),
        "disagreement": closed_object(document["disagreement"], nullable=False),
        "rounding": closed_object(document["rounding"], nullable=True),
    }


def _own_block_objects(document: Json) -> Json:
    """Return the blocks of a spec's own, and what a document of a block consists of."""
    name, part = document["field_pattern"], document["part"]
    own = {key: field for key, field in part["fields"].items() if key not in ("archc", *part["kinds"])}
    optional = {key: {**field, "required": False} for key, field in own.items()}
    block = closed_object({"file": document["block_file"], **optional}, nullable=True)
    return {
        "own_blocks": free_mapping(name, {"$ref": "#/$defs/own_block"}),
        "own_block": {**block, "type": ["object", "string", "null"], "minLength": 1, "x-scalar": "file"},
        "fields": free_mapping(name, {"$ref": "#/$defs/field"}),
        "field": closed_object(document["field"], nullable=True),
        "let": free_mapping(name, {"type": ["integer", "number", "boolean", "string", "null"]}),
    }


def _name_tables(document: Json, blocks: Json | None = None) -> Json:
    """Return the tables from roles to module paths; with `blocks`, only these have tables of their own."""
    names = document["names"]
    path = property_schema(names["path"], nullable=True)
    of_roles = {key: property_schema(names["roles"][key], nullable=True) for key in ("registered", "reparameterized")}
    patterns = {"patternProperties": {f"\\.{key}$": schema for key, schema in of_roles.items()}}
    of_block, of_stage = (property_schema(names[key], nullable=True) for key in ("block", "stage"))
    every = dict.fromkeys(blocks or (), names["block"])
    return {
        "names": {
            **free_mapping(names["role_pattern"], path, names["fields"]),
            **patterns,
            "type": ["object", "string", "null"],
            "minLength": 1,
            "x-scalar": "extends",
        },
        "roles": {**free_mapping(names["role_pattern"], path, names["roles"]), **patterns},
        "roles_of_blocks": closed_object(every, nullable=True)
        if blocks
        else free_mapping(document["field_pattern"], of_block),
        "roles_of_stages": free_mapping(document["stage_pattern"], of_stage),
    }


def _standalone(fragments: _Fragments) -> Json:
    """Return what a document has to say that inherits nothing."""
    fields = fragments.document["fields"]
    unions = {name: _whole(fragments, field["union"]) for name, field in fields.items() if "union" in field}
    return {
        "allOf": [{"$ref": "#/$defs/no_null"}],
        "required": [name for name, field in fields.items() if field.get("required") is True],
        "properties": {"input": {"required": required_fields(fragments.document["input"])}, **unions},
    }


def _whole(fragments: _Fragments, name: str) -> Json:
    """Return what an object of a union has to say where it inherits nothing."""
    union = fragments.unions[name]
    rules = [] if "default" in union else [{"if": untyped(union), "then": {"required": ["type"]}}]
    for variant, fragment in union["variants"].items():
        fields = fragments.fields_of(fragment)
        nested = {key: _whole(fragments, field["union"]) for key, field in fields.items() if "union" in field}
        rule = {"required": required_fields(fields), "properties": nested}
        tests = [says("type", variant), *([untyped(union)] if variant == union.get("default") else [])]
        if required_fields(fields) or nested:
            rules.append({"if": {"anyOf": tests}, "then": {key: value for key, value in rule.items() if value}})
    return {"allOf": rules}


def generate_documents() -> Json:
    """Return every shipped document: JSON is read in a tenth of the time of YAML, and each command reads some."""
    folders = {folder: _read_folder(shipped("specs") / folder) for folder in DOCUMENTS}
    return {f"{folder}/{name}": each for folder, documents in folders.items() for name, each in documents.items()}


SCHEMAS = {
    "architecture.json": generate,
    "names.json": generate_names,
    "block.json": generate_part,
    "documents.json": generate_documents,
}


def _cases() -> dict[str, list[Case]]:
    """Return the blocks and the variants of the unions for the page, each with its document where it has one."""
    fragments = _fragments()
    unions = {name: (union["variants"], union.get("documents", "")) for name, union in fragments.unions.items()}
    groups = {"stage": (fragments.blocks, "blocks"), **unions}
    return {kind: [_case(folder, *each) for each in found.items()] for kind, (found, folder) in groups.items()}


def _case(folder: str, name: str, fragment: Json) -> Case:
    return Case(name, fragment["description"], f"../specs/{folder}/{name}.yaml" if "archc" in fragment else None)


def _texts() -> Iterator[tuple[Path, str]]:
    """Yield what is written: the schemas, their page and that of blocks with their tables."""
    folder = shipped("schemas")
    for name, generated in SCHEMAS.items():
        yield folder / name, json.dumps(generated(), indent=1) + "\n"
    page = folder / "README.md"
    words = {key: kind.word for key, kind in KINDS.items()}
    tables = language_tables(without_shared_fields(generate()), _cases(), words)
    yield page, with_parts(page.read_text(encoding="utf-8"), tables)
    page = shipped("specs") / "blocks" / "README.md"
    modes = _fragments().document["rounding"]["mode"]["enum"]
    yield page, with_parts(page.read_text(encoding="utf-8"), {"modes": modes_table(modes)})


def main(arguments: list[str] | None = None) -> int:
    """Write the schemas and their page, or say with `--check` whether one is out of date."""
    parser = argparse.ArgumentParser(prog="python -m archcompiler.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where a file is out of date")
    check = parser.parse_args(arguments).check
    stale = 0
    for path, text in _texts():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale += 1
            if not check:
                path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
