"""What a variant lacks because of what it says: a mistyped stage is a new one, and a null removes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from difflib import get_close_matches

from archcompiler.diagnostics import MOST_SHOWN, Diagnostic
from archcompiler.schema.faults import missing_key
from archcompiler.span import Span
from archcompiler.tree import Mapping, Scalar, mapping_at


def with_near_stages(faults: Sequence[Diagnostic], documents: Iterable[Mapping]) -> list[Diagnostic]:
    """Return the faults, where a new stage lacks keys and its name is near to an inherited one with that as help."""
    near = _near_stages(documents, {fault.span for fault in faults if fault.code == "S003"})
    return list(
        dict.fromkeys(
            replace(fault, help=f"did you mean `{near[fault.span]}`? a new stage says all of its fields")
            if fault.code == "S003" and fault.span in near
            else fault
            for fault in faults
        )
    )


def with_removals(faults: Iterable[Diagnostic], documents: Iterable[Mapping]) -> list[Diagnostic]:
    """Return the faults, where the document lacks a key that a null removes at that null."""
    nulls = {
        missing_key("the document", (key,), entry.value.span, "").message: entry.value.span
        for document in documents
        for key, entry in document.entries.items()
        if isinstance(entry.value, Scalar) and entry.value.value is None
    }
    help = "this null removes what is inherited, and every network has one: leave the line out"
    return [
        replace(fault, span=nulls[fault.message], help=help) if fault.message in nulls else fault for fault in faults
    ]


def with_stages_of_settings(
    faults: Iterable[Diagnostic], settings: Iterable[str], documents: Iterable[Mapping]
) -> list[Diagnostic]:
    """Return the faults of settings; the help of one that begins with a stage, or nearly so, is how it is said."""
    stages = [name for document in documents for name in mapping_at(document, "stages").entries]
    near = {}
    for setting in settings:
        first, dot, rest = setting.partition(".")
        if dot and (matches := get_close_matches(first, stages, n=1, cutoff=0.8)):
            near[f"<--set {setting}>", "S001"] = f"did you mean `--set stages.{matches[0]}.{rest}`?"
    return [
        replace(fault, help=near.get((fault.span.path, fault.code), fault.help)) if fault.span.column == 1 else fault
        for fault in faults
    ]


def _near_stages(documents: Iterable[Mapping], lacking: Set[Span]) -> dict[Span, str]:
    """Return the inherited stage that is near to each new one at these places, for as many as a text shows."""
    known: dict[str, None] = {}
    candidates: list[tuple[Span, str, list[str]]] = []
    for document in documents:
        new = {key: entry for key, entry in mapping_at(document, "stages").entries.items() if key not in known}
        inherited = list(known)
        candidates += [(entry.key_span, key, inherited) for key, entry in new.items() if entry.key_span in lacking]
        known |= dict.fromkeys(new)
    near = ((span, get_close_matches(key, names, n=1, cutoff=0.8)) for span, key, names in candidates[:MOST_SHOWN])
    return {span: matches[0] for span, matches in near if matches}
