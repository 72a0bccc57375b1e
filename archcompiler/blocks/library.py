"""Where documents are found: the shipped ones, each read when it is first asked for, and the blocks of a spec's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache

from archcompiler.blocks.document import Document
from archcompiler.resolve import Spec
from archcompiler.schema.canonical import canonical_block, fill
from archcompiler.schema.language import Fields, Language, read_schema, steps_field
from archcompiler.schema.shapes import Json, alternatives_of
from archcompiler.shipped import shipped
from archcompiler.span import Span
from archcompiler.tree import Mapping, Node, Plain, from_plain

FOLDERS = {
    "block": "blocks",
    "shortcut": "shortcuts",
    "attention": "attentions",
    "stem": "stems",
    "head": "heads",
}
"""The folder below `specs` in which the shipped documents of a kind stand."""


@dataclass(frozen=True, eq=False)
class Library:
    """The documents that a spec's steps may name: its own blocks, which hide shipped ones, then the shipped ones."""

    language: Language
    own: dict[str, Document] = field(default_factory=dict)

    def document(self, kind: str, name: str) -> Document:
        """Return the document of a kind and name, which the schema knows."""
        own = self.own.get(name) if kind == "block" else None
        return own or _shipped(kind, name)

    def fields(self, block: str) -> Fields:
        """Return the fields of a block."""
        return self.language.blocks[block]

    def field_elsewhere(self, kind: str, name: str, key: str) -> Json:
        """Return what a field of a document is in other documents of the kind: shipped ones, or own blocks before it.

        Nothing is said of one that they do not have.
        """
        owner, declared = self._first.get(key, (name, {})) if kind == "block" else (name, {})
        found: Json = _shipped_fields(kind).get(key, {} if owner == name else declared)
        return found

    @cached_property
    def _first(self) -> dict[str, tuple[str, Json]]:
        """Each field of the own blocks as the first that has it declares it, with the name of that block."""
        found: dict[str, tuple[str, Json]] = {}
        for name, document in self.own.items():
            for key, declared in document.fields.items():
                found.setdefault(key, (name, declared))
        return found


def library(spec: Spec) -> Library:
    """Return the documents that a spec may name."""
    own = {
        name: Document("block", name, with_defaults(entry.value), is_shipped=False)
        for name, entry in spec.section("blocks").entries.items()
    }
    return Library(spec.language, own)


def with_defaults(tree: Node) -> Mapping:
    """Return a document whose steps are in canonical form, with the defaults of each."""
    canonical = canonical_block(tree)
    assert isinstance(canonical, Mapping)
    return fill(canonical, {"steps": steps_field()})


@lru_cache(maxsize=256)
def _shipped(kind: str, name: str) -> Document:
    path = f"{FOLDERS[kind]}/{name}"
    tree = from_plain(_shipped_documents()[path], Span(path, 1, 1, 1, 1))
    return Document(kind, name, with_defaults(tree), is_shipped=True)


def shipped_descriptions() -> Iterator[tuple[str, str]]:
    """Yield the shipped name of every document, `blocks/basic`, with what it says of itself."""
    for name, document in _shipped_documents().items():
        assert isinstance(document, dict)
        yield name, str(document["description"])


@cache
def _shipped_fields(kind: str) -> Json:
    """Return the fields of the shipped documents of a kind, as the schema describes them."""
    name = "override" if kind == "block" else kind  # of an override, the fields of blocks alone
    described = read_schema("architecture.json")["$defs"].get(f"{name}.any", {"properties": {}})
    properties: Json = described["properties"]
    return {key: {**each, "alternatives": alternatives_of(described, key)} for key, each in properties.items()}


@cache
def _shipped_documents() -> dict[str, Plain]:
    """Return what the shipped documents say: the table that `archcompiler.generate` makes of their YAML."""
    table: dict[str, Plain] = json.loads((shipped("schemas") / "documents.json").read_bytes())
    return table
