"""A comparison as markdown: what a reviewer reads in a pull request, the long tables folded."""

from __future__ import annotations

from archcompiler.analyses.cost import Cost
from archcompiler.compare.edits import UNSEEN
from archcompiler.compare.model import Contribution, Diff, PartPair
from archcompiler.render import diff_words as words
from archcompiler.render.amounts import signed
from archcompiler.render.diff_weights import checkpoint_text, weights_text
from archcompiler.render.escape import markdown
from archcompiler.render.table import Cell, markdown_table


def diff_markdown(diff: Diff) -> str:
    """Return the summary, then a row for each part, then one for each edit."""
    pages = [stat_markdown(diff), _findings(diff), _facts(diff), _parts(diff), _edits(diff)]
    return "\n\n".join(page for page in pages if page)


def stat_markdown(diff: Diff) -> str:
    """Return both networks, the impact, what it means, and what changed."""
    title = f"### {' → '.join(map(markdown, words.names(diff)))}: {diff.impact.name}"
    return f"{title}\n\n{words.MEANINGS[diff.impact]}  \n**{markdown(words.total_line(diff))}**"


def _edits(diff: Diff) -> str:
    rows: list[list[Cell]] = []
    for each in diff.contributions:
        rows += _edit_rows(diff, each)
    if len(diff.contributions) > 1:
        rows.append(["total", "", *_costs(diff.delta)])
    unseen = [change for change in diff.changes if change.address in UNSEEN]
    rows += [[f"{words.addresses(unseen)}: no effect on the network", "", "", ""]] if unseen else []
    return markdown_table(["edit", "written at", "params", "MACs"], rows) if rows else ""


def _edit_rows(diff: Diff, each: Contribution) -> list[list[Cell]]:
    """Return a row for each edit of a group, the cost of all at the first, and one for what follows elsewhere."""
    rows: list[list[Cell]] = []
    for index in each.changes:
        change = diff.changes[index]
        spans = [side.span if side else None for side in (change.old, change.new)]
        places = words.places_text(spans[0], spans[1])
        reach = words.reach_text(change)
        text = f"{words.MARKS[change.kind]} {words.change_text(change)}{f' ({reach})' if reach else ''}"
        costs = _costs(each.delta) if index == each.changes[0] else ["together", "together"]
        rows.append([text, places, *costs])
    derived = [effect for effect in each.effects if not effect.direct]
    return rows + [[f"therefore {effect.part}: {words.effect_text(effect)}", "", "", ""] for effect in derived]


def _findings(diff: Diff) -> str:
    rows = [[found.impact.name, found.rule, words.finding_text(found)] for found in diff.findings]
    return markdown_table(["impact", "rule", "finding"], rows) if rows else ""


def _facts(diff: Diff) -> str:
    lines = [
        f"weights {'; '.join(weights_text(diff))}",
        *([f"checkpoint {'; '.join(checkpoint_text(diff))}"] if diff.checkpoint else []),
        f"function {words.function_text(diff)}",
        f"interface {words.interface_text(diff)}",
    ]
    return "\n".join(f"- {markdown(line)}" for line in lines)


def _parts(diff: Diff) -> str:
    header = ["part", "output", "params before", "after", "MACs before", "after"]
    table = markdown_table(header, [_part_row(pair) for pair in diff.parts])
    return f"<details><summary>Before and after, by stage</summary>\n\n{table}\n\n</details>"


def _part_row(pair: PartPair) -> list[Cell]:
    rows = (pair.old, pair.new)
    name = next(row.name for row in reversed(rows) if row)
    outputs = words.shapes_text(*(row.output if row else None for row in rows))
    counts = (
        [f"{row.cost.params:,}" if row else "" for row in rows],
        [f"{row.cost.macs:,}" if row else "" for row in rows],
    )
    return [name, outputs, *counts[0], *counts[1]]


def _costs(delta: Cost) -> list[str]:
    return [signed(delta.params), signed(delta.macs)]
