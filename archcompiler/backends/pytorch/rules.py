"""The PyTorch form of every op, one rule each."""

from __future__ import annotations

from archcompiler.backends.pytorch.expressions import EXPRESSIONS
from archcompiler.backends.pytorch.layers import LAYERS
from archcompiler.backends.pytorch.rule import Rule
from archcompiler.graph.ops import OPS, Op

RULES: dict[type[Op], Rule] = {**LAYERS, **EXPRESSIONS}
"""The rule of each op."""
if RULES.keys() != set(OPS.values()):
    raise TypeError(f"PyTorch's rules are not those of the ops: {RULES.keys() ^ set(OPS.values())}")
