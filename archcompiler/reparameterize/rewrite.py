"""The rewritten graph, the layers that each folded one is made of, and what could not be folded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from archcompiler.graph.ir import Body, Call, Graph
from archcompiler.graph.names import REPARAMETERIZED
from archcompiler.graph.ops import Norm, Op
from archcompiler.graph.ops.base import Kernel, PerChannel
from archcompiler.record.recorder import Recorder
from archcompiler.reparameterize.forms import Forms


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that is folded: where its tensors stood, and which values it reads and gives."""

    path: str
    op: Op
    inputs: tuple[int, ...]
    value: int


@dataclass(frozen=True, slots=True)
class Folded:
    """A layer that stands for several: its tensors say what the last of these gives of the value `source`."""

    path: str
    op: Op
    source: int
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A norm, a scale, or a block with a sum of convolutions, that could not be folded, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reparameterized:
    """A graph that computes the same in evaluation; the tensors of what is not folded are those of before."""

    graph: Graph
    folded: tuple[Folded, ...]
    kept: tuple[Kept, ...]


def reparameterized(graph: Graph) -> Reparameterized:
    """Return a graph with its norms and branches folded, and without what does something in training only."""
    bodies = _rewritten([*dict.fromkeys(call.body for call in graph.calls)])
    parts = tuple(
        replace(part, calls=tuple(_call(call, bodies[call.body]) for call in part.calls)) for part in graph.parts
    )
    folded = (each for call in graph.calls for each in _folded(call, bodies[call.body]))
    kept = (each for call in graph.calls for each in _kept(call, bodies[call.body]))
    return Reparameterized(replace(graph, parts=parts), tuple(folded), tuple(kept))


@dataclass(frozen=True, slots=True)
class _Rewritten:
    """A body recorded anew, with the forms of the old one and the old values that it still computes, in order."""

    body: Body
    forms: Forms
    values: tuple[int, ...]


def _rewritten(bodies: list[Body]) -> dict[Body, _Rewritten]:
    """Return each body rewritten; of those that folding made alike, the class has the name with fewest adjectives."""
    found = {body: _recorded(body) for body in bodies}
    names: dict[object, str] = {}
    for each in found.values():
        key = _structure(each.body)
        names[key] = min(names.get(key, each.body.class_name), each.body.class_name, key=len)
    return {
        old: replace(each, body=replace(each.body, class_name=names[_structure(each.body)]))
        for old, each in found.items()
    }


def _structure(body: Body) -> object:
    return body.blocks.get(""), tuple((node.role, node.op.name, node.inputs) for node in body.nodes)


def _recorded(body: Body) -> _Rewritten:
    forms = Forms(body)
    needed = forms.needed()
    recorder = Recorder(body.input, body.arguments)
    recorder.blocks = body.blocks
    values = {0: recorder.input}
    for value in needed:
        node = forms.node(forms.layer(value))
        role, op = node.role, node.op
        if forms.is_folded(value):
            role, op = f"{role}{REPARAMETERIZED}", op.replace(bias=forms.of[value].shifts)
        values[value] = recorder.apply(role, op, *(values[each] for each in forms.reads(value)))
    return _Rewritten(recorder.body(body.class_name), forms, tuple(needed))


def _call(call: Call, rewritten: _Rewritten) -> Call:
    places = {rewritten.forms.layer(value) - 1: place for place, value in enumerate(rewritten.values)}
    paths = tuple(_path(call, rewritten.forms, value) for value in rewritten.values)
    registered = tuple(places[number] for number in call.registered if number in places)
    return Call(rewritten.body, call.path, call.kind, paths, registered)


def _path(call: Call, forms: Forms, value: int) -> str:
    """Return the path of what computes a value: where the table of names has it once folded, or where it stood."""
    number = forms.layer(value) - 1
    said = call.reparameterized[number] if call.reparameterized and forms.is_folded(value) else ""
    return said or call.paths[number]


def _folded(call: Call, rewritten: _Rewritten) -> Iterator[Folded]:
    forms = rewritten.forms
    for value, node in zip(rewritten.values, rewritten.body.nodes, strict=True):
        if forms.is_folded(value):
            form = forms.of[value]
            layers = tuple(_layer(call, forms, each) for each in form.values)
            yield Folded(call.full_path(_path(call, forms, value)), node.op, form.source, layers)


def _layer(call: Call, forms: Forms, value: int) -> Layer:
    return Layer(call.full_path(call.paths[value - 1]), forms.node(value).op, forms.inputs(value), value)


def _kept(call: Call, rewritten: _Rewritten) -> Iterator[Kept]:
    for value in rewritten.values:
        if reason := _reason(rewritten.forms, value):
            yield Kept(call.full_path(call.paths[value - 1]) or call.path or call.kind, reason)


def _reason(forms: Forms, value: int) -> str:
    """Return why a layer that might be folded is not; nothing of any other."""
    op = forms.node(value).op
    if forms.of[value].host is not None:
        return ""
    if any(form.host for form in forms.summands(value)):
        return "the convolutions that are added differ in groups or stride, or do not lie on the map alike"
    if not isinstance(op.affine_form(), PerChannel):
        return "it takes mean and variance of the map at hand" if isinstance(op, Norm) else ""
    if not op.tensors():
        return ""
    if forms.of[forms.inputs(value)[0]].host:
        return "the convolution in front of it is read by other layers too"
    readers = [reader for reader in forms.readers[value] if reader <= forms.output]
    if not any(isinstance(forms.node(reader).op.affine_form(), Kernel) for reader in readers):
        return "no convolution stands next to it"
    return "the convolution behind it pads the map" if len(readers) == 1 else "several layers read what it gives"
