"""What the module paths of a graph must satisfy, and where a path that does not was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from archcompiler.diagnostics import MOST_SHOWN, Diagnostic, Label
from archcompiler.graph.ir import Call, Graph, Node, Part, outwards
from archcompiler.graph.names import MODULE_ATTRIBUTES, NameTable
from archcompiler.limits import mend
from archcompiler.lower.places import Places
from archcompiler.resolve import Spec
from archcompiler.span import Span
from archcompiler.tree import Sequence, plain

_OF_STAGE = "{stage}, {stage_index}, {stage_number}"
_COUNTERS = {
    "block": f"the path of a block has {_OF_STAGE}, {{block}}, {{block_number}} and {{slot}}",
    "transition": f"the path of a transition has {_OF_STAGE} and {{slot}}",
    "layer": "the path of a layer has {slot}",
}
_MORE = "a number may be added, as in {slot+1}, and a word share a slot, as in {slot:word}"
_SAME_ROLE = "they have one role: let each layer, and each block inside, have a `role` of its own"
_HELP = "give each role a path of its own under `names`, or rename the stage"


class _Layer(NamedTuple):
    """A node that is a module: the call and the part that it is of, and its number in the body."""

    part: Part
    call: Call
    number: int

    @property
    def node(self) -> Node:
        """The node."""
        return self.call.body.nodes[self.number]

    @property
    def path(self) -> str:
        """Its module path below that of the call."""
        return self.call.paths[self.number]

    def span(self, places: Places, *, of_call: bool = False) -> Span:
        """Return what says its path, or that of its call."""
        return places.call(self.part, self.call) if of_call else places.node(self.part, self.call, self.number)


_Owners = dict[str, list[_Layer]]


def path_faults(graph: Graph, spec: Spec) -> list[Diagnostic]:
    """Return what is wrong with a graph's module paths, once for each place that is to blame.

    Where the table of names has paths for the re-parameterised graph, those of that graph are judged too.
    """
    if (found := _faults(graph, spec)) or not any(any(call.reparameterized) for call in graph.calls):
        return found
    from archcompiler.reparameterize.rewrite import reparameterized

    return _faults(reparameterized(graph).graph, spec)


def _faults(graph: Graph, spec: Spec) -> list[Diagnostic]:
    owners: _Owners = {}
    for part in graph.parts:
        for call in part.calls:
            for number, path in enumerate(call.paths):
                if path:
                    owners.setdefault(call.full_path(path), []).append(_Layer(part, call, number))
    places = Places(spec)
    if too_deep := [*_too_deep(owners, places, spec)]:
        return too_deep
    found = [*_bad_names(owners, places), *_shared(owners, places), *_nested(owners, places)]
    return [
        _where_mended(fault, places) for fault in list({fault.span: fault for fault in reversed(found)}.values())[::-1]
    ]


def _where_mended(fault: Diagnostic, places: Places) -> Diagnostic:
    """Return a fault of a line of a shared table where the spec, or its base, names that table."""
    span = places.mended(fault.span)
    labels = (Label(fault.span, "this line of the table says it"),) if span != fault.span else ()
    return replace(fault, span=span, labels=(*labels, *fault.labels))


def unused_names(graph: Graph, spec: Spec) -> list[Diagnostic]:
    """Return a warning for each key and each role in a list that the spec itself says and that names no layer."""
    said = list(_said(spec))
    if not said:
        return []
    table = NameTable(spec.section("names"), [stage.name for stage in spec.stages])
    for part in graph.parts:
        table.part(part.kind, part.name, [(call.kind, call.body) for call in part.calls])
    unused = [(key, span) for key, span in said if key not in table.used]
    known = sorted(table.asked)
    return [
        Diagnostic("L001", message, span, help, severity="warning")
        for count, (key, span) in enumerate(unused)
        for message, help in (_reason(key, known if count < MOST_SHOWN else []),)
    ]


def _said(spec: Spec) -> Iterator[tuple[str, Span]]:
    """Yield each key of `names` that the spec itself says, and each role in a list of these."""
    for key, entry in spec.section("names").entries.items():
        if entry.key_span.path == entry.value.span.path == spec.path:
            if isinstance(entry.value, Sequence):
                yield from ((f"{key} {plain(item)}", item.span) for item in entry.value.items)
            else:
                yield key, entry.key_span


def _too_deep(owners: _Owners, places: Places, spec: Spec) -> Iterator[Diagnostic]:
    """Yield the first path of more names than a text may have levels: each is a module in another."""
    for path, (layer, *_) in owners.items():
        names = path.count(".") + 1
        if names > spec.limits.nesting:
            span = layer.span(places, of_call=layer.path.count(".") <= layer.call.path.count("."))
            message = f"a path of {names} names, where {spec.limits.nesting} levels are allowed"
            yield Diagnostic("M001", message, span, mend("nesting"))
            return


def _bad_names(owners: _Owners, places: Places) -> Iterator[Diagnostic]:
    """Yield the names that a module cannot have."""
    for path, (layer, *_) in owners.items():
        if not _bad_name(path):
            continue
        pieces = [(name, "layer", layer.span(places)) for name in layer.path.split(".")]
        if layer.call.path:
            span = layer.span(places, of_call=True)
            pieces = [*((name, layer.call.kind, span) for name in layer.call.path.split(".")), *pieces]
        for name, kind, span in pieces:
            if message := _bad_name(name):
                help = f"{_COUNTERS[kind]}; {_MORE}" if _NO_NAME.search(name) else _HELP
                yield Diagnostic("R008", message, places.part(layer.part) if name == layer.part.name else span, help)


_MOST_LISTED = 12
_NO_NAME = re.compile(r"[{}:+].*")  # what is left where a counter got no number


@lru_cache(maxsize=4096)
def _bad_name(path: str) -> str:
    """Return what is wrong with a name, or with one of the names of a path; nothing where they are sound."""
    for name in path.split("."):
        if name in MODULE_ATTRIBUTES:
            return f"`{name}` is an attribute of every PyTorch module"
        if name.startswith("__"):
            return f"`{name}` is private to a Python class: no name starts with __"
        if counter := _NO_NAME.search(name):
            return f"`{counter[0]}` is no counter of this role"
    return ""


def _shared(owners: _Owners, places: Places) -> Iterator[Diagnostic]:
    """Yield the paths that two layers share; the same layer without weights may run twice."""
    for path, layers in owners.items():
        ops = [layer.node.op for layer in layers] if len(layers) > 1 else []
        if ops and (ops[0].parameters() or any(op != ops[0] for op in ops)):
            one, other = layers[:2]
            is_one_role = one.node.role == other.node.role
            blocks = one.call is not other.call and is_one_role
            help = _HELP if blocks or not is_one_role else _SAME_ROLE
            spans = [layer.span(places, of_call=blocks) for layer in (one, other)]
            labels = (Label(spans[0], "it is the path of this too"),) if spans[0] != spans[1] else ()
            yield Diagnostic("R008", f"the path `{path}` names {len(ops)} different layers", spans[1], help, labels)


def _nested(owners: _Owners, places: Places) -> Iterator[Diagnostic]:
    """Yield the paths that are a layer and hold layers."""
    clashing = _holders(owners) & owners.keys()
    for path, (layer, *_) in owners.items() if clashing else ():
        for outer in clashing.intersection(outwards(path)) - {path}:
            inside = layer.span(places, of_call=len(outer) <= len(layer.call.path))
            label = Label(owners[outer][0].span(places), "this is the layer")
            message = f"the path `{outer}` is a layer, and holds the layer `{path}`"
            help = _unsaid((layer, owners[outer][0]), places) or _HELP
            yield Diagnostic("R008", message, inside, help, (label,) if label.span != inside else ())


def _unsaid(layers: Iterable[_Layer], places: Places) -> str:
    """Return which key says the path of the first of some layers of which `names` says none; "" where each is said."""
    alone = [layer for layer in layers if not layer.call.path]  # no key for a layer of a block moves the block
    key = next((layer.path for layer in alone if layer.span(places) == places.part(layer.part)), "")
    return key and f"say where `{key}` stands too: `names: {{{key}: ...}}`"


def _holders(paths: Iterable[str]) -> set[str]:
    """Return the paths of the modules that hold others."""
    found: set[str] = set()
    for path in paths:
        outer = path.rpartition(".")[0]
        while outer and outer not in found:
            found.add(outer)
            outer = outer.rpartition(".")[0]
    return found


def _reason(key: str, known: list[str]) -> tuple[str, str]:
    """Return why a key, or a role in a list, names no layer, and the way out; `known` are the keys that might."""
    role = key.rpartition(" ")[2]
    if role in known:
        return f"`{role}` has no effect here: what is said of a stage or of a kind of block comes first", "remove it"
    if (path := role.removesuffix(".block")) in known and path != role:
        return f"no layer has the role `{role}`", f"where blocks stand is their `path` here: write `{path}.path`"
    return f"no layer of this network has the role `{role}`", _near(role, known)


def _near(role: str, known: list[str]) -> str:
    """Return the roles that may be meant: the nearest, and all of the same part, stage or block where these are few."""
    near = get_close_matches(role, known, n=2, cutoff=0.6)
    meant = f"did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else ""
    part = f"{role.rpartition('.')[0]}."
    beside = [name.removeprefix(part) for name in known if name.startswith(part)]
    listed = f"`{part[:-1]}` has {', '.join(beside)}" if 0 < len(beside) <= _MOST_LISTED else ""
    return " ".join(filter(None, (meant, listed))) or "remove the line"
