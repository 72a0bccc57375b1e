"""Go on behind a fault after which the parser stops: tabs are read as spaces, and another faulty line is left out."""

from __future__ import annotations

import re
from dataclasses import replace

from archcompiler.diagnostics import Diagnostic
from archcompiler.span import Span
from archcompiler.syntax.compose import compose
from archcompiler.syntax.errors import tab
from archcompiler.syntax.source import LINE_END, Source
from archcompiler.tree import Entry, Mapping, Node, Sequence

_MOST_LINES = 8
"""Lines of one text that are left out: each costs another reading."""
_INDENTING_TABS = re.compile(r"^ *\t[ \t]*", re.MULTILINE)
_WIDTHS = (2, 4, 1, 8)
"""Spaces that a tab may stand for; two as `archc fmt` writes."""


def read_on(source: Source) -> tuple[Node | None, list[Diagnostic]]:
    """Return what a text says as far as it can be read, None where nothing can, and every fault of it."""
    node, found = compose(source)
    if node is not None or not found or found[-1].code != "Y001":  # a text beyond a limit is read no further
        return node, found
    start = source.offset(found[-1].span.line, found[-1].span.column)
    has_tabs = source.text[start : start + 1] == "\t"
    return (_with_spaces(source) if has_tabs else None) or _without_lines(source, found)


def _with_spaces(source: Source) -> tuple[Node, list[Diagnostic]] | None:
    """Return what a text says where the tabs that indent its lines are spaces; None where no number of them fits."""
    tabs = [tab(source, match.start() + match[0].index("\t")) for match in _INDENTING_TABS.finditer(source.text)]
    for width in _WIDTHS:
        node, found = compose(Source(_expanded(source.text, width), source.path))
        if node is not None:
            back = _Back(source, width - 1)
            return back.node(node), [*tabs, *map(back.fault, found)]
    return None


def _expanded(text: str, width: int) -> str:
    return _INDENTING_TABS.sub(lambda match: match[0].replace("\t", " " * width), text)


class _Back:
    """The way back from a text whose tabs are spaces, each of them `longer` by some, to the text as it is written."""

    def __init__(self, source: Source, longer: int) -> None:
        matches = _INDENTING_TABS.finditer(source.text)
        self._moved = {source.position(match.start())[0]: match[0].count("\t") * longer for match in matches}

    def span(self, span: Span) -> Span:
        start, end = self._moved.get(span.line, 0), self._moved.get(span.end_line, 0)
        return replace(span, column=max(1, span.column - start), end_column=max(1, span.end_column - end))

    def node(self, node: Node) -> Node:
        if isinstance(node, Mapping):
            entries = {
                key: Entry(self.span(each.key_span), self.node(each.value)) for key, each in node.entries.items()
            }
            return Mapping(entries, self.span(node.span))
        if isinstance(node, Sequence):
            return Sequence(tuple(map(self.node, node.items)), self.span(node.span))
        return replace(node, span=self.span(node.span))

    def fault(self, fault: Diagnostic) -> Diagnostic:
        labels = tuple(replace(label, span=self.span(label.span)) for label in fault.labels)
        return replace(fault, span=self.span(fault.span), labels=labels, fix=None)


def _without_lines(source: Source, found: list[Diagnostic]) -> tuple[Node | None, list[Diagnostic]]:
    """Return what a text says without the lines at which the parser stops, as far as each stands for itself alone."""
    stopped: list[Diagnostic] = []
    node: Node | None = None
    while node is None and found and found[-1].code == "Y001" and len(stopped) < _MOST_LINES:
        stopped.append(found[-1])
        shorter = _without(source, found[-1].span.line)
        if shorter is None:
            return None, [*found[:-1], *stopped]
        source = shorter
        node, found = compose(source)
    return node, [*stopped, *found]


def _without(source: Source, line: int) -> Source | None:
    """Return a text with a line of spaces in place of one; None where that would tear what stands around it."""
    text = source.line_text(line)
    below = next((each for each in LINE_END.split(source.text)[line:] if each.strip()), "")
    opens = len(below) - len(below.lstrip()) > len(text) - len(text.lstrip())
    balanced = all(text.count(a) == text.count(b) for a, b in ("[]", "{}"))
    if not text.strip() or opens or not balanced or "&" in text:
        return None
    start = source.offset(line, 1)
    return Source(source.text[:start] + " " * len(text) + source.text[start + len(text) :], source.path)
