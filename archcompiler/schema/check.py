"""Check documents against the schema: every fault at once, each at the place where it stands.

The walk picks the closed object of `architecture.json` by its discriminator, as the schema's own if/then/else does, and
has jsonschema check the values of that object. So there is one fault for one cause, and it speaks about its own field.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from archcompiler.diagnostics import Diagnostic
from archcompiler.schema import faults
from archcompiler.schema.canonical import is_field
from archcompiler.schema.cases import case_of, default_block, owner_of, part_with
from archcompiler.schema.language import PART_KINDS, Language, Schema, language, schema
from archcompiler.schema.role_tables import said_twice
from archcompiler.schema.shapes import object_reference, property_of, property_schema, reference
from archcompiler.schema.spellings import names_of, slip
from archcompiler.schema.values import described_faults, value_faults
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Entry, Mapping, Node, Scalar, Sequence, mapping_at, plain

Json = dict[str, Any]


def partial_faults(
    document: Mapping, known: Language | None = None, found: Iterable[Diagnostic] = ()
) -> list[Diagnostic]:
    """Return the faults of one file as it is written; a document that extends another may leave keys to its base.

    `known` is the language with the blocks of its own; without it the shipped one. `found` are the faults of its text,
    which are told too: what stands at their places is judged no further.
    """
    extends, text = "extends" in document.entries, list(found)
    known_schema, torn = (known or language()).schema, _is_torn(text)
    faults = _faults(document, _Walk(known_schema, nulls=extends, standalone=not extends, torn=torn))
    return _beside(text, faults)


def _is_torn(text: Iterable[Diagnostic]) -> bool:
    """Tell whether lines of a text could not be read."""
    return any(fault.code == "Y001" for fault in text)


def _beside(text: list[Diagnostic], faults: list[Diagnostic]) -> list[Diagnostic]:
    """Return the faults of a text and those of what it says; what stands at the places of the first is left out."""
    sound = elsewhere(faults, text)
    misread = {fault.span for fault in faults if fault not in sound}
    told = [replace(each, fix=None) if each.span in misread else each for each in text]
    return _in_order([*told, *sound])


def elsewhere(faults: Iterable[Diagnostic], text: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return those of some faults that do not stand where a text is faulty already: it may mean something else."""
    places = [each.span for each in text]
    return [fault for fault in faults if not any(_stands_at(fault.span, place) for place in places)]


def _stands_at(span: Span, place: Span) -> bool:
    """Tell whether a fault stands where a text is faulty already, or right behind it, as a value behind its tag."""
    start = (span.line, span.column)
    return start == (place.line, place.column) or start in (
        (place.end_line, place.end_column + blank) for blank in range(2)
    )


def complete_faults(document: Mapping, known: Language | None = None) -> list[Diagnostic]:
    """Return the faults of a resolved spec, in which nothing is left to inherit; `known` as above."""
    return _faults(document, _Walk((known or language()).schema, complete=True, standalone=True))


def names_faults(document: Mapping, found: Iterable[Diagnostic] = ()) -> list[Diagnostic]:
    """Return the faults of a table of module names, and those `found` in its text."""
    text = list(found)
    return _beside(text, _faults(document, _Walk(schema("names.json"), nulls=True, torn=_is_torn(text))))


def part_faults(document: Mapping, found: Iterable[Diagnostic] = ()) -> list[Diagnostic]:
    """Return the faults of a document of a block, as far as its schema says them, and those `found` in its text."""
    text, kinds = list(found), [(key, entry) for key, entry in document.entries.items() if key in PART_KINDS]
    extends = document.entries.get("extends")
    walk = _Walk(schema("block.json"), standalone=extends is None, torn=_is_torn(text))
    more = [faults.both_given("the document", kinds)] if len(kinds) > 1 else []
    if extends and kinds and "block" not in dict(kinds):
        message, help = f"a {kinds[0][0]} has no field `extends`", "only a block extends another"
        more.append(Diagnostic("S001", message, extends.key_span, help))
    return _beside(text, [*more, *_faults(document, walk)])


def block_faults(block: Mapping) -> list[Diagnostic]:
    """Return the faults of a block, without `archc` and name, in which nothing is left to inherit."""
    place = _Place("", block.span, "the block", whole=True)
    return _in_order(dict.fromkeys(_Walk(schema("block.json"), standalone=True).visit("own_block", block, place)))


def field_faults(key: str, field: Json, entry: Entry) -> list[Diagnostic]:
    """Return the faults of a value that a key of a field's own definition has."""
    target = field.get("union") or field.get("object")
    if target is None:
        return described_faults(property_schema(field, nullable=False), key, entry)
    place = _Place(key, entry.key_span, key, whole=True)
    return list(_Walk(language().schema, standalone=True).visit(target, entry.value, place))


def _faults(document: Mapping, walk: _Walk) -> list[Diagnostic]:
    first = next(iter(document.entries.values()), None)
    place = _Place("", first.key_span if first else document.span, "the document", whole=walk.standalone)
    if walk.standalone and not walk.complete and "defaults" in document.entries:
        place = replace(place, general=default_block(walk.schema, document))
    found = dict.fromkeys([*walk.visit("", document, place), *said_twice(mapping_at(document, "names"))])
    return _in_order(found)


def _in_order(faults: Iterable[Diagnostic]) -> list[Diagnostic]:
    return sorted(faults, key=lambda fault: (fault.span.path, fault.span.line, fault.span.column))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands: its key, what messages call the object, and whether it must be whole there.

    `case` is the case of the choice that holds where the object does not say its own, `general` the one that the
    document's `defaults` say: it is no fault to have the fields of another, but none of them is offered.
    """

    key: str
    key_span: Span
    what: str
    whole: bool = False
    case: str | None = None
    general: str | None = None


@dataclass(frozen=True, slots=True)
class _Walk:
    """One walk over one document. `complete`: nothing is left to inherit; `nulls`: null may stand for a removed key.

    `torn`: lines of it could not be read, so that what is lacking may stand there. `declared` are the fields of the
    block in whose steps the walk is.
    """

    schema: Schema
    nulls: bool = False
    standalone: bool = False
    complete: bool = False
    torn: bool = False
    declared: frozenset[str] = frozenset()

    def visit(self, name: str, node: Node, place: _Place) -> Iterator[Diagnostic]:
        """Yield the faults of a value that one definition of the schema describes."""
        described = self.schema.definition(name)
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
        choice = self.schema.definition(name)["x-choice"]
        key, cases = choice["key"], choice["cases"]
        if isinstance(node, Mapping):
            case = case_of(name, node, choice, (choice.get("default") if place.whole else place.case))
            told = case or place.general
            what = f"{place.what} ({key} {told})" if key and told else f"{name} `{told}`" if told else place.what
            inner = replace(place, what=what, case=case, general=told)
            yield from self._object(f"{name}.{case or 'any'}", node, inner, name)
        elif key != "type":
            fault = faults.wrong_type(place.key, ("object",), plain(node), node.span)
            is_field = place.key in self.schema.definition(f"{name}.any")["properties"]
            yield faults.misplaced(fault, place.key, name) if is_field else fault
        elif not isinstance(node, Scalar) or not isinstance(node.value, str):
            yield faults.wrong_type(place.key, ("string", "object"), plain(node), node.span)
        elif node.value not in cases:
            yield faults.not_allowed(place.key, node.value, cases, node.span)
        else:
            meant = Mapping({"type": Entry(place.key_span, node)}, node.span)
            alone = replace(place, what=f"{place.what} (type {node.value})", whole=True)
            described = self.schema.definition(f"{name}.{node.value}")
            yield from (_with_example(fault, described, node.value) for fault in _missing(described, meant, alone))

    def _object(self, name: str, node: Mapping, place: _Place, choice: str = "") -> Iterator[Diagnostic]:
        """Yield the faults of one closed object, or of a mapping with keys of the writer's choice."""
        described = self.schema.definition(name)
        below = self._below_object(node)
        properties = described.get("properties", {})
        pattern = described.get("propertyNames", {}).get("pattern", "")
        found = value_faults(self.schema, name, node)
        yield from () if self.torn else _missing(described, node, place)
        yield from _alternatives(described, node, place)
        is_unknown = any(property_of(described, key) is False for key in node.entries)
        said = faults.fields_said(node, properties) if is_unknown else Counter[str]()
        for key, entry in node.entries.items():
            if property_of(described, key) is False:
                for fault in self._unknown(name, key, node, place, choice, said):
                    yield fault
                    yield from below._meant(name, entry, fault, place)
            elif key not in properties and not re.fullmatch(pattern, key):
                what = "names" if name == "roles" else place.key
                yield faults.bad_key(what, key, pattern, entry.key_span, properties)
            else:
                yield from below._value(name, key, entry, found.get(key, ()), place)

    def _value(
        self, name: str, key: str, entry: Entry, found: Iterable[Diagnostic], place: _Place
    ) -> Iterator[Diagnostic]:
        """Yield the faults of the value of one field; `found` are those that its schema alone shows."""
        told, described = list(found), property_of(self.schema.definition(name), key)
        if isinstance(entry.value, Scalar) and _is_empty(entry.value):
            yield from () if self.torn else (faults.empty_value(key, entry.key_span),)
        elif isinstance(entry.value, Scalar) and entry.value.value is None:
            yield from self._null(name, key, entry)
        elif told:
            yield from (fault for fault in told if fault.span != SCHEMA_ORIGIN)
        elif described is not False:
            yield from self._below(described, key, entry, place)

    def _meant(self, name: str, entry: Entry, fault: Diagnostic, place: _Place) -> Iterator[Diagnostic]:
        """Yield the faults of a value whose key is a certain slip, or a word of another library: it is clear too."""
        if fault.fix:
            key = fault.fix.edits[0].replacement
            found = value_faults(self.schema, name, Mapping({key: entry}, entry.value.span))
            yield from self._value(name, key, entry, found.get(key, ()), place)

    def _below_object(self, node: Mapping) -> _Walk:
        """Return the walk below an object: in the steps of a block its fields are known."""
        walk, fields = self, mapping_at(node, "fields").entries
        if fields and "steps" in node.entries:
            walk = replace(walk, declared=frozenset(fields))
        return replace(walk, nulls=True) if not walk.nulls and "extends" in node.entries else walk

    def _unknown(
        self, name: str, key: str, node: Mapping, place: _Place, choice: str, said: Counter[str]
    ) -> Iterator[Diagnostic]:
        """Yield the fault of a key that an object does not have; beside a mistyped step it may be that step's."""
        owner = owner_of(self.schema, choice, key) if name else part_with(self.schema, key)
        general = choice and place.general
        offered = self.schema.definition(f"{choice}.{place.general}" if general else name)["properties"]
        if not (owner and (self.torn or self._is_beside_another(name, key, node))):
            of_block = choice in ("stage", "override") or name == "defaults"
            yield faults.unknown_key(place.what, key, node, offered, owner, said, of_block=of_block)

    def _is_beside_another(self, name: str, key: str, node: Mapping) -> bool:
        """Tell whether a key is one of some kinds of steps, and another key of the step is one of none."""
        keys = {key for kind in self.schema.definition("step.any")["properties"] for key in self._keys(f"step.{kind}")}
        return name == "step.any" and key in keys and not node.entries.keys() <= keys

    def _keys(self, name: str) -> Iterable[str]:
        properties: Json = self.schema.definition(name)["properties"]
        return properties

    def _null(self, name: str, key: str, entry: Entry) -> Iterator[Diagnostic]:
        """Yield a fault where null does not stand for a key that is removed."""
        required = key in self.schema.definition(name).get("required", ())
        if required or not self.nulls or name.startswith("step."):
            yield faults.useless_null(key, entry.value.span, required=required)

    def _below(self, described: Json, key: str, entry: Entry, parent: _Place) -> Iterator[Diagnostic]:
        """Yield the faults of an object, or of the objects of a list, under one key."""
        name, value = reference(described), entry.value
        if value.span == SCHEMA_ORIGIN:
            return  # the schema's own default, which is checked where it is declared
        if isinstance(value, Scalar) and value.value == name == described.get("x-union") and name in self.declared:
            yield faults.field_as_word(key, name, value.span)
        elif name and not (name == described.get("x-union") and "else" in described and is_field(entry.value)):
            yield from self.visit(name, entry.value, self._place(name, key, entry.key_span, parent))
        elif (inner := object_reference(described)) and isinstance(entry.value, Mapping):
            yield from self.visit(inner, entry.value, self._place(inner, key, entry.key_span, parent))
        elif "$ref" in described.get("items", {}) and isinstance(entry.value, Sequence):
            listed = described["items"]["$ref"].removeprefix("#/$defs/")
            for item in entry.value.items:
                yield from self.visit(listed, item, _Place(key, item.span, f"a {listed}", whole=True))

    def _place(self, reference: str, key: str, span: Span, parent: _Place) -> _Place:
        """Return where the value under a key stands."""
        if reference in ("stages", "overrides"):
            return replace(parent, key=key, key_span=span)
        if reference == "stage":
            return _Place(key, span, f"stage `{key}`", whole=self.complete, general=parent.general)
        if reference == "override":
            stage = parent.what.partition(" (")[0]
            return _Place(key, span, f"override `{key}` of {stage}", case=parent.case if self.complete else None)
        return _Place(key, span, key, whole=parent.whole and reference != "defaults")


def _missing(described: Json, node: Mapping, place: _Place) -> Iterator[Diagnostic]:
    """Yield the keys that an object needs and does not have; of alternatives it needs one."""
    wanted = [*described.get("required", ()), *(described.get("x-required", ()) if place.whole else ())]
    groups = {name: tuple(group) for group in described.get("x-alternatives", ()) for name in group}
    for group in dict.fromkeys(groups.get(name, (name,)) for name in wanted):
        if not any(name in node.entries or _is_meant(name, node, described["properties"]) for name in group):
            text = " ".join(_in_words(name, described["properties"][name]) for name in group)
            yield faults.missing_key(place.what, group, place.key_span, text)
    if "anyOf" in described and node.entries.keys() <= described["properties"].keys():
        keys = [key for rule in described["anyOf"] for key in rule["required"]]
        yield faults.missing_key(place.what, keys, place.key_span, "it has exactly one of these keys")


def _is_meant(name: str, node: Mapping, fields: Json) -> bool:
    """Tell whether a key that an object cannot have may be meant for a field, which then is not lacking too."""
    return any(name in (*names_of(key), slip(key, fields)) for key in node.entries if key not in fields)


def _in_words(name: str, field: Json) -> str:
    """Return what a field is: its choices, where it has some, else its description, and its value where it has one."""
    choices = [str(choice) for choice in field.get("enum", ()) if choice is not None]
    only = f" Write `{name}: {field['const']}`." if "const" in field else ""
    said = f"one of {', '.join(choices)}" if choices else field.get("description", "")
    return f"`{name}`: {said}{only}" if said or only else f"`{name}`"


def _alternatives(described: Json, node: Mapping, place: _Place) -> Iterator[Diagnostic]:
    """Yield the groups of alternatives of which an object gives more than one."""
    for group in described.get("x-alternatives", ()):
        entries = [(key, entry) for key, entry in node.entries.items() if key in group]
        given = [each for each in entries if each[1].key_span != SCHEMA_ORIGIN and plain(each[1].value) is not None]
        if len(given) > 1:
            yield faults.both_given(place.what, given)


def _is_empty(value: Scalar) -> bool:
    """Tell whether nothing is written: no `null`, no `~`."""
    span = value.span
    return value.value is None and (span.line, span.column) == (span.end_line, span.end_column)


def _with_example(fault: Diagnostic, described: Json, kind: str) -> Diagnostic:
    """Return the fault of a type that stands alone and needs more, with the object to write."""
    needed = {name: described["properties"][name]["examples"][0] for name in described.get("x-required", ())}
    fields = ", ".join(f"{name}: {example}" for name, example in {"type": kind, **needed}.items())
    return replace(fault, help=f"{fault.help} Write `{{{fields}}}`.")
