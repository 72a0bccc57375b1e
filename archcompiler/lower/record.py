"""Record one document on what arrives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archcompiler.blocks.document import CONTEXT, Document
from archcompiler.blocks.library import Library
from archcompiler.blocks.run import Run, check_attended
from archcompiler.blocks.scope import Scope
from archcompiler.graph.ops import Shape
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder
from archcompiler.resolve import Spec

Context = Mapping[str, int]
"""Where a block stands: its number in its stage and in the network, and how many blocks each has."""


def contexts(spec: Spec) -> Iterator[Context]:
    """Yield where each block of a network stands, in order."""
    total = sum(len(stage.blocks) for stage in spec.stages)
    number = previous = 0
    for stage in spec.stages:
        count = len(stage.blocks)
        for index in range(count):
            yield dict(zip(CONTEXT, (index, count, previous, number, total), strict=True))
            number += 1
        previous = count


def record(
    library: Library,
    document: Document,
    fields: Fields,
    shape: Shape,
    arguments: dict[str, int],
    context: Context,
) -> Recorder:
    """Return what a document records on a map of a shape; `context` says where the block stands. TooManySteps."""
    recorder = Recorder(shape, arguments)
    if document.kind == "block":
        recorder.blocks[""] = document.name
    scope = Scope(recorder, document, fields, values={"in_channels": shape[0], **context})
    run = Run(recorder, library, scope)
    recorder.leave(run.document(recorder.input))
    check_attended(run, fields)
    return recorder
