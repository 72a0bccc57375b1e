"""Tables: plain columns, text to the left and numbers to the right with thousands separated; and markdown's.

Where the room is short, cells of text go on below themselves, and then columns are left out from the right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Union

from archcompiler.render.escape import markdown
from archcompiler.render.excerpt import visible
from archcompiler.render.room import columns, folded

Cell = Union[str, int]
_GAP = 2
_NEVER_LEFT_OUT = 2
"""Columns at the left that say what a row is."""
_LONGEST_WORD = 19
"""Columns that a word in a folded cell has at most: two such columns fit the narrowest terminal."""
_WORDS = re.compile(r"\s+")
_PIECES = re.compile(r"\d[\d,.]*\S*|[^/_.:\-]+[/_.:\-]*|[/_.:\-]+")


def table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows under a header; a column of numbers is aligned right."""
    body = [list(row) for row in rows]
    right = [any(isinstance(row[column], int) for row in body) for column in range(len(header))]
    texts = [list(header), *([_text(cell) for cell in row] for row in body)]
    widths, left_out = _fitting(texts, right)
    head, *below = (list(_lines_of(row, widths, right)) for row in texts)
    rule = (" " * _GAP).join("-" * width for width in widths.values())
    told = ["", folded(f"left out for want of room: {', '.join(left_out)}")] if left_out else []
    return "\n".join([*head, rule, *(line for lines in below for line in lines), *told])


def _text(cell: Cell) -> str:
    return f"{cell:,}" if isinstance(cell, int) else visible(cell)


def _fitting(texts: Sequence[Sequence[str]], right: Sequence[bool]) -> tuple[dict[int, int], list[str]]:
    """Return the widths of the columns for which there is room, by their numbers, and the names of the others."""
    cells = dict(enumerate(zip(*texts, strict=True)))
    widths = {column: max(map(len, found)) for column, found in cells.items()}
    room = columns()
    if room is None or _width(widths) <= room:
        return widths, []
    widths = {column: width for column, width in widths.items() if any(cells[column][1:])}
    least = {
        column: width if right[column] else min(width, max(map(_longest_piece, cells[column])))
        for column, width in widths.items()
    }
    left_out: list[str] = []
    while len(least) > _NEVER_LEFT_OUT and _width(least) > room:
        left_out.insert(0, texts[0][least.popitem()[0]])
    return _shared({column: widths[column] for column in least}, least, room), left_out


def _width(widths: Mapping[int, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)


def _shared(widths: Mapping[int, int], least: Mapping[int, int], room: int) -> dict[int, int]:
    """Return the widths, of which the widest are cut to one width so that all fit."""
    cut, most = dict(widths), max(widths.values())
    while most and _width(cut) > room:
        most -= 1
        cut = {column: max(least[column], min(width, most)) for column, width in widths.items()}
    return cut


def _lines_of(row: Sequence[str], widths: Mapping[int, int], right: Sequence[bool]) -> Iterator[str]:
    """Yield the lines of a row, each cell filled to the width of its column."""
    cells = [_folded_cell(row[column], width) for column, width in widths.items()]
    for line in zip_longest(*cells, fillvalue=""):
        filled = (
            text.rjust(width) if right[column] else text.ljust(width)
            for text, (column, width) in zip(line, widths.items(), strict=True)
        )
        yield (" " * _GAP).join(filled).rstrip()


def _folded_cell(text: str, width: int) -> list[str]:
    """Return a cell on lines of a width: broken between words, then behind `/`, `_`, `.`, `:`, `-`, then anywhere."""
    if len(text) <= width:
        return [text]
    lines = [""]
    for word in _WORDS.split(text):
        pieces = [word] if len(word) <= width else _pieces(word, width)
        for index, piece in enumerate(pieces):
            space = " " if lines[-1] and not index else ""
            if len(lines[-1]) + len(space) + len(piece) <= width:
                lines[-1] += space + piece
            else:
                lines.append(piece)
    return [line for line in lines if line]


def _pieces(word: str, width: int) -> list[str]:
    return [part[at : at + width] for part in _PIECES.findall(word) for at in range(0, len(part), width)]


def _longest_piece(text: str) -> int:
    pieces = (piece for word in _WORDS.split(text) for piece in _PIECES.findall(word))
    return min(_LONGEST_WORD, max(map(len, pieces), default=0))


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows under a header as a markdown table; no cell can break out of it."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(_markdown, line)) + " |" for line in lines)


def _markdown(cell: Cell) -> str:
    return markdown(cell if isinstance(cell, str) else str(cell))
