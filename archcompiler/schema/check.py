"""Check documents against the schema: every fault at once, each at the place where it stands.

The walk picks the closed object of `architecture.json` by its discriminator, as the schema's own if/then/else does, and
has jsonschema check the values of that object. So there is one fault for one cause, and it speaks about its own field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from archcompiler.diagnostics import Diagnostic
from archcompiler.schema import faults
from archcompiler.schema.canonical import is_field
from archcompiler.schema.language import read_schema
from archcompiler.schema.shapes import property_schema, reference
from archcompiler.schema.spellings import names_of
from archcompiler.schema.values import definition, described_faults, value_faults
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Entry, Mapping, Node, Scalar, Sequence, plain

Json = dict[str, Any]
_ARCHITECTURE, _NAMES, _PART = "architecture.json", "names.json", "block.json"


def partial_faults(document: Mapping) -> list[Diagnostic]:
    """Return the faults of one file as it is written; a document that extends another may leave keys to its base."""
    extends = "extends" in document.entries
    return _faults(document, _Walk(_ARCHITECTURE, nulls=extends, standalone=not extends))


def complete_faults(document: Mapping) -> list[Diagnostic]:
    """Return the faults of a resolved spec, in which nothing is left to inherit."""
    return _faults(document, _Walk(_ARCHITECTURE, complete=True, standalone=True))


def names_faults(document: Mapping) -> list[Diagnostic]:
    """Return the faults of a table of module names."""
    return _faults(document, _Walk(_NAMES, nulls=True))


def part_faults(document: Mapping) -> list[Diagnostic]:
    """Return the faults of a document of a block, or of a kind of shortcut, attention, stem or head."""
    return _faults(document, _Walk(_PART, standalone=True))


def field_faults(key: str, field: Json, entry: Entry) -> list[Diagnostic]:
    """Return the faults of a value that a key of a field's own definition has."""
    target = field.get("union") or field.get("object")
    if target is None:
        return described_faults(property_schema(field, nullable=False), key, entry)
    place = _Place(key, entry.key_span, key, whole=True)
    return list(_Walk(_ARCHITECTURE, standalone=True).visit(target, entry.value, place))


def _faults(document: Mapping, walk: _Walk) -> list[Diagnostic]:
    first = next(iter(document.entries.values()), None)
    place = _Place("", first.key_span if first else document.span, "the document", whole=walk.standalone)
    found = dict.fromkeys(walk.visit("", document, place))
    return sorted(found, key=lambda fault: (fault.span.path, fault.span.line, fault.span.column))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands: its key, what messages call the object, and whether it must be whole there.

    `case` is the case of the choice that holds where the object does not say its own.
    """

    key: str
    key_span: Span
    what: str
    whole: bool = False
    case: str | None = None


@dataclass(frozen=True, slots=True)
class _Walk:
    """One walk over one document. `complete`: nothing is left to inherit; `nulls`: null may stand for a removed key."""

    file: str
    nulls: bool = False
    standalone: bool = False
    complete: bool = False

    def visit(self, name: str, node: Node, place: _Place) -> Iterator[Diagnostic]:
        """Yield the faults of a value that one definition of the schema describes."""
        described = definition(self.file, name)
        scalar = described.get("x-scalar")
        if "x-choice" in described:
            yield from self._choose(name, node, place)
        elif isinstance(node, Mapping):
            yield from self._object(name, node, place)
        elif scalar and isinstance(node, Scalar) and isinstance(node.value, str):
            meant = Mapping({scalar: Entry(place.key_span, node)}, node.span)
            yield from self._object(name, meant, place)
        else:
            types = [described["type"]] if isinstance(described["type"], str) else described["type"]
            yield faults.wrong_type(place.key, types, plain(node), node.span)

    def _choose(self, name: str, node: Node, place: _Place) -> Iterator[Diagnostic]:
        """Yield the faults of an object that a discriminator picks."""
        choice = definition(self.file, name)["x-choice"]
        key, cases = choice["key"], choice["cases"]
        if isinstance(node, Mapping):
            case = _case(node, choice, place)
            what = f"{place.what} ({key} {case})" if key and case else f"{name} `{case}`" if case else place.what
            yield from self._object(f"{name}.{case or 'any'}", node, replace(place, what=what, case=case), name)
        elif key != "type":
            fault = faults.wrong_type(place.key, ("object",), plain(node), node.span)
            is_field = place.key in definition(self.file, f"{name}.any")["properties"]
            yield faults.misplaced(fault, place.key, name) if is_field else fault
        elif not isinstance(node, Scalar) or not isinstance(node.value, str):
            yield faults.wrong_type(place.key, ("string", "object"), plain(node), node.span)
        elif node.value not in cases:
            yield faults.not_allowed(place.key, node.value, cases, node.span)
        else:
            meant = Mapping({"type": Entry(place.key_span, node)}, node.span)
            alone = replace(place, what=f"{place.what} (type {node.value})", whole=True)
            described = definition(self.file, f"{name}.{node.value}")
            yield from (_with_example(fault, described, node.value) for fault in _missing(described, meant, alone))

    def _object(self, name: str, node: Mapping, place: _Place, choice: str = "") -> Iterator[Diagnostic]:
        """Yield the faults of one closed object, or of a mapping with keys of the writer's choice."""
        described = definition(self.file, name)
        properties, others = described.get("properties", {}), described["additionalProperties"]
        pattern = described.get("propertyNames", {}).get("pattern", "")
        found = value_faults(self.file, name, node)
        yield from _missing(described, node, place)
        yield from _alternatives(described, node, place)
        for key, entry in node.entries.items():
            schema = properties.get(key, others)
            if schema is False:
                owner = _owner(self.file, choice, key) if name else _part_with(self.file, key)
                yield faults.unknown_key(place.what, key, node, properties, owner)
            elif key not in properties and not re.fullmatch(pattern, key):
                yield faults.bad_key(place.key, key, pattern, entry.key_span, properties)
            elif isinstance(entry.value, Scalar) and _is_empty(entry.value):
                yield faults.empty_value(key, entry.key_span)
            elif isinstance(entry.value, Scalar) and entry.value.value is None:
                yield from self._null(name, key, entry, inherits=self.nulls or "extends" in node.entries)
            elif key in found:
                yield from found[key]
            else:
                yield from self._below(schema, key, entry, place)

    def _null(self, name: str, key: str, entry: Entry, *, inherits: bool) -> Iterator[Diagnostic]:
        """Yield a fault where null does not stand for a key that is removed."""
        required = key in definition(self.file, name).get("required", ())
        if required or not inherits or name.startswith("step."):
            yield faults.useless_null(key, entry.value.span, required=required)

    def _below(self, schema: Json, key: str, entry: Entry, parent: _Place) -> Iterator[Diagnostic]:
        """Yield the faults of an object, or of the objects of a list, under one key."""
        name = reference(schema)
        if entry.value.span == SCHEMA_ORIGIN:
            return  # the schema's own default: a test proves that each of them is valid
        if name and not (name == schema.get("x-union") and "else" in schema and is_field(entry.value)):
            yield from self.visit(name, entry.value, self._place(name, key, entry.key_span, parent))
        elif "$ref" in schema.get("items", {}) and isinstance(entry.value, Sequence):
            listed = schema["items"]["$ref"].removeprefix("#/$defs/")
            for item in entry.value.items:
                yield from self.visit(listed, item, _Place(key, item.span, f"a {listed}", whole=True))

    def _place(self, reference: str, key: str, span: Span, parent: _Place) -> _Place:
        """Return where the value under a key stands."""
        if reference in ("stages", "overrides"):
            return replace(parent, key=key, key_span=span)
        if reference == "stage":
            return _Place(key, span, f"stage `{key}`", whole=self.complete)
        if reference == "override":
            stage = parent.what.partition(" (")[0]
            return _Place(key, span, f"override `{key}` of {stage}", case=parent.case if self.complete else None)
        return _Place(key, span, key, whole=parent.whole and reference != "defaults")


def _case(node: Mapping, choice: Json, place: _Place) -> str | None:
    """Return the case of a choice that an object says, implies or is given by the object around it."""
    key, cases = choice["key"], choice["cases"]
    if not key:
        return next((case for case in cases if case in node.entries), None)
    said = node.get(key)
    if said is not None:
        return str(said.value) if isinstance(said, Scalar) and said.value in cases else None
    implied = next((case for case in choice.get("implied", ()) if case in node.entries), None)
    return implied or (choice.get("default") if place.whole else place.case)


def _missing(described: Json, node: Mapping, place: _Place) -> Iterator[Diagnostic]:
    """Yield the keys that an object needs and does not have; of alternatives it needs one."""
    wanted = [*described.get("required", ()), *(described.get("x-required", ()) if place.whole else ())]
    groups = {name: tuple(group) for group in described.get("x-alternatives", ()) for name in group}
    for group in dict.fromkeys(groups.get(name, (name,)) for name in wanted):
        if not any(name in node.entries for name in group):
            text = " ".join(_in_words(name, described["properties"][name]) for name in group)
            yield faults.missing_key(place.what, group, place.key_span, text)
    if "anyOf" in described and node.entries.keys() <= described["properties"].keys():
        keys = [key for rule in described["anyOf"] for key in rule["required"]]
        yield faults.missing_key(place.what, keys, place.key_span, "it has exactly one of these keys")


def _in_words(name: str, field: Json) -> str:
    """Return what a field is: its choices, where it has some, else its description, and its value where it has one."""
    choices = [str(choice) for choice in field.get("enum", ()) if choice is not None]
    only = f" Write `{name}: {field['const']}`." if "const" in field else ""
    said = f"one of {', '.join(choices)}" if choices else field["description"]
    return f"`{name}`: {said}{only}"


def _alternatives(described: Json, node: Mapping, place: _Place) -> Iterator[Diagnostic]:
    """Yield the groups of alternatives of which an object gives more than one."""
    for group in described.get("x-alternatives", ()):
        given = [(key, entry) for key, entry in node.entries.items() if key in group and plain(entry.value) is not None]
        if len(given) > 1:
            yield faults.both_given(place.what, given)


def _owner(file: str, choice: str, key: str) -> str | None:
    """Return which cases of a choice have the key, in words, or None."""
    if not choice:
        return None
    discriminator, cases = (definition(file, choice)["x-choice"][part] for part in ("key", "cases"))
    owners = [case for case in cases if key in definition(file, f"{choice}.{case}")["properties"]]
    if key in owners and not discriminator:
        return f"a {choice} of its own"
    return f"a field of {discriminator or choice} {', '.join(owners)}" if owners else None


def _part_with(file: str, key: str) -> str | None:
    """Return which part of a document has a field of this name, or of what that is called here, in words."""
    for part in ("defaults", "head.any", "input"):
        fields = definition(file, part)["properties"] if part in read_schema(file)["$defs"] else {}
        for name in names_of(key):
            if name in fields:
                where = part.partition(".")[0]
                return f"a field of `{where}`" if name == key else f"`{name}`, a field of `{where}`"
    return None


def _is_empty(value: Scalar) -> bool:
    """Tell whether nothing is written: no `null`, no `~`."""
    span = value.span
    return value.value is None and (span.line, span.column) == (span.end_line, span.end_column)


def _with_example(fault: Diagnostic, described: Json, kind: str) -> Diagnostic:
    """Return the fault of a type that stands alone and needs more, with the object to write."""
    needed = {name: described["properties"][name]["examples"][0] for name in described.get("x-required", ())}
    fields = ", ".join(f"{name}: {example}" for name, example in {"type": kind, **needed}.items())
    return replace(fault, help=f"{fault.help} Write `{{{fields}}}`.")
