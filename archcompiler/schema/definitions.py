"""The definition of a field that a document declares, in as much of it as can be read on where some of it is faulty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcompiler.schema.language import read_schema
from archcompiler.schema.plain_values import is_plainly_sound
from archcompiler.schema.shapes import Json

TYPES = ("integer", "number", "boolean", "string", "array")
OF_ITEMS = ("type", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
"""What may be said of the items of a list."""
_SAID: Json = read_schema("block.json")["$defs"]["field"]["properties"]
"""What the schema says of each key of a definition."""


def sound_definition(own: Json) -> Json:
    """Return what a definition says in a form that can be read on; the faults of the rest are told by its schema.

    What is left becomes JSON Schema of a field's value, so that no key of another meaning, such as `$ref`, may pass.
    """
    found = _sound(own, _SAID)
    if "type" not in found:
        found.pop("words", None)  # they stand in the place of a value of the type
    return {**found, "items": _sound(found["items"], OF_ITEMS)} if "items" in found else found


def _sound(own: Json, keys: Iterable[str]) -> Json:
    return {key: value for key, value in own.items() if key in keys and _is_sound(key, value)}


def _is_sound(key: str, value: Any) -> bool:
    if key == "type":
        return value in TYPES or (isinstance(value, list) and value != [] and all(each in TYPES for each in value))
    return key == "default" or (value is not None and is_plainly_sound(_SAID[key], value))
