"""From files to one resolved spec: every value explicit, each with the place it came from.

The passes, in order: `chain` reads a spec and its bases, `merge` lays them over each other, `settle` answers which
value each block, stem and head takes (override > stage > defaults > schema).
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.resolve.chain import read_chain
from archcompiler.resolve.exceptions import exception_faults
from archcompiler.resolve.hints import with_near_stages
from archcompiler.resolve.merge import merge_chain
from archcompiler.resolve.settle import settle
from archcompiler.resolve.spec import Spec, Stage
from archcompiler.schema.check import complete_faults
from archcompiler.syntax.files import DISK, Files
from archcompiler.tree import Mapping, mapping_at

__all__ = ["Spec", "Stage", "load_spec", "resolve_document"]


def load_spec(spec: str | os.PathLike[str], settings: Iterable[str] = (), files: Files = DISK) -> Spec:
    """Return the resolved spec of a path or shipped name, with `a.b=c` settings laid over it, as `files` have it.

    Raises SpecError with every fault found; `unreadable` where there is no such file.
    """
    chain = read_chain(spec, settings, files)
    document, faults = merge_chain(chain.documents)
    try:
        return resolve_document(chain.path, document, faults)
    except SpecError as error:
        raise SpecError(with_near_stages(list(error.diagnostics), chain.documents)) from None


def resolve_document(path: str, document: Mapping, faults: Iterable[Diagnostic] = ()) -> Spec:
    """Return the resolved spec of a merged document; SpecError with the faults given and all that are found."""
    settled, more = settle(document)
    found = [*faults, *more]
    body = _without(settled.document, "names", "claims")
    found += complete_faults(body) or exception_faults(body, settled.stages)
    if any(fault.severity == "error" for fault in found):
        raise SpecError(found)
    stages = tuple(each.stage for each in settled.stages)
    return Spec(path, settled.document, stages, tuple(found), mapping_at(document, "defaults"))


def _without(document: Mapping, *keys: str) -> Mapping:
    """Return a document without what stands in it as a file wrote it, and was checked there."""
    return Mapping({key: entry for key, entry in document.entries.items() if key not in keys}, document.span)
