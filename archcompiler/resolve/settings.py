"""`--set a.b=c` as a document that is laid over the spec's own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.resolve.merge import merge
from archcompiler.schema.check import partial_faults
from archcompiler.schema.language import Language
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.syntax.parse import parse_value
from archcompiler.tree import Entry, Mapping, Scalar

_PART = re.compile(r'"[^"]+"|[^."]+')
_KEY = re.compile(rf"(?:{_PART.pattern})(?:\.(?:{_PART.pattern}))*")
_HELP = """write `--set stages.layer3.blocks=9`, a key that has dots in quotes: `stages.a.override."1..4".dilation=2`"""
_HEADER = {
    key: Entry(SCHEMA_ORIGIN, Scalar(value, SCHEMA_ORIGIN))
    for key, value in (("archc", 1), ("name", "x"), ("extends", "x"))
}
"""What makes settings a document that the schema can check: they are laid over a spec that has all of it."""


def settings_document(settings: Iterable[str]) -> tuple[Mapping, list[Diagnostic]]:
    """Return all settings as one document, and a fault for every one that is malformed."""
    faults: list[Diagnostic] = []
    document = Mapping({}, Span("<--set>", 1, 1, 1, 1))
    for setting in settings:
        try:
            document = merge(document, _one(setting), faults, {}, keep_nulls=True)
        except SpecError as error:
            faults += error.diagnostics
    return document, faults


def setting_faults(document: Mapping, known: Language) -> list[Diagnostic]:
    """Return the faults of settings in a language."""
    return partial_faults(Mapping({**_HEADER, **document.entries}, document.span), known)


def _one(setting: str) -> Mapping:
    """Return one setting as a document."""
    key, equals, value = setting.partition("=")
    source = f"<--set {setting}>"
    place = Span(source, 1, 1, 1, len(key) + 1)
    if not equals or not _KEY.fullmatch(key):
        raise SpecError([Diagnostic("R007", f"{setting!r} is not of the form a.b=value", place, _HELP)])
    parts = [part.strip('"') for part in _PART.findall(key)]
    if parts[0] == "extends":
        help = "write a variant of the other spec, or name that spec itself"
        raise SpecError([Diagnostic("R007", "`extends` cannot be set: it says which file is read", place, help)])
    if parts[0] == "names" and len(parts) > 1:
        parts = ["names", ".".join(parts[1:])]  # a role has dots of its own
    result = Mapping({parts[-1]: Entry(place, parse_value(f"{' ' * (len(key) + 1)}{value}", source))}, place)
    for part in reversed(parts[:-1]):
        result = Mapping({part: Entry(place, result)}, place)
    return result
