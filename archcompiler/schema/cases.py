"""Which case of a choice an object is, and which case has a field that another one lacks."""

from __future__ import annotations

from typing import Any

from archcompiler.schema.language import Schema
from archcompiler.schema.spellings import meant_value, names_of
from archcompiler.tree import Mapping, Plain, Scalar, mapping_at

Json = dict[str, Any]

_MOST_LISTED = 8


def case_of(name: str, node: Mapping, choice: Json, given: str | None) -> str | None:
    """Return the case of a choice that an object says, implies or is given."""
    key, cases = choice["key"], choice["cases"]
    if not key:
        return next((case for case in cases if case in node.entries), None)
    said = node.get(key)
    if said is not None:
        return _said_case(name if key == "type" else key, said.value, cases) if isinstance(said, Scalar) else None
    implied = next((case for case in choice.get("implied", ()) if case in node.entries), None)
    return implied or given


def default_block(schema: Schema, document: Mapping) -> str | None:
    """Return the block of the stages of a document without a base that say none."""
    said = mapping_at(document, "defaults").get("block")
    cases = schema.definition("stage")["x-choice"]["cases"]
    return _said_case("block", said.value, cases) if isinstance(said, Scalar) else None


def _said_case(dictionary: str, said: Plain, cases: list[str]) -> str | None:
    """Return the case that a discriminator says, in the words of another library too."""
    if said in cases:
        return str(said)
    meant = meant_value(dictionary, said, cases) if isinstance(said, str) else None
    return meant.certain if meant else None


def owner_of(schema: Schema, choice: str, key: str) -> str | None:
    """Return which cases of a choice have the key, or what it is called here, in words, or None."""
    if not choice:
        return None
    discriminator, cases = (schema.definition(choice)["x-choice"][part] for part in ("key", "cases"))
    for name in names_of(key):
        owners = [case for case in cases if name in schema.definition(f"{choice}.{case}")["properties"]]
        if key in owners and not discriminator:
            return f"a {choice} of its own"
        if owners:
            where = f"a field of {discriminator or choice} {_some(owners)}"
            return where if name == key else f"`{name}`, {where}"
    return None if discriminator else _value_of_a_step(schema, key)


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_LISTED
    return f"{', '.join(names[:_MOST_LISTED])} and {more} more" if more > 1 else ", ".join(names)


def _value_of_a_step(schema: Schema, key: str) -> str | None:
    """Return the step that a word is meant for which is a value of one kind of step: `relu` of `activation`."""
    for kind in ("activation", "norm", "attention"):
        cases = schema.definition(kind)["x-choice"]["cases"]
        value = key if key in cases else getattr(meant_value(kind, key, cases), "certain", None)
        if value and value != "none":
            return f"`{{{kind}: {value}}}` here"
    return None


def part_with(schema: Schema, key: str) -> str | None:
    """Return which part of a document has a field of this name, or of what that is called here, in words."""
    for part in ("defaults", "head.any", "input"):
        fields = schema.definition(part)["properties"] if part in schema.root["$defs"] else {}
        for name in names_of(key):
            if name in fields:
                where = part.partition(".")[0]
                return f"a field of `{where}`" if name == key else f"`{name}`, a field of `{where}`"
    return None
