"""Where the parts of a network were written."""

from __future__ import annotations

from archcompiler.graph.ir import Node, Part
from archcompiler.resolve import Spec
from archcompiler.span import Span


class Places:
    """Where the parts of a path were written: a role under `names`, or the key of a stage, the stem or the head."""

    def __init__(self, spec: Spec) -> None:
        self._names = spec.section("names")
        self._parts = {("stage", stage.name): stage.key_span for stage in spec.stages}
        self._parts |= {(kind, kind): spec.document.entries[kind].key_span for kind in ("stem", "head")}

    def role(self, part: Part, node: Node) -> Span:
        """Return what says a layer's path in its block."""
        return self._named(role_of(part, node)) or self.part(part)

    def block(self, part: Part) -> Span:
        """Return what says the paths of a stage's blocks."""
        return self._named("block") or self.part(part)

    def part(self, part: Part) -> Span:
        """Return the key of a stage, the stem or the head."""
        return self._parts[part.kind, part.name]

    def _named(self, role: str) -> Span | None:
        entry = self._names.entries.get(role)
        return entry.value.span if entry else None


def role_of(part: Part, node: Node) -> str:
    """Return the role of a node as `names` has it: of the stem and head with their prefix."""
    return node.role if part.kind == "stage" else f"{part.kind}.{node.role}"
