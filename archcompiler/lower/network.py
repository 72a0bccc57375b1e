"""From a resolved spec to a graph: run each block function once on numbers, and chain what it recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from archcompiler.blocks import find_block
from archcompiler.diagnostics import Diagnostic, Label, SpecError
from archcompiler.graph.ir import Body, Call, Graph, Part
from archcompiler.graph.named import Named
from archcompiler.graph.names import NameTable
from archcompiler.graph.ops import Shape
from archcompiler.lower.head import record_head
from archcompiler.lower.paths import path_faults
from archcompiler.lower.stem import record_stem
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, ShapeFault, Value, shape_text
from archcompiler.record.steps import record_steps
from archcompiler.resolve import Spec, Stage
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Entry, Mapping, Scalar, Sequence

Record = Callable[[Recorder, Value, Fields], Value]


def lower(spec: Spec) -> Graph:
    """Return the typed graph of a spec; SpecError with every shape that does not fit, stage by stage."""
    return _Lowering(spec).graph()


class _Lowering:
    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._names = NameTable(spec.section("names"), [stage.name for stage in spec.stages])
        self._faults: list[Diagnostic] = []
        self._bodies: dict[tuple[int, Shape], Body] = {}

    def graph(self) -> Graph:
        shape = _input_shape(self._spec.section("input"))
        graph_input = shape
        parts: list[Part] = []
        stem, shape = self._section("stem", record_stem, shape)
        parts.append(stem)
        for stage in self._spec.stages:
            part, shape = self._stage(stage, shape)
            parts.append(part)
        head, shape = self._section("head", record_head, shape)
        parts.append(head)
        graph = Graph(self._spec.name, self._spec.description, graph_input, tuple(parts))
        faults = self._faults or path_faults(graph, self._spec)
        if faults:
            raise SpecError(faults)
        return graph

    def _section(self, kind: str, record: Record, shape: Shape) -> tuple[Part, Shape]:
        """Return the stem or head. After a fault the stages are checked on the stem without its norm, if that fits."""
        mapping = self._spec.section(kind)
        entry = self._spec.document.entries[kind]
        try:
            body = self._record(mapping, record, shape, self._names.paths(f"{kind}."))
        except ShapeFault as fault:
            self._report(fault, mapping, entry.key_span, f"{shape_text(shape)} arrives here")
            try:
                body = self._record(_without_norm(mapping), record, shape, self._names.paths(f"{kind}."))
            except ShapeFault:
                raise SpecError(self._faults) from None
        calls = (Call(body, "", inline=True),) if body.nodes else ()
        return Part("stem" if kind == "stem" else "head", kind, calls), body.output

    def _stage(self, stage: Stage, shape: Shape) -> tuple[Part, Shape]:
        """Return a stage; after a fault the next one is checked on the shape that this one should have had."""
        calls: list[Call] = []
        at_end = stage.transition is not None and Fields(stage.transition).text("at") == "end"
        fields, where = stage.transition, "in front of the first block"
        try:
            if stage.transition and not at_end:
                shape = self._transition(stage, shape, calls)
            for index, fields in enumerate(stage.blocks):
                where = f"at block {index}" if index else "here"
                calls.append(self._block(fields, shape, self._names.block(stage.name, index)))
                shape = calls[-1].body.output
            fields, where = stage.transition, "behind the last block"
            if stage.transition and at_end:
                shape = self._transition(stage, shape, calls)
        except ShapeFault as fault:
            self._report(fault, fields, stage.key_span, f"{shape_text(shape)} arrives {where}")
            shape = _expected(stage, shape)
        return Part("stage", stage.name, tuple(calls)), shape

    def _transition(self, stage: Stage, shape: Shape, calls: list[Call]) -> Shape:
        steps = stage.transition.get("steps") if stage.transition else None
        if not isinstance(steps, Sequence):
            return shape
        path = self._names.transition(stage.name)
        recorder = Recorder(_plain(shape), self._names.paths(below=path), {})
        record_steps(recorder, recorder.input, steps)
        body = recorder.body("Transition")
        calls.append(Call(body, path, inline=True))
        return body.output

    def _block(self, fields: Mapping, shape: Shape, path: str) -> Call:
        """Record a block once for each set of fields and shape; blocks that repeat share the body.

        Where layers are numbered through the network each block has a body of its own, and no class.
        """
        class_name, record = find_block(Fields(fields).text("block"))
        paths = self._names.paths(below=path)
        if self._names.numbers_layers:
            return Call(self._record(fields, record, shape, paths, class_name), path, inline=True)
        key = (id(fields), tuple(int(side) for side in shape))
        if key not in self._bodies:
            self._bodies[key] = self._record(fields, record, shape, paths, class_name, named=True)
        return Call(self._bodies[key], path, inline=False)

    def _record(
        self,
        fields: Mapping,
        record: Record,
        shape: Shape,
        path_of: Callable[[str], str],
        class_name: str = "",
        *,
        named: bool = False,
    ) -> Body:
        """Return what a function records; `named` where its numbers are to be arguments of a class."""
        shape = _plain(shape)
        if named:
            shape = (Named(shape[0], "in_channels"), *shape[1:])
        recorder = Recorder(shape, path_of, {"in_channels": int(shape[0]), **_integers(fields)} if named else {})
        record(recorder, recorder.input, Fields(fields, named=named))
        return recorder.body(class_name, self._names.registered_first)

    def _report(self, fault: ShapeFault, fields: Mapping | None, place: Span, arrival: str) -> None:
        """Note a fault at the first culprit that somebody wrote, else at the object's own key."""
        entries = {} if fields is None else fields.entries
        written = {
            name: entries[name].value.span
            for name in fault.fields
            if name in entries and entries[name].value.span != SCHEMA_ORIGIN
        }
        span = fault.span or next(iter(written.values()), place)
        others = {other: name for name, other in written.items() if other.path != span.path or other.line != span.line}
        labels = [Label(other, f"`{name}` is given here") for other, name in others.items()]
        labels.append(Label(place, arrival))
        self._faults.append(Diagnostic(fault.code, fault.message, span, fault.help, tuple(labels)))


def _without_norm(section: Mapping) -> Mapping:
    """Return a stem or head that differs in no shape, and in which no norm can be at fault."""
    norm = section.entries.get("norm")
    if norm is None:
        return section
    none = Mapping({"type": Entry(SCHEMA_ORIGIN, Scalar("none", SCHEMA_ORIGIN))}, SCHEMA_ORIGIN)
    return Mapping({**section.entries, "norm": replace(norm, value=none)}, section.span)


def _input_shape(value: Mapping) -> Shape:
    fields = Fields(value)
    return (fields.integer("channels"), *fields.pair("size"))


def _plain(shape: Shape) -> Shape:
    return tuple(int(side) for side in shape)


def _integers(fields: Mapping) -> dict[str, int]:
    """Return the int fields of a block: the arguments that its class may take."""
    values = {name: entry.value.value for name, entry in fields.entries.items() if isinstance(entry.value, Scalar)}
    return {name: value for name, value in values.items() if type(value) is int}


def _expected(stage: Stage, shape: Shape) -> Shape:
    """Return the shape that a faulty stage was meant to have, for the stages behind it."""
    fields = Fields(stage.blocks[0])
    channels = fields.integer("channels") if fields.has("channels") else int(shape[0])
    stride = fields.integer("stride")
    return (channels, *(max(1, -(-int(side) // stride)) for side in shape[1:]))
