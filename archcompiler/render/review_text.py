"""A review for a person at a terminal: a line for each spec, then what was written differently, file by file."""

from __future__ import annotations

from archcompiler.diagnostics import Diagnostic
from archcompiler.render.diff_text import diff_text, painted_impact
from archcompiler.render.excerpt import visible
from archcompiler.render.review_words import HEADER, accepted_lines, ledger_text, row, same_text, title, twin_lines
from archcompiler.render.table import table
from archcompiler.review.ledger import LEDGER
from archcompiler.review.report import Report


def review_text(report: Report, *, colour: bool, is_gate: bool, edits: bool) -> str:
    """Return the whole page; details are of specs whose own file differs. A gate says what would open it."""
    pages = [
        review_stat(report, colour=colour),
        "\n".join(map(visible, twin_lines(report))),
        visible(same_text(report)),
    ]
    for each in report.told:
        if each.diff and each.pair.edited:
            bold = f"\x1b[1m{visible(each.pair.path)}\x1b[0m" if colour else visible(each.pair.path)
            pages.append(f"{bold}\n{diff_text(each.diff, colour=colour, edits=edits)}")
        elif each.old_faults:
            pages.append(f"{visible(each.pair.path)} was not sound:\n{_faults(each.old_faults)}")
    pages.append("\n".join(map(visible, accepted_lines(report))))
    entries = ledger_text(report) if is_gate else ""
    if entries:
        pages.append(f"to accept what is meant, with a reason, in {LEDGER}:\n\n{entries}")
    return "\n\n".join(page for page in pages if page)


def review_stat(report: Report, *, colour: bool) -> str:
    """Return how many specs differ in effect, and a line for each, the worst impact first."""
    if not report.told:
        return title(report)
    rows = [[visible(cell) for cell in row(report, each)] for each in report.told]
    head, rule, *lines = table(HEADER, rows).splitlines()
    told = zip(report.told, rows, lines, strict=True)
    painted = [
        painted_impact(report.impact_of(each), cells[0], colour=colour) + line[len(cells[0]) :]
        for each, cells, line in told
    ]
    return "\n".join([title(report), "", head, rule, *painted])


def _faults(faults: tuple[Diagnostic, ...]) -> str:
    return "\n".join(f"  {visible(f'{fault.span}: {fault.code} {fault.message}')}" for fault in faults)
