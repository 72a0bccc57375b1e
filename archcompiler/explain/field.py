"""What the schema says of a field, wherever fields of that name stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from archcompiler.schema.language import read_schema
from archcompiler.schema.shapes import alternatives_of, reference

Json = dict[str, Any]
_SCHEMA = "architecture.json"
_DOCUMENT = "document"
_ROLE = "ROLE"
_REPEATS = ("override", "defaults")  # what stands there is a stage's field too, without its default
_KINDS = {
    "stages": "stage",
    "override": "stage",
    "defaults": "stage",
    "claims": "claim",
    "steps": "step",
    "round": "rounding",
}
_WORDS = {"object": "a mapping", "boolean": "true or false", "integer": "a whole number", "number": "a number"}
_ITEMS = {"integer": "whole numbers", "number": "numbers", "string": "strings"}


@dataclass(frozen=True, slots=True)
class FieldPage:
    """One field as the schema describes it, and the objects that have it, as in `stage (bottleneck)`.

    `holds` names the choice or object of the language that the value is, or of which it is a list, such as `norm`.
    """

    name: str
    description: str
    where: tuple[str, ...]
    value: str
    holds: str
    default: Any
    needed: bool
    instead: tuple[str, ...]
    examples: tuple[Any, ...]


def field_pages(name: str) -> list[FieldPage]:
    """Return a page for each meaning of a field: `bottleneck_width`, or below an object, `head.pool`."""
    *above, key = name.split(".")
    schema = read_schema(_SCHEMA)
    found = (
        (owner, page_of(key, described, schema))
        for owner, described in _objects(schema)
        if key in described["properties"] and (not above or _is_meant(owner, above))
    )
    return _meanings(found) or _meanings(_free_keys(above, key, schema))


def _free_keys(above: list[str], key: str, schema: Json) -> Iterator[tuple[str, FieldPage]]:
    """Yield the keys of a writer's choice that are meant, as roles under `names`, or whose values say a counter."""
    for owner, described in schema["$defs"].items():
        free = described.get("additionalProperties")
        if isinstance(free, dict) and free.get("description"):
            of_owner = above[-1:] == [owner] or (not above and key == owner)
            if of_owner or (not above and f"{{{key}}}" in free["description"]):
                yield owner, page_of(_ROLE, {"properties": {_ROLE: free}}, schema)


def mentions(word: str) -> list[str]:
    """Return the fields in whose descriptions a word stands, two at most."""
    schema = read_schema(_SCHEMA)
    pages = (page_of(key, own, schema) for _, own in _objects(schema) for key in own["properties"])
    found = [page.name for page in pages if re.search(rf"\b{re.escape(word)}\b", page.description)]
    return list(dict.fromkeys(found))[:2]


def pages_of_kind(kind: str, schema: Json) -> list[FieldPage]:
    """Return a page for each meaning of each field of a kind of object, such as `stage`, in the schema's order."""
    own = [(owner, described) for owner, described in _objects(schema) if owner.partition(".")[0] == kind]
    pages = _meanings((owner, page_of(key, each, schema)) for owner, each in own for key in each["properties"])
    order = [*schema["$defs"].get(f"{kind}.any", {}).get("properties", ()), *(page.name for page in pages)]
    return sorted(pages, key=lambda page: order.index(page.name))


def near_fields(name: str) -> list[str]:
    """Return the names nearest to one that no field has."""
    return get_close_matches(name.split(".")[-1].lower(), known_fields(), n=3, cutoff=0.7)


def known_fields() -> list[str]:
    """Return the names of all fields, sorted."""
    return sorted({key for _, described in _objects(read_schema(_SCHEMA)) for key in described["properties"]})


def fields_that_take(word: str) -> list[str]:
    """Return the fields of which a word is a value: `bottleneck` is one of `block`."""
    taking = (
        owner.partition(".")[0] if key == "type" else key
        for owner, described in _objects(read_schema(_SCHEMA))
        for key, schema in described["properties"].items()
        if word in schema.get("enum", ())
    )
    return list(dict.fromkeys(taking))


def _objects(schema: Json) -> Iterator[tuple[str, Json]]:
    """Yield every object of the language with its fields; the one of all cases, and what repeats, left out."""
    yield _DOCUMENT, schema
    for owner, described in schema["$defs"].items():
        if "properties" in described and not owner.endswith(".any") and owner.partition(".")[0] not in _REPEATS:
            yield owner, described


def _is_meant(owner: str, above: list[str]) -> bool:
    """Tell whether an object is the one that a path speaks of: by its last name, or by that of a stage or list."""
    kind, _, case = owner.partition(".")
    return (
        case == above[-1]
        or kind == _KINDS.get(above[-1], above[-1])
        or (above[0] == "stages" and len(above) == 2 and kind == "stage")
    )


def page_of(key: str, described: Json, root: Json) -> FieldPage:
    """Return the page of a key of an object that a schema describes; where it stands is not said."""
    schema = described["properties"][key]
    return FieldPage(
        name=key,
        description=schema.get("description", ""),
        where=(),
        value=_value(schema, root),
        holds=reference(schema) or reference(schema.get("items", {})),
        default=schema.get("default"),
        needed=key in (*described.get("required", ()), *described.get("x-required", ())),
        instead=tuple(alternatives_of(described, key)),
        examples=tuple(schema.get("examples", ())),
    )


def _value(schema: Json, root: Json) -> str:
    """Return in words what values a field takes."""
    target = reference(schema)
    if target:
        choice = root["$defs"][target].get("x-choice", {})
        is_union = choice.get("key") == "type"
        return f"{', '.join(choice['cases'])}; or an object that says its type" if is_union else "a mapping"
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return ", ".join(str(choice) for choice in schema["enum"] if choice is not None)
    if "type" not in schema:
        return "any value"
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    *kinds, last = [words for kind in types if kind != "null" for words in _kind(kind, schema)]
    return f"{', '.join(kinds)} or {last}" if kinds else last


def _kind(kind: str, schema: Json) -> list[str]:
    """Return what a field takes of one type of JSON."""
    if kind == "string":
        words = [*schema.get("then", {}).get("enum", ()), *schema.get("x-words", ())]
        return [*words, "an expression"] if schema.get("x-expression") else words or ["a string"]
    if kind == "array":
        return [f"a list of {_items(schema)}"]
    return [_WORDS[kind] + (_limits(schema) if kind in ("integer", "number") else "")]


def _items(schema: Json) -> str:
    """Return in words of what a list consists."""
    items = schema.get("items", {})
    target, kind = reference(items), items.get("type", "")
    noun = f"{target}s" if target else _ITEMS.get(kind if isinstance(kind, str) else kind[0], "values")
    most, least = schema.get("maxItems"), schema.get("minItems")
    return f"{most} {noun}" if most and most == least else noun


def _limits(schema: Json) -> str:
    """Return the bounds of a number in words."""
    words = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    return "".join(f" {word} {schema[key]:,}" for key, word in words.items() if key in schema)


def _meanings(pages: Iterable[tuple[str, FieldPage]]) -> list[FieldPage]:
    """Return one page for each meaning of each field, from those of its owners."""
    groups: dict[tuple[str, ...], list[tuple[str, FieldPage]]] = {}
    for owner, page in pages:
        same = (page.name, page.description, page.value, repr(page.default))
        groups.setdefault(same, []).append((owner, page))
    return [_together(found) for found in groups.values()]


def _together(found: list[tuple[str, FieldPage]]) -> FieldPage:
    """Return one page for a field that means the same in several objects."""
    cases: dict[str, list[str]] = {}
    for owner, _ in found:
        kind, _, case = owner.partition(".")
        cases.setdefault(kind, []).extend([case] if case else [])
    where = tuple(f"{kind} ({', '.join(names)})" if names else kind for kind, names in cases.items())
    return replace(found[0][1], where=where)
