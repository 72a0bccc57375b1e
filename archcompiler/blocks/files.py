"""Documents of blocks in files of their own: checked alone, with the blocks beside them that they name."""

from __future__ import annotations

import os
from collections.abc import Iterator

from archcompiler.blocks.check import block_faults, declared_fields, document_faults
from archcompiler.blocks.document import Document
from archcompiler.blocks.library import Library, with_defaults
from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.resolve.extending import OwnBlock, own_blocks
from archcompiler.resolve.own_blocks import is_part, without_header
from archcompiler.schema.canonical import canonical_block
from archcompiler.schema.check import block_faults as schema_faults
from archcompiler.schema.check import elsewhere, part_faults
from archcompiler.schema.language import PART_KINDS, language
from archcompiler.syntax.files import DISK, Files
from archcompiler.syntax.parse import parse, parse_on
from archcompiler.tree import Entry, Mapping, Scalar, walk


def file_faults(path: str, files: Files = DISK) -> list[Diagnostic] | None:
    """Return the faults of a file that describes a block, shortcut, attention, stem or head; None where it is none."""
    try:
        document, found = parse_on(files.read(path), files.shown(path))
    except SpecError:
        return None
    if not is_part(document):
        return None
    kind, name, faults = kind_of_part(document), _name(document), part_faults(document, found)
    places = {fault.span for fault in faults}
    blocks = _blocks(path, document, files, faults)
    block = blocks.pop(name, None) if kind == "block" else None
    own = {each: Document("block", each, with_defaults(other.tree), is_shipped=False) for each, other in blocks.items()}
    known = Library(language(), own)
    if block is None or "extends" not in document.entries:
        faults += elsewhere(document_faults(document, kind, name, declared_fields(document), known), found)
    else:
        faults += (fault for fault in schema_faults(block.tree) if fault.span not in places)
        faults += elsewhere(block_faults(block.tree, block.layers, name, known), found)
    if any(fault.severity == "error" for fault in faults):  # what nothing reads is known where nothing else is wrong
        faults = [fault for fault in faults if fault.severity == "error"]
    return sorted(dict.fromkeys(faults), key=lambda fault: (fault.span.path, fault.span.line, fault.span.column))


def plain_document(path: str, document: Mapping, files: Files) -> Mapping:
    """Return a document as it is run: one that extends a block with all that it has of that."""
    if "extends" not in document.entries:
        return document
    tree = _blocks(path, document, files, [])[_name(document)].tree
    header = {key: entry for key, entry in document.entries.items() if key in ("archc", "block")}
    return Mapping({**header, **tree.entries}, document.span)


def _name(document: Mapping) -> str:
    said = document.get(kind_of_part(document))
    return str(said.value) if isinstance(said, Scalar) else ""


def _blocks(path: str, document: Mapping, files: Files, faults: list[Diagnostic]) -> dict[str, OwnBlock]:
    """Return the blocks beside a file that it names, and its own where it is one, with the faults of extending."""
    trees = dict(_beside(path, document, files))
    trees |= {_name(document): document} if "block" in document.entries else {}
    entries = {name: Entry(tree.span, canonical_block(without_header(tree))) for name, tree in trees.items()}
    blocks = Mapping({"blocks": Entry(document.span, Mapping(entries, document.span))}, document.span)
    return own_blocks([blocks], faults)


def kind_of_part(document: Mapping) -> str:
    """Return what a document describes."""
    return next(kind for kind in PART_KINDS if kind in document.entries)


def _beside(path: str, document: Mapping, files: Files) -> Iterator[tuple[str, Mapping]]:
    """Yield the blocks of files in the same folder that a block extends or has inside, and that those do."""
    names, seen = _blocks_named_in(document), set(language().blocks)
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
                yield name, tree
                names += _blocks_named_in(tree)


def _blocks_named_in(document: Mapping) -> list[str]:
    """Return the names of the blocks that a block extends, or that its steps or changes of steps say."""
    steps = document.get("steps")
    said = [entry.value for path, entry in walk(steps) if path[-1] == "block"] if steps else []
    values = [each.value for each in (document.get("extends"), *said) if isinstance(each, Scalar)]
    return [value for value in values if isinstance(value, str)]
