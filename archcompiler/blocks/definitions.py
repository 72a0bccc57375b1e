"""What is wrong with the fields that a document declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from archcompiler.blocks.names import reserved
from archcompiler.blocks.typecheck import near
from archcompiler.blocks.types import Json, Type, field_type
from archcompiler.diagnostics import Diagnostic
from archcompiler.schema.check import field_faults
from archcompiler.schema.definitions import OF_ITEMS, TYPES
from archcompiler.schema.language import language
from archcompiler.schema.spellings import names_of
from archcompiler.span import Span
from archcompiler.tree import Entry, Mapping, Plain, Sequence, from_plain, plain

_EXAMPLE = "{type: integer, minimum: 1, default: 4, description: ..., examples: [4]}"
_NEEDED = ("description", "examples")


def absent_fields(fields: Json) -> dict[str, str]:
    """Return the fields that may have no value, each with those one of which is said in its stead."""
    return {
        name: " ".join(own.get("alternatives", ())) if own.get("required") or "default" in own else ""
        for name, own in fields.items()
        if field_type(own) and (own.get("alternatives") or not (own.get("required") or "default" in own))
    }


def definition_faults(
    written: Mapping, kind: str, fields: Json, elsewhere: Callable[[str], Json]
) -> Iterator[Diagnostic]:
    """Yield what is wrong with each field of a document; `fields` has what the shared definitions say of them too.

    `elsewhere` gives the definition of a field in other documents of the kind.
    """
    for name, entry in written.entries.items():
        if taken := _taken(kind, name):
            help = "give the field another name"
            yield Diagnostic("B008", f"`{name}` is {taken}", entry.key_span, help)
        elif name in fields:
            rules = (_incomplete, _unfit_types, _two_types, _unfit_bounds)
            found = [fault for rule in rules for fault in rule(name, entry, fields[name])]
            other = elsewhere(name)
            yield from found or (*_values(entry, fields[name]), *_disagreement(kind, name, entry, fields, other))
            yield from _lone_alternatives(name, entry, fields)


def _taken(kind: str, name: str) -> str | None:
    stage = (*language().stage_fields, "block") if kind == "block" else ("type",)
    return f"a key of {'a stage' if kind == 'block' else 'every such object'}" if name in stage else reserved(name)


def _incomplete(name: str, entry: Entry, own: Json) -> Iterator[Diagnostic]:
    if not any(key in own or _said(entry, key) is not None for key in ("type", "enum", "union", "object")):
        message = f"no shared field is called `{name}`, and its definition does not say its type"
        help = f"{near(name, language().block_fields)}; or define it: `{name}: {_EXAMPLE}`"
        yield Diagnostic("B015", message, entry.key_span, help)
    elif lacking := [key for key in _NEEDED if key not in own and not _is_meant(entry, key)]:
        message = f"the definition of `{name}` lacks {' and '.join(f'`{key}`' for key in lacking)}"
        yield Diagnostic("B015", message, entry.key_span, f"as in `{name}: {_EXAMPLE}`")


def _is_meant(entry: Entry, key: str) -> bool:
    """Tell whether a definition says a key by another word, which the schema has told."""
    return isinstance(entry.value, Mapping) and any(key in names_of(word) for word in entry.value.entries)


def _unfit_types(name: str, entry: Entry, own: Json) -> Iterator[Diagnostic]:
    """Yield types that there are none of, a list of nothing, and what its items cannot say."""
    items = _said(entry, "items")
    every = [*_listed(_said(entry, "type")), *(_listed(items.get("type")) if isinstance(items, dict) else ())]
    for word in every:
        if isinstance(word, str) and word not in TYPES:
            yield Diagnostic("B015", f"there is no type `{word}`", _place(entry, "type"), near(word, TYPES))
    if "array" in _listed(own.get("type")) and "items" not in own and items is None:
        message = f"the list `{name}` does not say what its items are"
        yield Diagnostic("B015", message, entry.key_span, "as in `items: {type: integer, minimum: 1}`")
    for key in items if isinstance(items, dict) else ():
        if key not in OF_ITEMS:
            yield Diagnostic("B015", f"`items` has no `{key}`", _place(entry, "items"), near(key, OF_ITEMS))


def _two_types(name: str, entry: Entry, own: Json) -> Iterator[Diagnostic]:
    said = [key for key in ("type", "enum", "words", "object") if key in own]
    if "union" in own and said:
        message = f"`{name}` is a choice of {own['union']}s, and its definition says `{said[0]}` beside"
        yield Diagnostic("B015", message, entry.key_span, "give the field a name of its own")
    elif "words" in own and own.get("type") not in ("integer", "number"):
        message = f"`words` stand in place of a number, and `{name}` is none"
        yield Diagnostic("B015", message, _place(entry, "words"), "a field of words alone says `enum`")


def _unfit_bounds(name: str, entry: Entry, own: Json) -> Iterator[Diagnostic]:
    for low, high in (("minimum", "maximum"), ("minItems", "maxItems")):
        if low in own and high in own and own[low] > own[high]:
            yield Diagnostic("B015", f"the {low} of `{name}` is more than its {high}", _place(entry, low))


def _lone_alternatives(name: str, entry: Entry, fields: Json) -> Iterator[Diagnostic]:
    for other in fields[name].get("alternatives", ()):
        if name not in fields.get(other, {}).get("alternatives", ()):
            message = f"`{other}` stands in place of `{name}`, and is no such field here"
            help = f"declare `{other}` too; or write `{name}: {{alternatives: []}}`"
            yield Diagnostic("B015", message, entry.key_span, help)
        elif name > other and "default" in fields[name] and "default" in fields[other]:
            message = f"`{other}` and `{name}` stand in place of each other, and both have a default"
            yield Diagnostic("B015", message, entry.key_span, "of alternatives one has a default, or a stage says one")


def _values(entry: Entry, own: Json) -> Iterator[Diagnostic]:
    """Yield what the field itself would refuse of its default, the shared definition's too, and of its examples."""
    value = entry.value
    if isinstance(value, Mapping) and "default" in value.entries:
        yield from field_faults("default", own, value.entries["default"])
    elif "default" in own:
        inherited = Entry(entry.key_span, from_plain(own["default"], entry.key_span))
        help = "it is the default of the shared definition: say another, or `required: true`"
        yield from (replace(fault, help=help) for fault in field_faults("default", own, inherited))
    examples = value.get("examples") if isinstance(value, Mapping) else None
    for item in examples.items if isinstance(examples, Sequence) else ():
        yield from field_faults("examples", own, Entry(item.span, item))


def _disagreement(kind: str, name: str, entry: Entry, fields: Json, other: Json) -> Iterator[Diagnostic]:
    """Yield that a field of this name is something else in other documents of the kind, or replaces others."""
    own, help = fields[name], "give the field a name of its own"
    here, there = field_type(own), field_type(other)
    if here and there and _shape(here) != _shape(there):
        message = f"`{name}` is {here}, where other {kind}s have {there} of that name"
        yield Diagnostic("B012", message, entry.key_span, help)
    replaced, replaced_there = (set(each.get("alternatives", ())) for each in (own, other))
    if (replaced and replaced_there and replaced != replaced_there) or (replaced_there & {*fields}) - replaced:
        message = f"`{name}` replaces {_named(replaced)}, where in other {kind}s it replaces {_named(replaced_there)}"
        yield Diagnostic("B012", message, entry.key_span, help)


def _named(names: set[str]) -> str:
    return " and ".join(f"`{name}`" for name in sorted(names)) or "no other field"


def _shape(found: Type) -> tuple[object, ...]:
    """Return what of a type every field of its name has: a number may have words beside it in one document only."""
    is_word = found.has_words and not found.number
    return found.number, found.condition, found.object, bool(found.item), is_word


def _listed(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said] if said is not None else []


def _said(entry: Entry, key: str) -> Plain:
    """Return what a definition itself says of a key, sound or not; None where it says nothing."""
    found = entry.value.get(key) if isinstance(entry.value, Mapping) else None
    return None if found is None else plain(found)


def _place(entry: Entry, key: str) -> Span:
    """Return where a definition says a key; the field itself, where a shared definition says it."""
    found = entry.value.get(key) if isinstance(entry.value, Mapping) else None
    return found.span if found is not None else entry.key_span
