"""The language with blocks of one's own: the shipped schema, and what a stage and an override of each may say."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import yaml

from archcompiler.schema.definitions import sound_definition
from archcompiler.schema.language import Language, Schema, language, language_of, read_schema
from archcompiler.schema.shapes import Json, choice, closed_object, laid_over, says
from archcompiler.shipped import shipped
from archcompiler.tree import Mapping, Plain, mapping_at, plain

_STAGE = ("blocks", "after", "override", "transition")


def language_with(blocks: Mapping) -> Language:
    """Return the language in which a stage may have these blocks; the shipped one where there are none."""
    own = {name: _described(entry.value) for name, entry in blocks.entries.items() if isinstance(entry.value, Mapping)}
    return _language_with(json.dumps(own)) if own else language()


def schema_with(own: dict[str, Json]) -> Json:
    """Return the schema of architecture documents with blocks of one's own, by name."""
    root = read_schema("architecture.json")
    definitions = dict(root["$defs"])
    names = [*definitions["stage"]["x-choice"]["cases"], *(name for name in own if f"stage.{name}" not in definitions)]
    block = {**definitions["defaults"]["properties"]["block"], "enum": [*names, None]}
    for name, fields in own.items():
        definitions |= _objects(name, fields, definitions, block)
    tables = definitions["roles_of_blocks"]
    table = next(iter(tables["properties"].values()))
    definitions["roles_of_blocks"] = {**tables, "properties": {**dict.fromkeys(own, table), **tables["properties"]}}
    for merged in ("stage.any", "override.any", "defaults"):
        definitions[merged] = _merged(definitions[merged], own, block)
    for kind in ("stage", "override"):
        definitions[kind] = choice(kind, "block", {name: says("block", name) for name in names})
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
    return language_of(Schema(schema_with(json.loads(text))))


def _described(block: Mapping) -> Json:
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


def _objects(name: str, fields: Json, definitions: Json, block: Json) -> Json:
    """Return the objects of a stage and of an override with the block."""
    common = {key: definitions["stage.any"]["properties"][key] for key in _STAGE}
    found = closed_object(fields, nullable=True)
    override = {**found, "properties": {"block": block, **found["properties"]}}
    stage = {
        **found,
        "properties": {"block": block, "blocks": common["blocks"], **found["properties"], **common},
        "x-required": ["block", "blocks", *found.get("x-required", ())],
    }
    return {f"stage.{name}": stage, f"override.{name}": override}


def _merged(described: Json, own: dict[str, Json], block: Json) -> Json:
    """Return the object that has the fields of all blocks: where two disagree on a default there is none."""
    properties: dict[str, Any] = {**described["properties"], "block": block}
    groups = [*described.get("x-alternatives", ())]
    for fields in own.values():
        found = closed_object({name: {**field, "required": False} for name, field in fields.items()}, nullable=True)
        groups += [group for group in found.get("x-alternatives", ()) if group not in groups]
        for name, field in found["properties"].items():
            before = properties.setdefault(name, field)
            if before.get("default") != field.get("default"):
                properties[name] = {key: value for key, value in before.items() if key != "default"}
    return {**described, "properties": properties, **({"x-alternatives": groups} if groups else {})}
