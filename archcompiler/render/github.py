"""Diagnostics as GitHub's workflow commands: annotations on the lines of a pull request.

GitHub shows 10 annotations of each severity for one step. So those are chosen that say most: the first fault of every
file before the second of any. What is left out goes to the step's summary, as a markdown table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from archcompiler.diagnostics import Diagnostic
from archcompiler.render.choices import advice
from archcompiler.render.excerpt import visible
from archcompiler.render.table import markdown_table
from archcompiler.span import Span

MOST_OF_A_KIND = 10


def ranked(diagnostics: Iterable[Diagnostic]) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Return the diagnostics that are annotated, errors first, and the rest."""
    seen: Counter[tuple[str, str]] = Counter()
    ranks = []
    for found in diagnostics:
        key = (found.severity, found.span.path)
        ranks.append(((found.severity != "error", seen[key]), found))
        seen[key] += 1
    in_order = [found for _, found in sorted(ranks, key=lambda ranked: ranked[0])]
    kinds: Counter[str] = Counter()
    shown: list[Diagnostic] = []
    rest: list[Diagnostic] = []
    for found in in_order:
        (shown if kinds[found.severity] < MOST_OF_A_KIND else rest).append(found)
        kinds[found.severity] += 1
    return shown, rest


def workflow_commands(diagnostics: Sequence[Diagnostic], n_rest: int) -> str:
    """Return one workflow command a line, and what was left out as a notice."""
    lines = [_annotation(found) for found in diagnostics]
    if n_rest:
        lines.append(f"::notice title=archc::{n_rest} more: see the summary of this step, or `archc validate`")
    return "\n".join(lines)


def step_summary(rest: Iterable[Diagnostic]) -> str:
    """Return the diagnostics that are not annotated as a markdown table, in order of their place."""
    rows = [
        [str(found.span), found.severity, found.code, found.message]
        for found in sorted(rest, key=lambda found: (found.span.path, found.span.line, found.span.column))
    ]
    return f"### archc: more faults\n\n{markdown_table(('place', 'severity', 'code', 'message'), rows)}\n\n"


def _annotation(found: Diagnostic) -> str:
    text = "\n".join(visible(line) for line in (found.message, *found.notes, *advice(found)))
    level = "notice" if found.severity == "note" else found.severity
    return workflow_command(level, found.span, found.code, text)


def workflow_command(level: str, span: Span, title: str, text: str) -> str:
    """Return one annotation (`error`, `warning` or `notice`) of a stretch of a file; the text may have many lines."""
    properties = {**_place(span), "title": title}
    said = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{level} {said}::{_data(text)}"


def _place(span: Span) -> dict[str, object]:
    """Return a place in GitHub's words, which take columns only for what begins and ends on one line."""
    if span.path.startswith("<"):
        return {}
    place: dict[str, object] = {"file": visible(span.path), "line": span.line, "endLine": span.end_line}
    return {**place, "col": span.column, "endColumn": span.end_column} if span.line == span.end_line else place


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
