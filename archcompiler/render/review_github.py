"""A review as GitHub's workflow commands: notes on the lines that were changed, and one for what they reach."""

from __future__ import annotations

from collections import Counter

from archcompiler.compare.rules import Impact
from archcompiler.render.diff_github import diff_github
from archcompiler.render.github import workflow_command
from archcompiler.render.github import workflow_commands as faults_as_commands
from archcompiler.render.review_words import row
from archcompiler.review.report import Report
from archcompiler.span import Span


def review_github(report: Report) -> str:
    """Return one command a line: faults, changed lines of the new side, and for each base how many specs it reaches."""
    lines = [faults_as_commands(report.faults, 0)] if report.faults else []
    reached: Counter[str] = Counter()
    for each in report.reviews:
        if each.diff and each.pair.edited and report.impact_of(each):
            lines.append(diff_github(each.diff, both_sides=False))
        elif each.diff and each.diff.impact > Impact.COSMETIC:
            reached.update(each.pair.through)
        elif each.status == "removed":
            text = "whoever loads or extends it finds nothing"
            lines.append(
                workflow_command("warning", Span("<removed>", 1, 1, 1, 1), f"{each.pair.path} is removed", text)
            )
    for path, count in reached.items():
        names = [row(report, each) for each in report.reviews if path in each.pair.through]
        text = "\n".join(f"{impact} {name}: {params} params, {macs} MACs" for impact, name, params, macs, _ in names)
        lines.append(workflow_command("warning", Span(path, 1, 1, 1, 1), f"reaches {count} specs that extend it", text))
    return "\n".join(line for line in lines if line)
