"""Record one block by itself: what a value changes in it is known without the rest of its network."""

from __future__ import annotations

from archcompiler.blocks.library import library
from archcompiler.graph.ir import Node
from archcompiler.graph.ops import Shape
from archcompiler.lower.record import Context, record
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import TooManySteps
from archcompiler.resolve import Spec
from archcompiler.tree import Mapping


def record_alone(spec: Spec, block: Mapping, shape: Shape, context: Context) -> tuple[Node, ...] | None:
    """Return the nodes of a block on a map of a shape; None where something does not fit."""
    known = library(spec)
    document = known.document("block", Fields(block).text("block"))
    try:
        recorder = record(known, document, Fields(block), shape, {}, context)
    except TooManySteps:
        return None
    return None if recorder.faults else recorder.body("").nodes
