"""Diagnostics for a person at a terminal: the place, the fault, the line with the fault underlined, the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from archcompiler.diagnostics import Diagnostic
from archcompiler.render.choices import advice
from archcompiler.render.excerpt import excerpt, visible
from archcompiler.render.room import columns, folded
from archcompiler.span import Span
from archcompiler.syntax.source import BOM, LINE_END

_STYLES = {"error": "1;31", "warning": "1;33", "place": "1", "gutter": "1;34", "note": "36", "help": "1;32"}


def render(diagnostics: Iterable[Diagnostic], *, colour: bool, sources: Callable[[str], str | None]) -> str:
    """Return the diagnostics as text, a blank line between two, no line end after the last.

    `sources` gives the text of a path, None where there is none: then no line of it is shown.
    """
    page = _Page(colour=colour, sources=sources)
    return "\n\n".join("\n".join(page.diagnostic(found)) for found in diagnostics)


def summary(n_errors: int, n_warnings: int, n_files: int) -> str:
    """Return the counts as one line."""
    found = [counted(n, what) for n, what in ((n_errors, "error"), (n_warnings, "warning")) if n]
    return f"{', '.join(found) or 'no faults'} in {counted(n_files, 'file')}"


def counted(n: int, what: str) -> str:
    """Return a number with the word for what it counts, in the plural unless it is one."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


class _Page:
    """What the diagnostics of one output share: colours, and the lines of each source."""

    def __init__(self, *, colour: bool, sources: Callable[[str], str | None]) -> None:
        self._colour = colour
        self._sources = sources
        self._lines: dict[str, list[str]] = {}

    def diagnostic(self, found: Diagnostic) -> list[str]:
        """Return the lines of one diagnostic."""
        margin = " " * len(str(max(found.span.line, *(label.span.line for label in found.labels), 1)))
        place, title = visible(str(found.span)), f"{found.severity}[{found.code}]"
        said = folded(f"{place}: {title}: {visible(found.message)}", hanging="  ")
        lines = [self._in(self._in(said, place, "place"), title, found.severity)]
        lines += self._excerpt(found.span, margin, found.severity)
        for label in found.labels:
            lines.append(self._remark("note", f"{label.span}: {label.text}", margin))
            if (label.span.path, label.span.line) != (found.span.path, found.span.line):
                lines += self._excerpt(label.span, margin, "note")
        lines += [self._remark("note", note, margin) for note in found.notes]
        lines += [self._remark("help", help, margin) for help in advice(found)]
        return lines

    def _remark(self, kind: str, text: str, margin: str) -> str:
        """Return a note or help; what does not fit goes on below its first word."""
        said = folded(f"{margin} = {kind}: {visible(text)}", hanging=f"{margin}         ")
        return self._in(self._in(said, "=", "gutter"), kind, kind)

    def _excerpt(self, span: Span, margin: str, style: str) -> list[str]:
        lines = self._lines_of(span.path)
        if span.line > len(lines):
            return []
        line = lines[span.line - 1]
        end = span.end_column - 1 if span.end_line == span.line else len(line)
        room = columns()
        shown = excerpt(line, span.column - 1, end, None if room is None else room - len(margin) - len(" | "))
        bar = self._paint("gutter", "|")
        number = self._paint("gutter", f"{span.line:>{len(margin)}}")
        carets = " " * shown.column + self._paint(style, "^" * shown.width)
        return [f"{margin} {bar}", f"{number} {bar} {shown.text}".rstrip(), f"{margin} {bar} {carets}"]

    def _lines_of(self, path: str) -> list[str]:
        if path not in self._lines:
            text = self._sources(path)
            self._lines[path] = [] if text is None else LINE_END.split(text.removeprefix(BOM))
        return self._lines[path]

    def _in(self, text: str, part: str, style: str) -> str:
        """Return a text whose first such part is painted; one that was folded apart stays as it is."""
        return text.replace(part, self._paint(style, part), 1)

    def _paint(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._colour else text
