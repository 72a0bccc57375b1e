"""`build --summary`: what each stage says, torchinfo's table, and whether both counts agree."""

from __future__ import annotations

from archcompiler.analyses.report import CostReport
from archcompiler.claims.check import Checked
from archcompiler.render.check import check_table, claim_document
from archcompiler.render.cost import cost_document, shape_text
from archcompiler.render.excerpt import visible
from archcompiler.render.room import folded
from archcompiler.render.table import Cell, table
from archcompiler.render.words import part_words, with_words
from archcompiler.resolve import Spec


def summary_text(spec: Spec, report: CostReport, torchinfo_table: str, checked: Checked) -> str:
    """Return the whole page."""
    pages = [f"{report.name}\n{folded(visible(spec.description))}".rstrip(), stage_table(spec, report), torchinfo_table]
    pages += [check_table([checked])] if checked.claims else []
    return "\n\n".join([*pages, agreement(checked)])


def stage_table(spec: Spec, report: CostReport) -> str:
    """Return one row a part: what the spec says of it, the shape that leaves, what it costs."""
    rows: list[list[Cell]] = [
        [row.name, row.words, shape_text(row.output), row.cost.params, row.cost.macs]
        for row in with_words(report.parts, part_words(spec))
    ]
    rows.append(["total", "", shape_text(report.output), report.total.params, report.total.macs])
    return table(["part", "is", "output", "params", "MACs"], rows)


def agreement(checked: Checked) -> str:
    """Return two lines that say whether analysis and torchinfo count the same."""
    lines = []
    for name, key in (("parameters", "params"), ("mult-adds", "torchinfo_mult_adds")):
        ours, theirs = checked.analysis[key], checked.torchinfo[key]
        lines.append(f"{name}: analysis {ours:,} {'=' if ours == theirs else 'DIFFERS FROM'} torchinfo {theirs:,}")
    return "\n".join(lines)


def summary_document(report: CostReport, checked: Checked) -> dict[str, object]:
    """Return the same as data."""
    return {
        **cost_document(report),
        "torchinfo": checked.torchinfo,
        "agrees": checked.agrees,
        "claims": [claim_document(claim) for claim in checked.claims],
    }
