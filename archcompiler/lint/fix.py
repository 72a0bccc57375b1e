"""Apply the safe fixes of what was found: each as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable

from archcompiler.diagnostics import Diagnostic, Edit, SpecError
from archcompiler.syntax.parse import parse_on
from archcompiler.syntax.source import BOM, Source

Stretch = tuple[int, int, str]  # two offsets, and what stands between them then


def fixed(text: str, path: str, found: Iterable[Diagnostic]) -> str:
    """Return the text of a file with the fixes of its diagnostics applied.

    Of two fixes that overlap the first is applied; the other may be offered again. A text that would be worse
    formed afterwards stays as it is.
    """
    source = Source(text.removeprefix(BOM), path)
    chosen: list[Stretch] = []
    for each in found:
        edits = each.fix.edits if each.fix else ()
        stretches = [_stretch(edit, source) for edit in edits if edit.span.path == path]
        if len(stretches) == len(edits) and not any(_overlap(one, other) for one in stretches for other in chosen):
            chosen += stretches
    result = source.text
    for start, end, replacement in sorted(chosen, reverse=True):
        result = result[:start] + replacement + result[end:]
    if _malformed(result, path) > _malformed(source.text, path):
        return text
    return BOM + result if text.startswith(BOM) else result


def _malformed(text: str, path: str) -> int:
    """Return how many faults a text has before anything is known of the language."""
    try:
        return len(parse_on(text, path)[1])
    except SpecError as error:
        return len(error.diagnostics)


def _stretch(edit: Edit, source: Source) -> Stretch:
    span = edit.span
    start, end = source.offset(span.line, span.column), source.offset(span.end_line, span.end_column)
    return start, end, edit.replacement


def _overlap(one: Stretch, other: Stretch) -> bool:
    return (one[0] < other[1] and other[0] < one[1]) or one[:2] == other[:2]
