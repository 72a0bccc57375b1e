"""The tables of `schemas/README.md`: every block, every kind of what can be chosen, every field and its default."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from archcompiler.explain.field import FieldPage, pages_of_kind
from archcompiler.record.rounding import round_to
from archcompiler.render.escape import Markdown
from archcompiler.render.table import markdown_table

Json = dict[str, Any]
_OBJECTS = ("document", "input", "overrides", "names", "roles", "rounding", "claim", "rule", "disagreement", "step")
_NUMBERS = (11, 12, 16, 20)
"""Numbers that the modes of rounding tell apart, as multiples of 8."""
_SHOWN_AS = {"defaults": "stage", "stages": "stage", "override": "stage"}
"""Objects that have the fields of another one."""


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of block, norm and so on, and the document that describes it, as its path from the page."""

    name: str
    description: str
    document: str | None


def language_tables(schema: Json, cases: Mapping[str, Sequence[Case]], words: Mapping[str, str]) -> dict[str, str]:
    """Return the part of the page for each kind of object, by its name.

    `cases` are those of blocks and unions, `words` those with which the roles of the kinds of steps begin.
    """
    kinds = (*_OBJECTS, *cases)
    return {kind: "\n\n".join(_part(kind, schema, cases.get(kind, ()), kinds, words)) for kind in kinds}


def _part(
    kind: str, schema: Json, cases: Sequence[Case], kinds: Sequence[str], words: Mapping[str, str]
) -> Iterator[str]:
    """Yield the heading of a kind of object, the table of its cases and the table of its fields."""
    choice = schema["$defs"].get(kind, {}).get("x-choice", {})
    pages = [page for page in pages_of_kind(kind, schema) if page.name != choice.get("key")]
    yield f"### {kind}"
    told = [page for page in pages if choice.get("key") == "" and page.where == (f"{kind} ({page.name})",)]
    if cases:
        yield markdown_table((_word(kind), "what it is"), map(_case, cases))
    if told:
        header = (kind, "takes", "role", "what it is") if kind == "step" else (kind, "takes", "what it is")
        yield markdown_table(header, (_told(page, kinds, words if kind == "step" else None) for page in told))
    rest = [page for page in pages if page not in told]
    if rest:
        yield _fields(kind, rest, choice.get("cases", ()), kinds)


def _told(page: FieldPage, kinds: Sequence[str], words: Mapping[str, str] | None) -> list[Markdown]:
    """Return the row of a case that its own key tells; of a step, with the role of the first layer that it makes."""
    first, last = [_code(page.name), _takes(page, kinds)], _text(page.description)
    if words is None:
        return [*first, last]
    word = words[page.name]
    return [*first, _code(f"{word}1") if word else Markdown(""), last]


def modes_table(modes: Iterable[str]) -> str:
    """Return a table of what each mode of rounding makes of some numbers, as multiples of 8."""
    rows = ([_code(mode), *(_rounded(number, mode) for number in _NUMBERS)] for mode in modes)
    return markdown_table(("MODE", *(f"of {number}" for number in _NUMBERS)), rows)


def _rounded(number: int, mode: str) -> Markdown:
    found = round_to(Fraction(number), 8, mode)
    return Markdown("a fault" if found is None else str(found))


def _word(kind: str) -> str:
    """Return what a case of a kind of object is called."""
    return "block" if kind == "stage" else kind


def _case(case: Case) -> list[Markdown]:
    name = _code(case.name)
    return [Markdown(f"[{name}]({case.document})") if case.document else name, _text(case.description)]


def _fields(kind: str, pages: Iterable[FieldPage], cases: Sequence[str], kinds: Sequence[str]) -> str:
    """Return the table of fields, with the cases that have each where there are any."""
    header = ["field", "takes", "default", f"{_word(kind)}s that have it", "what it is"]
    rows = [
        [_code(page.name), _takes(page, kinds), _default(page), _owners(page, kind, cases), _text(page.description)]
        for page in pages
    ]
    if not cases:
        header, rows = [*header[:3], header[4]], [[*row[:3], row[4]] for row in rows]
    return markdown_table(header, rows)


def _takes(page: FieldPage, kinds: Sequence[str]) -> Markdown:
    """Return what a field takes, as a link where the page describes it."""
    held = _SHOWN_AS.get(page.holds, page.holds)
    if held not in kinds:
        return _text(page.value)
    return Markdown(f"[{page.value if page.value.startswith('a ') else held}](#{held})")


def _default(page: FieldPage) -> Markdown:
    others = "".join(f", or {_code(name)}" for name in page.instead)
    if page.needed:
        return Markdown(f"needed{others}")
    return Markdown("") if page.default is None else _code(json.dumps(page.default).strip('"'))


def _owners(page: FieldPage, kind: str, cases: Sequence[str]) -> Markdown:
    (where,) = page.where
    names = where.removeprefix(f"{kind} (").removesuffix(")").split(", ")
    left_out = [name for name in cases if name not in names]
    if not left_out:
        return Markdown("all")
    is_shorter = len(left_out) < len(names) - 1
    return Markdown(f"all but {_codes(left_out)}" if is_shorter else _codes(names))


def _codes(names: Iterable[str]) -> str:
    return ", ".join(map(_code, names))


def _code(text: str) -> Markdown:
    return Markdown(f"`{text}`")


def _text(text: str) -> Markdown:
    """Return a description of the schema, which is markdown, in a cell."""
    return Markdown(text.replace("|", r"\|"))
