"""From files to one resolved spec: every value explicit, each with the place it came from.

The passes, in order: `chain` reads a spec and its bases, `merge` lays them over each other, `settle` answers which
value each block, stem and head takes (override > stage > defaults > schema).
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.resolve.chain import read_chain
from archcompiler.resolve.merge import merge_chain
from archcompiler.resolve.settle import Settled, settle
from archcompiler.resolve.spec import Spec, Stage
from archcompiler.schema.check import complete_faults
from archcompiler.tree import Entry, Mapping, Scalar

__all__ = ["Spec", "Stage", "load_spec"]


def load_spec(spec: str | os.PathLike[str], settings: Iterable[str] = ()) -> Spec:
    """Return the resolved spec of a path or shipped name, with `a.b=c` settings laid over it.

    Raises SpecError with every fault found; `unreadable` where there is no such file.
    """
    chain = read_chain(spec, settings)
    document, faults = merge_chain(chain.documents)
    settled, more = settle(document)
    faults = [*faults, *more]
    faults += complete_faults(settled.document) or _exception_faults(settled)
    if any(fault.severity == "error" for fault in faults):
        raise SpecError(faults)
    return Spec(chain.path, settled.document, tuple(found.stage for found in settled.stages), tuple(faults))


def _exception_faults(settled: Settled) -> list[Diagnostic]:
    """Return what the blocks that overrides make lack: each is checked as a stage of its own."""
    faults: list[Diagnostic] = []
    for found in settled.stages:
        for place, block in found.exceptions:
            alone = Mapping({**block.entries, "blocks": Entry(place, Scalar(1, place))}, place)
            stages = Entry(place, Mapping({found.stage.name: Entry(place, alone)}, place))
            faults += complete_faults(Mapping({**settled.document.entries, "stages": stages}, settled.document.span))
    return list(dict.fromkeys(faults))
