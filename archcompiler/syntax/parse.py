"""Text -> tree: the one way in which YAML enters."""

from __future__ import annotations

import os

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.span import Span
from archcompiler.syntax.compose import compose
from archcompiler.syntax.files import DISK, Files
from archcompiler.syntax.recover import read_on
from archcompiler.syntax.source import checked
from archcompiler.tree import Mapping, Node, Scalar, Sequence


def parse(text: str | bytes, path: str) -> Mapping:
    """Return the mapping that a spec's text says; SpecError with every fault, in the order of the text."""
    document, faults = parse_on(text, path)
    if faults:
        raise SpecError(faults)
    return document


def parse_on(text: str | bytes, path: str) -> tuple[Mapping, list[Diagnostic]]:
    """Return the mapping that a text says as far as it can be read, and its faults; SpecError where it is none."""
    node, found = read_on(checked(text, path))
    faults = sorted(found, key=lambda fault: (fault.span.line, fault.span.column))
    if faults and not isinstance(node, Mapping):
        raise SpecError(faults)
    if node is None:
        place = Span(path, 1, 1, 1, 1)
        raise SpecError([Diagnostic("Y007", "the document is empty", place, "`archc new` writes one to begin with")])
    if not isinstance(node, Mapping):
        what = "a list" if isinstance(node, Sequence) else "a single value"
        fault = Diagnostic("S002", f"a spec is a mapping, not {what}", node.span, help="write `key: value` lines")
        raise SpecError([fault])
    return node, faults


def parse_value(text: str, path: str) -> Node:
    """Return the value that one `--set key=VALUE` says, null where it says nothing; SpecError with every fault."""
    node, faults = compose(checked(text, path))
    if faults:
        raise SpecError(sorted(faults, key=lambda fault: (fault.span.line, fault.span.column)))
    return Scalar(None, Span(path, 1, 1, 1, 2)) if node is None else node  # as wide as what is written: it is meant


def read(path: str | os.PathLike[str], files: Files = DISK) -> Mapping:
    """Return the mapping that a file says; SpecError, `unreadable` where no text can be had."""
    return parse(files.read(os.fspath(path)), files.shown(os.fspath(path)))
