"""Where documents are found: the shipped ones, each read when it is first asked for, and those of a spec."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from archcompiler.blocks.document import Document
from archcompiler.schema.canonical import canonical_fields, fill
from archcompiler.schema.language import Fields, language, steps_field
from archcompiler.shipped import shipped
from archcompiler.syntax.parse import parse
from archcompiler.tree import Mapping

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
    """The documents that a spec's steps may name: its own blocks, then the shipped ones."""

    own: dict[str, Document] = field(default_factory=dict)

    def document(self, kind: str, name: str) -> Document:
        """Return the document of a kind and name, which the schema knows."""
        return self.own.get(name) or _shipped(kind, name) if kind == "block" else _shipped(kind, name)

    def defaults(self, block: str) -> Mapping:
        """Return the defaults of the fields of a block."""
        document = self.document("block", block)
        return fill(Mapping({}, document.tree.span), language().blocks[block])


@lru_cache(maxsize=256)
def _shipped(kind: str, name: str) -> Document:
    path = shipped("specs") / FOLDERS[kind] / f"{name}.yaml"
    tree = parse(path.read_bytes(), f"{FOLDERS[kind]}/{name}")
    return Document(kind, name, with_defaults(tree), is_shipped=True)


def with_defaults(tree: Mapping) -> Mapping:
    """Return a document whose steps are in canonical form, with the defaults of each."""
    fields: Fields = {"steps": steps_field()}
    canonical = canonical_fields(tree, fields)
    assert isinstance(canonical, Mapping)
    return fill(canonical, fields)
