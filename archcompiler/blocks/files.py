"""Documents of blocks in files of their own: checked alone, with the blocks beside them that they name."""

from __future__ import annotations

import os
from collections.abc import Iterator

from archcompiler.blocks.check import UNREAD, blocks_in, declared_fields, document_faults
from archcompiler.blocks.document import Document
from archcompiler.blocks.library import Library, with_defaults
from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.resolve.own_blocks import is_part
from archcompiler.schema.check import part_faults
from archcompiler.schema.language import PART_KINDS, language
from archcompiler.syntax.files import DISK, Files
from archcompiler.syntax.parse import parse, parse_on
from archcompiler.tree import Mapping, Scalar


def file_faults(path: str, files: Files = DISK) -> list[Diagnostic] | None:
    """Return the faults of a file that describes a block, shortcut, attention, stem or head; None where it is none."""
    try:
        document, found = parse_on(files.read(path), files.shown(path))
    except SpecError:
        return None
    if not is_part(document):
        return None
    kind = kind_of_part(document)
    said = document.get(kind)
    name = str(said.value) if isinstance(said, Scalar) else ""
    known = Library(language(), dict(_beside(path, document, files)))
    of_schema = part_faults(document, found)
    of_steps = document_faults(document, kind, name, declared_fields(document), known)
    faults = [*of_schema, *(fault for fault in of_steps if not (of_schema and fault.code == UNREAD))]
    return sorted(dict.fromkeys(faults), key=lambda fault: (fault.span.path, fault.span.line, fault.span.column))


def kind_of_part(document: Mapping) -> str:
    """Return what a document describes."""
    return next(kind for kind in PART_KINDS if kind in document.entries)


def _beside(path: str, document: Mapping, files: Files) -> Iterator[tuple[str, Document]]:
    """Yield the blocks of files in the same folder that stand inside a block, and inside those."""
    names, seen = blocks_in(document), set(language().blocks)
    while names:
        name = names.pop()
        beside = os.path.join(os.path.dirname(path), f"{name}.yaml")
        if name not in seen and name.isidentifier() and files.is_file(beside):
            seen.add(name)
            try:
                tree = parse(files.read(beside), files.shown(beside))
            except SpecError:
                continue
            said = tree.get("block")
            if is_part(tree) and isinstance(said, Scalar) and said.value == name:
                yield name, Document("block", name, with_defaults(tree), is_shipped=False)
                names += blocks_in(tree)
