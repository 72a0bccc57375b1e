"""Hold a network against the limits of its spec: nodes, channels and parameters."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from archcompiler.diagnostics import Diagnostic
from archcompiler.graph.ir import Body, Graph, Part
from archcompiler.limits import mend
from archcompiler.lower.places import Places
from archcompiler.resolve import Spec

_Size = tuple[int, int, int]
"""How many nodes and parameters a body has, and the most channels of its maps."""


def size_faults(graph: Graph, spec: Spec) -> list[Diagnostic]:
    """Return one fault for each limit that is passed, at the first part with which it is."""
    places = Places(spec)
    found: dict[str, Diagnostic] = {}
    nodes = params = 0
    for part in graph.parts:
        channels = 0
        for call in part.calls:
            size = _size(call.body)
            nodes, params, channels = nodes + size[0], params + size[1], max(channels, size[2])
        for name, number in (("nodes", nodes), ("params", params), ("channels", channels)):
            if number > getattr(spec.limits, name) and name not in found:
                found[name] = _beyond(name, number, spec, places, part)
    return list(found.values())


@lru_cache(maxsize=2_000)
def _size(body: Body) -> _Size:
    learned = [each.shape for node in body.nodes for each in node.op.tensors() if each.is_learned]
    channels = [int(node.shape[0]) for node in body.nodes if len(node.shape) == 3]
    return len(body.nodes), sum(prod(map(int, shape)) for shape in learned), max(channels, default=0)


def _beyond(name: str, number: int, spec: Spec, places: Places, part: Part) -> Diagnostic:
    limit = getattr(spec.limits, name)
    message = f"{number:,} {name}, {'in' if name == 'channels' else 'up to'} {part.name}, are more than {limit:,}"
    return Diagnostic("M001", message, places.part(part), mend(name))
