"""YAML events -> tree. There is no constructor here: a parser only says what stands where, so no tag can run code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import yaml
from yaml import events

from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.limits import current, mend
from archcompiler.span import Span
from archcompiler.syntax.cut import Piece, cut_fault, cuts, opened_in, whole
from archcompiler.syntax.errors import describe
from archcompiler.syntax.marks import end_of, is_nothing, is_plain, start_of
from archcompiler.syntax.scalars import key_problem, read_plain, shown
from archcompiler.syntax.slow_parser import SURROGATE_PAIR, SlowParser
from archcompiler.syntax.source import Source
from archcompiler.tree import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING or not yaml.__with_libyaml__:
    Parser = SlowParser
else:
    from yaml.cyaml import CParser as Parser

__all__ = ["Parser", "compose"]

_MOST_READ_SLOWLY = 1 << 16  # code points, half a second at worst

_TAG = re.compile(r"!(?:<[^>\s]*>|[^\s,\[\]{}]*)")
_PROPERTIES = re.compile(rf"(?:(?:&[-\w]+|{_TAG.pattern})(?:\s+(?:#[^\r\n]*)?)*)+")
_LEADS = "&!|>"  # what a node begins with whose marks hold more than its content
_JOINED_PAIR = re.compile(r"([\w.-]+):(\S+)")


def compose(source: Source) -> tuple[Node | None, list[Diagnostic]]:
    """Return the document, None where there is none, and every fault found up to where reading had to stop."""
    composer = _Composer(source)
    node = None
    try:
        node = composer.document()
    except _StopError as stop:
        composer.faults.append(stop.fault)
    except yaml.MarkedYAMLError as error:
        composer.faults.append(describe(error, source))
    return node, composer.faults


def parser_of(text: str) -> SlowParser:
    """Return the parser of a text: libyaml's, unless JSON's surrogate pairs stand in it, which only ours joins."""
    is_json = len(text) <= _MOST_READ_SLOWLY and SURROGATE_PAIR.search(text)
    return SlowParser(text) if is_json else Parser(text)


class _StopError(Exception):
    """A fault after which nothing more is read."""

    def __init__(self, code: str, message: str, span: Span, help: str | None = None) -> None:
        self.fault = Diagnostic(code, message, span, help)


class _Anchored(NamedTuple):
    node: Node
    size: int
    height: int


@dataclass(slots=True)
class _Cut:
    """A text in brackets that opens round brackets, how many, and the keys without a value that follow it."""

    key: str
    entry: Entry
    text: str
    opened: int
    rest: list[tuple[events.ScalarEvent, Entry]] = field(default_factory=list)


def _text_of(event: events.Event) -> str | None:
    """Return the text of a plain scalar; None of anything else."""
    return event.value if isinstance(event, events.ScalarEvent) and is_plain(event) else None


def _cut_at(key: str, value: events.Event, entry: Entry) -> _Cut | None:
    text = _text_of(value)
    opened = opened_in(text) if text and "(" in text else 0
    return _Cut(key, entry, text or "", opened) if opened > 0 else None


class _Composer:
    """Reads one document. Its size, its deepest level and the end of what was read are counted on the way."""

    def __init__(self, source: Source) -> None:
        self.faults: list[Diagnostic] = []
        self._source = source
        self._limits = current()
        self._parser = parser_of(source.text)
        self._anchors: dict[str, _Anchored | None] = {}  # None while the anchored collection is still open
        self._size = 0
        self._deepest = 0
        self._end = (1, 1)  # line and column

    def _next_event(self) -> events.Event:
        event = self._parser.get_event()
        if event is None:
            raise EOFError("the parser has no event left")
        return event

    def document(self) -> Node | None:
        """Return the one document of the stream; None where there is none or nothing is in it."""
        self._next_event()  # the start of the stream
        if isinstance(self._next_event(), events.StreamEndEvent):
            return None
        root = self._next_event()
        node = self._node(root, 0)
        self._next_event()  # the end of the document
        after = self._next_event()
        if isinstance(after, events.DocumentStartEvent):
            start = start_of(after).index
            help = "a spec is one document: remove the line, or write a file of its own"
            self._fault("Y006", "a second document begins here", self._source.span(start, start + 3), help)
        return None if is_nothing(root) else node

    def _fault(self, code: str, message: str, span: Span, help: str | None = None, *labels: Label) -> None:
        self.faults.append(Diagnostic(code, message, span, help=help, labels=labels))

    def _node(self, event: events.Event, depth: int) -> Node:
        if isinstance(event, events.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, events.CollectionStartEvent):
            return self._collection(event, depth + 1)
        assert isinstance(event, events.AliasEvent)
        return self._alias(event, depth)

    def _alias(self, event: events.AliasEvent, depth: int) -> Node:
        span = self._marked(event)
        name = shown(f"*{event.anchor}")
        if event.anchor not in self._anchors:
            self._fault("Y001", f"{name} repeats an anchor that is not defined above", span)
            return Scalar(None, span)
        anchored = self._anchors[event.anchor]
        if anchored is None:
            raise _StopError("Y010", f"{name} stands inside the value that it repeats", span)
        self._descend(depth + anchored.height, span)
        self._grow(anchored.size, span)
        return anchored.node

    def _scalar(self, event: events.ScalarEvent) -> Scalar:
        span = self._place(event)
        value, problem = read_plain(event.value) if is_plain(event) else (event.value, None)
        if problem:
            self.faults.append(problem.at(span))
        return self._measured(event, Scalar(value, span))

    def _measured(self, event: events.ScalarEvent, node: Scalar) -> Scalar:
        size = 1 + len(event.value) // 64
        self._grow(size, node.span)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(node, size, 0)
        return node

    def _collection(self, event: events.CollectionStartEvent, depth: int) -> Node:
        start = self._place(event)
        size, deepest = self._size, self._deepest
        self._deepest = 0
        self._descend(depth, start)
        self._grow(1, start)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        read = self._mapping if isinstance(event, events.MappingStartEvent) else self._sequence
        node = read(start, depth, in_brackets=bool(event.flow_style))
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(node, self._size - size, self._deepest - depth + 1)
        self._deepest = max(deepest, self._deepest)
        return node

    def _sequence(self, start: Span, depth: int, *, in_brackets: bool) -> Node:
        items: list[Node] = []
        pieces: list[Piece] = []
        while not isinstance(event := self._next_event(), events.SequenceEndEvent):
            items.append(self._node(event, depth))
            pieces.append((_text_of(event), items[-1].span))
        for cut in reversed(cuts(pieces)) if in_brackets and any("(" in (text or "") for text, _ in pieces) else ():
            items[cut.start : cut.stop] = [self._joined([pieces[index] for index in cut])]
        return Sequence(tuple(items), self._whole(start, event, in_brackets=in_brackets))

    def _mapping(self, start: Span, depth: int, *, in_brackets: bool) -> Node:
        entries: dict[str, Entry] = {}
        cut: _Cut | None = None
        while not isinstance(event := self._next_event(), events.MappingEndEvent):
            if not isinstance(event, events.ScalarEvent):
                self._unfit_key(event, depth)
                continue
            span = self._place(event)
            self._measured(event, Scalar(event.value, span))
            value = self._next_event()
            if cut and is_nothing(value):
                cut.rest.append((event, Entry(span, self._node(value, depth))))
                cut = self._go_on(cut, entries)
                continue
            self._leave_open(cut, entries)
            self._check_key(event, span, value)
            self._enter(entries, event.value, Entry(span, self._node(value, depth)))
            cut = _cut_at(event.value, value, entries[event.value]) if in_brackets else None
        self._leave_open(cut, entries)
        return Mapping(entries, self._whole(start, event, in_brackets=in_brackets))

    def _go_on(self, cut: _Cut, entries: dict[str, Entry]) -> _Cut | None:
        """Take the last key for the next piece of a text that was cut; None where the text is whole again."""
        cut.opened += opened_in(_text_of(cut.rest[-1][0]))
        if cut.opened > 0:
            return cut
        rest = ((_text_of(key), entry.key_span) for key, entry in cut.rest)
        entries[cut.key] = replace(cut.entry, value=self._joined([(cut.text, cut.entry.value.span), *rest]))
        return None

    def _leave_open(self, cut: _Cut | None, entries: dict[str, Entry]) -> None:
        """Take what might have been the rest of a text for keys, where its bracket is never closed."""
        for key, entry in cut.rest if cut else ():
            self._check_key(key, entry.key_span, None)
            self._enter(entries, key.value, entry)

    def _joined(self, pieces: list[Piece]) -> Scalar:
        text = whole(pieces)
        self.faults.append(cut_fault(text))
        return text

    def _check_key(self, key: events.ScalarEvent, span: Span, value: events.Event | None) -> None:
        if is_plain(key):
            if problem := key_problem(key.value):
                self.faults.append(problem.at(span))
            if value is None or is_nothing(value):
                self._check_colon(key.value, span)

    def _unfit_key(self, event: events.Event, depth: int) -> None:
        what = "an alias" if isinstance(event, events.AliasEvent) else "a collection"
        self._fault("Y004", f"{what} cannot be a key: keys are strings", self._marked(event))
        self._node(event, depth)
        self._node(self._next_event(), depth)

    def _enter(self, entries: dict[str, Entry], key: str, entry: Entry) -> None:
        first = entries.setdefault(key, entry)
        if first is not entry:
            label = Label(first.key_span, "first written here")
            self._fault("Y002", f"the key {shown(key)} is written twice", entry.key_span, "keep one of them", label)

    def _check_colon(self, key: str, span: Span) -> None:
        if pair := _JOINED_PAIR.fullmatch(key):
            message = f"{shown(key)} is a key without a value: a space is missing after the colon"
            self._fault("Y001", message, span, f"write {shown(': '.join(pair.groups()))}")

    def _grow(self, size: int, span: Span) -> None:
        self._size += size
        if self._size > self._limits.values:
            message = f"the document holds more than {self._limits.values} values, aliases expanded"
            raise _StopError("Y010", message, span, mend("values"))

    def _descend(self, depth: int, span: Span) -> None:
        self._deepest = max(self._deepest, depth)
        if depth > self._limits.nesting:
            message = f"more than {self._limits.nesting} levels of nesting"
            raise _StopError("Y011", message, span, mend("nesting"))

    def _place(self, event: events.ScalarEvent | events.CollectionStartEvent) -> Span:
        """Return where the content of a node stands, without anchor and tag; of a collection only the start."""
        if event.tag is not None:
            self._refuse_tag(event)
        start = start_of(event).index
        if self._source.text[start : start + 1] not in _LEADS:
            return self._marked(event)
        content = _PROPERTIES.match(self._source.text, start)
        start = min(content.end(), end_of(event).index) if content else start
        length = len(self._source.text[start : end_of(event).index].rstrip())  # a block scalar ends in line breaks
        span = self._source.span(start, start + length)
        self._end = (span.end_line, span.end_column)
        return span

    def _marked(self, event: events.Event) -> Span:
        start, end = start_of(event), end_of(event)
        self._end = (end.line + 1, end.column + 1)
        return Span(self._source.path, start.line + 1, start.column + 1, *self._end)

    def _refuse_tag(self, event: events.ScalarEvent | events.CollectionStartEvent) -> None:
        written = _TAG.search(self._source.text, start_of(event).index)
        start, end = written.span() if written else (start_of(event).index, end_of(event).index)
        message = f"the tag {shown(self._source.text[start:end])} is refused: a spec is data, typed by its schema"
        self._fault("Y005", message, self._source.span(start, end), "remove the tag")

    def _whole(self, start: Span, close: events.Event, *, in_brackets: bool) -> Span:
        """Return the place of a collection: up to its bracket where it has one, else to the end of its last node."""
        end = end_of(close)
        if in_brackets and self._source.text[end.index - 1] in "]}":  # `[a: 1]` holds a mapping without brackets
            self._end = (end.line + 1, end.column + 1)
        return Span(self._source.path, start.line, start.column, *self._end)
