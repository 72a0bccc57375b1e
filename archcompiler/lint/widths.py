"""Widths that hardware pads (L005), asked for by `--warn L005`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archcompiler.diagnostics import Diagnostic
from archcompiler.graph.ir import Graph
from archcompiler.graph.ops import Convolution
from archcompiler.lint.maps import place_of
from archcompiler.lint.watch import Watch
from archcompiler.span import Span
from archcompiler.tree import Mapping, Scalar

_MULTIPLE = 8
"""Tensor cores take half-precision channels by eights (NVIDIA, "Convolutional Layers User's Guide", section 2.1)."""


def padded_widths(watch: Watch, graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for each part in which a convolution gives channels that are no multiple of eight."""
    blocks = {stage.name: {id(block): block for block in stage.blocks}.values() for stage in watch.spec.stages}
    for part in graph.parts:
        widths = {
            int(node.op.out_channels): node.role
            for call in part.calls
            for node in call.body.nodes
            if isinstance(node.op, Convolution) and int(node.op.out_channels) % _MULTIPLE
        }
        own = blocks.get(part.name, ()) if part.kind == "stage" else (watch.spec.section(part.kind),)
        said = _said(own, watch.spec.path) if widths else {}
        for width, role in widths.items():
            near = [each for each in (width // _MULTIPLE * _MULTIPLE, -(-width // _MULTIPLE) * _MULTIPLE) if each]
            message = f"{role} of {part.name} gives {width} channels, which tensor cores pad to {near[-1]}"
            help = f"{' or '.join(map(str, near))} channels cost no more time"
            yield Diagnostic("L005", message, said.get(width) or place_of(watch.spec, part), help, severity="warning")


def _said(own: Iterable[Mapping], path: str) -> dict[object, Span]:
    """Return where a file says each value of a part first."""
    found: dict[object, Span] = {}
    for fields in own:
        for entry in fields.entries.values():
            if isinstance(entry.value, Scalar) and entry.value.span.path == path:
                found.setdefault(entry.value.value, entry.value.span)
    return found
