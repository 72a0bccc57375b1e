"""The text of one file: characters that YAML allows, and the way from an offset to a line and a column."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.limits import current, mend
from archcompiler.span import Span

BOM = "\ufeff"
"""What may stand before the first character of a file; no column counts it."""

# UTF-16 either way round (UTF-32-LE begins as UTF-16-LE does) and UTF-32-BE.
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# YAML 1.2.2 production [1] c-printable, less four characters: U+0085, U+2028 and U+2029 end a line in YAML 1.1 (which
# libyaml reads) and not in 1.2, so that line numbers would depend on the reader; U+FEFF may only begin a file.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_MARKUP = re.compile(r"(?:#[^\r\n]*[\r\n]|\s)*(<[!?a-zA-Z])")
_SPACES = re.compile(r"[^\S\r\n]*")
LINE_END = re.compile(r"\r\n?|\n")
"""The line ends of YAML 1.2; `str.splitlines` knows eight more."""


class Source:
    """A checked text and the path it is shown under. Offsets count code points from 0."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in LINE_END.finditer(self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset, both from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and a column; behind the last line that of the end."""
        start = self._line_starts[line - 1] if line <= len(self._line_starts) else len(self.text)
        return min(start + column - 1, len(self.text))

    def span(self, start: int, end: int) -> Span:
        """Return the place of `text[start:end]`."""
        return Span(self.path, *self.position(start), *self.position(end))

    @cached_property
    def indentations(self) -> list[int]:
        """How many spaces each line begins with."""
        return [len(spaces[0]) for start in self._line_starts if (spaces := _SPACES.match(self.text, start))]

    def line_text(self, line: int) -> str:
        """Return a line (from 1) without its end."""
        start = self._line_starts[line - 1]
        end = LINE_END.search(self.text, start)
        return self.text[start : end.start() if end else len(self.text)]


def checked(text: str | bytes, path: str) -> Source:
    """Return the text as characters that YAML allows, without its byte order mark; SpecError where it has others."""
    if len(text) > current().bytes:
        raise SpecError([too_large(path)])
    decoded = _decode(text, path) if isinstance(text, bytes) else text
    source = Source(decoded.removeprefix(BOM), path)
    if found := _FORBIDDEN.search(source.text):
        raise SpecError([_forbidden(source, found.start())])
    if markup := _MARKUP.match(source.text):
        help = "a download may have brought a page that says why there is no file"
        place = source.span(markup.start(1), markup.end(1))
        raise SpecError([Diagnostic("Y001", "this is HTML or XML, and no YAML", place, help)])
    return source


def too_large(path: str) -> Diagnostic:
    """Return the fault of a file beyond the size limit."""
    message = f"the file is larger than {current().bytes} bytes"
    return Diagnostic("Y012", message, Span(path, 1, 1, 1, 1), mend("bytes"))


def _decode(data: bytes, path: str) -> str:
    if data.startswith(_WIDE_BOMS):
        fault = Diagnostic("Y008", "the text is UTF-16 or UTF-32", Span(path, 1, 1, 1, 1), help="save it as UTF-8")
        raise SpecError([fault])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = Source(data[: error.start].decode("utf-8").removeprefix(BOM), path)
        place = before.span(len(before.text), len(before.text))
        message = f"byte 0x{data[error.start]:02x} is not UTF-8: {error.reason}"
        raise SpecError([Diagnostic("Y008", message, place, help="save the file as UTF-8")]) from None


def _forbidden(source: Source, offset: int) -> Diagnostic:
    place = source.span(offset, offset + 1)
    point = ord(source.text[offset])
    if point == 0:
        return Diagnostic("Y008", "a NUL byte: this is not UTF-8 text", place, help="save the file as UTF-8")
    if 0xD800 <= point <= 0xDFFF:
        return Diagnostic("Y008", f"the lone surrogate U+{point:04X} is not UTF-8 text", place)
    escape = f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}"
    message = f"the character U+{point:04X} may not stand in a YAML text"
    return Diagnostic("Y001", message, place, help=f'remove it, or write its escape in double quotes: "{escape}"')
