"""Read a spec and everything that it extends, base first, each checked against the schema on its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.limits import Limits, current
from archcompiler.resolve.bases import Link, find_base, locate, read_link
from archcompiler.resolve.extending import own_blocks, plain_blocks
from archcompiler.resolve.hints import with_stages_of_settings
from archcompiler.resolve.name_tables import is_table, with_name_table
from archcompiler.resolve.own_blocks import is_part, with_block_files
from archcompiler.resolve.settings import setting_faults, settings_document
from archcompiler.schema.canonical import canonical_document
from archcompiler.schema.check import block_faults, partial_faults
from archcompiler.schema.language import Language
from archcompiler.schema.own_blocks import language_with
from archcompiler.span import Span
from archcompiler.syntax.files import Files
from archcompiler.syntax.parse import parse_on
from archcompiler.tree import Mapping, Scalar


@dataclass(frozen=True, slots=True)
class Chain:
    """The documents of a spec, base first, canonical where they have no faults, and the path of the spec itself.

    `language` is the shipped one with the blocks that the documents say.
    """

    path: str
    documents: tuple[Mapping, ...]
    faults: tuple[Diagnostic, ...]
    language: Language


def read_chain(spec: str | os.PathLike[str], settings: Iterable[str], files: Files) -> Chain:
    """Read a path or shipped name, its bases, and the settings over them; SpecError where no text can be had."""
    links, settings = [Link(locate(spec, files))], list(settings)
    texts: list[_Text] = []
    faults: list[Diagnostic] = []
    while len(texts) < len(links):
        texts.append(_read(links[-1], files))
        base = texts[-1].document.get("extends")
        if isinstance(base, Scalar) and isinstance(base.value, str):
            try:
                links.append(find_base(base.value, base.span, links, files))
            except SpecError as error:
                faults += error.diagnostics
    if settings:
        document, malformed = settings_document(settings)
        texts.insert(0, _Text(Link(""), document))
        faults += malformed
    written = [text.document for text in reversed(texts)]
    known = language_with(plain_blocks(written, faults))
    documents = []
    for text in texts:
        document, found = _checked(text, files, known)
        documents.append(document)
        is_setting = not text.link.path
        faults += with_stages_of_settings(found, settings, [each.document for each in texts]) if is_setting else found
    faults += _of_changed_blocks(written, faults)
    return Chain(files.shown(links[0].path), tuple(reversed(documents)), tuple(dict.fromkeys(faults)), known)


def _of_changed_blocks(documents: Iterable[Mapping], known: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield the faults of blocks that are laid over others, beside those that are known of their texts."""
    places = {fault.span for fault in known}
    for block in own_blocks(documents, []).values():
        if len(block.layers) > 1:
            yield from (fault for fault in block_faults(block.tree) if fault.span not in places)


@dataclass(frozen=True, slots=True)
class _Text:
    """One file as it was written, the blocks that it names in their places; `text` is that of a base.

    `found` are the faults of its text behind which it was read on, `faults` those with which it is judged no further.
    """

    link: Link
    document: Mapping
    faults: tuple[Diagnostic, ...] = ()
    found: tuple[Diagnostic, ...] = ()
    text: bytes = b""


def _read(link: Link, files: Files) -> _Text:
    """Return a file; only the spec itself must be readable at all."""
    shown = files.shown(link.path)
    try:
        text = read_link(link, files)
        document, found = (_parsed_base if link.named_at else parse_on)(text, shown)
        if is_table(document):
            raise SpecError([_no_network(shown, link.named_at)])
        if is_part(document):
            raise SpecError([_no_network(shown, link.named_at, is_block=True)])
    except SpecError as error:
        if error.unreadable and link.named_at is None:
            raise
        return _Text(link, Mapping({}, Span(shown, 1, 1, 1, 1)), tuple(error.diagnostics))
    if "blocks" in document.entries:
        document, faults = with_block_files(document, link, files)
        return _Text(link, document, tuple(faults), tuple(found))
    return _Text(link, document, (), tuple(found), text if link.named_at else b"")


def _checked(text: _Text, files: Files, known: Language) -> tuple[Mapping, list[Diagnostic]]:
    """Return a document in canonical form with its names, or as it is and its faults."""
    if text.faults:
        return text.document, list(text.faults)
    if text.text:
        document, faults = _of_a_base(text.text, text.document.span.path, current(), known)
    else:
        document, faults = _canonical(text.document, known, text.found, is_setting=not text.link.path)
    try:
        return (document, faults) if faults else (with_name_table(document, (text.link,), files), [])
    except SpecError as error:
        return document, list(error.diagnostics)


def _canonical(
    document: Mapping, known: Language, found: Iterable[Diagnostic] = (), *, is_setting: bool = False
) -> tuple[Mapping, list[Diagnostic]]:
    """Return a document in canonical form, or as it is and its faults, those `found` in its text first."""
    faults = setting_faults(document, known) if is_setting else partial_faults(document, known, found)
    return document if faults else canonical_document(document, known), faults


_parsed_base = lru_cache(maxsize=64)(parse_on)  # whole families share one


@lru_cache(maxsize=64)
def _of_a_base(text: bytes, shown: str, limits: Limits, known: Language) -> tuple[Mapping, list[Diagnostic]]:
    """Return a base in canonical form; what is known of a text holds for its limits, which are the current ones."""
    document, found = _parsed_base(text, shown)
    return _canonical(document, known, found)


def _no_network(shown: str, named_at: Span | None, *, is_block: bool = False) -> Diagnostic:
    place = named_at or Span(shown, 1, 1, 1, 1)
    what, help = _BLOCK if is_block else _TABLE
    return Diagnostic("R009", f"{shown} {what}, no network", place, help)


_TABLE = ("is a table of module names", "a network takes its names from it by `names: PATH`")
_BLOCK = ("describes a block", "a network has it by `blocks: {NAME: PATH}`, and a stage by `block: NAME`")
