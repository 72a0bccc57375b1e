"""Text -> tree: the one way in which YAML enters."""

from __future__ import annotations

import os
import stat

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.span import Span
from archcompiler.syntax.compose import compose
from archcompiler.syntax.source import MAX_BYTES, Source, checked, too_large
from archcompiler.tree import Mapping, Node, Scalar, Sequence


def parse(text: str | bytes, path: str) -> Mapping:
    """Return the mapping that a spec's text says; SpecError with every fault, in the order of the text."""
    source = checked(text, path)
    node = _faultless(source)
    if node is None:
        place = Span(path, 1, 1, 1, 1)
        raise SpecError([Diagnostic("Y007", "the document is empty", place, "`archc new` writes one to begin with")])
    if not isinstance(node, Mapping):
        what = "a list" if isinstance(node, Sequence) else "a single value"
        fault = Diagnostic("S002", f"a spec is a mapping, not {what}", node.span, help="write `key: value` lines")
        raise SpecError([fault])
    return node


def parse_value(text: str, path: str) -> Node:
    """Return the value that one `--set key=VALUE` says, null where it says nothing; SpecError with every fault."""
    node = _faultless(checked(text, path))
    return Scalar(None, Span(path, 1, 1, 1, 1)) if node is None else node


def read(path: str | os.PathLike[str], shown_as: str | None = None) -> Mapping:
    """Return the mapping that a file says, under the path shown; SpecError, `unreadable` where no text can be had."""
    shown = os.fspath(path) if shown_as is None else shown_as
    return parse(_bytes_of(path, shown), shown)


def _faultless(source: Source) -> Node | None:
    node, faults = compose(source)
    if faults:
        raise SpecError(sorted(faults, key=lambda fault: (fault.span.line, fault.span.column)))
    return node


def _bytes_of(path: str | os.PathLike[str], shown: str) -> bytes:
    try:
        status = os.stat(path)  # before opening: to open a FIFO is to wait for its writer
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable("a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file", shown)
        if status.st_size > MAX_BYTES:
            raise SpecError([too_large(shown)])
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(error.strerror or str(error), shown) from None
    except ValueError:  # a NUL or an unencodable character in the path
        raise _unreadable("no path can be of this form", shown) from None


def _unreadable(reason: str, shown: str) -> SpecError:
    fault = Diagnostic("Y013", f"cannot read the file: {reason}", Span(shown, 1, 1, 1, 1))
    return SpecError([fault], unreadable=True)
