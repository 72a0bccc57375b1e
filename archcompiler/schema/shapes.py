"""Build JSON Schema from fields: closed objects, choices between them, and mappings with free keys."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

Json = dict[str, Any]
FIELD = r"^\$[a-z][a-z0-9_]*$"
"""What a text is that means a field of a block document."""
_OBJECTS = {"roles": "string", "edits": "array"}
"""The definitions of objects that may stand in place of a value, and the type of that."""
_OWN_KEYS = ("required", "alternatives", "union", "object", "list", "steps", "words", "expression", "pair", *_OBJECTS)


def property_schema(field: Json, *, nullable: bool) -> Json:
    """Return the JSON Schema of one field."""
    schema = {key: value for key, value in field.items() if key not in _OWN_KEYS}
    target = field.get("union") or field.get("object")
    if target:
        schema["$ref"] = f"#/$defs/{target}"
    if "union" in field:
        schema["x-union"] = field["union"]
    if listed := "step" if field.get("steps") else field.get("list"):
        schema |= {"type": "array", "items": {"$ref": f"#/$defs/{listed}"}}
    if field.get("pair"):
        return _pair(schema, field.get("words") or [])
    schema |= _or_object(field)
    if field.get("expression"):
        return _computed(schema, field.get("words") or field.get("enum") or [])
    if field.get("words"):
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        schema |= {"type": [*types, "string"], "if": {"type": "string"}, "then": {"enum": field["words"]}}
    may_be_null = nullable and not target and field.get("required") != "always"
    return _nullable(schema) if may_be_null else schema


def _or_object(field: Json) -> Json:
    """Return what the schema of a value says for which an object may stand; nothing for any other."""
    name = next((name for name in _OBJECTS if field.get(name)), None)
    if name is None:
        return {}
    return {"type": [_OBJECTS[name], "object"], "if": {"type": "object"}, "then": {"$ref": f"#/$defs/{name}"}}


def _computed(schema: Json, words: list[str]) -> Json:
    """Return the schema of a value for which an expression may stand, whose result, words too, the schema describes."""
    kept = {key: value for key, value in schema.items() if key != "enum"}
    types = [*([schema["type"]] if "type" in schema else []), "string"]
    return {**kept, "type": types, "x-expression": True, **({"x-words": words} if words else {})}


def _pair(schema: Json, words: list[str]) -> Json:
    """Return the schema of a number or an expression, or of a list of two such."""
    bounds = {key: value for key, value in schema.items() if key in ("minimum", "maximum")}
    items = {"type": ["integer", "string"], **bounds}
    listed = {"items": items, "minItems": 2, "maxItems": 2}
    named = {"x-words": words} if words else {}
    return {**schema, "type": ["integer", "string", "array"], **listed, "x-expression": True, **named}


def union_or_field(name: str) -> Json:
    """Return the schema of a union's value, or of `$NAME`, the field that holds one."""
    is_field = {"type": "string", "pattern": FIELD}
    return {"not": {"type": "null"}, "if": is_field, "else": {"$ref": f"#/$defs/{name}"}, "x-union": name}


def reference(schema: Json) -> str:
    """Return the name of the definition that a schema refers to; empty where it refers to none."""
    found: str = schema.get("$ref", schema.get("else", {}).get("$ref", ""))
    return found.removeprefix("#/$defs/")


def property_of(described: Json, key: str) -> Json | Literal[False]:
    """Return what an object's schema says of the value under a key; False where it may have none."""
    found: Json | Literal[False] | None = described.get("properties", {}).get(key)
    if found is None:
        patterns = described.get("patternProperties", {}).items()
        found = next((schema for pattern, schema in patterns if re.search(pattern, key)), None)
    others: Json | Literal[False] = described["additionalProperties"]
    return others if found is None else found


def object_reference(schema: Json) -> str:
    """Return the name of the definition of the objects that a value may be, beside texts; empty where it may not."""
    found: str = schema.get("then", {}).get("$ref", "")
    return found.removeprefix("#/$defs/")


def _nullable(schema: Json) -> Json:
    """Return a schema that null satisfies too."""
    changed = dict(schema)
    if "type" in schema:
        types = schema["type"]
        changed["type"] = [*(types if isinstance(types, list) else [types]), "null"]
    if "enum" in schema:
        changed["enum"] = [*schema["enum"], None]
    return changed


def laid_over(shared: Json, own: Json) -> Json:
    """Return a field: what it says over what the shared definition of its name says; null takes a key away."""
    return {key: value for key, value in {**shared, **own}.items() if value is not None}


def closed_object(fields: Mapping[str, Json], *, nullable: bool) -> Json:
    """Return the closed object that has these fields."""
    schema: Json = {
        "type": ["object", "null"] if nullable else "object",
        "properties": {name: property_schema(field, nullable=nullable) for name, field in fields.items()},
        "additionalProperties": False,
    }
    always = [name for name, field in fields.items() if field.get("required") == "always"]
    in_the_end = [name for name, field in fields.items() if field.get("required")]
    alternatives = sorted({tuple(sorted((name, *field["alternatives"]))) for name, field in _alternatives(fields)})
    if always:
        schema["required"] = always
    if in_the_end:
        schema["x-required"] = in_the_end
    if alternatives:
        schema["x-alternatives"] = [list(group) for group in alternatives]
        schema["allOf"] = [_exclusive(first, rest) for first, *rest in alternatives]
    return schema


def _alternatives(fields: Mapping[str, Json]) -> list[tuple[str, Json]]:
    return [(name, field) for name, field in fields.items() if field.get("alternatives")]


def alternatives_of(described: Json, name: str) -> list[str]:
    """Return the fields of an object that stand in place of one of them."""
    groups = described.get("x-alternatives", ())
    return [other for group in groups if name in group for other in group if other != name]


def _exclusive(first: str, rest: list[str]) -> Json:
    """Return the rule that where `first` has a value, the others have none."""
    message = f"{' and '.join([first, *rest])} are alternatives: write one of them."
    return {
        "if": {"properties": {first: {"not": {"type": "null"}}}, "required": [first]},
        "then": {"properties": {name: {"type": "null", "errorMessage": message} for name in rest}},
    }


def merged_fields(groups: Iterable[tuple[str, Json]], order: Iterable[str] = ()) -> Json:
    """Return the fields of all groups, none of them required; each takes what it takes in any group.

    Those that `order` names stand in that order; another stands behind the one that it follows in the first group that
    has it. ValueError where a field has another type or other alternatives than elsewhere.
    """
    merged: Json = {}
    names = list(order)
    for owner, fields in groups:
        place = 0
        for name, found in fields.items():
            field = {key: value for key, value in found.items() if key != "required"}
            if name in merged and not are_alike(merged[name], field):
                raise ValueError(f"field {name!r} of {owner!r} has another type than elsewhere: give it another name")
            merged[name] = united(merged[name], field) if name in merged else field
            if name not in names:
                names.insert(place, name)
            place = names.index(name) + 1
    return {name: merged[name] for name in names if name in merged}


_LOOSER: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minItems"), min),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxItems"), max),
}
_EITHER = ("description", "examples", "alternatives")
"""What a field has that is said of one of its definitions."""


def united(first: Json, second: Json) -> Json:
    """Return the definition of a field that takes what either of two takes; a default only where both have it.

    Of numbers and lists the looser bounds hold, of words all. Definitions of two types stand side by side.
    """
    if first == second:
        return first
    words = {key: each[key] for each in (second, first) for key in _EITHER if each.get(key)}
    if not are_alike(first, second):
        variants = [one for each in (first, second) for one in each.get("anyOf", [each])]
        return {**words, "anyOf": [one for place, one in enumerate(variants) if one not in variants[:place]]}
    found = {key: value for key, value in first.items() if second.get(key) == value} | words
    found |= {key: of(first[key], second[key]) for key, of in _LOOSER.items() if key in first and key in second}
    if "type" in first or "type" in second:
        types = list(dict.fromkeys([*_listed(first.get("type")), *_listed(second.get("type"))]))
        found["type"] = types if len(types) > 1 else types[0]
    if "items" in first and "items" in second:
        found["items"] = united(first["items"], second["items"])
    return found | _united_words(first, second)


def _united_words(first: Json, second: Json) -> Json:
    """Return the words of two definitions, as a field's or as a schema's, null last."""
    found: Json = {}
    if "enum" in first and "enum" in second:
        words = dict.fromkeys([*first["enum"], *second["enum"]])
        found["enum"] = sorted(words, key=lambda word: word is None)
    if named := dict.fromkeys([*first.get("words", ()), *second.get("words", ())]):
        found["words"] = list(named)
    if said := dict.fromkeys(word for each in (first, second) for word in each.get("then", {}).get("enum", ())):
        found |= {"if": {"type": "string"}, "then": {"enum": list(said)}}
    return found


def are_alike(first: Json, second: Json) -> bool:
    """Tell whether two definitions are of one type, and stand in place of the same fields where both name such."""
    others = [set(each["alternatives"]) for each in (first, second) if each.get("alternatives")]
    return _kind(first) == _kind(second) and others[1:] in ([], others[:1])


def _kind(field: Json) -> tuple[Any, ...]:
    """Return what of a definition is the same wherever a field has this name."""
    targets = [field.get(key) for key in ("union", "x-union", "object", "list", "steps", "$ref", "anyOf")]
    said = _listed(field.get("type", "string" if "enum" in field else None))
    words = {"string"} if "then" in field else set[str]()
    return *targets, {"number" if word == "integer" else word for word in said} - {"null"} - words


def _listed(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [] if said is None else [said]


def kind_field(word: str, groups: Json) -> Json:
    """Return the field that says which of the groups is meant."""
    choices = "; ".join(f"{name}: {group['description'].rstrip('.')}" for name, group in groups.items())
    return {"enum": list(groups), "description": f"{word} {choices}.", "examples": [next(iter(groups))]}


def choice(prefix: str, key: str, tests: Mapping[str, Json], **annotations: Any) -> Json:
    """Return the schema that picks one object by its discriminator, or the object of all where nothing is picked."""
    chain: Json = {"$ref": f"#/$defs/{prefix}.any"}
    for name in reversed(list(tests)):
        chain = {"if": tests[name], "then": {"$ref": f"#/$defs/{prefix}.{name}"}, "else": chain}
    return {**chain, "x-choice": {"key": key, "cases": list(tests), **annotations}}


def says(key: str, value: str) -> Json:
    """Return the test for an object that has this value under the key."""
    return {"type": "object", "properties": {key: {"const": value}}, "required": [key]}


def has(key: str) -> Json:
    """Return the test for an object that has the key."""
    return {"type": "object", "required": [key]}


def implies(variant: str) -> Json:
    """Return the test for an object that says no type and has a key with the name of the variant."""
    return {"type": "object", "required": [variant], "not": {"required": ["type"]}}


def free_mapping(pattern: str, value: Json, properties: Json | None = None) -> Json:
    """Return a mapping whose keys the writer chooses."""
    named = {name: property_schema(field, nullable=True) for name, field in (properties or {}).items()}
    schema: Json = {"type": ["object", "null"], "propertyNames": {"pattern": pattern}, "additionalProperties": value}
    return {**schema, "properties": named} if named else schema


def required_fields(fields: Json) -> list[str]:
    """Return the names of the fields that have to be there in the end."""
    return [name for name, field in fields.items() if field.get("required")]


def untyped(union: Json) -> Json:
    """Return the test for an object that neither says its type nor implies it."""
    implied = [name for name, fragment in union["variants"].items() if name in fragment.get("fields", {})]
    return {"type": "object", "not": {"anyOf": [{"required": [key]} for key in ("type", *implied)]}}


_SHARED = "shared."
_OF_BLOCKS = ("override", "defaults")  # what stands there has the fields of a stage
_SHORT = 80  # characters of JSON: no longer than a reference and its name


def with_shared_fields(schema: Json) -> Json:
    """Return a schema in which a field that several objects of one kind have alike stands once, in `$defs`."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for name, key, field in _fields(schema["$defs"]):
        found.setdefault((_kind_of_object(name), key), Counter())[json.dumps(field)] += 1
    shared = {}
    for (kind, key), counts in found.items():
        text, count = counts.most_common(1)[0]
        if count > 1 and len(text) > _SHORT:
            shared[f"{_SHARED}{kind}.{key}"] = json.loads(text)

    def referring(name: str, key: str, field: Json) -> Json:
        target = f"{_SHARED}{_kind_of_object(name)}.{key}"
        return {"$ref": f"#/$defs/{target}"} if shared.get(target) == field else field

    return {**schema, "$defs": {**_with_fields(schema["$defs"], referring), **shared}}


def without_shared_fields(schema: Json) -> Json:
    """Return a schema in which each field stands in its object again."""
    shared = {name: field for name, field in schema.get("$defs", {}).items() if name.startswith(_SHARED)}
    if not shared:
        return schema
    own = {name: found for name, found in schema["$defs"].items() if name not in shared}
    return {**schema, "$defs": _with_fields(own, lambda _, __, field: shared.get(reference(field), field))}


def _fields(definitions: Json) -> Iterator[tuple[str, str, Json]]:
    for name, found in definitions.items():
        for key, field in found.get("properties", {}).items():
            yield name, key, field


def _with_fields(definitions: Json, change: Callable[[str, str, Json], Json]) -> Json:
    """Return definitions with each field of each object changed."""
    changed = dict(definitions)
    for name, found in definitions.items():
        if "properties" in found:
            fields = {key: change(name, key, field) for key, field in found["properties"].items()}
            changed[name] = {**found, "properties": fields}
    return changed


def _kind_of_object(name: str) -> str:
    kind = name.partition(".")[0]
    return "stage" if kind in _OF_BLOCKS else kind


def no_null() -> Json:
    """Return the rule for documents that inherit nothing: there is nothing that null could remove."""
    below = {"$ref": "#/$defs/no_null"}
    return {
        "if": {"type": "null"},
        "then": {"type": "string", "errorMessage": "null removes what is inherited, and nothing is inherited here"},
        "additionalProperties": below,
        "items": below,
    }
