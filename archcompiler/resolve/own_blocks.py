"""Blocks of a spec's own: `blocks` says each inline, or names the file of its document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.resolve.bases import Link, find_base, read_link
from archcompiler.resolve.extending import plain_blocks
from archcompiler.schema.check import part_faults
from archcompiler.schema.language import PART_KINDS, Language
from archcompiler.schema.own_blocks import language_with
from archcompiler.syntax.files import Files
from archcompiler.syntax.parse import parse
from archcompiler.tree import Mapping, Node, Scalar, mapping_at

_HEADER = ("archc", *PART_KINDS)
"""What a document of a block says that stands in a file of its own."""


def language_of(documents: Iterable[Mapping]) -> Language:
    """Return the language of a chain of documents, base first: the shipped one with the blocks that they say."""
    return language_with(plain_blocks(documents, []))


def is_part(document: Mapping) -> bool:
    """Tell whether a document describes a block, or a kind of shortcut, attention, stem or head, and no network."""
    kinds = document.entries.keys() & set(PART_KINDS)
    alone = kinds - {"stem", "head"} or "steps" in document.entries  # a network has a stem and a head too
    extends_a_spec = "extends" in document.entries and not kinds - {"stem", "head"}
    return bool(kinds and alone) and not extends_a_spec and not document.entries.keys() & {"name", "stages"}


def with_block_files(document: Mapping, link: Link, files: Files) -> tuple[Mapping, list[Diagnostic]]:
    """Return a document with the files that its `blocks` name in their places, and what is wrong with those."""
    blocks = mapping_at(document, "blocks")
    entries, faults = dict(blocks.entries), list[Diagnostic]()
    for name, entry in blocks.entries.items():
        file = file_of(entry.value)
        if file is not None:
            try:
                entries[name] = replace(entry, value=_read(name, file, link, files))
            except SpecError as error:
                faults += error.diagnostics
    changed = replace(document.entries["blocks"], value=Mapping(entries, blocks.span))
    return Mapping({**document.entries, "blocks": changed}, document.span), faults


def file_of(block: Node) -> Scalar | None:
    """Return the name of the file in which a block stands; None where it stands inline."""
    named = block.get("file") if isinstance(block, Mapping) else block
    return named if isinstance(named, Scalar) and isinstance(named.value, str) else None


def _read(name: str, file: Scalar, link: Link, files: Files) -> Mapping:
    """Return the block of a file; SpecError where there is none, or it is another block's or faulty."""
    found = find_base(str(file.value), file.span, (link,), files)
    document = parse(read_link(found, files), files.shown(found.path))
    said = document.get("block")
    if not is_part(document) or not isinstance(said, Scalar):
        help = "a block's file says `block: NAME` and its `steps`; a network brings no other documents"
        raise SpecError([Diagnostic("R001", f"{file.value} is no document of a block", file.span, help)])
    faults = part_faults(document)
    if said.value != name and said.span not in {fault.span for fault in faults}:
        help = f"call it `{said.value}` here, or `{name}` in its file"
        faults.append(Diagnostic("R001", f"{file.value} is the block `{said.value}`", file.span, help))
    if faults:
        raise SpecError(faults)
    return without_header(document)


def without_header(document: Mapping) -> Mapping:
    """Return the document of a block as it stands under its name in a spec."""
    return Mapping({key: entry for key, entry in document.entries.items() if key not in _HEADER}, document.span)
