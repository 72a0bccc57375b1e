"""What a code or a field means, for a reader and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from textwrap import indent
from typing import Any

from archcompiler.blocks.page import DocumentPage
from archcompiler.diagnostics import CODES, GROUPS
from archcompiler.explain.field import FieldPage
from archcompiler.explain.page import Example, Page
from archcompiler.render.room import columns, folded

FORMAT_VERSION = 1
_WIDTH = 100


def page_text(page: Page) -> str:
    """Return a page as text."""
    return "\n\n".join(
        [
            f"{page.code}: {page.title}",
            "\n\n".join(map(_paragraph, page.why.split("\n\n"))),
            f"This fails:\n\n{_example(page.fails)}",
            f"Mended:\n\n{_example(page.mended)}",
        ]
    )


def _paragraph(text: str) -> str:
    """Return a paragraph as its page has it, or in the lines for which there is room."""
    return text if columns() is None else folded(" ".join(text.split()))


def _example(example: Example) -> str:
    alone = list(example.files) == ["spec.yaml"]
    files = [(content if alone else f"# {name}\n{content}").rstrip() for name, content in example.files.items()]
    commands = "\n".join(f"$ {command}" for command in example.commands)
    return indent("\n\n".join([*files, commands]), "    ")


def page_document(page: Page) -> dict[str, Any]:
    """Return a page as `--format json` prints it."""
    return {"format_version": FORMAT_VERSION, "codes": [asdict(page)], "fields": [], "documents": []}


def codes_text() -> str:
    """Return every code with its title, by the stage that finds it."""
    groups = []
    for letter, group in GROUPS.items():
        lines = [f"  {code}  {title}" for code, title in CODES.items() if code.startswith(letter)]
        groups.append("\n".join([f"{group}:", *lines]))
    return "\n\n".join(groups)


def codes_document() -> dict[str, Any]:
    """Return every code as `--format json` prints them."""
    codes = [{"code": code, "title": title} for code, title in CODES.items()]
    return {"format_version": FORMAT_VERSION, "codes": codes, "fields": [], "documents": []}


def fields_text(pages: Iterable[FieldPage]) -> str:
    """Return the meanings of a field as text; of one that blocks have with other bounds or defaults, what differs."""
    meanings: dict[str, list[FieldPage]] = {}
    for page in pages:
        meanings.setdefault(page.description, []).append(page)
    return "\n\n".join("\n".join([field_text(first), *_differing(first, rest)]) for first, *rest in meanings.values())


def _differing(first: FieldPage, rest: Iterable[FieldPage]) -> Iterator[str]:
    """Yield the rows in which the field differs elsewhere from the first page of it."""
    known = _rows(first)
    for page in rest:
        yield from _lines({key: value for key, value in _rows(page).items() if value != known[key]})


def field_text(page: FieldPage) -> str:
    """Return one meaning of a field as text."""
    return "\n".join([folded(f"{page.name}: {page.description}", most=_WIDTH), *_lines(_rows(page))])


def _rows(page: FieldPage) -> dict[str, str]:
    default = "needed" if page.needed else "none" if page.default is None else _plain(page.default)
    return {
        "in": ", ".join(page.where),
        "value": page.value,
        "default": default,
        "instead of": ", ".join(page.instead),
        "examples": ", ".join(map(_plain, page.examples)),
    }


def _lines(rows: dict[str, str]) -> list[str]:
    return [folded(f"  {key:<11} {value}", " " * 14, _WIDTH) for key, value in rows.items() if value]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def topic_document(fields: Iterable[FieldPage], documents: Iterable[DocumentPage]) -> dict[str, Any]:
    """Return the meanings of a field, and the documents of a name, as `--format json` prints them."""
    return {
        "format_version": FORMAT_VERSION,
        "codes": [],
        "fields": [asdict(page) for page in fields],
        "documents": [asdict(page) for page in documents],
    }
