"""A document of a block, and how one is written, for a reader, as data and as YAML."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from textwrap import indent

from archcompiler.blocks.check import declared_fields
from archcompiler.blocks.guide import Section
from archcompiler.blocks.library import with_defaults
from archcompiler.blocks.page import DocumentPage
from archcompiler.layout.format import formatted
from archcompiler.render.explain import field_text
from archcompiler.render.room import columns, folded, narrower
from archcompiler.render.spec import document_yaml
from archcompiler.tree import Entry, Mapping, from_plain

_WIDTH, _KEY, _STEP, _INDENT = 100, 16, 64, "  "
_STEPS = "Steps, with the role of each layer:"


def page_text(page: DocumentPage) -> str:
    """Return the page of a document as text."""
    kind = f"{page.kind}, class {page.class_name}" if page.class_name else page.kind
    kind += f", extends {page.extends}" if page.extends else ""
    parts = [folded(f"{page.name} ({kind}): {page.description}", most=_WIDTH)]
    if page.fields:
        with narrower(len(_INDENT)):
            fields = [indent(field_text(field), _INDENT) for field in page.fields]
        parts.append("\n\n".join(["Fields:", *fields]))
    if page.lets:
        lets = (folded(f"{_INDENT}{name} = {value}", _INDENT * 3) for name, value in page.lets.items())
        parts.append("\n".join(["Let:", *lets]))
    steps = page.steps or (f"those of {page.extends}" if page.extends else "none")
    lines = zip_longest(steps.splitlines(), page.roles, fillvalue="")
    parts.append("\n".join([_STEPS, *(_step(line, role) for line, role in lines)]))
    return "\n\n".join(parts)


def _step(line: str, role: str) -> str:
    """Return one line of steps, and what tables of names call its layer."""
    text = f"{_INDENT}{line:<{_STEP}}  # {role}" if role else f"{_INDENT}{line}".rstrip()
    width = columns()
    if width is None or len(text) <= width:
        return text
    start = _INDENT + " " * (len(line) - len(line.lstrip()))
    beside = f"{_INDENT}{line}  # {role}"
    if role and len(beside) <= width:
        return beside
    return "\n".join([*([f"{start}# {role}"] if role else []), folded(f"{_INDENT}{line}", start + 2 * _INDENT)])


def guide_text(sections: Iterable[Section]) -> str:
    """Return how a block is written as text."""
    return "\n\n".join("\n".join([folded(f"{each.title}:"), *map(_row, each.rows)]) for each in sections)


def _row(row: tuple[str, str]) -> str:
    key, text = row
    pad = " " * (_KEY + 3)
    start = f"{_INDENT}{key:<{_KEY}} "
    return (
        folded(f"{start}{text}", pad, _WIDTH)
        if len(key) <= _KEY
        else f"{_INDENT}{key}\n{folded(pad + text, pad, _WIDTH)}"
    )


def document_text(tree: Mapping) -> str:
    """Return a document as YAML, the whole definition of each field and every value of each step written out."""
    return formatted(document_yaml(whole_document(tree)), "<show>").rstrip("\n")


def whole_document(tree: Mapping) -> Mapping:
    """Return a document with the whole definition of each field, and every value of each step."""
    entries = {**with_defaults(tree).entries}
    if "fields" in entries:
        fields = from_plain(declared_fields(tree), tree.span)
        entries["fields"] = Entry(entries["fields"].key_span, fields)
    return Mapping(entries, tree.span)
