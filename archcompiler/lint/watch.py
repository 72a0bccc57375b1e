"""Which of a spec's values are read while its graph is recorded: one that never is has no effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archcompiler.record.watched import Watched
from archcompiler.resolve import Spec, Stage
from archcompiler.span import Span
from archcompiler.tree import Entry, Mapping, Node, Sequence


class Watch:
    """A copy of a spec that notes what `lower` reads of it."""

    def __init__(self, spec: Spec) -> None:
        self._copies: dict[int, Mapping] = {}
        self._watched: list[Watched] = []
        entries = dict(spec.document.entries)
        for kind in ("stem", "head"):
            entries[kind] = self._entry(entries[kind])
        stages = tuple(self._stage(stage) for stage in spec.stages)
        self.spec = replace(spec, document=Mapping(entries, spec.document.span), stages=stages)

    def read(self) -> set[Span]:
        """Return the places of the values that were read."""
        return {
            dict.__getitem__(entries, key).value.span
            for entries in self._watched
            for key in entries.read & entries.keys()
        }

    def unread(self) -> Iterator[tuple[str, Entry]]:
        """Yield the entries that no object reads which has them; of an object that is not read, nothing below it."""
        read = self.read()
        roots = [block for stage in self.spec.stages for block in (*stage.blocks, stage.transition) if block]
        roots += [self.spec.section("stem"), self.spec.section("head")]
        for root in {id(root): root for root in roots}.values():
            yield from _unread(root, read)

    def _stage(self, stage: Stage) -> Stage:
        transition = self._mapping(stage.transition) if stage.transition else None
        return replace(stage, blocks=tuple(map(self._mapping, stage.blocks)), transition=transition)

    def _mapping(self, mapping: Mapping) -> Mapping:
        if id(mapping) not in self._copies:
            entries = Watched({key: self._entry(entry) for key, entry in mapping.entries.items()})
            self._watched.append(entries)
            self._copies[id(mapping)] = Mapping(entries, mapping.span)
        return self._copies[id(mapping)]

    def _entry(self, entry: Entry) -> Entry:
        value = self._value(entry.value)
        return entry if value is entry.value else Entry(entry.key_span, value, entry.shadows)

    def _value(self, node: Node) -> Node:
        if isinstance(node, Mapping):
            return self._mapping(node)
        if isinstance(node, Sequence) and any(isinstance(item, Mapping) for item in node.items):
            return replace(node, items=tuple(self._value(item) for item in node.items))
        return node


def _unread(node: Node, read: set[Span]) -> Iterator[tuple[str, Entry]]:
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            if entry.value.span in read:
                yield from _unread(entry.value, read)
            else:
                yield key, entry
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _unread(item, read)
