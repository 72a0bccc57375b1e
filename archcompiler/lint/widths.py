"""Widths that hardware pads (L005), asked for by `--warn L005`."""

from __future__ import annotations

from collections.abc import Iterator

from archcompiler.diagnostics import Diagnostic
from archcompiler.graph.ir import Graph, Part
from archcompiler.graph.ops import Convolution
from archcompiler.lint.maps import place_of
from archcompiler.lint.watch import Watch
from archcompiler.resolve import Spec
from archcompiler.span import Span
from archcompiler.tree import Scalar

_MULTIPLE = 8
"""Tensor cores take half-precision channels by eights (NVIDIA, "Convolutional Layers User's Guide", section 2.1)."""


def padded_widths(watch: Watch, graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for each part in which a convolution gives channels that are no multiple of eight."""
    for part in graph.parts:
        widths = {
            int(node.op.out_channels): node.role
            for call in part.calls
            for node in call.body.nodes
            if isinstance(node.op, Convolution) and int(node.op.out_channels) % _MULTIPLE
        }
        for width, role in widths.items():
            near = [each for each in (width // _MULTIPLE * _MULTIPLE, -(-width // _MULTIPLE) * _MULTIPLE) if each]
            message = f"{role} of {part.name} gives {width} channels, which tensor cores pad to {near[-1]}"
            help = f"{' or '.join(map(str, near))} channels cost no more time"
            yield Diagnostic("L005", message, _said(watch.spec, part, width), help, severity="warning")


def _said(spec: Spec, part: Part, width: int) -> Span:
    """Return where the spec's own file says a width, if it does, else the place of the part."""
    blocks = [stage.blocks for stage in spec.stages if stage.name == part.name]
    for fields in (spec.section(part.kind), *(block for each in blocks for block in each)):
        for entry in fields.entries.values():
            if isinstance(entry.value, Scalar) and entry.value.value == width and entry.value.span.path == spec.path:
                return entry.value.span
    return place_of(spec, part)
