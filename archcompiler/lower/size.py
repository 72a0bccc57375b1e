"""Hold a network against the limits of its spec: nodes, channels and parameters."""

from __future__ import annotations

from math import prod

from archcompiler.diagnostics import Diagnostic
from archcompiler.graph.ir import Body, Graph, Part
from archcompiler.limits import mend
from archcompiler.lower.places import Places
from archcompiler.resolve import Spec

_Size = tuple[int, int]


def size_faults(graph: Graph, spec: Spec) -> list[Diagnostic]:
    """Return one fault for each limit that is passed, at the first part with which it is."""
    places, known = Places(spec), dict[Body, _Size]()
    found: dict[str, Diagnostic] = {}
    nodes = params = 0
    for part in graph.parts:
        for call in part.calls:
            size = known.get(call.body) or known.setdefault(call.body, _size(call.body))
            nodes, params = nodes + size[0], params + size[1]
        for name, number in (("nodes", nodes), ("params", params), ("channels", _widest(part))):
            if number > getattr(spec.limits, name) and name not in found:
                found[name] = _beyond(name, number, spec, places, part)
    return list(found.values())


def _size(body: Body) -> _Size:
    """Return how many nodes and parameters a body has."""
    return len(body.nodes), int(sum(prod(shape) for node in body.nodes for shape in node.op.parameters().values()))


def _widest(part: Part) -> int:
    return max(map(_channels, {call.body for call in part.calls}), default=0)


def _channels(body: Body) -> int:
    return max((int(node.shape[0]) for node in body.nodes if len(node.shape) == 3), default=0)


def _beyond(name: str, number: int, spec: Spec, places: Places, part: Part) -> Diagnostic:
    limit = getattr(spec.limits, name)
    message = f"{number:,} {name}, {'in' if name == 'channels' else 'up to'} {part.name}, are more than {limit:,}"
    return Diagnostic("M001", message, places.part(part), mend(name))
