"""What the YAML parser found wrong, in words that say what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from yaml import Mark, MarkedYAMLError

from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.syntax.source import Source

_KEY = r"[\w.-]+"
_JOINED_LINE = re.compile(rf"\s*(?:- +)?({_KEY}):([^\s:/].*)")
_CLOSING = {"{": "}", "[": "]"}


class _Report:
    """One error of the parser over its text. Offsets are clamped to the text that is there."""

    def __init__(self, error: MarkedYAMLError, source: Source) -> None:
        self.source = source
        self.problem = error.problem or "this is not well-formed YAML"
        self.last = len(source.text.rstrip())
        self.offset = self._offset(error.problem_mark)
        self.opening = self._offset(error.context_mark or error.problem_mark)
        self.line = source.position(self.offset)[0]

    def _offset(self, mark: Mark | None) -> int:
        return min(mark.index, self.last) if mark else self.last

    @property
    def character(self) -> str:
        """The character at which the parser stopped; empty at the end of the text."""
        return self.source.text[self.offset : min(self.offset + 1, self.last)]

    def fault(self, message: str, help: str | None = None, *, at: int | None = None, code: str = "Y001") -> Diagnostic:
        """Return the fault at an offset, by default where the parser stopped."""
        start = self.offset if at is None else at
        is_character = self.source.text[start : start + 1] not in "\r\n"
        return Diagnostic(code, message, self.source.span(start, start + is_character), help=help)


def describe(error: MarkedYAMLError, source: Source) -> Diagnostic:
    """Return the fault that an error of the parser stands for."""
    report = _Report(error, source)
    found = f"{error.context}: {error.problem}"
    for pattern, words in _WORDS:
        if pattern.search(found):
            return words(report)
    return report.fault(report.problem)


def _unclosed_quote(report: _Report) -> Diagnostic:
    quote = report.source.text[report.opening : report.opening + 1]
    return report.fault("this quoted string is never closed", f"close it with {quote}", at=report.opening)


def _unclosed_bracket(report: _Report) -> Diagnostic:
    opening = report.source.text[report.opening : report.opening + 1]
    closing = _CLOSING.get(opening, "]")
    if not report.character:
        return report.fault(f"this `{opening}` is never closed", f"close it with `{closing}`", at=report.opening)
    if report.source.position(report.opening)[0] != report.line:
        found = Label(report.source.span(report.offset, report.offset + 1), f"`{report.character}` cannot follow here")
        fault = report.fault(f"this `{opening}` is not closed", f"close it with `{closing}`", at=report.opening)
        return replace(fault, labels=(found,))
    fault = report.fault(
        f"expected `,` or `{closing}`, found `{report.character}`",
        f"close the `{opening}` with `{closing}`, or put a comma between its entries",
    )
    label = Label(report.source.span(report.opening, report.opening + 1), f"this `{opening}` is open")
    return replace(fault, labels=(label,))


def _unfit_character(report: _Report) -> Diagnostic:
    if report.character == "\t":
        return _tab(report)
    return report.fault(f"a plain value cannot begin with {report.character!r}", "quote the value")


def _tab(report: _Report) -> Diagnostic:
    return tab(report.source, report.offset)


def tab(source: Source, offset: int) -> Diagnostic:
    """Return the fault of a tab."""
    return Diagnostic("Y001", "a tab cannot indent or separate here", source.span(offset, offset + 1), "use spaces")


def _second_colon(report: _Report) -> Diagnostic:
    column = report.source.position(report.offset)[1]
    before = report.source.line_text(report.line)[: column - 1]
    if ": " in before:
        help = "quote the value if the colon belongs to it; if not, put `key: value` on the next line"
        return report.fault("a value on the same line as its key cannot be `key: value`", help)
    if report.line > 1 and (mend := _missing_space(report.source.line_text(report.line - 1))):
        return report.fault("this line continues the one above, whose colon no space follows", mend)
    help = "a key has one value: either the one on its line or the entries below; check the indentation"
    return report.fault("this line continues the value above, which cannot hold `key: value`", help)


def _no_colon(report: _Report) -> Diagnostic:
    line = report.source.position(report.opening)[0]
    text = report.source.line_text(line)
    end = report.opening + len(text[report.source.position(report.opening)[1] - 1 :].rstrip())
    span = report.source.span(report.opening, max(end, report.opening))
    return Diagnostic("Y001", "expected `key: value`", span, _missing_space(text))


def _missing_space(line: str) -> str | None:
    pair = _JOINED_LINE.fullmatch(line)
    return f"put a space after the colon: `{pair[1]}: {pair[2][:40]}`" if pair else None


def _misfit_in_mapping(report: _Report) -> Diagnostic:
    if report.character == "-":
        return report.fault("a list item where a key is expected", "indent the `-` below the key that holds the list")
    before = report.source.line_text(report.line)[: report.source.position(report.offset)[1] - 1]
    if before.strip():
        return report.fault("expected the end of the line after a value", "quote the whole value")
    return report.fault("the indentation fits none of the mappings above", "align it with the keys it belongs to")


def _misfit_in_list(report: _Report) -> Diagnostic:
    return report.fault("expected a list item", "begin it with `- `, aligned with the items above")


def _unfit_item(report: _Report) -> Diagnostic:
    return report.fault("a list item cannot stand on this line", "begin it on a line of its own, or write `[a, b]`")


def _no_value(report: _Report) -> Diagnostic:
    return report.fault(f"expected a value before `{report.character}`" if report.character else "expected a value")


def _after_document(report: _Report) -> Diagnostic:
    return report.fault("text after the end of the document", "a spec is one mapping: `key: value` lines")


def _unknown_tag(report: _Report) -> Diagnostic:
    message = "a tag is refused: a spec is data, typed by its schema"
    return report.fault(message, "remove the tag", at=report.opening, code="Y005")


def _unknown_escape(report: _Report) -> Diagnostic:
    help = "double the backslash, or use single quotes, in which it means itself"
    return report.fault("this is no escape of a double-quoted string", help)


def _no_such_character(report: _Report) -> Diagnostic:
    return report.fault("an escape that names no character", "write the character itself")


def _too_deep(report: _Report) -> Diagnostic:
    return report.fault("far more levels of nesting than a spec may have", code="Y011")  # libyaml 0.2.6 stops at 1,000


# The messages of libyaml and, after it, of PyYAML's own parser, which words some differently.
_WORDS: tuple[tuple[re.Pattern[str], Callable[[_Report], Diagnostic]], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"quoted scalar: found unexpected (end of stream|document)", _unclosed_quote),
        (r"flow (mapping|sequence): .*expected ','", _unclosed_bracket),
        (r"tab character", _tab),
        (r"maximum nesting", _too_deep),
        (r"cannot start any token", _unfit_character),
        (r"mapping values are not allowed", _second_colon),
        (r"could not find expected ':'", _no_colon),
        (r"block mapping: (did not find expected key|expected <block end>)", _misfit_in_mapping),
        (r"block collection: (did not find expected '-'|expected <block end>)", _misfit_in_list),
        (r"sequence entries are not allowed", _unfit_item),
        (r"expected (the )?node content", _no_value),
        (r"expected '?<document start>", _after_document),
        (r"undefined tag handle", _unknown_tag),
        (r"unknown escape character", _unknown_escape),
        (r"Unicode character escape|hexdecimal|hexadecimal", _no_such_character),
    )
)
