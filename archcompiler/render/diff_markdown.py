"""A comparison as markdown: what a reviewer reads in a pull request, the long tables folded."""

from __future__ import annotations

from archcompiler.analyses.cost import Cost
from archcompiler.compare.edits import UNSEEN
from archcompiler.compare.model import Contribution, Diff, PartPair
from archcompiler.render import diff_words as words
from archcompiler.render.amounts import share, signed
from archcompiler.render.diff_weights import checkpoint_text, weights_text
from archcompiler.render.escape import markdown
from archcompiler.render.table import Cell, markdown_table


def diff_markdown(diff: Diff) -> str:
    """Return the impact and the total, then a row for each edit, each finding and each part."""
    title = f"### {markdown(diff.old.name)} → {markdown(diff.new.name)}: {diff.impact.name}"
    pages = [
        title,
        f"{words.MEANINGS[diff.impact]}  \n**{markdown(words.total_line(diff))}**",
        _edits(diff),
        _findings(diff),
    ]
    return "\n\n".join(page for page in [*pages, _facts(diff), _parts(diff)] if page)


def _edits(diff: Diff) -> str:
    rows: list[list[Cell]] = []
    for each in diff.contributions:
        rows += _edit_rows(diff, each)
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
        costs = _costs(diff, each.delta) if index == each.changes[0] else ["together", "together"]
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


def _costs(diff: Diff, delta: Cost) -> list[str]:
    old = diff.old.cost
    return [
        f"{signed(value)} {share(value, of)}".strip()
        for value, of in ((delta.params, old.params), (delta.macs, old.macs))
    ]
