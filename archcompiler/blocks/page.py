"""What a document of a block says, for a reader who is about to use it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from textwrap import dedent

from archcompiler.blocks.check import declared_fields
from archcompiler.blocks.document import Document
from archcompiler.blocks.files import kind_of_part, plain_document
from archcompiler.blocks.library import FOLDERS
from archcompiler.blocks.roles import roles_of
from archcompiler.explain.field import FieldPage, page_of
from archcompiler.layout.format import formatted
from archcompiler.resolve.own_blocks import is_part
from archcompiler.schema.language import read_schema
from archcompiler.schema.shapes import closed_object
from archcompiler.shipped import shipped_spec
from archcompiler.syntax.files import DISK, Files
from archcompiler.syntax.parse import parse
from archcompiler.tree import Mapping, Scalar, mapping_at, plain


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """One document: its fields, the names that it computes, and the text of its steps.

    `roles` are what tables of names call the layers, one for each line of the steps; "" where a line has none.
    Of one that `extends` another the text is of what differs.
    """

    kind: str
    name: str
    class_name: str
    description: str
    fields: tuple[FieldPage, ...]
    lets: dict[str, str]
    extends: str
    steps: str
    roles: tuple[str, ...]


def find_document(name: str, files: Files = DISK) -> tuple[str, Mapping] | None:
    """Return the path and tree of a document: of a block by its name, of any by a name such as `stems/deep` or a path.

    None where there is none; SpecError where the file cannot be read.
    """
    beside = name if os.path.splitext(name)[1] in (".yaml", ".yml") and files.is_file(name) else None
    folder = name.partition("/")[0] in FOLDERS.values()
    path = beside or shipped_spec(name if folder else f"{FOLDERS['block']}/{name}")
    if path is None:
        return None
    tree = parse(files.read(str(path)), files.shown(str(path)))
    return (str(path), tree) if is_part(tree) else None


def document_page(name: str, files: Files = DISK) -> DocumentPage | None:
    """Return the page of a document, as `find_document` finds it, or of the one of any kind that has the name alone."""
    names = (name, *(f"{folder}/{name}" for folder in FOLDERS.values()))
    found = next(filter(None, (find_document(each, files) for each in names)), None)
    if found is None:
        return None
    path, written = found
    kind, tree = kind_of_part(written), plain_document(path, written, files)
    document = Document(kind, _text(tree, kind), tree, is_shipped=False)
    fields = declared_fields(tree)
    described = closed_object(fields, nullable=False)
    text = formatted(files.read(path), files.shown(path))
    header, _, steps = text.partition("\nsteps:\n")
    roles = roles_of(parse(text, path).get("steps"))
    first = header.count("\n") + 3  # the line of the first step
    return DocumentPage(
        kind=kind,
        name=document.name,
        class_name=document.class_name if kind == "block" else "",
        description=_text(tree, "description"),
        fields=tuple(page_of(field, described, read_schema("architecture.json")) for field in fields),
        lets={key: str(plain(entry.value)) for key, entry in mapping_at(tree, "let").entries.items()},
        extends=_text(written, "extends"),
        steps=dedent(steps).rstrip(),
        roles=tuple(roles.get(first + number, "") for number in range(len(steps.splitlines()))),
    )


def _text(tree: Mapping, key: str) -> str:
    value = tree.get(key)
    return str(value.value) if isinstance(value, Scalar) else ""
