"""Diagnostics as one JSON document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcompiler.diagnostics import Choice, Diagnostic, Fix, Label
from archcompiler.span import Span

FORMAT_VERSION = 1


def document(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    """Return what `json.dumps` writes. Lines and columns count from 1, columns in code points, ends are exclusive."""
    return {"format_version": FORMAT_VERSION, "diagnostics": [_diagnostic(found) for found in diagnostics]}


def _diagnostic(found: Diagnostic) -> dict[str, Any]:
    return {
        **_place(found.span),
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "help": found.help,
        "labels": [_label(label) for label in found.labels],
        "notes": list(found.notes),
        "choices": [_choice(choice) for choice in found.choices],
        "fix": _fix(found.fix) if found.fix else None,
    }


def _label(label: Label) -> dict[str, Any]:
    return {**_place(label.span), "text": label.text}


def _choice(choice: Choice) -> dict[str, Any]:
    effect = {"params": choice.params, "macs": choice.macs}
    return {**_place(choice.span), "field": choice.field, "value": choice.value, **effect}


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{**_place(edit.span), "replacement": edit.replacement} for edit in fix.edits]
    return {"title": fix.title, "edits": edits}


def _place(span: Span) -> dict[str, Any]:
    return {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
