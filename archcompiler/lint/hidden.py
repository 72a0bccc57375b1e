"""Blocks of a spec's own that hide a shipped one (L015): so no new shipped block changes what the spec means."""

from __future__ import annotations

from collections.abc import Iterator

from archcompiler.diagnostics import Diagnostic
from archcompiler.graph.ir import Graph
from archcompiler.lint.watch import Watch
from archcompiler.schema.language import language


def hidden_blocks(watch: Watch, _: Graph) -> Iterator[Diagnostic]:
    """Yield a note for each block that has the name of a shipped one."""
    for name, entry in watch.spec.section("blocks").entries.items():
        if name in language().blocks:
            message = f"this spec's `{name}` stands in place of the shipped one"
            yield Diagnostic("L015", message, entry.key_span, severity="note")
