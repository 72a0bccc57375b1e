"""A review for a person at a terminal: a line for each spec, then what was written differently, file by file."""

from __future__ import annotations

from archcompiler.diagnostics import Diagnostic
from archcompiler.render.diff_text import diff_text
from archcompiler.render.excerpt import visible
from archcompiler.render.review_words import HEADER, accepted_lines, row, title
from archcompiler.render.table import table
from archcompiler.review.report import Report


def review_text(report: Report, *, colour: bool) -> str:
    """Return the whole page; the details are those of the specs whose own file differs."""
    pages = [title(report)]
    if report.reviews:
        pages.append(table(HEADER, [[visible(cell) for cell in row(report, each)] for each in report.reviews]))
    for each in report.reviews:
        if each.diff and each.pair.edited:
            bold = f"\x1b[1m{visible(each.pair.path)}\x1b[0m" if colour else visible(each.pair.path)
            pages.append(f"{bold}\n{diff_text(each.diff, colour=colour)}")
        elif each.old_faults:
            pages.append(f"{visible(each.pair.path)} was not sound:\n{_faults(each.old_faults)}")
    pages += ["\n".join(map(visible, accepted_lines(report)))]
    return "\n\n".join(page for page in pages if page)


def _faults(faults: tuple[Diagnostic, ...]) -> str:
    return "\n".join(f"  {visible(f'{fault.span}: {fault.code} {fault.message}')}" for fault in faults)
