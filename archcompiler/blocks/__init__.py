"""One file a block: `CLASS_NAME`, and `record`, which computes the block with the recorder's primitives.

A block's fields and their defaults stand in `schemas/blocks/NAME.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module

from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value

Record = Callable[[Recorder, Value, Fields], Value]


@cache
def find_block(name: str) -> tuple[str, Record]:
    """Return the class name and the function of a block that the schema names."""
    module = import_module(f"archcompiler.blocks.{name}")
    return module.CLASS_NAME, module.record
