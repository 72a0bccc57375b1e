"""From a resolved spec to a graph: run each block function once on numbers, and chain what it recorded."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Literal

from archcompiler.blocks.document import Document
from archcompiler.blocks.library import library
from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.graph.ir import Body, Call, Graph, Part
from archcompiler.graph.named import Named
from archcompiler.graph.names import NameTable
from archcompiler.graph.ops import Shape
from archcompiler.lower.paths import path_faults
from archcompiler.lower.record import Context, contexts, record
from archcompiler.lower.report import Place, report
from archcompiler.lower.size import size_faults
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder
from archcompiler.resolve import Spec, Stage
from archcompiler.span import Span
from archcompiler.tree import Mapping, Scalar


def lower(spec: Spec) -> Graph:
    """Return the typed graph of a spec; SpecError with every shape that does not fit, in every part."""
    graph, faults = lowered(spec)
    if faults:
        raise SpecError([*spec.warnings, *faults], spec=spec)
    return graph


def lowered(spec: Spec) -> tuple[Graph, list[Diagnostic]]:
    """Return the graph of a spec and its faults; behind a fault the graph has the shapes that were meant."""
    lowering = _Lowering(spec)
    graph = lowering.graph()
    return graph, [*lowering.faults, *size_faults(graph, spec), *path_faults(graph, spec)]


class _Lowering:
    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._names = NameTable(spec.section("names"), [stage.name for stage in spec.stages])
        self._told: dict[tuple[str, Span], Diagnostic] = {}
        self._bodies: dict[tuple[int, Shape, tuple[int, ...]], Body] = {}
        self._contexts = contexts(spec)
        self._trail: list[tuple[str, Shape]] = []
        self._library = library(spec)

    @property
    def faults(self) -> list[Diagnostic]:
        """What did not fit, in the order of the network."""
        return list(self._told.values())

    def graph(self) -> Graph:
        """Return the graph, and leave the faults in `faults`."""
        shape = _input_shape(self._spec.section("input"))
        self._trail.append(("input", shape))
        parts = [self._section("stem", shape)]
        parts += [self._stage(stage) for stage in self._spec.stages]
        parts.append(self._section("head", self._trail[-1][1]))
        return Graph(self._spec.name, self._spec.description, shape, tuple(parts))

    def _leave(self, part: Part, shape: Shape) -> Part:
        self._trail.append((part.name, shape))
        return part

    def _section(self, kind: Literal["stem", "head"], shape: Shape) -> Part:
        """Return the stem or head: the document of its type, or its own steps."""
        key_span = self._spec.document.entries[kind].key_span
        place = Place(self._spec.section(kind), key_span, "arrives here", shape, self._trail)
        body = self._record(place, self._form(kind, place.fields), self._names.paths(f"{kind}."))
        return self._leave(Part(kind, kind, (Call(body, "", kind, inline=True),) if body.nodes else ()), body.output)

    def _form(self, kind: str, fields: Mapping) -> Document:
        """Return the document of a stem or head; one of steps of its own, or of none, is its own document."""
        name = Fields(fields).text("type")
        if name in ("none", "steps"):
            return Document(kind, "", fields, is_shipped=False)
        return self._library.document(kind, name)

    def _stage(self, stage: Stage) -> Part:
        calls: list[Call] = []
        shape = self._trail[-1][1]
        side = _place_of_transition(stage)
        if side == "start":
            shape = self._transition(stage, shape, "arrives in front of the first block", calls)
        for index, fields in enumerate(stage.blocks):
            where = f"arrives at block {index}" if index else "arrives here"
            place = Place(fields, stage.key_span, where, shape, self._trail)
            calls.append(self._block(place, self._names.block(stage.name, index), next(self._contexts)))
            shape = calls[-1].body.output
        if side == "end":
            shape = self._transition(stage, shape, "arrives behind the last block", calls)
        return self._leave(Part("stage", stage.name, tuple(calls)), shape)

    def _transition(self, stage: Stage, shape: Shape, where: str, calls: list[Call]) -> Shape:
        if stage.transition is None:
            return shape
        path = self._names.transition(stage.name)
        place = Place(stage.transition, stage.key_span, where, shape, self._trail)
        document = Document("transition", "", stage.transition, is_shipped=False)
        body = self._record(place, document, self._names.paths(below=path), class_name="Transition")
        calls.append(Call(body, path, "transition", inline=True))
        return body.output

    def _block(self, place: Place, path: str, context: Context) -> Call:
        """Record a block once for each set of fields, shape and place that it reads; blocks that repeat share the body.

        Where layers are numbered through the network each block has a body of its own, and no class.
        """
        document = self._library.document("block", Fields(place.fields).text("block"))
        paths = self._names.paths(below=path)
        if self._names.numbers_layers:
            return Call(self._record(place, document, paths, document.class_name, context), path, "block", inline=True)
        where = tuple(context[name] for name in sorted(document.context))
        key = (id(place.fields), _plain(place.shape), where)
        if key not in self._bodies:
            self._bodies[key] = self._record(place, document, paths, document.class_name, context, named=True)
        return Call(self._bodies[key], path, "block", inline=False)

    def _record(
        self,
        place: Place,
        document: Document,
        path_of: Callable[[str], str],
        class_name: str = "",
        context: Context = MappingProxyType({}),
        *,
        named: bool = False,
    ) -> Body:
        """Return what a document records; `named` where its numbers are to be arguments of a class."""
        shape = _plain(place.shape)
        if named:
            shape = (Named(shape[0], "in_channels"), *shape[1:])
        arguments = {"in_channels": int(shape[0]), **_integers(place.fields)} if named else {}
        fields = Fields(place.fields, named=named)
        recorder = record(self._library, document, fields, shape, path_of, arguments, context)
        self._report(recorder, place)
        return recorder.body(class_name, self._names.registered_first)

    def _report(self, recorder: Recorder, place: Place) -> None:
        """Note what did not fit; blocks of a stage repeat a fault, which is told once."""
        for fault in recorder.faults:
            number = 0 if fault.number is None else fault.number
            found = report(fault, place, recorder.derivation(number))
            self._told.setdefault((found.code, found.span), found)


def _place_of_transition(stage: Stage) -> str:
    """Return where the transition of a stage stands; empty where it has none."""
    fields = Fields(stage.transition) if stage.transition else None
    return fields.text("at") if fields and fields.text("type") == "steps" else ""


def _input_shape(value: Mapping) -> Shape:
    fields = Fields(value)
    return (fields.integer("channels"), *fields.pair("size"))


def _plain(shape: Shape) -> Shape:
    return tuple(int(side) for side in shape)


def _integers(fields: Mapping) -> dict[str, int]:
    """Return the int fields of a block: the arguments that its class may take."""
    values = {name: entry.value.value for name, entry in fields.entries.items() if isinstance(entry.value, Scalar)}
    return {name: value for name, value in values.items() if type(value) is int}
