"""Items -> lines: one item a line where its object stands in lines, brackets where they fit, comments beside in line.

What does not fit into `WIDTH` goes on below its bracket:

    claims:
      - {source: "arXiv:1611.05431", table: "1", quantity: params, printed: "25.5e6",
         disagrees: {how: truncated, reason: "25.557 M rounds to 25.6."}}
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from archcompiler.layout.brackets import in_brackets
from archcompiler.layout.items import Group, Item, Text, must_be_block
from archcompiler.layout.order import definition_below, definition_of_items, root_definition, stands_in_lines
from archcompiler.layout.rows import aligned_rows

_INDENT = 2


@dataclass(slots=True)
class Line:
    """One line without and with the comment at its end."""

    text: str
    comment: str = ""


def written(root: Group) -> str:
    """Return the text of a document."""
    empty = [] if root.items else ["{}"]
    lines = [*empty, *_with_comments(_lines_of(root, root_definition(root), 0))]
    return "\n".join(lines).strip("\n") + "\n"


def _with_comments(lines: list[Line]) -> list[str]:
    """Return the lines with their comments, those of neighbours in one column."""
    texts: list[str] = []
    for commented, run in groupby(lines, key=lambda line: bool(line.comment)):
        neighbours = list(run)
        column = max(len(line.text) for line in neighbours) + _INDENT if commented else 0
        texts += [f"{line.text:<{column}}{line.comment}".rstrip() for line in neighbours]
    return texts


def _lines_of(group: Group, definition: str | None, indent: int) -> list[Line]:
    """Return a group with a line for each of its items."""
    rows = aligned_rows(group, indent) if definition == "stages" and group.is_mapping else {}
    lines: list[Line] = []
    for index, item in enumerate(group.items):
        below = definition_below(definition, item.name) if group.is_mapping else definition_of_items(definition)
        lines += _comment_lines(item.above if group.is_mapping else _above_dash(item), indent, first=not index)
        lines += [Line(rows[index], "  ".join(item.beside))] if index in rows else _item_lines(item, below, indent)
    while group.below and not group.below[-1]:
        group.below.pop()
    return [*lines, *_comment_lines(group.below, indent)]


def _above_dash(item: Item) -> list[str]:
    """Return the comments above an item of a list, those above its first key among them: both stand above its dash."""
    above, value = item.above, item.value
    while isinstance(value, Group) and value.items and must_be_block(value):
        first = value.items[0]
        above, first.above = [*above, *first.above], []
        if value.is_mapping:
            break
        value = first.value
    return above


def _comment_lines(texts: list[str], indent: int, *, first: bool = False) -> list[Line]:
    """Return comments on lines of their own; of several blank lines one, and none at the beginning of a group."""
    lines = [Line(" " * indent + text if text else "") for text in texts]
    is_blank = first
    kept = []
    for line in lines:
        if line.text or not is_blank:
            kept.append(line)
        is_blank = not line.text
    return kept


def _item_lines(item: Item, definition: str | None, indent: int) -> list[Line]:
    """Return one item: its key or dash, and its value."""
    head = " " * indent + (f"{item.key}:" if item.key else "-")
    comment = "  ".join(item.beside)
    value = item.value
    if isinstance(value, Group) and _in_lines(value, definition):
        below = _lines_of(value, definition, indent + _INDENT)
        if item.key or value.anchor:
            return [Line(f"{head} {value.anchor}".rstrip(), comment), *below]
        first = Line(f"{head} {below[0].text.lstrip()}", "  ".join(filter(None, (comment, below[0].comment))))
        return [first, *below[1:]]
    texts = _text_lines(value, head, indent) if isinstance(value, Text) else in_brackets(value, f"{head} ", "")
    lines = [Line(text) for text in texts]
    lines[0 if isinstance(value, Text) and value.block else -1].comment = comment
    return lines


def _text_lines(value: Text, head: str, indent: int) -> list[str]:
    edge = " " * (indent + _INDENT)
    continued = [f"{edge}{line if value.block else line.lstrip()}" for line in value.lines[1:]]
    return [f"{head} {value.anchor}{value.lines[0]}", *continued]


def _in_lines(value: Group, definition: str | None) -> bool:
    return bool(value.items) and (stands_in_lines(definition, value) or must_be_block(value))
