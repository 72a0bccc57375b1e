"""Give documents one form, with every type said and every default filled in, as the schema has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from archcompiler.schema.language import Field, Fields, Language, Missing, language, steps_field
from archcompiler.schema.role_tables import flat_names
from archcompiler.span import SCHEMA_ORIGIN
from archcompiler.tree import Entry, Mapping, Node, Scalar, Sequence, from_plain


def canonical(node: Node, union: str) -> Node:
    """Return a value of a union as an object that says its type: `relu` as `{type: relu}`, `{window: 8}` with its type.

    An object that neither says nor implies its type stays without one, since its base may say it. What is no value of
    the union at all comes back as it is.
    """
    if is_field(node):
        return node
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


def is_field(node: Node) -> bool:
    """Tell whether a value of a step is `$NAME`, which means what a field of the block says."""
    return isinstance(node, Scalar) and isinstance(node.value, str) and node.value.startswith("$")


def canonical_fields(node: Node, fields: Fields) -> Node:
    """Return an object with every union and every list of steps below it in canonical form."""
    return _each(node, lambda key, value: _canonical_value(value, fields.get(key)))


def _canonical_value(node: Node, field: Field | None) -> Node:
    if field and field.union:
        return canonical(node, field.union)
    if field and field.steps and isinstance(node, Sequence):
        return replace(node, items=tuple(_canonical_step(item) for item in node.items))
    if field and field.steps:
        return _each(node, lambda _, edit: canonical_fields(edit, _fields_of_steps()))
    return node


def _canonical_step(node: Node) -> Node:
    fields = step_fields(node)
    return canonical_fields(node, fields) if fields else node


def step_kind(node: Node) -> str | None:
    """Return the kind of the step that the node is, told by the key that only it has."""
    if not isinstance(node, Mapping):
        return None
    return next((name for name in language().steps if name in node.entries), None)


def step_fields(node: Node) -> Fields | None:
    """Return the fields of the step that the node is."""
    kind = step_kind(node)
    return language().steps[kind] if kind else None


@cache
def _fields_of_steps() -> Fields:
    """Return the fields of all kinds of steps: what a key says is a union, or steps, in each kind that has it."""
    return {name: field for fields in language().steps.values() for name, field in fields.items()}


def _each(node: Node, change: Callable[[str, Node], Node]) -> Node:
    """Return a mapping with each value changed; whatever is no mapping as it is."""
    if not isinstance(node, Mapping):
        return node
    entries = {}
    for key, entry in node.entries.items():
        value = change(key, entry.value)
        entries[key] = entry if value is entry.value else Entry(entry.key_span, value, entry.shadows)
    return Mapping(entries, node.span)


def canonical_document(document: Mapping, known: Language | None = None) -> Mapping:
    """Return a document with every union anywhere in it in canonical form, and `names` as one flat mapping.

    `known` is the language with the blocks of its own; without it the shipped one.
    """
    language_of_it = known or language()
    changed = _each(document, lambda key, value: _canonical_part(key, value, language_of_it))
    assert isinstance(changed, Mapping)
    return changed


def _canonical_part(key: str, node: Node, known: Language) -> Node:
    if key == "stages":
        return _each(node, lambda _, stage: _canonical_stage(stage, known))
    if key == "defaults":
        return _canonical_stage(node, known)
    if key == "blocks":
        return _each(node, lambda _, block: canonical_block(block))
    if key == "names" and isinstance(node, Scalar) and isinstance(node.value, str):
        return Mapping({"extends": Entry(node.span, node)}, node.span)
    if key == "names" and isinstance(node, Mapping):
        return flat_names(node)
    return _canonical_value(node, known.document.get(key))


def canonical_block(node: Node) -> Node:
    """Return a block document with its steps in canonical form; one that is the name of a file as an object."""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return Mapping({"file": Entry(node.span, node)}, node.span)
    return canonical_fields(node, {"steps": steps_field()})


def _canonical_stage(node: Node, known: Language) -> Node:
    """Return a stage, or the defaults, in canonical form."""

    def change(key: str, value: Node) -> Node:
        if key == "override":
            return _each(value, lambda _, entry: canonical_fields(entry, known.block_fields))
        if key == "transition":
            return canonical(value, "transition")
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
    said = {*written.entries, *(other for name in written.entries for other in _alternatives(fields, name))}
    defaults = {name: default_of(field) for name, field in fields.items() if name not in said}
    filled_in = {name: Entry(SCHEMA_ORIGIN, default) for name, default in defaults.items() if default is not None}
    return Mapping({**written.entries, **filled_in}, written.span)


def _alternatives(fields: Fields, name: str) -> tuple[str, ...]:
    return fields[name].alternatives if name in fields else ()


@cache
def default_of(field: Field) -> Node | None:
    """Return the default of a field in canonical form and filled in, or None where it has none."""
    if isinstance(field.default, Missing):
        return None
    return _fill_value(_canonical_value(from_plain(field.default, SCHEMA_ORIGIN), field), field)


def _fill_value(node: Node, field: Field | None) -> Node:
    if field and field.union and isinstance(node, Mapping):
        return filled(node, field.union)
    if field and field.object and isinstance(node, Mapping):
        return fill(node, language().objects[field.object])
    if field and field.steps and isinstance(node, Sequence):
        return replace(node, items=tuple(_fill_step(item) for item in node.items))
    return node


def _fill_step(node: Node) -> Node:
    fields = step_fields(node)
    return fill(node, fields) if fields and isinstance(node, Mapping) else node
