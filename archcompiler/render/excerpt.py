"""One line of a source as a terminal may show it: nothing raw, tabs expanded, cropped, and the columns of a span."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

_TAB_WIDTH = 4  # terminal columns
_LINE_LENGTH = 110  # code points of a line that are shown, where a terminal has room for them
_LEAD = 40  # code points that are shown before a span in a cropped line, and three eighths of its columns at most
_CROPPED = "…"
# Controls, invisible formats (among them the bidirectional overrides that let a line read otherwise than it is),
# surrogates, and the separators that some terminals take for line ends.
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class Excerpt(NamedTuple):
    """A line to show, and the terminal columns (from 0) of the marked stretch; `width` is at least 1."""

    text: str
    column: int
    width: int


def visible(text: str) -> str:
    """Return the text with every character that a terminal would obey, hide or join written as its escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _escaped(character) if unicodedata.category(character) in _HIDDEN else character for character in text
    )


def excerpt(line: str, start: int, end: int, room: int | None = None) -> Excerpt:
    """Return how to show a line with `line[start:end]` marked, in so many terminal columns where `room` is given."""
    most = min(_LINE_LENGTH, room or _LINE_LENGTH)
    cropped = len(line) > most
    first = max(0, start - min(_LEAD, most * 3 // 8)) if cropped else 0
    last = min(len(line), first + most - (2 * len(_CROPPED) if room and cropped else 0))
    shown = _marked(line, first, last, start, end)
    while room and _width(shown.text) > room and last > first + 1:  # tabs, escapes and wide letters
        first, last = (first, last - 1) if last > start + 1 else (first + 1, last)
        shown = _marked(line, first, last, start, end)
    return shown


def _marked(line: str, first: int, last: int, start: int, end: int) -> Excerpt:
    """Return `line[first:last]`, with an ellipsis where it is cropped and the columns of `line[start:end]`."""
    before = _shown(line[first:start], _CROPPED if first else "")
    marked = _shown(line[start : min(end, last)], before)
    whole = _shown(line[max(start, min(end, last)) : last], marked)
    column = _width(before)
    return Excerpt(whole + (_CROPPED if last < len(line) else ""), column, max(1, _width(marked) - column))


def _shown(piece: str, before: str) -> str:
    """Return the text shown so far with a piece appended: a tab's width depends on where it begins."""
    column = _width(before)
    shown = [before]
    for character in piece:
        cell = " " * (_TAB_WIDTH - column % _TAB_WIDTH) if character == "\t" else visible(character)
        shown.append(cell)
        column += _width(cell)
    return "".join(shown)


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _escaped(character: str) -> str:
    point = ord(character)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
