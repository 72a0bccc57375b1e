"""The table of stages: one row a stage, its first keys in columns."""

from __future__ import annotations

from itertools import takewhile

from archcompiler.layout.brackets import WIDTH, cell_of, one_line
from archcompiler.layout.items import Group, must_be_block


def aligned_rows(stages: Group, indent: int) -> dict[int, str]:
    """Return the lines of the stages that have one, by index; none where the columns would make one too long."""
    rows = {
        index: (f"{' ' * indent}{item.key}:", item.value)
        for index, item in enumerate(stages.items)
        if isinstance(item.value, Group) and _has_a_row(item.value, len(item.key) + indent)
    }
    lines = dict(zip(rows, _lines(list(rows.values())), strict=True))
    return lines if all(len(line) <= WIDTH for line in lines.values()) else {}


def _has_a_row(stage: Group, start: int) -> bool:
    fits = stage.is_mapping and bool(stage.items) and not must_be_block(stage)
    return fits and start + len(f": {one_line(stage)}") <= WIDTH


def _lines(rows: list[tuple[str, Group]]) -> list[str]:
    """Return the rows with their keys in columns, as far as all rows have the same keys."""
    cells = [[f"{cell_of(item)}," for item in value.items] for _, value in rows]
    names = [[item.name for item in value.items] for _, value in rows]
    shared = sum(1 for _ in takewhile(lambda same: len(set(same)) == 1, zip(*names, strict=False)))
    widths = [max(len(row[at]) for row in cells) for at in range(shared)] if rows else []
    head_width = max((len(head) for head, _ in rows), default=0)
    lines = []
    for (head, value), row in zip(rows, cells, strict=True):
        padded = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)] + row[shared:]
        lines.append(f"{head:<{head_width}} {value.anchor}{{{' '.join(padded).rstrip()[:-1]}}}")
    return lines
