"""What is sound in a faulty spec: a mistyped key of one stage hides no shape that does not fit in another.

Entries at which a fault stands are left out where that changes no shape. From the first stage whose shape is not known
on, nothing is left, so that no fault follows from another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.resolve.culprits import without
from archcompiler.resolve.whole import merge_chain
from archcompiler.schema.canonical import canonical, canonical_document
from archcompiler.schema.check import partial_faults
from archcompiler.schema.language import Language
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Entry, Mapping, Node, Path, Scalar, walk
from archcompiler.tree import Sequence as Items

_KEEP_SHAPES = frozenset(
    (
        "archc",
        "name",
        "description",
        "claims",
        "names",
        "norm",
        "activation",
        "attention",
        "bias",
        "zero_init",
        "dropout",
        "anti_alias",
    )
)
_HEADER: tuple[tuple[str, int | str], ...] = (("archc", 1), ("name", "x"))
_FIRST_PARTS = ("input", "stem", "stages")


def sound_document(documents: Sequence[Mapping], faults: Iterable[Diagnostic], known: Language) -> Mapping | None:
    """Return the documents, base first, as one without what faults make unknown; None where nothing would be left."""
    found = list(faults)
    try:
        pruned = [
            _Pruned(document, [f for f in found if f.span.path == document.span.path], known) for document in documents
        ]
        if sum(len(each.faults) for each in pruned) < len(found):
            return None  # a base that is not there, or a setting
        merged, _ = merge_chain([each.document for each in pruned], known)
        unknown = {name for each in pruned for name in each.unknown}
        return _cut(merged, unknown, documents[-1]) if unknown else merged
    except (_UnknownError, SpecError):
        return None


class _UnknownError(Exception):
    """A fault that leaves nothing known."""


class _Pruned:
    """A document in canonical form without its faulty entries, and the parts whose shapes that leaves unknown."""

    def __init__(self, document: Mapping, faults: Sequence[Diagnostic], known: Language) -> None:
        self.faults = faults
        self.unknown: set[str] = set()
        self.document = document
        if faults:
            paths = _paths(document)
            left_out = {self._left_out(document, fault, paths.get(fault.span, ())) for fault in faults}
            self.document = canonical_document(_with_header(without(document, left_out - {()})), known)
            if partial_faults(self.document, known) or not self._begins(document):
                raise _UnknownError

    def _left_out(self, document: Mapping, fault: Diagnostic, path: Path) -> Path:
        """Return the path of what is left out because of a fault that stands at a path."""
        if fault.code == "Y003" and fault.fix:
            return ()  # what it means is clear
        if fault.code == "Y001" or not path or any(isinstance(part, int) for part in path if "claims" not in path):
            raise _UnknownError
        if fault.code == "S003" and len(path) == 1 and path[0] not in (*_FIRST_PARTS, "head"):
            self.unknown |= set() if "head" in document.entries or "extends" in document.entries else {"head"}
            return ()  # the document lacks a part, which is said at its first key
        keeps = next((end for end, part in enumerate(path, 1) if part in _KEEP_SHAPES), None)
        if keeps or fault.code == "S001":
            return path[:keeps]
        if path[0] == "head" or (path[0] == "stages" and len(path) > 1):
            self.unknown.add(str(path[0] if path[0] == "head" else path[1]))
            return path[:1] if path[0] == "head" else path[:2]
        raise _UnknownError

    def _begins(self, document: Mapping) -> bool:
        return "extends" in document.entries or all(part in document.entries for part in _FIRST_PARTS)


def _paths(document: Mapping) -> dict[Span, Path]:
    """Return the path of the innermost entry at whose key, or in whose value, each place of a document lies."""
    found: dict[Span, Path] = {}
    for path, entry in walk(document):
        found[entry.key_span] = path
        found.update(dict.fromkeys(_places(entry.value), path))
    return found


def _places(node: Node) -> Iterator[Span]:
    """Yield the place of a value and of what a list holds; what a mapping holds are entries of their own."""
    yield node.span
    if isinstance(node, Items):
        for item in node.items:
            yield from _places(item)


def _with_header(document: Mapping) -> Mapping:
    lacking = {key: value for key, value in _HEADER if key not in document.entries}
    header = {key: Entry(SCHEMA_ORIGIN, Scalar(value, SCHEMA_ORIGIN)) for key, value in lacking.items()}
    return Mapping({**header, **document.entries}, document.span)


def _cut(document: Mapping, unknown: set[str], last: Mapping) -> Mapping:
    """Return a document up to the first part whose shape is unknown, with no head."""
    stages = document.entries.get("stages")
    if stages is None:
        raise _UnknownError  # a null has removed them
    names = list(stages.value.entries) if isinstance(stages.value, Mapping) else []
    written = last.get("stages")
    order = list(written.entries) if isinstance(written, Mapping) and "extends" not in last.entries else names
    if not unknown - {"head"} <= set(order) or not isinstance(stages.value, Mapping):
        raise _UnknownError  # a new stage of a variant, whose place is not known
    until = min([order.index(name) for name in unknown - {"head"}], default=len(names))
    kept = Mapping(dict(islice(stages.value.entries.items(), until)), stages.value.span)
    head = Entry(SCHEMA_ORIGIN, canonical(Scalar("none", SCHEMA_ORIGIN), "head"))
    entries = {**document.entries, "stages": Entry(stages.key_span, kept), "head": head}
    return Mapping(entries, document.span)
