"""Diagnostics as SARIF 2.1.0 (OASIS), which code-scanning services read. Columns count UTF-16 units, as it declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Any

from archcompiler.diagnostics import CODES, Diagnostic, Edit, Fix, Label
from archcompiler.explain.page import read_page
from archcompiler.render.choices import advice
from archcompiler.render.excerpt import visible
from archcompiler.span import Span
from archcompiler.syntax.source import BOM, LINE_END

Json = dict[str, Any]
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def document(diagnostics: Iterable[Diagnostic], sources: Callable[[str], str | None], version: str) -> Json:
    """Return what `json.dumps` writes; `sources` gives the text of a path, from which columns are counted."""
    found = list(diagnostics)
    codes = sorted({each.code for each in found})
    driver = {"name": "archc", "semanticVersion": version, "rules": [_rule(code) for code in codes]}
    places = _Places(sources)
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "results": [_result(each, codes.index(each.code), places) for each in found],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> Json:
    return {
        "id": code,
        "shortDescription": {"text": CODES[code]},
        "fullDescription": {"text": " ".join(read_page(code).why.split())},
        "help": {"text": f"`archc explain {code}` shows an example that fails, and the same mended."},
    }


class _Places:
    """Spans as SARIF's locations, columns counted in the lines of each source."""

    def __init__(self, sources: Callable[[str], str | None]) -> None:
        self._sources = sources
        self._lines: dict[str, list[str]] = {}

    def location(self, span: Span) -> Json:
        """Return a place in a file; a value from the command line has a name only."""
        if span.path.startswith("<"):
            return {"logicalLocations": [{"fullyQualifiedName": visible(span.path), "kind": "argument"}]}
        return {"physicalLocation": {"artifactLocation": _artifact(span.path), "region": self.region(span)}}

    def region(self, span: Span) -> Json:
        """Return the lines and columns of a span."""
        return {
            "startLine": span.line,
            "startColumn": self._column(span.path, span.line, span.column),
            "endLine": span.end_line,
            "endColumn": self._column(span.path, span.end_line, span.end_column),
        }

    def _column(self, path: str, line: int, column: int) -> int:
        """Return a column in UTF-16 units: a character beyond U+FFFF is two of them."""
        if path not in self._lines:
            text = self._sources(path)
            self._lines[path] = LINE_END.split((text or "").removeprefix(BOM))
        lines = self._lines[path]
        before = lines[line - 1][: column - 1] if line <= len(lines) else ""
        return column + sum(character > "\uffff" for character in before)


def _result(found: Diagnostic, rule: int, places: _Places) -> Json:
    text = "\n".join(visible(line) for line in (found.message, *found.notes, *advice(found)))
    result: Json = {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": found.severity,
        "message": {"text": text},
        "locations": [places.location(found.span)],
    }
    if found.labels:
        result["relatedLocations"] = [_related(label, places) for label in found.labels]
    if found.fix:
        result["fixes"] = [_fix(found.fix, places)]
    return result


def _related(label: Label, places: _Places) -> Json:
    return {**places.location(label.span), "message": {"text": visible(label.text)}}


def _fix(fix: Fix, places: _Places) -> Json:
    edits: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        edits.setdefault(edit.span.path, []).append(edit)
    changes = [
        {"artifactLocation": _artifact(path), "replacements": [_replacement(edit, places) for edit in of_file]}
        for path, of_file in edits.items()
    ]
    return {"description": {"text": visible(fix.title)}, "artifactChanges": changes}


def _replacement(edit: Edit, places: _Places) -> Json:
    return {"deletedRegion": places.region(edit.span), "insertedContent": {"text": edit.replacement}}


def _artifact(path: str) -> Json:
    """Return a path as a URI: relative to the root of the sources, as code scanning wants it, or absolute."""
    uri = PurePosixPath("/", path).as_uri()
    return {"uri": uri} if path.startswith("/") else {"uri": uri.removeprefix("file:///"), "uriBaseId": "%SRCROOT%"}
