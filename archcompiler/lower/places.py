"""Where the parts of a network were written."""

from __future__ import annotations

from archcompiler.graph.ir import Call, Part
from archcompiler.graph.names import NameTable, Said
from archcompiler.resolve import Spec
from archcompiler.span import Span


class Places:
    """Where the parts of a path were written: a key under `names`, or the key of a stage, the stem or the head."""

    def __init__(self, spec: Spec) -> None:
        self._names = spec.section("names").entries
        self._table = NameTable(spec.section("names"), [stage.name for stage in spec.stages])
        files = {document.span.path for document in spec.documents}
        of_tables = (entry for entry in self._names.values() if entry.value.span.path not in files)
        self._tables = {entry.value.span: entry.key_span for entry in of_tables}
        self._parts = {("stage", stage.name): stage.key_span for stage in spec.stages}
        self._parts |= {(kind, kind): spec.document.entries[kind].key_span for kind in ("stem", "head")}

    def node(self, part: Part, call: Call, number: int) -> Span:
        """Return what says the path of a node of a call."""
        stage = part.name if part.kind == "stage" else ""
        return self._said(self._table.layout(call.kind, stage, call.body).nodes[number], part)

    def call(self, part: Part, call: Call) -> Span:
        """Return what says where a block or transition of a stage stands; of any other call, the key of its part."""
        stage = part.name if part.kind == "stage" else ""
        return self._said(self._table.layout(call.kind, stage, call.body).body, part)

    def part(self, part: Part) -> Span:
        """Return the key of a stage, the stem or the head."""
        return self._parts[part.kind, part.name]

    def mended(self, span: Span) -> Span:
        """Return where a path can be mended that is written at a place: what a table says, where the table is named."""
        return self._tables.get(span, span)

    def _said(self, said: Said, part: Part) -> Span:
        return self._names[said.keys[-1]].value.span if said.keys else self.part(part)
