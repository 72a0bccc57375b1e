"""What the schema says about the language: blocks, unions, their fields and defaults. Read once, without jsonschema."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

from archcompiler.schema.shapes import alternatives_of, without_shared_fields
from archcompiler.shipped import shipped
from archcompiler.tree import Mapping, Plain


class Missing(Enum):
    """The default of a field that has none."""

    MISSING = "missing"


MISSING = Missing.MISSING
GROUPS = ("then", "else", "steps")
"""The keys of a step under which other steps stand."""
PART_KINDS = ("block", "shortcut", "attention", "stem", "head")
"""What a document may describe that is no whole network: the key that names it."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One key of an object. `alternatives` are the keys that it replaces and that replace it."""

    name: str
    required: bool
    default: Plain | Missing
    union: str | None = None
    object: str | None = None
    steps: bool = False
    alternatives: tuple[str, ...] = ()


Fields = dict[str, Field]


@dataclass(frozen=True, slots=True)
class UnionType:
    """The variants of a union, the type of an object that says none, and the variants that a key of theirs implies."""

    variants: dict[str, Fields]
    default: str | None
    implied: tuple[str, ...]

    def type_of(self, node: Mapping) -> str | None:
        """Return the type that an object which says none means, or None."""
        return next((name for name in self.implied if name in node.entries), self.default)


class Schema:
    """A JSON Schema, and what was learned from checking values against it."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.described: dict[str, Any] = {}
        self.validators: dict[str, Any] = {}
        self.sound: set[tuple[str, type, Plain]] = set()

    def definition(self, name: str) -> dict[str, Any]:
        """Return one definition; the empty name is the schema itself."""
        found: dict[str, Any] = self.root["$defs"][name] if name else self.root
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """Every field of the language, by the object that it stands in, and the schema that says so.

    `step_words` begin the roles of each kind of step; empty where it is no layer. `block_fields` are the fields of all
    blocks, `objects` those of what is no union in variants and claims, `alternatives` the keys that a key replaces and
    that replace it.
    """

    schema: Schema
    blocks: dict[str, Fields]
    block_fields: Fields
    unions: dict[str, UnionType]
    steps: dict[str, Fields]
    step_words: dict[str, str]
    document: Fields
    input: Fields
    stage_fields: Fields
    transition: Fields
    objects: dict[str, Fields]
    alternatives: dict[str, tuple[str, ...]]


@cache
def read_schema(name: str) -> dict[str, Any]:
    """Return a shipped schema such as `architecture.json`, each field in its objects."""
    return without_shared_fields(json.loads((shipped("schemas") / name).read_text(encoding="utf-8")))


@cache
def schema(name: str) -> Schema:
    """Return a shipped schema with what is known of it."""
    return Schema(read_schema(name))


@cache
def language() -> Language:
    """Return the language that `architecture.json` describes."""
    return language_of(schema("architecture.json"))


def language_of(schema: Schema) -> Language:
    """Return the language that a schema of architecture documents describes."""
    definitions = schema.root["$defs"]
    choices = {name: found["x-choice"] for name, found in definitions.items() if "x-choice" in found}
    unions = {
        name: UnionType(_cases(definitions, name), choice["default"], tuple(choice["implied"]))
        for name, choice in choices.items()
        if choice["key"] == "type"
    }
    blocks = {name: _without(fields, "block") for name, fields in _cases(definitions, "override").items()}
    every = _without(_fields(definitions["override.any"]), "block")
    variants = [fields for union in unions.values() for fields in union.variants.values()]
    owners = [*variants, *_cases(definitions, "claim").values()]
    return Language(
        schema=schema,
        blocks=blocks,
        block_fields=every,
        unions=unions,
        steps=_cases(definitions, "step"),
        step_words={name: definitions[f"step.{name}"]["x-word"] for name in choices["step"]["cases"]},
        document=_fields(schema.root),
        input=_fields(definitions["input"]),
        stage_fields=_without(_fields(definitions["stage.any"]), "block", *every),
        transition=unions["transition"].variants["steps"],
        objects={name: _fields(definitions[name]) for fields in owners for name in _objects_in(fields)},
        alternatives={
            name: field.alternatives
            for fields in (every, *variants)
            for name, field in fields.items()
            if field.alternatives
        },
    )


def steps_field() -> Field:
    """Return the field of a block document that holds its steps."""
    return Field("steps", required=True, default=MISSING, steps=True)


def _objects_in(fields: Fields) -> set[str]:
    return {field.object for field in fields.values() if field.object}


def _cases(definitions: dict[str, Any], name: str) -> dict[str, Fields]:
    """Return the fields of each case of a choice, without the key that says which case it is."""
    choice = definitions[name]["x-choice"]
    cases = {case: _fields(definitions[f"{name}.{case}"]) for case in choice["cases"]}
    return {case: _without(fields, choice["key"]) for case, fields in cases.items()}


def _fields(schema: dict[str, Any]) -> Fields:
    """Return the fields of one object of the schema."""
    required = schema.get("x-required", ())
    return {
        name: Field(
            name=name,
            required=name in required,
            default=found.get("default", MISSING),
            union=found.get("x-union"),
            object=None if "x-union" in found else found.get("$ref", "").removeprefix("#/$defs/") or None,
            steps=found.get("items") == {"$ref": "#/$defs/step"},
            alternatives=tuple(alternatives_of(schema, name)),
        )
        for name, found in schema["properties"].items()
    }


def _without(fields: Fields, *names: str) -> Fields:
    return {name: field for name, field in fields.items() if name not in names}
