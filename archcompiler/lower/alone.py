"""Record one block by itself: what a value changes in it is known without the rest of its network."""

from __future__ import annotations

from archcompiler.blocks import find_block
from archcompiler.graph.ir import Node
from archcompiler.graph.ops import Shape
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder
from archcompiler.tree import Mapping


def record_alone(block: Mapping, shape: Shape) -> tuple[Node, ...] | None:
    """Return the nodes of a block on a map of a shape, roles in place of paths; None where something does not fit."""
    _, record = find_block(Fields(block).text("block"))
    recorder = Recorder(shape, lambda role: role, {})
    record(recorder, recorder.input, Fields(block))
    return None if recorder.faults else recorder.body("").nodes
