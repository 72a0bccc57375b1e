"""The definition of a field that a document declares, in as much of it as can be read on where some of it is faulty."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from archcompiler.schema.language import read_schema
from archcompiler.schema.shapes import Json

TYPES = ("integer", "number", "boolean", "string", "array")
OF_ITEMS = ("type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
"""What may be said of the items of a list."""


def sound_definition(own: Json) -> Json:
    """Return what a definition says in a form that can be read on; the faults of the rest are told by its schema.

    What is left becomes JSON Schema of a field's value, so that no key of another meaning, such as `$ref`, may pass.
    """
    found = _sound(own, tuple(_SOUND))
    if "type" not in found:
        found.pop("words", None)  # they stand in the place of a value of the type
    return {**found, "items": _sound(found["items"], OF_ITEMS)} if "items" in found else found


def _sound(own: Json, keys: tuple[str, ...]) -> Json:
    return {key: value for key, value in own.items() if key in keys and _SOUND[key](value)}


def _is_anything(value: Any) -> bool:
    return True


def _are_types(value: Any) -> bool:
    return value in TYPES or (_are_words(value) and bool(value) and set(value) <= {*TYPES})


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _is_count(value: Any) -> bool:
    return _is_number(value) and isinstance(value, int) and value >= 0


def _are_words(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


_CHOICES = read_schema("block.json")["$defs"]["field"]["properties"]
_SOUND: dict[str, Callable[[Any], bool]] = {
    "type": _are_types,
    "enum": _are_words,
    "words": _are_words,
    "alternatives": _are_words,
    "items": lambda value: isinstance(value, dict),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(("minItems", "maxItems"), _is_count),
    "union": lambda value: value in _CHOICES["union"]["enum"],
    "object": lambda value: value in _CHOICES["object"]["enum"],
    "default": _is_anything,
    "examples": lambda value: isinstance(value, list) and bool(value),
    "description": lambda value: isinstance(value, str),
    "required": lambda value: isinstance(value, bool),
}
