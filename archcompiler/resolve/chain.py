"""Read a spec and everything that it extends, base first, each checked against the schema on its own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.limits import Limits, current
from archcompiler.resolve.bases import Link, find_base, locate, read_link
from archcompiler.resolve.hints import with_stages_of_settings
from archcompiler.resolve.name_tables import is_table, with_name_table
from archcompiler.resolve.settings import settings_document
from archcompiler.schema.canonical import canonical_document
from archcompiler.schema.check import partial_faults
from archcompiler.span import Span
from archcompiler.syntax.files import Files
from archcompiler.syntax.parse import parse
from archcompiler.tree import Mapping, Scalar


@dataclass(frozen=True, slots=True)
class Chain:
    """The documents of a spec, base first, canonical where they have no faults, and the path of the spec itself."""

    path: str
    documents: tuple[Mapping, ...]
    faults: tuple[Diagnostic, ...]


def read_chain(spec: str | os.PathLike[str], settings: Iterable[str], files: Files) -> Chain:
    """Read a path or shipped name, its bases, and the settings over them; SpecError where no text can be had."""
    links, settings = [Link(locate(spec, files))], list(settings)
    documents: list[Mapping] = []
    faults: list[Diagnostic] = []
    while len(documents) < len(links):
        document, found = _read_one(links[-1], files)
        documents.append(document)
        faults += found
        base = document.get("extends")
        if isinstance(base, Scalar) and isinstance(base.value, str):
            try:
                links.append(find_base(base.value, base.span, links, files))
            except SpecError as error:
                faults += error.diagnostics
    if settings:
        try:
            documents.insert(0, with_name_table(settings_document(settings), (Link(""),), files))
        except SpecError as error:
            faults += with_stages_of_settings(error.diagnostics, settings, documents)
    return Chain(files.shown(links[0].path), tuple(reversed(documents)), tuple(faults))


def _read_one(link: Link, files: Files) -> tuple[Mapping, list[Diagnostic]]:
    """Return a file in canonical form and its faults; only the spec itself must be readable at all."""
    shown = files.shown(link.path)
    try:
        text = read_link(link, files)
        document, faults = (_of_a_base if link.named_at else _of_a_text)(text, shown, current())
        if is_table(document):
            raise SpecError([_no_network(shown, link.named_at)])
    except SpecError as error:
        if error.unreadable and link.named_at is None:
            raise
        return Mapping({}, Span(shown, 1, 1, 1, 1)), list(error.diagnostics)
    try:
        return (document, faults) if faults else (with_name_table(document, (link,), files), [])
    except SpecError as error:
        return document, list(error.diagnostics)


def _of_a_text(text: bytes, shown: str, limits: Limits) -> tuple[Mapping, list[Diagnostic]]:
    """Return a document in canonical form, or as it is and its faults; SpecError where it is not well-formed.

    What is known of a text holds for the limits that it was read under, which are the current ones.
    """
    document = parse(text, shown)
    faults = [] if is_table(document) else partial_faults(document)
    return document if faults else canonical_document(document), faults


_of_a_base = lru_cache(maxsize=64)(_of_a_text)  # whole families share one


def _no_network(shown: str, named_at: Span | None) -> Diagnostic:
    place = named_at or Span(shown, 1, 1, 1, 1)
    message = f"{shown} is a table of module names, no network"
    return Diagnostic("R009", message, place, "a network takes its names from it by `names: PATH`")
