"""A review as markdown: the comment on a pull request. It is empty where nothing differs in effect."""

from __future__ import annotations

from archcompiler.render.diff_markdown import diff_markdown
from archcompiler.render.escape import markdown
from archcompiler.render.review_words import HEADER, accepted_lines, ledger_text, row, same_text, title, twin_lines
from archcompiler.render.table import markdown_table
from archcompiler.review.changes import Reviewed
from archcompiler.review.ledger import LEDGER
from archcompiler.review.report import Report

_MOST_ROWS = 100
_LONGEST = 50_000
"""Characters; GitHub takes comments of 65,536."""


def review_markdown(report: Report) -> str:
    """Return a row for each spec that differs in effect, and folded what was written differently."""
    told = report.told
    if not told and not report.faults:
        return ""
    pages = [review_stat_markdown(report)]
    pages += [f"- {markdown(f'{each.span}: {each.code} {each.message}')}" for each in report.faults]
    pages += [
        f"- {markdown(line)}" for line in (*twin_lines(report), *accepted_lines(report), same_text(report)) if line
    ]
    left_out = 0
    for each in told:
        page = _details(each)
        if sum(map(len, [*pages, page])) > _LONGEST:
            left_out += 1
        elif page:
            pages.append(page)
    pages.append(_acceptable(ledger_text(report)))
    pages += [f"Details of {left_out} specs are left out: `archc diff` prints them."] if left_out else []
    return "\n\n".join(page for page in pages if page)


def review_stat_markdown(report: Report) -> str:
    """Return a row for each spec that differs in effect, the worst impact first."""
    told = report.told
    pages = [f"### {markdown(f'{title(report)}, {report.impact.name}')}"]
    if told:
        pages.append(markdown_table(HEADER, [row(report, each) for each in told[:_MOST_ROWS]]))
    if told[_MOST_ROWS:]:
        pages.append(f"and {len(told) - _MOST_ROWS} more specs")
    return "\n\n".join(pages)


def _acceptable(entries: str) -> str:
    if not entries or "```" in entries or len(entries) > _LONGEST // 10:
        return ""
    return f"<details><summary>To accept what is meant</summary>\n\n```yaml\n# {LEDGER}\n{entries}\n```\n\n</details>"


def _details(each: Reviewed) -> str:
    if each.diff is None or not each.pair.edited:
        return ""
    summary = f"<summary>{markdown(each.pair.path)}</summary>"
    return f"<details>{summary}\n\n{diff_markdown(each.diff)}\n\n</details>"
