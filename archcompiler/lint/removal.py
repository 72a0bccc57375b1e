"""The edit that takes a key out of an object and leaves the layout around it."""

from __future__ import annotations

from archcompiler.diagnostics import Edit, Fix
from archcompiler.span import Span
from archcompiler.tree import Entry, Mapping


def removal(owner: Mapping, key: str, path: str) -> Fix | None:
    """Return what removes a key, with its value, from an object that one file says; None where no safe edit does.

    Between brackets the key goes with the comma on its line; in lines of their own a key goes with its line.
    """
    entries = {name: entry for name, entry in owner.entries.items() if _is_written(entry, path)}
    if any(_is_alias(entry) for entry in entries.values()) or key not in entries:
        return None
    order = sorted(entries, key=lambda name: (entries[name].key_span.line, entries[name].key_span.column))
    index = order.index(key)
    this = entries[key]
    before = entries[order[index - 1]] if index else None
    after = entries[order[index + 1]] if index + 1 < len(order) else None
    span = _in_brackets(this, before, after) or _line(this, before, after)
    return Fix(f"remove `{key}`", (Edit(span, ""),)) if span else None


def _is_written(entry: Entry, path: str) -> bool:
    """Tell whether a file has the key: a type that is implied stands where its value does."""
    return entry.key_span.path == path and entry.key_span != entry.value.span


def _is_alias(entry: Entry) -> bool:
    """Tell whether the value stands elsewhere: in front of its key, or in a base with which it was merged."""
    start, end = entry.key_span, entry.value.span
    return end.path != start.path or (end.line, end.column) < (start.line, start.column)


def _in_brackets(this: Entry, before: Entry | None, after: Entry | None) -> Span | None:
    start, end = this.key_span, this.value.span
    if after and after.key_span.line == end.end_line:
        return Span(start.path, start.line, start.column, after.key_span.line, after.key_span.column)
    if before and before.value.span.end_line == start.line:
        last = before.value.span
        return Span(start.path, last.end_line, last.end_column, end.end_line, end.end_column)
    return None


def _line(this: Entry, before: Entry | None, after: Entry | None) -> Span | None:
    """Return the line of a key that has neighbours above and below in its own column: then no bracket stands in it."""
    start, end = this.key_span, this.value.span
    stands_alone = before and after and before.key_span.column == start.column == after.key_span.column
    return Span(start.path, start.line, 1, end.end_line + 1, 1) if stands_alone else None
