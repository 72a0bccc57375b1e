"""From a resolved spec to a graph: run each block function once on numbers, and chain what it recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Literal, NamedTuple

from archcompiler.blocks.check import spec_faults
from archcompiler.blocks.document import Document
from archcompiler.blocks.library import library
from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.graph.ir import Body, CallKind, Graph, Part
from archcompiler.graph.named import Named
from archcompiler.graph.names import NameTable
from archcompiler.graph.ops import Shape
from archcompiler.limits import current, mend, within
from archcompiler.lower.paths import path_faults
from archcompiler.lower.record import Context, contexts, record
from archcompiler.lower.report import Place, report
from archcompiler.lower.size import size_faults
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, TooManySteps
from archcompiler.record.watched import Reads, read_again, reads_of, watched
from archcompiler.resolve import Spec, Stage
from archcompiler.span import Span
from archcompiler.tree import Mapping, Scalar, plain


def lower(spec: Spec, texts: Iterable[Diagnostic] | None = None) -> Graph:
    """Return the typed graph of a spec; SpecError with every shape that does not fit, in every part.

    `texts` are the faults of its own blocks and steps, where they are known already.
    """
    graph, faults = lowered(spec, texts)
    if faults:
        raise SpecError([*spec.warnings, *faults], spec=spec)
    return graph


def lowered(spec: Spec, texts: Iterable[Diagnostic] | None = None) -> tuple[Graph, list[Diagnostic]]:
    """Return the graph of a spec and its faults; behind a fault the graph has the shapes that were meant.

    SpecError where its own blocks or steps say what cannot be run at all.
    """
    texts = spec_faults(spec) if texts is None else texts
    if errors := [fault for fault in texts if fault.severity == "error"]:
        raise SpecError([*spec.warnings, *errors])
    lowering = _Lowering(spec)
    with within(spec.limits):
        graph = lowering.graph()
    return graph, [*lowering.faults, *size_faults(graph, spec), *path_faults(graph, spec)]


_MOST_AT_THE_LIMIT = 20
"""How many different blocks may run as many steps as one may: seconds, where a text would ask for hours."""


class _Recording(NamedTuple):
    """What a shipped document recorded without a fault, in how many steps, and what it read of the fields."""

    body: Body
    steps: int
    reads: Reads


_Key = tuple[Document, Shape, tuple[int, ...], str]
_KNOWN: dict[_Key, _Recording] = {}
"""What was recorded before: networks of one folder, and the steps of a `diff`, have most blocks in common."""
_MOST_KNOWN = 10_000
"""Bodies: 353 shipped networks have 3,766, in 20 MB."""


def _keep(key: _Key, recording: _Recording) -> None:
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    _KNOWN[key] = recording


class _Lowering:
    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._names = NameTable(spec.section("names"), [stage.name for stage in spec.stages])
        self._told: dict[tuple[str, Span], Diagnostic] = {}
        self._bodies: dict[tuple[int, Shape, tuple[int, ...]], Body] = {}
        self._contexts = contexts(spec)
        self._trail: list[tuple[str, Shape]] = []
        self._library = library(spec)
        self._faulty: set[_Key] = set()
        self._steps = 0

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
        body = self._record(place, self._form(kind, place.fields))
        return self._leave(self._names.part(kind, kind, [(kind, body)] if body.nodes else []), body.output)

    def _form(self, kind: str, fields: Mapping) -> Document:
        """Return the document of a stem or head; one of steps of its own, or of none, is its own document."""
        name = Fields(fields).text("type")
        if name in ("none", "steps"):
            return Document(kind, "", fields, is_shipped=False)
        return self._library.document(kind, name)

    def _stage(self, stage: Stage) -> Part:
        recorded: list[tuple[CallKind, Body]] = []
        shape = self._trail[-1][1]
        for kind, fields, where in _calls(stage):
            place = Place(fields, stage.key_span, where, shape, self._trail)
            recorded.append((kind, self._block(place) if kind == "block" else self._transition(place)))
            shape = recorded[-1][1].output
        return self._leave(self._names.part("stage", stage.name, recorded), shape)

    def _transition(self, place: Place) -> Body:
        document = Document("transition", "", place.fields, is_shipped=False)
        return self._record(place, document, class_name="Transition")

    def _block(self, place: Place) -> Body:
        """Record a block once for each set of fields, shape and place that it reads; those that repeat share it."""
        document = self._library.document("block", Fields(place.fields).text("block"))
        context = next(self._contexts)
        where = tuple([context[name] for name in document.context])
        key = (id(place.fields), _plain(place.shape), where)
        if key not in self._bodies:
            self._bodies[key] = self._record(place, document, document.class_name, context, named=True)
        return self._bodies[key]

    def _record(
        self,
        place: Place,
        document: Document,
        class_name: str = "",
        context: Context = MappingProxyType({}),
        *,
        named: bool = False,
    ) -> Body:
        """Return what a document records; `named` where its numbers are to be arguments of a class."""
        key = self._key(place, document, context)
        known = _KNOWN.get(key) if key else None
        if known and known.steps <= current().steps:
            read_again(place.fields, known.reads)
            self._count(known.steps, place)
            return known.body
        if key in self._faulty:
            key = None
        fields = watched(place.fields) if key else place.fields
        recorder = self._recorder(place, document, fields, context, named=named)
        if key and recorder.faults:  # they point at the very fields
            self._faulty.add(key)
            recorder = self._recorder(place, document, place.fields, context, named=named)
        self._count(recorder.steps, place)
        self._report(recorder, place)
        body = recorder.body(class_name)
        if key and not recorder.faults:
            recording = _Recording(body, recorder.steps, reads_of(fields))
            read_again(place.fields, recording.reads)
            _keep(key, recording)
        return body

    def _key(self, place: Place, document: Document, context: Context) -> _Key | None:
        """Return all that a shipped document records by; None of a document that may be another in the next network."""
        if not document.is_shipped or self._library.own:
            return None
        where = tuple([context[name] for name in document.context])
        return document, _plain(place.shape), where, repr(plain(place.fields))

    def _recorder(
        self, place: Place, document: Document, fields: Mapping, context: Context, *, named: bool
    ) -> Recorder:
        shape = _plain(place.shape)
        if named:
            shape = (Named(shape[0], "in_channels"), *shape[1:])
        arguments = {"in_channels": int(shape[0]), **_integers(fields)} if named else {}
        try:
            return record(self._library, document, Fields(fields, named=named), shape, arguments, context)
        except TooManySteps as error:
            raise self._endless(error.message, error.help, place) from None

    def _count(self, steps: int, place: Place) -> None:
        self._steps += steps
        if self._steps > (limit := _MOST_AT_THE_LIMIT * current().steps):
            raise self._endless(f"the steps of all blocks are more than {limit:,}", mend("steps"), place)

    def _endless(self, message: str, help: str, place: Place) -> SpecError:
        fault = Diagnostic("M001", message, place.key_span, help)
        return SpecError([*self._spec.warnings, *self.faults, fault])

    def _report(self, recorder: Recorder, place: Place) -> None:
        """Note what did not fit; blocks of a stage repeat a fault, which is told once."""
        for fault in recorder.faults:
            number = 0 if fault.number is None else fault.number
            found = report(fault, place, recorder.derivation(number))
            self._told.setdefault((found.code, found.span), found)


def _calls(stage: Stage) -> Iterator[tuple[CallKind, Mapping, str]]:
    """Yield what a stage runs, with its fields and where its input arrives."""
    transition = Fields(stage.transition) if stage.transition else None
    side = transition.text("at") if transition and transition.text("type") == "steps" else ""
    if transition and side == "start":
        yield "transition", transition.mapping, "arrives in front of the first block"
    for index, fields in enumerate(stage.blocks):
        yield "block", fields, f"arrives at block {index}" if index else "arrives here"
    if transition and side == "end":
        yield "transition", transition.mapping, "arrives behind the last block"


def _input_shape(value: Mapping) -> Shape:
    fields = Fields(value)
    return (fields.integer("channels"), *fields.pair("size"))


def _plain(shape: Shape) -> Shape:
    return tuple(map(int, shape))


def _integers(fields: Mapping) -> dict[str, int]:
    """Return the int fields of a block: the arguments that its class may take."""
    nodes = [(name, entry.value) for name, entry in fields.entries.items()]
    return {name: node.value for name, node in nodes if isinstance(node, Scalar) and type(node.value) is int}
