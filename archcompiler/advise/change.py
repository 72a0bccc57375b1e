"""A resolved spec with the value at one place changed, wherever that place takes effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archcompiler.diagnostics import Choice
from archcompiler.resolve.spec import Spec, kind_of
from archcompiler.schema.canonical import canonical, filled
from archcompiler.schema.language import Field, Language
from archcompiler.schema.values import value_faults
from archcompiler.span import Span
from archcompiler.tree import Entry, Mapping, Node, Scalar, Sequence, from_plain

_SECTIONS = ("input", "stem", "head")


def with_choice(spec: Spec, choice: Choice) -> Spec:
    """Return the spec as if the choice's value were written at its place; blocks that were one object stay one."""
    return _Change(choice, spec.language).spec(spec)


def suits(spec: Spec, choice: Choice) -> bool:
    """Tell whether each block that has the value at the choice's place may have the choice's value in its stead."""
    blocks = {id(block): block for stage in spec.stages for block in stage.blocks}.values()
    taking = [block for block in blocks if choice.field in block.entries]
    kinds = {kind_of(block) for block in taking if block.entries[choice.field].value.span == choice.span}
    new = Mapping({choice.field: Entry(choice.span, from_plain(choice.value, choice.span))}, choice.span)
    return not any(value_faults(spec.language.schema, f"override.{kind}", new) for kind in kinds)


class _Change:
    def __init__(self, choice: Choice, known: Language) -> None:
        self._choice = choice
        self._language = known
        self._known: dict[int, Node] = {}

    def spec(self, spec: Spec) -> Spec:
        entries = dict(spec.document.entries)
        for key in _SECTIONS:
            entries[key] = replace(entries[key], value=self._node(entries[key].value))
        stages = tuple(
            replace(
                stage,
                blocks=tuple(self._mapping(block) for block in stage.blocks),
                transition=self._mapping(stage.transition) if stage.transition else None,
            )
            for stage in spec.stages
        )
        return replace(spec, document=Mapping(entries, spec.document.span), stages=stages)

    def _mapping(self, mapping: Mapping) -> Mapping:
        changed = self._node(mapping)
        return changed if isinstance(changed, Mapping) else mapping

    def _node(self, node: Node) -> Node:
        if id(node) not in self._known:
            self._known[id(node)] = self._changed(node)
        return self._known[id(node)]

    def _changed(self, node: Node) -> Node:
        if node.span == self._choice.span:
            return self._value(node)
        if isinstance(node, Sequence):
            return replace(node, items=tuple(self._node(item) for item in node.items))
        if isinstance(node, Mapping):
            entries = {key: replace(entry, value=self._node(entry.value)) for key, entry in node.entries.items()}
            return Mapping(entries, node.span)
        return node

    def _value(self, node: Node) -> Node:
        """Return the choice's value in canonical form; an object of the same type keeps its other fields."""
        value, span = self._choice.value, self._choice.span
        new = from_plain(value, span)
        if not isinstance(node, Mapping):
            return new
        if isinstance(new, Mapping):
            return Mapping(
                {**node.entries, **{key: Entry(span, entry.value) for key, entry in new.entries.items()}}, span
            )
        union = next((field.union for field in self._fields() if field.union), None)
        changed = canonical(new, union) if union else node
        return filled(changed, union) if union and isinstance(changed, Mapping) else node

    def _fields(self) -> Iterator[Field]:
        """Yield every field of the choice's name that blocks or the head have."""
        for fields in (self._language.block_fields, *self._language.unions["head"].variants.values()):
            if self._choice.field in fields:
                yield fields[self._choice.field]


def scalar_at(spec: Spec, section: str, key: str) -> tuple[int, Span] | None:
    """Return the whole number under a key of a section and its place, or None where there is no such number."""
    node = spec.section(section).get(key)
    return (node.value, node.span) if isinstance(node, Scalar) and type(node.value) is int else None
