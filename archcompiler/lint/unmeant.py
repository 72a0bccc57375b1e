"""Networks that nobody meant, though each of their values is allowed (L010 to L014); each warning says the number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.graph.ir import Body, Graph, Node
from archcompiler.graph.ops import Norm
from archcompiler.lint.maps import is_own, place_of
from archcompiler.lint.watch import Watch
from archcompiler.record.recorder import shape_text
from archcompiler.resolve import Spec
from archcompiler.tree import Entry, Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from archcompiler.analyses.cost import Cost

_WIDEST = 4
"""Channels of a grouped 3x3 for each that leaves its block: ResNeXt-29 16x64d, the widest for which a total could be
taken, has 4 (arXiv:1611.05431, Table 7); ResNeXt-101 32x48d has 6, of groups that no total gives."""
_WIDEST_OF_ANY = 6
"""The same of groups that no total gives: what ResNeXt-101 32x48d has, and no shipped network more."""


def totals_for_groups(watch: Watch, graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for each stage whose `bottleneck_width`, the width of one group, looks like that of all."""
    for stage in watch.spec.stages:
        block = stage.blocks[0]
        width, groups, channels = (_number(block, key) for key in ("bottleneck_width", "cardinality", "channels"))
        is_total = groups > 1 and width % groups == 0 and 4 * width >= channels
        if groups < 2 or width * groups <= (_WIDEST if is_total else _WIDEST_OF_ANY) * channels:
            continue
        entry = _own(watch.spec, block, "bottleneck_width", "cardinality")
        if entry is not None:
            total = width * groups
            message = (
                f"`bottleneck_width` is the width of one group: {groups} of {width} are {total:,} channels, "
                f"{total / channels:g} for each that leaves the block; the network has {_cost(graph).params:,} params"
            )
            known = f"write `width: {width}` if that is the 3x3 in total, or `bottleneck_width: {width // groups}`"
            help = known if is_total else f"write a smaller `bottleneck_width`, or `width`, a multiple of {groups}"
            yield Diagnostic("L010", message, entry.value.span, help, severity="warning")


def stages_without_strides(watch: Watch, graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning where stages grow wider and the last one computes on the map of the first."""
    stages = [part for part in graph.parts if part.kind == "stage" and part.calls]
    first, last = (stages[0].calls[0].body.input, stages[-1].calls[-1].body.output) if stages else ((), ())
    if len(stages) < 2 or first[1:] != last[1:] or max(last[1:]) < 2 or last[0] <= stages[0].calls[-1].body.output[0]:
        return
    place = watch.spec.document.entries["stages"].key_span
    if place.path != watch.spec.path:
        place = watch.spec.document.entries["name"].value.span
    message = (
        f"no stage strides: the last of {len(stages)} still computes on the {shape_text(first[1:])} that enter the "
        f"first, and the network takes {_cost(graph).macs:,} MACs"
    )
    help = "write `stride: 2` in the stages that halve their map, which take a quarter of the MACs then"
    yield Diagnostic("L011", message, place, help, severity="warning")


def norms_in_a_row(watch: Watch, graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for each norm and activation straight in front of another norm, as of a pre-activation block."""
    calls = [(part, call) for part in graph.parts for call in part.calls]
    for (part, call), (behind, other) in pairwise(calls):
        norm, second = _norm_at_end(call.body), _norm_at_start(other.body)
        if norm is not None and second is not None:
            message = (
                f"{norm.role} of {part.name} and its activation stand straight in front of {second.role} of "
                f"{behind.name}: the {shape_text(norm.shape)} are normed and activated twice in a row"
            )
            help = f"write `norm: none` and `activation: none` in {part.name}, or leave the second norm out"
            yield Diagnostic("L012", message, place_of(watch.spec, part), help, severity="warning")


def sums_without_a_norm(watch: Watch, graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning where pre-activation blocks end the stages and the head begins without a norm."""
    stages = [part for part in graph.parts if part.kind == "stage" and part.calls]
    head = graph.parts[-1]
    if not stages or not head.calls or _norms_before_it_weighs(head.calls[0].body):
        return
    last = stages[-1].calls[-1].body
    if _norm_at_start(last) is None or isinstance(last.nodes[-1].op, Norm) or last.nodes[-1].op.is_activation:
        return
    message = (
        f"no norm stands behind the last block of {stages[-1].name}, a pre-activation block: "
        f"{shape_text(last.output)} reach the head as sums of all the blocks before"
    )
    of_steps = "steps" in watch.spec.section("head").entries
    norm = "let `{norm: batch}` be its first step" if of_steps else "write `norm: batch` in the head"
    help = f"{norm}, as pre-activation networks end (arXiv:1603.05027)"
    yield Diagnostic("L013", message, place_of(watch.spec, head), help, severity="warning")


def dilated_points(watch: Watch, _: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for each dilation of a 1x1, which has nothing to dilate."""
    for fields in _convolutions(watch.spec):
        dilation, entry = _number(fields, "dilation"), fields.entries.get("dilation")
        if entry is not None and _number(fields, "kernel") == 1 and dilation > 1:
            message = f"`dilation: {dilation}` changes nothing: the kernel is 1x1, and has no positions to part"
            kernel = fields.entries["kernel"].value.span
            labels = (Label(kernel, "the kernel is 1 here"),) if kernel.path == watch.spec.path else ()
            yield Diagnostic(
                "L014", message, entry.value.span, "remove it, or widen the kernel", labels, severity="warning"
            )


def _convolutions(spec: Spec) -> Iterator[Mapping]:
    """Yield the fields of each block, and of each step of the stem, of transitions and of the head."""
    holders = [spec.section("stem"), spec.section("head")]
    for stage in spec.stages:
        yield from {id(block): block for block in stage.blocks}.values()
        holders += [stage.transition] if stage.transition else []
    for holder in holders:
        steps = holder.get("steps")
        yield from (step for step in (steps.items if isinstance(steps, Sequence) else ()) if isinstance(step, Mapping))


def _number(fields: Mapping, key: str) -> int:
    """Return a whole number, 0 where an object has none of that name."""
    node = fields.get(key)
    return node.value if isinstance(node, Scalar) and type(node.value) is int else 0


def _own(spec: Spec, fields: Mapping, *keys: str) -> Entry | None:
    """Return the first of some fields that the spec's own file or a setting says."""
    entries = (fields.entries[key] for key in keys if key in fields.entries)
    return next((each for each in entries if is_own(each.value.span, spec)), None)


def _norm_at_start(body: Body) -> Node | None:
    """Return the norm of what arrives, where no layer weighs it before."""
    first = _first_that_weighs(body)
    return first if first is not None and isinstance(first.op, Norm) and first.inputs == (0,) else None


def _norms_before_it_weighs(body: Body) -> bool:
    """Tell whether a norm is the first layer with weights: ConvNeXt and PoolFormer have theirs behind the pool."""
    first = _first_that_weighs(body)
    return first is not None and isinstance(first.op, Norm)


def _first_that_weighs(body: Body) -> Node | None:
    return next((node for node in body.nodes if isinstance(node.op, Norm) or node.op.parameters()), None)


def _norm_at_end(body: Body) -> Node | None:
    """Return the norm of a norm and an activation with which a body ends."""
    norm = body.nodes[-2] if len(body.nodes) > 1 and body.nodes[-1].op.is_activation else None
    return norm if norm is not None and isinstance(norm.op, Norm) else None


def _cost(graph: Graph) -> Cost:
    from archcompiler.analyses.cost import total

    return total(graph)
