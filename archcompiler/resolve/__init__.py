"""From files to one resolved spec: every value explicit, each with the place it came from.

The passes, in order: `chain` reads a spec and its bases, `merge` lays them over each other, `settle` answers which
value each block, stem and head takes (override > stage > defaults > schema).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.resolve.bases import opened
from archcompiler.resolve.chain import Chain, read_chain
from archcompiler.resolve.culprits import with_culprits
from archcompiler.resolve.exceptions import exception_faults
from archcompiler.resolve.hints import with_near_stages, with_removals
from archcompiler.resolve.own_blocks import language_of
from archcompiler.resolve.settle import settle
from archcompiler.resolve.sound import sound_document
from archcompiler.resolve.spec import Spec, Stage
from archcompiler.resolve.suiting import unsuited_defaults
from archcompiler.resolve.whole import merge_chain
from archcompiler.schema.check import complete_faults
from archcompiler.schema.own_blocks import language_with
from archcompiler.syntax.files import DISK, Files
from archcompiler.tree import Mapping, mapping_at

__all__ = ["Spec", "Stage", "load_spec", "resolve_chain", "resolve_document"]

_WITHOUT_EFFECT = frozenset(("R003", "R004", "R005", "R010"))
"""Values and selectors that take effect nowhere: errors, but not about what the network is."""


def load_spec(spec: str | os.PathLike[str], settings: Iterable[str] = (), files: Files = DISK) -> Spec:
    """Return the resolved spec of a path or shipped name, with `a.b=c` settings laid over it, as `files` have it.

    On the disk `REV:path` is a file of a revision of the repository, and its bases are read from there too. Raises
    SpecError with every fault found; `unreadable` where there is no such file.
    """
    with opened(os.fspath(spec), files) as (path, state):
        chain = read_chain(path, settings, state)
    if chain.faults:
        sound, more = _as_far_as_sound(chain)
        raise SpecError([*chain.faults, *more], spec=sound)
    try:
        return resolve_chain(chain.path, chain.documents)
    except SpecError as error:
        told = with_removals(with_near_stages(error.diagnostics, chain.documents), chain.documents)
        faults = with_culprits(told, chain.documents, lambda documents: _faults(chain.path, documents))
        raise SpecError(faults, spec=error.spec) from None


def resolve_chain(path: str, documents: Sequence[Mapping]) -> Spec:
    """Return the resolved spec of documents, base first; SpecError with all that is found."""
    document, faults = merge_chain(documents, language_of(documents))
    return replace(resolve_document(path, document, faults), documents=tuple(documents))


def _faults(path: str, documents: Sequence[Mapping]) -> tuple[Diagnostic, ...]:
    try:
        return resolve_chain(path, documents).warnings
    except SpecError as error:
        return error.diagnostics


def _as_far_as_sound(chain: Chain) -> tuple[Spec | None, list[Diagnostic]]:
    """Return what a spec with faulty texts is without them, so that its shapes are checked too, and what it shows."""
    document = sound_document(chain.documents, chain.faults, chain.language)
    try:
        return None if document is None else resolve_document(chain.path, document), []
    except SpecError as error:
        selectors = [fault for fault in error.diagnostics if fault.code == "R004"]
        return (error.spec, selectors) if isinstance(error.spec, Spec) else (None, [])


def resolve_document(path: str, document: Mapping, faults: Iterable[Diagnostic] = ()) -> Spec:
    """Return the resolved spec of a merged document; SpecError with the faults given and all that are found.

    The error has the spec too, where all that is wrong with it has no effect.
    """
    known = language_with(mapping_at(document, "blocks"))
    settled, more = settle(document, known)
    found = [*faults, *more]
    body = _without(settled.document, "names", "claims", "blocks")
    unsuited = unsuited_defaults(mapping_at(document, "defaults"), settled.stages, known)
    rest = complete_faults(body, known) or exception_faults(body, settled.stages, known)
    told = dict.fromkeys(fault for faults in unsuited.values() for fault in faults)
    told |= dict.fromkeys(fault for fault in rest if fault.span not in unsuited)
    found += sorted(told, key=lambda fault: (fault.span.path, fault.span.line, fault.span.column))
    stages = tuple(each.stage for each in settled.stages)
    errors = {fault.code for fault in found if fault.severity == "error"}
    if not errors <= _WITHOUT_EFFECT:
        raise SpecError(found)
    spec = Spec(path, settled.document, stages, tuple(found), mapping_at(document, "defaults"), known)
    if errors:
        raise SpecError(found, spec=replace(spec, warnings=()))
    return spec


def _without(document: Mapping, *keys: str) -> Mapping:
    """Return a document without what stands in it as a file wrote it, and was checked there."""
    return Mapping({key: entry for key, entry in document.entries.items() if key not in keys}, document.span)
