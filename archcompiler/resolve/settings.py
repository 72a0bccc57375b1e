"""`--set a.b=c` as a document that is laid over the spec's own."""

from __future__ import annotations

from collections.abc import Iterable

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.resolve.merge import merge
from archcompiler.schema.language import canonical_document
from archcompiler.span import Span
from archcompiler.syntax.parse import parse_value
from archcompiler.tree import Entry, Mapping, Node


def settings_document(settings: Iterable[str]) -> Mapping:
    """Return all settings as one canonical document; SpecError with every one that is malformed."""
    faults: list[Diagnostic] = []
    document = Mapping({}, Span("<--set>", 1, 1, 1, 1))
    for setting in settings:
        try:
            document = merge(document, _one(setting), faults, keep_nulls=True)
        except SpecError as error:
            faults += error.diagnostics
    if faults:
        raise SpecError(faults)
    return canonical_document(document)


def _one(setting: str) -> Mapping:
    key, equals, value = setting.partition("=")
    parts = key.split(".")
    source = f"<--set {setting}>"
    place = Span(source, 1, 1, 1, len(key) + 1)
    if not equals or not all(parts):
        help = "write `--set stages.layer3.blocks=9`"
        raise SpecError([Diagnostic("R007", f"{setting!r} is not of the form a.b=value", place, help)])
    node: Node = parse_value(value, source)
    for part in reversed(parts):
        node = Mapping({part: Entry(place, node)}, place)
    if not isinstance(node, Mapping):
        raise TypeError("a setting is a mapping")
    return node
