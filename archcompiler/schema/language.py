"""What the schema says about the language: blocks, unions, their fields and defaults. Read once, without jsonschema."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import Any

from archcompiler.shipped import shipped
from archcompiler.span import SCHEMA_ORIGIN
from archcompiler.tree import Entry, Mapping, Node, Plain, Scalar, Sequence, from_plain


class Missing(Enum):
    """The default of a field that has none."""

    MISSING = "missing"


MISSING = Missing.MISSING


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One key of an object. `alternatives` are the keys that it replaces and that replace it."""

    name: str
    required: bool
    default: Plain | Missing
    union: str | None = None
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


@dataclass(frozen=True, slots=True)
class Language:
    """Every field of the language, by the object that it stands in. `block_fields` are the fields of all blocks."""

    blocks: dict[str, Fields]
    block_fields: Fields
    unions: dict[str, UnionType]
    steps: dict[str, Fields]
    document: Fields
    input: Fields
    stage_fields: Fields
    transition: Fields


@cache
def read_schema(name: str) -> dict[str, Any]:
    """Return a shipped schema such as `architecture.json`."""
    schema: dict[str, Any] = json.loads((shipped("schemas") / name).read_text(encoding="utf-8"))
    return schema


@cache
def language() -> Language:
    """Return the language that `architecture.json` describes."""
    schema = read_schema("architecture.json")
    definitions = schema["$defs"]
    choices = {name: found["x-choice"] for name, found in definitions.items() if "x-choice" in found}
    unions = {
        name: UnionType(_cases(definitions, name), choice["default"], tuple(choice["implied"]))
        for name, choice in choices.items()
        if choice["key"] == "type"
    }
    blocks = {name: _without(fields, "block") for name, fields in _cases(definitions, "override").items()}
    every = _without(_fields(definitions["override.any"]), "block")
    return Language(
        blocks=blocks,
        block_fields=every,
        unions=unions,
        steps=_cases(definitions, "step"),
        document=_fields(schema),
        input=_fields(definitions["input"]),
        stage_fields=_without(_fields(definitions["stage.any"]), "block", *every),
        transition=_fields(definitions["transition"]),
    )


def _cases(definitions: dict[str, Any], name: str) -> dict[str, Fields]:
    """Return the fields of each case of a choice, without the key that says which case it is."""
    choice = definitions[name]["x-choice"]
    cases = {case: _fields(definitions[f"{name}.{case}"]) for case in choice["cases"]}
    return {case: _without(fields, choice["key"]) for case, fields in cases.items()}


def _fields(schema: dict[str, Any]) -> Fields:
    """Return the fields of one object of the schema."""
    required = schema.get("x-required", ())
    groups = schema.get("x-alternatives", ())
    return {
        name: Field(
            name=name,
            required=name in required,
            default=found.get("default", MISSING),
            union=found.get("x-union"),
            steps=found.get("items") == {"$ref": "#/$defs/step"},
            alternatives=tuple(other for group in groups if name in group for other in group if other != name),
        )
        for name, found in schema["properties"].items()
    }


def _without(fields: Fields, *names: str) -> Fields:
    return {name: field for name, field in fields.items() if name not in names}


def canonical(node: Node, union: str) -> Node:
    """Return a value of a union as an object that says its type: `relu` as `{type: relu}`, `{window: 8}` with its type.

    An object that neither says nor implies its type stays without one, since its base may say it. What is no value of
    the union at all comes back as it is.
    """
    known = language().unions[union]
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return Mapping({"type": Entry(node.span, node)}, node.span)
    if not isinstance(node, Mapping):
        return node
    meant = None if "type" in node.entries else known.type_of(node)
    if meant:
        implying = node.entries.get(meant)
        span = implying.key_span if implying else SCHEMA_ORIGIN
        node = replace(node, entries={"type": Entry(span, Scalar(meant, span)), **node.entries})
    fields = {name: field for variant in known.variants.values() for name, field in variant.items()}
    return canonical_fields(node, fields)


def canonical_fields(node: Node, fields: Fields) -> Node:
    """Return an object with every union and every list of steps below it in canonical form."""
    return _each(node, lambda key, value: _canonical_value(value, fields.get(key)))


def _canonical_value(node: Node, field: Field | None) -> Node:
    if field and field.union:
        return canonical(node, field.union)
    if field and field.steps and isinstance(node, Sequence):
        return replace(node, items=tuple(_canonical_step(item) for item in node.items))
    return node


def _canonical_step(node: Node) -> Node:
    fields = step_fields(node)
    return canonical_fields(node, fields) if fields else node


def step_fields(node: Node) -> Fields | None:
    """Return the fields of the step that the node is, told by the key that only it has."""
    if not isinstance(node, Mapping):
        return None
    return next((fields for name, fields in language().steps.items() if name in node.entries), None)


def _each(node: Node, change: Callable[[str, Node], Node]) -> Node:
    """Return a mapping with each value changed; whatever is no mapping as it is."""
    if not isinstance(node, Mapping):
        return node
    entries = {}
    for key, entry in node.entries.items():
        value = change(key, entry.value)
        entries[key] = entry if value is entry.value else Entry(entry.key_span, value, entry.shadows)
    return Mapping(entries, node.span)


def canonical_document(document: Mapping) -> Mapping:
    """Return a document with every union anywhere in it in canonical form, and `names` as a mapping."""
    changed = _each(document, _canonical_part)
    assert isinstance(changed, Mapping)
    return changed


def _canonical_part(key: str, node: Node) -> Node:
    if key == "stages":
        return _each(node, lambda _, stage: _canonical_stage(stage))
    if key == "defaults":
        return _canonical_stage(node)
    if key == "names" and isinstance(node, Scalar) and isinstance(node.value, str):
        return Mapping({"extends": Entry(node.span, node)}, node.span)
    return _canonical_value(node, language().document.get(key))


def _canonical_stage(node: Node) -> Node:
    """Return a stage, or the defaults, in canonical form."""
    known = language()

    def change(key: str, value: Node) -> Node:
        if key == "override":
            return _each(value, lambda _, entry: canonical_fields(entry, known.block_fields))
        if key == "transition":
            return canonical_fields(value, known.transition)
        return _canonical_value(value, known.block_fields.get(key))

    return _each(node, change)


def filled(node: Mapping, union: str) -> Mapping:
    """Return a canonical object of a union with the defaults of its variant filled in; of no known type, as it is."""
    kind = node.get("type")
    variants = language().unions[union].variants
    fields = variants.get(str(kind.value)) if isinstance(kind, Scalar) else None
    return fill(node, fields) if fields is not None else node


def fill(node: Mapping, fields: Fields) -> Mapping:
    """Return an object with the defaults of its fields filled in, as far down as its unions and steps go."""
    written = _each(node, lambda key, value: _fill_value(value, fields.get(key)))
    assert isinstance(written, Mapping)
    defaults = {name: _default(field) for name, field in fields.items() if name not in written.entries}
    filled_in = {name: Entry(SCHEMA_ORIGIN, default) for name, default in defaults.items() if default is not None}
    return Mapping({**written.entries, **filled_in}, written.span)


@cache
def _default(field: Field) -> Node | None:
    """Return the default of a field in canonical form and filled in, or None where it has none."""
    if isinstance(field.default, Missing):
        return None
    return _fill_value(_canonical_value(from_plain(field.default, SCHEMA_ORIGIN), field), field)


def _fill_value(node: Node, field: Field | None) -> Node:
    if field and field.union and isinstance(node, Mapping):
        return filled(node, field.union)
    if field and field.steps and isinstance(node, Sequence):
        return replace(node, items=tuple(_fill_step(item) for item in node.items))
    return node


def _fill_step(node: Node) -> Node:
    fields = step_fields(node)
    return fill(node, fields) if fields and isinstance(node, Mapping) else node
