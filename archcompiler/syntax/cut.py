"""Texts that YAML cut at a comma: in brackets, `{conv: max(4, 8)}` says `conv: max(4` and a key `8)`."""

from __future__ import annotations

from collections.abc import Sequence

from archcompiler.diagnostics import Diagnostic, Edit, Fix
from archcompiler.span import Span
from archcompiler.tree import Scalar

Piece = tuple[str | None, Span]
"""A part between two commas: its text, None where it cannot be part of one, and its place."""


def cuts(pieces: Sequence[Piece]) -> list[range]:
    """Return which pieces are one text: from one that opens more round brackets than it closes, to what closes them."""
    found: list[range] = []
    start, depth = 0, 0
    for index, (text, _) in enumerate(pieces):
        if depth <= 0 or text is None:
            start, depth = index, 0
        depth += opened_in(text)
        if depth == 0 and index > start:
            found.append(range(start, index + 1))
    return found


def opened_in(text: str | None) -> int:
    """Return how many more round brackets a text opens than it closes."""
    return text.count("(") - text.count(")") if text else 0


def whole(pieces: Sequence[Piece]) -> Scalar:
    """Return the text that was meant."""
    first, last = pieces[0][1], pieces[-1][1]
    span = Span(first.path, first.line, first.column, last.end_line, last.end_column)
    return Scalar(", ".join(str(text) for text, _ in pieces), span)


def cut_fault(text: Scalar) -> Diagnostic:
    """Report a text that was cut; its fix is quotes around it."""
    span, quote = text.span, next((mark for mark in "'\"" if mark not in str(text.value)), "")
    ends = (
        Span(span.path, span.line, span.column, span.line, span.column),
        Span(span.path, span.end_line, span.end_column, span.end_line, span.end_column),
    )
    fix = Fix("quote it", tuple(Edit(end, quote) for end in ends)) if quote else None
    help = f"quote it: {quote}{text.value}{quote}"
    return Diagnostic("Y014", "in brackets, YAML ends a value at a comma", span, help, fix=fix)
