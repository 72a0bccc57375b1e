"""A group between brackets: on one line where that fits, else filled line by line below its bracket."""

from __future__ import annotations

import re

from archcompiler.layout.items import Group, Item, Text
from archcompiler.layout.read import quoted

WIDTH = 120
"""Columns of a line; a string is never broken, and a comment does not count."""

_UNFIT_IN_BRACKETS = re.compile(r"[,\[\]{}?]")


def in_brackets(group: Group, head: str, tail: str) -> list[str]:
    """Return a group in brackets behind a head and in front of a tail, on as many lines as it needs."""
    single = f"{head}{one_line(group)}{tail}"
    if len(single) <= WIDTH or not group.items:
        return [single]
    opening, closing = "{}" if group.is_mapping else "[]"
    lines = [f"{head}{group.anchor}{opening}"]
    edge = " " * len(lines[0])
    for index, item in enumerate(group.items):
        end = f"{closing}{tail}" if item is group.items[-1] else ","
        space = " " if index else ""
        if len(f"{lines[-1]}{space}{cell_of(item)}{end}") <= WIDTH:
            lines[-1] += f"{space}{cell_of(item)}{end}"
            continue
        start = edge if index else lines.pop()
        if isinstance(item.value, Group):
            lines += in_brackets(item.value, start + _label(item), end)
        else:
            lines.append(f"{start}{cell_of(item)}{end}")
    return lines


def one_line(value: Text | Group) -> str:
    """Return a value as it stands between brackets, on one line."""
    if isinstance(value, Group):
        inner = ", ".join(cell_of(item) for item in value.items)
        return f"{value.anchor}{{{inner}}}" if value.is_mapping else f"{value.anchor}[{inner}]"
    if len(value.lines) > 1 or (value.plain and _UNFIT_IN_BRACKETS.search(value.value)):
        return value.anchor + quoted(value.value)
    return value.anchor + value.lines[0]


def cell_of(item: Item) -> str:
    """Return an item as it stands between brackets, on one line."""
    return _label(item) + one_line(item.value)


def _label(item: Item) -> str:
    key = quoted(item.name) if item.key == item.name and _UNFIT_IN_BRACKETS.search(item.name) else item.key
    return f"{key}: " if item.key else ""
