"""What would close the gap between a printed figure and the measured one: as a table, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from archcompiler.claims.check import Checked
from archcompiler.claims.explain import Candidate, Explanation
from archcompiler.claims.printed import parse_printed
from archcompiler.render.room import folded
from archcompiler.render.table import Cell, table

_HEADER = ("variation", "measured", "rounds to", "differs in")


def explanations_text(
    results: Iterable[Checked],
    table: Callable[[Sequence[str], Iterable[Sequence[Cell]]], str] = table,
    escape: Callable[[str], str] = str,
) -> str:
    """Return a paragraph and a table for each claim that was explained."""
    pages = []
    for result in results:
        for found in result.explanations:
            rows = [_row(found, candidate) for candidate in found.candidates]
            pages += [folded(escape(_words(result, found))), *([table(_HEADER, rows)] if rows else [])]
    return "\n\n".join(pages)


def explanation_document(found: Explanation) -> dict[str, object]:
    """Return one explanation as data."""
    return {
        "quantity": found.claim.quantity,
        "printed": found.claim.printed,
        "gap": found.gap,
        "candidates": [
            {"is": each.words, "measured": each.measured, "closes": each.closes, "parts": dict(each.parts)}
            for each in found.candidates
        ],
    }


def _words(result: Checked, found: Explanation) -> str:
    claim = found.claim
    side = "above" if found.gap > 0 else "below"
    gap = f"{abs(found.gap):,} {side} what rounds to it" if found.gap else "within what rounds to it"
    first = f"{result.name}, {claim.quantity} {claim.printed}: {_count(claim.measured)} is measured, {gap}"
    if not found.candidates:
        return f"{first}; no variation of this network counts otherwise"
    closes = any(candidate.closes for candidate in found.candidates)
    return f"{first}; {'closed by' if closes else 'closed by no variation; the nearest are'}"


def _row(found: Explanation, candidate: Candidate) -> list[Cell]:
    figure = parse_printed(found.claim.printed)
    rounded = figure.text_of(candidate.measured) if figure else ""
    parts = ", ".join(f"{name} {by:+,}" for name, by in candidate.parts)
    return [candidate.words, candidate.measured, rounded, parts]


def _count(measured: object) -> str:
    return f"{measured:,}" if isinstance(measured, int) else str(measured)
