"""The language with blocks of one's own: the shipped schema, and what a stage and an override of each may say."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from typing import Any

import yaml

from archcompiler.schema.definitions import sound_definition
from archcompiler.schema.language import Language, Schema, language, language_of, read_schema
from archcompiler.schema.shapes import Json, choice, closed_object, laid_over, says, united
from archcompiler.shipped import shipped
from archcompiler.tree import Mapping, Plain, mapping_at, plain

_STAGE = ("blocks", "after", "override", "transition")
_RULES = ("allOf", "x-required", "x-alternatives")


def language_with(blocks: Mapping) -> Language:
    """Return the language in which a stage may have these blocks; the shipped one where there are none."""
    entries = blocks.entries.items()
    own = {name: described_fields(entry.value) for name, entry in entries if isinstance(entry.value, Mapping)}
    return _language_with(json.dumps(own)) if own else language()


def schema_with(own: dict[str, list[Json]], *, hides: bool, words: str = "") -> Json:
    """Return the schema of architecture documents with blocks of one's own, each with its fields by name.

    Of a block that is said in several ways, each field takes what it takes in any of them; with `hides` a block stands
    in place of the shipped one of its name, else beside it. `words` say what the blocks are, behind the shipped ones.
    """
    root = read_schema("architecture.json")
    definitions = dict(root["$defs"])
    names = [*definitions["stage"]["x-choice"]["cases"], *(name for name in own if f"stage.{name}" not in definitions)]
    block = definitions["defaults"]["properties"]["block"]
    block = {**block, "enum": [*names, None], "description": block["description"].removesuffix(".") + words + "."}
    for name, variants in own.items():
        for kind, fields in product(("stage", "override"), variants):
            found = _object(kind, fields, definitions)
            key = f"{kind}.{name}"
            is_first = fields is variants[0] and (hides or key not in definitions)
            definitions[key] = found if is_first else _either(definitions[key], found)
    tables = definitions["roles_of_blocks"]
    table = next(iter(tables["properties"].values()))
    definitions["roles_of_blocks"] = {**tables, "properties": {**dict.fromkeys(own, table), **tables["properties"]}}
    every = [fields for variants in own.values() for fields in variants]
    for merged in ("stage.any", "override.any", "defaults"):
        definitions[merged] = _merged(definitions[merged], every, block)
    for kind in ("stage", "override"):
        definitions[kind] = choice(kind, "block", {name: says("block", name) for name in names})
        for name in (f"{kind}.{name}" for name in names):
            found = definitions[name]
            definitions[name] = {**found, "properties": {**found["properties"], "block": block}}
    return {**root, "$defs": definitions}


def own_fields(written: Json) -> Json:
    """Return the fields of a block: what each says over the shared definition of its name, as far as it is sound."""
    shared = _shared()
    return {name: sound_definition(laid_over(shared.get(name, {}), own or {})) for name, own in written.items()}


def is_shared_field(name: str) -> bool:
    """Tell whether there is a shared definition of a field of this name."""
    return name in _shared()


@lru_cache(maxsize=1)
def _shared() -> Json:
    return dict(yaml.safe_load((shipped("schemas") / "fields.yaml").read_text(encoding="utf-8")))


@lru_cache(maxsize=64)
def _language_with(text: str) -> Language:
    own = {name: [fields] for name, fields in json.loads(text).items()}
    return language_of(Schema(schema_with(own, hides=True)))


def described_fields(block: Mapping) -> Json:
    """Return the fields of a block that can be read on: alternatives that it does not declare are left out."""
    said = plain(mapping_at(block, "fields"))
    written = {name: own for name, own in said.items() if _is_field(own)} if isinstance(said, dict) else {}
    if "extends" in block.entries:  # a block that is not there: what its fields are, nobody knows
        written = {**{key: {"required": None} for key in _shared()}, **written}
    fields = own_fields(written)
    for own in fields.values():
        if "alternatives" in own:
            own["alternatives"] = [other for other in own["alternatives"] if other in fields]
    return fields


def _is_field(own: Plain) -> bool:
    return own is None or isinstance(own, dict)


def _object(kind: str, fields: Json, definitions: Json) -> Json:
    """Return the object of a stage, or of an override, with a block of these fields."""
    common = {key: definitions["stage.any"]["properties"][key] for key in _STAGE}
    found = closed_object(fields, nullable=True)
    if kind == "override":
        return {**found, "properties": {"block": {}, **found["properties"]}}
    properties = {"block": {}, "blocks": common["blocks"], **found["properties"], **common}
    return {**found, "properties": properties, "x-required": ["block", "blocks", *found.get("x-required", ())]}


def _either(first: Json, second: Json) -> Json:
    """Return the object that takes what either of two takes; a rule for several fields only where both have it."""
    properties = dict(first["properties"])
    for name, field in second["properties"].items():
        properties[name] = united(properties.get(name, field), field)
    rules = {key: [each for each in first.get(key, ()) if each in second.get(key, ())] for key in _RULES}
    rest = {key: value for key, value in first.items() if key not in _RULES}
    return {**rest, "properties": properties, **{key: kept for key, kept in rules.items() if kept}}


def _merged(described: Json, own: Iterable[Json], block: Json) -> Json:
    """Return the object that has the fields of all blocks, each of which takes what it takes in any of them."""
    properties: dict[str, Any] = {**described["properties"], "block": block}
    groups = [*described.get("x-alternatives", ())]
    for fields in own:
        found = closed_object({name: {**field, "required": False} for name, field in fields.items()}, nullable=True)
        groups += [group for group in found.get("x-alternatives", ()) if group not in groups]
        for name, field in found["properties"].items():
            properties[name] = united(properties.get(name, field), field)
    return {**described, "properties": properties, **({"x-alternatives": groups} if groups else {})}
