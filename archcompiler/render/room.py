"""How wide the output may be: a terminal has its columns; a pipe and a file have room for everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from textwrap import wrap

NARROWEST = 40
"""Columns below which nothing is folded any further."""

_COLUMNS: ContextVar[int | None] = ContextVar("columns", default=None)


def columns() -> int | None:
    """Return the columns that the output has; None where it may be as wide as it likes."""
    return _COLUMNS.get()


@contextmanager
def room(columns: int | None) -> Iterator[None]:
    """Let the output of the `with` have so many columns."""
    token = _COLUMNS.set(None if columns is None else max(columns, NARROWEST))
    try:
        yield
    finally:
        _COLUMNS.reset(token)


@contextmanager
def narrower(by: int) -> Iterator[None]:
    """Let the output of the `with`, which will be indented, have so many columns less."""
    now = columns()
    with room(None if now is None else now - by):
        yield


def folded(text: str, hanging: str = "", most: int | None = None) -> str:
    """Return a line of prose on as many lines as it needs, those below the first behind `hanging`.

    Words stay whole. `most` is how wide a line may be where there is room for everything.
    """
    width = min(filter(None, (columns(), most)), default=None)
    if width is None or len(text) <= width:
        return text
    lines = wrap(text, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)
