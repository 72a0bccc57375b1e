"""What the input's size does to the maps: norms with one value, strides that do not divide (L003, L004)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.graph.ir import Body, Graph, Node, Part
from archcompiler.graph.ops import Shape
from archcompiler.lint.watch import Watch
from archcompiler.record.recorder import shape_text
from archcompiler.resolve import Spec
from archcompiler.span import Span
from archcompiler.tree import Scalar


def lone_values(watch: Watch, graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for the first norm that has a single value to normalise by, at the spec's own input.

    In training with a batch of one PyTorch refuses both (torch/nn/functional.py, `_verify_batch_size`).
    """
    for part in graph.parts:
        for call in part.calls:
            for node in call.body.nodes:
                statistic = node.op.statistic(node.shape)
                if statistic and statistic.values == 1:
                    what = f"one value of each {statistic.of}: its map is {shape_text(node.shape)}"
                    message = f"{node.role} of {part.name} sees {what}"
                    help = "use a larger input, fewer strides, `norm: layer`, or no norm here"
                    yield Diagnostic("L003", message, _part_or_size(watch.spec, part), help, severity="warning")
                    return


def uneven_strides(watch: Watch, graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for the first stride that does not divide its map."""
    found = _misfit(graph)
    if found is None:
        return
    part, node, shape, stride = found
    place = _size_or_part(watch.spec, part)
    message = (
        f"the stride of {stride} does not divide the {shape_text(shape)} that arrives at {node.role} of {part.name}"
    )
    near = _even_sizes(watch.spec, graph)
    help = f"an input of {' or '.join(map(str, near))} fits every stride" if near else None
    here = place_of(watch.spec, part)
    is_key = here not in (place, watch.spec.document.entries["name"].value.span)
    labels = (Label(here, f"{shape_text(shape)} arrives here"),) if is_key else ()
    yield Diagnostic("L004", message, place, help, labels, severity="warning")


def _misfit(graph: Graph) -> tuple[Part, Node, Shape, int] | None:
    for part in graph.parts:
        for call in part.calls:
            if found := _misfit_in(call.body):
                return part, *found
    return None


@lru_cache(maxsize=2_000)
def _misfit_in(body: Body) -> tuple[Node, Shape, int] | None:
    for node in body.nodes:
        shape = _input_of(body, node)
        if stride := _uneven(node, shape):
            return node, shape, stride
    return None


def _uneven(node: Node, arrives: Shape) -> int:
    """Return a stride of a node that does not divide the map that arrives; 0 where all do."""
    pairs = zip(arrives[1:], node.op.window().strides, strict=False)
    return next((int(stride) for side, stride in pairs if side % stride), 0)


def _input_of(body: Body, node: Node) -> Shape:
    index = node.inputs[0]
    return body.nodes[index - 1].shape if index else body.input


def _even_sizes(spec: Spec, graph: Graph) -> list[int]:
    """Return the nearest sizes of a square input, below and above, that every stride divides."""
    size = spec.section("input").entries["size"].value
    if not isinstance(size, Scalar) or type(size.value) is not int:
        return []
    step = graph.input[1] // max(1, int(_last_map(graph)[1]))
    step = 1 << max(1, step.bit_length() - 1)
    below = size.value // step * step
    return [each for each in (below, below + step) if each > 0 and each != size.value and _fits(graph, each)]


def _last_map(graph: Graph) -> Shape:
    """Return the map that enters the head."""
    shape = graph.input
    for part in graph.parts:
        if part.kind != "head" and part.calls:
            shape = part.calls[-1].body.output
    return shape


def _fits(graph: Graph, side: int) -> bool:
    """Tell whether the ops take a square input of a side, and every stride divides its map."""
    shape: Shape | None = (graph.input[0], side, side)
    for part in graph.parts:
        for call in part.calls:
            shape = _run(call.body, shape) if shape else None
    return shape is not None


@lru_cache(maxsize=2_000)
def _run(body: Body, shape: Shape) -> Shape | None:
    """Return the map that leaves a body where this one arrives; None where one does not fit."""
    shapes = [shape]
    for node in body.nodes:
        arrives = [shapes[value] for value in node.inputs]
        if _uneven(node, arrives[0]) or node.op.misfit(*arrives):
            return None
        shapes.append(node.op.output(*arrives))
        if min(shapes[-1]) < 1:
            return None
    return shapes[-1]


def _size_or_part(spec: Spec, part: Part) -> Span:
    """Return where the spec itself says the input's size, else where it says the part."""
    size = spec.section("input").entries["size"].value
    return size.span if size.span.path == spec.path else place_of(spec, part)


def _part_or_size(spec: Spec, part: Part) -> Span:
    """Return where the spec itself says the part, else where it says the input's size."""
    place = place_of(spec, part)
    return _size_or_part(spec, part) if place == spec.document.entries["name"].value.span else place


def place_of(spec: Spec, part: Part) -> Span:
    """Return the key of a part, or the spec's name where another file says the part."""
    keys = {stage.name: stage.key_span for stage in spec.stages}
    span = keys[part.name] if part.kind == "stage" else spec.document.entries[part.kind].key_span
    return span if span.path == spec.path else spec.document.entries["name"].value.span


def is_own(place: Span, spec: Spec) -> bool:
    """Tell whether the spec's own file says something, or a setting: its bases are linted for themselves."""
    return place.path == spec.path or place.path.startswith("<--set")
