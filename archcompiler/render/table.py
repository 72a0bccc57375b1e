"""Tables: plain columns, text to the left and numbers to the right with thousands separated; and markdown's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Union

from archcompiler.render.escape import markdown
from archcompiler.render.excerpt import visible

Cell = Union[str, int]


def table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows under a header; a column of numbers is aligned right."""
    body = [list(row) for row in rows]
    right = [any(isinstance(row[column], int) for row in body) for column in range(len(header))]
    texts = [list(header), *([_text(cell) for cell in row] for row in body)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(header))]
    lines = [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        )
        for row in texts
    ]
    return "\n".join(line.rstrip() for line in [lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _text(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) else visible(cell)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows under a header as a markdown table; no cell can break out of it."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(_markdown, line)) + " |" for line in lines)


def _markdown(cell: Cell) -> str:
    return markdown(cell if isinstance(cell, str) else str(cell))
