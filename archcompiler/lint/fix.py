"""Apply the safe fixes of what was found: each as a whole or not at all."""

from __future__ import annotations

from bisect import bisect, insort
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
        if len(stretches) == len(edits) and not any(_overlaps(stretch, chosen) for stretch in stretches):
            for stretch in stretches:
                insort(chosen, stretch)
    result = _replaced(source.text, chosen)
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


def _overlaps(one: Stretch, chosen: list[Stretch]) -> bool:
    """Tell whether a stretch overlaps one of those that do not overlap each other: then it does so with a neighbour."""
    at = bisect(chosen, one)
    near = chosen[max(at - 1, 0) : at + 1]
    return any((one[0] < other[1] and other[0] < one[1]) or one[:2] == other[:2] for other in near)


def _replaced(text: str, chosen: list[Stretch]) -> str:
    """Return a text with other words in stretches that stand in its order."""
    pieces, done = [], 0
    for start, end, replacement in chosen:
        pieces += [text[done:start], replacement]
        done = end
    return "".join([*pieces, text[done:]])
