"""YAML events -> items. Whatever the events leave out between two tokens is white space, punctuation and comments."""

from __future__ import annotations

import json
import re

from yaml import events

from archcompiler.layout.items import BLANK, Group, Item, Text
from archcompiler.syntax.compose import parser_of
from archcompiler.syntax.marks import end_of, is_nothing, is_plain, start_of
from archcompiler.syntax.source import Source

_BETWEEN_TOKENS = re.compile(r"^%[^\r\n]*|(?P<comment>#[^\r\n]*)|(?P<line_end>\r\n?|\n)", re.MULTILINE)
_SPACE = re.compile(r"(?:\s|#[^\r\n]*)*")
_LINE_END = re.compile(r"\r\n?|\n")


def read_items(source: Source) -> tuple[Group, bool]:
    """Return the document's root, a mapping, and whether aliases stand in it; the text is known to be faultless."""
    reader = _Reader(source)
    root = reader.root()
    return root, reader.has_aliases


class _Reader:
    """Walks the events; `_position` is the offset up to which comments have been taken."""

    def __init__(self, source: Source) -> None:
        self.has_aliases = False
        self._source = source
        self._parser = parser_of(source.text)
        self._position = 0
        self._waiting: list[tuple[int, str]] = []  # columns and texts of comments on lines of their own
        self._last: Item | None = None  # whose line a comment beside the last token ends
        self._closed: list[tuple[int, Group]] = []  # block groups that ended since the last token, deepest first

    def root(self) -> Group:
        self._next()  # the stream
        self._next()  # the document
        document = Item("", "", Text([], ""))
        self._value(self._next(), document)
        self._between(len(self._source.text))
        self._place_waiting(0)
        assert isinstance(document.value, Group)
        root = document.value
        around = [*document.above, *document.beside]  # a document in brackets has comments outside of it
        (root.items[0].above if root.items else root.below)[:0] = around
        root.below += [text for _, text in self._waiting]
        return root

    def _next(self) -> events.Event:
        event = self._parser.get_event()
        assert event is not None
        return event

    def _between(self, offset: int) -> None:
        """Take the comments and blank lines that stand between the last token and an offset."""
        line_ends = 0
        for found in _BETWEEN_TOKENS.finditer(self._source.text, self._position, offset):
            if comment := found["comment"]:
                text = comment.rstrip()
                if line_ends or self._last is None:
                    self._waiting.append((self._source.position(found.start())[1], text))
                else:
                    self._last.beside.append(text)
                line_ends = 0
            elif found["line_end"]:
                line_ends += 1
                if line_ends == 2:
                    self._waiting.append((0, BLANK))
        self._position = offset

    def _place_waiting(self, column: int) -> None:
        """Give the waiting comments that are indented deeper than the next token to the groups that have ended."""
        count = max((index + 1 for index, (at, _) in enumerate(self._waiting) if at > column), default=0)
        if self._closed:
            group = self._closed[-1][1]
            placed: list[tuple[Group, str]] = []
            for at, text in reversed(self._waiting[:count]):
                if text:  # a blank line goes with the comment below it
                    group = next((group for edge, group in self._closed if edge <= at), self._closed[-1][1])
                placed.append((group, text))
            for group, text in reversed(placed):
                group.below.append(text)
            del self._waiting[:count]
        self._closed.clear()

    def _above(self, event: events.Event) -> list[str]:
        """Return the comments above a token, and move on to it."""
        self._between(start_of(event).index)
        self._place_waiting(self._source.indentations[start_of(event).line] + 1)  # of a list's item, its dash's column
        above = [text for _, text in self._waiting]
        self._waiting.clear()
        return above

    def _value(self, event: events.Event, item: Item) -> None:
        if isinstance(event, events.CollectionStartEvent):
            self._group(event, item)
        elif is_nothing(event):
            item.value = Text(["null"], "null", plain=True)
        else:
            item.above += self._above(event)
            item.value = self._text(event)
            self._last = item

    def _text(self, event: events.Event) -> Text:
        """Return a scalar or an alias, with its anchor, as it is written."""
        start, end = start_of(event).index, end_of(event).index
        if isinstance(event, events.AliasEvent):
            self.has_aliases = True
            self._position = end
            return Text([f"*{event.anchor}"], f"*{event.anchor}")
        assert isinstance(event, events.ScalarEvent)
        anchor = f"&{event.anchor} " if event.anchor else ""
        if anchor:
            found = _SPACE.match(self._source.text, start + len(anchor) - 1)
            self._position = start + len(anchor) - 1
            start = found.end() if found else start
            self._between(start)
        if event.style in ("|", ">"):
            return self._block_scalar(event, anchor, start, end)
        self._position = end
        lines = _LINE_END.split(self._source.text[start:end])
        return Text(lines, event.value, anchor, plain=is_plain(event))

    def _block_scalar(self, event: events.ScalarEvent, anchor: str, start: int, end: int) -> Text:
        """Return a block scalar without its indentation; in quotes where its spelling depends on what is around it."""
        written = self._source.text[start:end].rstrip()
        self._position = start + len(written)
        head, *lines = _LINE_END.split(written)
        indicator, hash, comment = head.partition("#")
        if hash and self._last:
            self._last.beside.append(hash + comment)
        content = event.value.rstrip("\n")
        cut_off = self._position == len(self._source.text)
        if indicator.strip() not in ("|", ">", "|-", ">-") or cut_off or not content or content[-1].isspace():
            return Text([quoted(event.value)], event.value, anchor)
        first = next(line for line in lines if line.strip())
        indentation = len(first) - len(first.lstrip(" "))
        lines = [indicator.strip(), *(line[indentation:] for line in lines)]
        return Text(lines, event.value, anchor, block=True)

    def _group(self, event: events.CollectionStartEvent, item: Item) -> None:
        is_mapping = isinstance(event, events.MappingStartEvent)
        group = item.value = Group(is_mapping, anchor=f"&{event.anchor} " if event.anchor else "")
        if event.flow_style or event.anchor:
            item.above += self._above(event)
            self._last = item
            self._position += len(group.anchor.strip())
        column = 0
        while not isinstance(child := self._next(), (events.MappingEndEvent, events.SequenceEndEvent)):
            start = start_of(child)
            column = column or (start.column if is_mapping else self._source.indentations[start.line]) + 1
            group.items.append(self._item(child, in_mapping=is_mapping))
        if event.flow_style:
            self._between(end_of(child).index)
            inside = group.below if group.items else item.above
            inside += [text for _, text in self._waiting]
            self._waiting.clear()
            self._last = item
        else:
            self._closed.append((column, group))

    def _item(self, event: events.Event, *, in_mapping: bool) -> Item:
        """Return the item that an event begins: a key, or a value of a list."""
        item = Item("", "", Text([], ""), self._above(event))
        self._last = item
        if not in_mapping:
            self._value(event, item)
            return item
        assert isinstance(event, events.ScalarEvent)
        key = self._text(event)
        item.name = event.value
        item.key = key.anchor + (key.lines[0] if len(key.lines) == 1 else quoted(event.value))
        self._value(self._next(), item)
        return item


def quoted(text: str) -> str:
    """Return a string in double quotes, on one line."""
    return json.dumps(text, ensure_ascii=not text.isprintable())
