"""Have jsonschema check the plain values of one object: types, ranges, words and forms."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from archcompiler.diagnostics import Diagnostic
from archcompiler.schema.faults import from_error
from archcompiler.schema.language import Schema
from archcompiler.schema.plain_values import is_plainly_sound
from archcompiler.schema.shapes import object_reference, property_of, reference
from archcompiler.tree import Entry, Mapping, Node, Path, Plain, Scalar, find, plain

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

Json = dict[str, Any]
_ANNOTATIONS = ("description", "default")
_MOST_REMEMBERED = 10_000
_LONGEST_REMEMBERED = 200  # characters of a string


def value_faults(schema: Schema, name: str, node: Mapping) -> dict[str, list[Diagnostic]]:
    """Return the faults of the plain values of an object, by key; null is no value."""
    if name not in schema.described:
        schema.described[name] = _values(schema.definition(name))
    described = schema.described[name]
    unknown = {key: entry.value for key, entry in node.entries.items() if not _is_known(schema, name, key, entry.value)}
    values = {key: plain(value) for key, value in unknown.items() if property_of(described, key)}
    doubtful = {key: value for key, value in values.items() if not _is_sound(described, key, value)}
    faults = _told(_validator(schema, name), name, doubtful, node) if doubtful else {}
    _remember(schema, name, {key: value for key, value in values.items() if key not in faults})
    return faults


def described_faults(described: Json, key: str, entry: Entry) -> list[Diagnostic]:
    """Return the faults of one value, whose key the described field is."""
    validator = _validator_class()({"properties": {key: described}})
    return _told(validator, "", {key: plain(entry.value)}, Mapping({key: entry}, entry.value.span)).get(key, [])


def _told(validator: Validator, name: str, values: dict[str, Plain], node: Mapping) -> dict[str, list[Diagnostic]]:
    """Return what a validator finds in the values of an object, by key: one fault for each place."""
    errors: dict[Path, ValidationError] = {}
    for error in validator.iter_errors(values):
        place = tuple(error.path)
        if place not in errors or error.validator == "type":
            errors[place] = error
    faults: dict[str, list[Diagnostic]] = {}
    for (key, *indices), error in errors.items():
        field = "".join([str(key), *(f"[{index}]" for index in indices)])
        faults.setdefault(str(key), []).append(from_error(field, error, find(node, (key, *indices)).span, name))
    return faults


def _is_known(schema: Schema, name: str, key: str, node: Node) -> bool:
    return isinstance(node, Scalar) and (f"{name}.{key}", type(node.value), node.value) in schema.sound


def _remember(schema: Schema, name: str, values: dict[str, Plain]) -> None:
    """Keep the scalars that were found sound: specs say the same few over and over, and resolving checks them again.

    They are kept within bounds: a hostile text must not fill the memory.
    """
    if len(schema.sound) > _MOST_REMEMBERED:
        schema.sound.clear()
    for key, value in values.items():
        if not isinstance(value, (list, dict)) and not (isinstance(value, str) and len(value) > _LONGEST_REMEMBERED):
            schema.sound.add((f"{name}.{key}", type(value), value))


def _is_sound(described: Json, key: str, value: Plain) -> bool:
    of_key = property_of(described, key)
    return value is None or (isinstance(of_key, dict) and is_plainly_sound(of_key, value))


def _validator(schema: Schema, name: str) -> Validator:
    if name not in schema.validators:
        schema.validators[name] = _validator_class()(schema.described[name])
    validator: Validator = schema.validators[name]
    return validator


def _values(described: Json) -> Json:
    """Return the schema of the plain values of one object; what lies deeper is left to the walk."""
    values = {
        kind: {key: _value(schema) for key, schema in described.get(kind, {}).items()}
        for kind in ("properties", "patternProperties")
    }
    return {**values, "additionalProperties": _value(described["additionalProperties"])}


def _value(schema: Json | bool) -> Json:
    """Return what a schema says about a value alone; nothing where it refers to a definition, or to one of several."""
    if isinstance(schema, bool) or reference(schema):
        return {}
    deep = ["anyOf", *(["items"] if "$ref" in schema.get("items", {}) else [])]
    deep += ["if", "then"] if object_reference(schema) else []
    return {key: value for key, value in schema.items() if key not in _ANNOTATIONS and key not in deep}


@cache
def _validator_class() -> type[Validator]:
    """Return a validator for which a float is never an integer and a pattern holds for the whole string."""
    from jsonschema import Draft202012Validator, ValidationError, validators

    def is_integer(_: object, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    def is_number(_: object, value: object) -> bool:
        return is_integer(_, value) or (isinstance(value, float) and math.isfinite(value))

    def pattern(_: Validator, pattern: str, value: object, __: Json) -> Iterator[ValidationError]:
        if isinstance(value, str) and not re.fullmatch(pattern, value):
            yield ValidationError("no match")

    types = Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": is_integer, "number": is_number})
    extend: Callable[..., type[Validator]] = validators.extend
    return extend(Draft202012Validator, {"pattern": pattern}, type_checker=types)
