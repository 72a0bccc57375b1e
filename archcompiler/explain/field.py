"""What the schema says of a field, wherever fields of that name stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from archcompiler.schema.language import read_schema
from archcompiler.schema.shapes import alternatives_of, reference

Json = dict[str, Any]
_DOCUMENT = "document"
_REPEATS = ("override", "defaults")  # what stands there is a stage's field too, without its default
_KINDS = {"stages": "stage", "override": "stage", "defaults": "stage", "claims": "claim", "steps": "step"}
_WORDS = {"array": "a list", "boolean": "true or false", "integer": "a whole number", "number": "a number"}


@dataclass(frozen=True, slots=True)
class FieldPage:
    """One field as the schema describes it, and the objects that have it, as in `stage (bottleneck)`."""

    name: str
    description: str
    where: tuple[str, ...]
    value: str
    default: Any
    needed: bool
    instead: tuple[str, ...]
    examples: tuple[Any, ...]


def field_pages(name: str) -> list[FieldPage]:
    """Return a page for each meaning of a field: `bottleneck_width`, or below an object, `head.pool`."""
    *above, key = name.split(".")
    pages: dict[tuple[str, ...], list[tuple[str, FieldPage]]] = {}
    for owner, described in _objects():
        if key in described["properties"] and (not above or _is_meant(owner, above)):
            found = page_of(key, described)
            same = (found.description, found.value, repr(found.default))
            pages.setdefault(same, []).append((owner, found))
    return [_together(found) for found in pages.values()]


def near_fields(name: str) -> list[str]:
    """Return the names nearest to one that no field has."""
    return get_close_matches(name.split(".")[-1].lower(), known_fields(), n=3, cutoff=0.7)


def known_fields() -> list[str]:
    """Return the names of all fields, sorted."""
    return sorted({key for _, described in _objects() for key in described["properties"]})


def fields_that_take(word: str) -> list[str]:
    """Return the fields of which a word is a value: `bottleneck` is one of `block`."""
    taking = (
        owner.partition(".")[0] if key == "type" else key
        for owner, described in _objects()
        for key, schema in described["properties"].items()
        if word in schema.get("enum", ())
    )
    return list(dict.fromkeys(taking))


def _objects() -> Iterator[tuple[str, Json]]:
    """Yield every object of the language with its fields; the one of all cases, and what repeats, left out."""
    schema = read_schema("architecture.json")
    yield _DOCUMENT, schema
    for owner, described in schema["$defs"].items():
        if "properties" in described and not owner.endswith(".any") and owner.partition(".")[0] not in _REPEATS:
            yield owner, described


def _is_meant(owner: str, above: list[str]) -> bool:
    """Tell whether an object is the one that a path speaks of: by its last name, or by that of a stage or list."""
    kind = owner.partition(".")[0]
    return kind == _KINDS.get(above[-1], above[-1]) or (above[0] == "stages" and len(above) == 2 and kind == "stage")


def page_of(key: str, described: Json) -> FieldPage:
    """Return the page of a key of an object that the schema describes; where it stands is not said."""
    schema = described["properties"][key]
    return FieldPage(
        name=key,
        description=schema.get("description", ""),
        where=(),
        value=_value(schema),
        default=schema.get("default"),
        needed=key in (*described.get("required", ()), *described.get("x-required", ())),
        instead=tuple(alternatives_of(described, key)),
        examples=tuple(schema.get("examples", ())),
    )


def _value(schema: Json) -> str:
    """Return in words what values a field takes."""
    target = reference(schema)
    if target:
        cases = read_schema("architecture.json")["$defs"][target].get("x-choice", {}).get("cases", ())
        return f"{', '.join(cases)}; or an object that says its type" if cases else "a mapping"
    if "enum" in schema or "const" in schema:
        return ", ".join(str(choice) for choice in schema.get("enum", [schema.get("const")]) if choice is not None)
    if "type" not in schema:
        return "any value"
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kinds = [_WORDS.get(kind, f"a {kind}") for kind in types if kind not in ("null", "string")]
    kinds += schema.get("then", {}).get("enum", []) or (["a string"] if "string" in types else [])
    return " or ".join(kinds) + _limits(schema)


def _limits(schema: Json) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above = f"above {schema['exclusiveMinimum']:,}" if "exclusiveMinimum" in schema else ""
    bounds = [above, f"from {low:,}" if low is not None else "", f"to {high:,}" if high is not None else ""]
    below = f"below {schema['exclusiveMaximum']:,}" if "exclusiveMaximum" in schema else ""
    return "".join(f" {bound}" for bound in (*bounds, below) if bound)


def _together(found: list[tuple[str, FieldPage]]) -> FieldPage:
    """Return one page for a field that means the same in several objects."""
    cases: dict[str, list[str]] = {}
    for owner, _ in found:
        kind, _, case = owner.partition(".")
        cases.setdefault(kind, []).extend([case] if case else [])
    where = tuple(f"{kind} ({', '.join(names)})" if names else kind for kind, names in cases.items())
    return replace(found[0][1], where=where)
