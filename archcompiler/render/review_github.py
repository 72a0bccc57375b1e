"""A review as GitHub's workflow commands: notes on the lines that were changed, and one for what they reach."""

from __future__ import annotations

from collections import Counter

from archcompiler.render.diff_github import diff_github
from archcompiler.render.excerpt import visible
from archcompiler.render.github import workflow_command
from archcompiler.render.github import workflow_commands as faults_as_commands
from archcompiler.render.review_words import row, twin_lines
from archcompiler.review.report import Report
from archcompiler.span import Span

_MOST_ROWS = 20
_NOWHERE = Span("<nowhere>", 1, 1, 1, 1)


def review_github(report: Report) -> str:
    """Return one command a line: faults, what is gone, how many specs each base reaches, and the changed lines.

    GitHub shows the first ten of a kind.
    """
    lines = [faults_as_commands(report.faults, 0)] if report.faults else []
    lines += [_removed(each.pair.path) for each in report.reviews if each.status == "removed"]
    lines += [workflow_command("notice", _NOWHERE, "the same network", visible(line)) for line in twin_lines(report)]
    derived = [each for each in report.told if each.diff and not each.pair.edited]
    for path, count in Counter(path for each in derived for path in each.pair.through).most_common():
        lines.append(_reached(path, count, [row(report, each) for each in derived if path in each.pair.through]))
    edited = [each for each in report.told if each.pair.edited and report.impact_of(each)]
    lines += [diff_github(each.diff, both_sides=False) for each in edited if each.diff]
    return "\n".join(line for line in lines if line)


def _removed(path: str) -> str:
    text = "whoever loads or extends it finds nothing"
    return workflow_command("warning", _NOWHERE, f"{path} is removed", text)


def _reached(path: str, count: int, rows: list[list[str]]) -> str:
    shown = [f"{impact} {name}: {params} params, {macs} MACs" for impact, name, params, macs, _ in rows[:_MOST_ROWS]]
    more = [f"and {count - _MOST_ROWS} more"] if count > _MOST_ROWS else []
    title = f"reaches {count} {'spec' if count == 1 else 'specs'}"
    return workflow_command("warning", Span(path, 1, 1, 1, 1), title, "\n".join([*shown, *more]))
