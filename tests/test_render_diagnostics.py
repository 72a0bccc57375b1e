from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcompiler.diagnostics import Diagnostic, Edit, Fix, Label
from archcompiler.render.diagnostics_json import document
from archcompiler.render.excerpt import excerpt, visible
from archcompiler.render.text import render, summary
from archcompiler.span import SCHEMA_ORIGIN, Span

VARIANT = """\
archc: 1
name: x
extends: base.yaml
stages:
  # a comment
  layer0: {blocks: 3}

# the rest




  layer1: {blocks: 3, width: 100}
"""
BASE = "archc: 1\nname: base\ndefaults:\n  cardinality: 32\n"
SOURCES = {"specs/x.yaml": VARIANT, "specs/base.yaml": BASE}

WIDTH = Diagnostic(
    "G001",
    "width 100 is not divisible by cardinality 32",
    Span("specs/x.yaml", 13, 23, 13, 33),
    help="use 96 or 128",
    labels=(Label(Span("specs/base.yaml", 4, 3, 4, 18), "cardinality 32 comes from here"),),
    notes=("100 is 3 x 32 + 4",),
)
UNUSED = Diagnostic(
    "L001",
    "nothing uses the name",
    Span("specs/x.yaml", 2, 1, 2, 5),
    severity="warning",
    fix=Fix("remove it", (Edit(Span("specs/x.yaml", 2, 1, 3, 1), ""),)),
)

WIDTH_TEXT = """\
specs/x.yaml:13:23: error[G001]: width 100 is not divisible by cardinality 32
   |
13 |   layer1: {blocks: 3, width: 100}
   |                       ^^^^^^^^^^
   = note: specs/base.yaml:4:3: cardinality 32 comes from here
   |
 4 |   cardinality: 32
   |   ^^^^^^^^^^^^^^^
   = note: 100 is 3 x 32 + 4
   = help: use 96 or 128"""


def shown(*found: Diagnostic, colour: bool = False, **sources: str) -> str:
    return render(found, colour=colour, sources={**SOURCES, **sources}.get)


def one_line(text: str, start: int, end: int, message: str = "m") -> list[str]:
    """Return the lines of a fault in a file of one line; columns from 1."""
    return shown(Diagnostic("Y001", message, Span("f", 1, start, 1, end)), f=text).splitlines()


def test_a_diagnostic_shows_its_places_and_its_mend() -> None:
    assert shown(WIDTH) == WIDTH_TEXT


def test_diagnostics_are_set_apart_by_a_blank_line() -> None:
    assert shown(WIDTH, UNUSED) == (
        f"{WIDTH_TEXT}\n\nspecs/x.yaml:2:1: warning[L001]: nothing uses the name\n  |\n2 | name: x\n  | ^^^^"
    )
    assert shown() == ""


@pytest.mark.parametrize("span", [SCHEMA_ORIGIN, Span("<--set a.b=1>", 1, 1, 1, 2), Span("specs/x.yaml", 99, 1, 99, 2)])
def test_a_place_without_a_line_has_no_excerpt(span: Span) -> None:
    assert (
        shown(Diagnostic("S001", "m", span, help="h"))
        == f"{span}: error[S001]: m\n{' ' * len(str(span.line))} = help: h"
    )


def test_colour_adds_nothing_but_escapes() -> None:
    coloured = shown(WIDTH, UNUSED, colour=True)
    assert "\x1b[1;31merror[G001]\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == shown(WIDTH, UNUSED)


CARETS = [
    ("ab: 1", 5, 6, "ab: 1", "    ^"),
    ("日本: é x", 5, 6, "日本: é x", "      ^"),
    ("日本: 1", 1, 3, "日本: 1", "^^^^"),
    ("e\u0301: 1", 5, 6, "e\u0301: 1", "   ^"),
    ("a:\tb", 4, 5, "a:  b", "    ^"),
    ("\tab: 1", 1, 2, "    ab: 1", "^^^^"),
    ("a: 1", 5, 5, "a: 1", "    ^"),
    ("a: \x1b[31m", 4, 9, "a: \\x1b[31m", "   ^^^^^^^^"),
    ("a: \u202eb", 5, 6, "a: \\u202eb", "         ^"),
    ("\ufeffa: 1", 1, 2, "a: 1", "^"),
]


@pytest.mark.parametrize(("line", "start", "end", "text", "carets"), CARETS)
def test_carets_stand_below_what_they_mark(line: str, start: int, end: int, text: str, carets: str) -> None:
    assert one_line(line, start, end)[2:] == [f"1 | {text}", f"  | {carets}"]


def test_a_span_of_several_lines_is_marked_to_the_end_of_the_first() -> None:
    found = Diagnostic("S002", "m", Span("f", 1, 4, 2, 3))
    assert shown(found, f="a: {b: 1,\n  c: 2}\n").splitlines()[3] == "  |    ^^^^^^"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_in_yaml(end: str) -> None:
    found = Diagnostic("S002", "m", Span("f", 2, 1, 2, 2))
    assert shown(found, f=end.join(["a: \x0c1", "b: 2", ""])).splitlines()[2] == "2 | b: 2"


def test_nothing_reaches_the_terminal_raw() -> None:
    found = Diagnostic(
        "S001",
        "key `\x1b]0;owned\x07`\nsecond",
        Span("a\x1b[2J.yaml", 1, 1, 1, 2),
        help="\u202e\udc80",
        labels=(Label(Span("f", 1, 1, 1, 2), "\x9b31m"),),
    )
    text = shown(found, f="\x07\u2028")
    assert all(c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in text)
    assert "key `\\x1b]0;owned\\x07`\\x0asecond" in text
    text.encode()


@pytest.mark.parametrize("at", [1, 60, 500, 990])
def test_a_long_line_is_cropped_around_the_span(at: int) -> None:
    line = "".join(str(i % 10) for i in range(1000))
    shown_line, carets = one_line(line, at, at + 5)[2:]
    assert len(shown_line) < 120
    column = carets.index("^")
    assert shown_line[column : column + 5] == line[at - 1 : at + 4]
    assert shown_line.endswith("…") is (at < 890)
    assert shown_line.startswith("1 | …") is (at > 41)


@given(st.text(), st.integers(0, 300), st.integers(0, 300))
def test_an_excerpt_never_fails_and_marks_something(line: str, start: int, length: int) -> None:
    text, column, width = excerpt(line, start, start + length)
    assert visible(text) == text
    assert column >= 0
    assert width >= 1


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ((0, 0, 1), "no faults in 1 file"),
        ((1, 0, 2), "1 error in 2 files"),
        ((3, 1, 2), "3 errors, 1 warning in 2 files"),
        ((0, 2, 1), "2 warnings in 1 file"),
    ],
)
def test_the_summary_is_one_line(counts: tuple[int, int, int], line: str) -> None:
    assert summary(*counts) == line


def test_the_json_document_has_every_place() -> None:
    read_back = json.loads(json.dumps(document([WIDTH, UNUSED])))
    assert read_back["format_version"] == 1
    assert read_back["diagnostics"][0] == {
        "path": "specs/x.yaml",
        "line": 13,
        "column": 23,
        "end_line": 13,
        "end_column": 33,
        "code": "G001",
        "severity": "error",
        "message": "width 100 is not divisible by cardinality 32",
        "help": "use 96 or 128",
        "labels": [
            {
                "path": "specs/base.yaml",
                "line": 4,
                "column": 3,
                "end_line": 4,
                "end_column": 18,
                "text": "cardinality 32 comes from here",
            }
        ],
        "notes": ["100 is 3 x 32 + 4"],
        "choices": [],
        "fix": None,
    }
    assert read_back["diagnostics"][1]["fix"] == {
        "title": "remove it",
        "edits": [{"path": "specs/x.yaml", "line": 2, "column": 1, "end_line": 3, "end_column": 1, "replacement": ""}],
    }
    assert (read_back["diagnostics"][1]["help"], read_back["diagnostics"][1]["labels"]) == (None, [])
