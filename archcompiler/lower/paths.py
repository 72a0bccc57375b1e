"""What the module paths of a graph must satisfy, and where a path that does not was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache

from archcompiler.diagnostics import MOST_SHOWN, Diagnostic, Label
from archcompiler.graph.ir import Call, Graph, Node, Part, full_path
from archcompiler.graph.names import MODULE_ATTRIBUTES, REGISTERED_FIRST
from archcompiler.limits import mend
from archcompiler.lower.places import Places, role_of
from archcompiler.resolve import Spec

_HELP = "give each role a path of its own under `names`, or rename the stage"
_Layer = tuple[Part, Call, Node]


def path_faults(graph: Graph, spec: Spec) -> list[Diagnostic]:
    """Return what is wrong with a graph's module paths, once for each place that is to blame."""
    owners: dict[str, list[_Layer]] = {}
    for part in graph.parts:
        for call in part.calls:
            for node in call.body.nodes:
                if node.path:
                    owners.setdefault(full_path(call, node), []).append((part, call, node))
    places = Places(spec)
    if too_deep := [*_too_deep(owners, places, spec)]:
        return too_deep
    blocks = {call.path for call in graph.calls if not call.inline}
    found = [*_bad_names(owners, places), *_shared(owners, places), *_nested(owners, places)]
    found += _inside_blocks(owners, places, blocks)
    return list({fault.span: fault for fault in reversed(found)}.values())[::-1]


def unused_names(graph: Graph, spec: Spec) -> list[Diagnostic]:
    """Return a warning for each role that the spec itself names and that no layer of its network has."""
    roles = {role_of(part, node) for part in graph.parts for call in part.calls for node in call.body.nodes}
    roles |= {"block", "transition", REGISTERED_FIRST}
    unused = [
        (role, entry.key_span)
        for role, entry in spec.section("names").entries.items()
        if role not in roles and entry.key_span.path == entry.value.span.path == spec.path
    ]
    known = sorted(roles)
    return [
        Diagnostic(
            "L001",
            f"no layer of this network has the role `{role}`",
            span,
            _near(role, known if count < MOST_SHOWN else ()),
            severity="warning",
        )
        for count, (role, span) in enumerate(unused)
    ]


def _too_deep(owners: dict[str, list[_Layer]], places: Places, spec: Spec) -> Iterator[Diagnostic]:
    """Yield the first path of more names than a text may have levels: each is a module in another."""
    for path, layers in owners.items():
        names = path.count(".") + 1
        if names > spec.limits.nesting:
            part, call, node = layers[0]
            span = places.role(part, node) if node.path.count(".") > call.path.count(".") else places.block(part)
            message = f"a path of {names} names, where {spec.limits.nesting} levels are allowed"
            yield Diagnostic("M001", message, span, mend("nesting"))
            return


def _bad_names(owners: dict[str, list[_Layer]], places: Places) -> Iterator[Diagnostic]:
    """Yield the names that a module cannot have."""
    for layers in owners.values():
        part, call, node = layers[0]
        if not _bad_name(full_path(call, node)):
            continue
        pieces = [(name, places.block(part)) for name in call.path.split(".") if name]
        pieces += [(name, places.role(part, node)) for name in node.path.split(".")]
        for name, span in pieces:
            if fault := _bad_name(name):
                message, help = fault
                yield Diagnostic("R008", message, places.part(part) if name == part.name else span, help)


@lru_cache(maxsize=4096)
def _bad_name(path: str) -> tuple[str, str] | None:
    """Return what is wrong with a name, or with one of the names of a path, and the way out."""
    for name in path.split("."):
        if name in MODULE_ATTRIBUTES:
            return f"`{name}` is an attribute of every PyTorch module", _HELP
        if name.startswith("__"):
            return f"`{name}` is private to a Python class: no name starts with __", _HELP
        if counter := re.search(r"[{}].*", name):
            help = (
                "`block` has {stage}, {stage_index}, {stage_number}, {block} and {block_number}, "
                "`transition` the first three, any other role {slot}"
            )
            return f"`{counter[0]}` is no counter of this role", help
    return None


def _shared(owners: dict[str, list[_Layer]], places: Places) -> Iterator[Diagnostic]:
    """Yield the paths that two layers share; the same layer without weights may run twice."""
    for path, layers in owners.items():
        ops = [node.op for _, _, node in layers]
        if len(ops) > 1 and (ops[0].parameters() or any(op != ops[0] for op in ops)):
            (_, one, here), (_, other, there) = layers[:2]
            blocks = one is not other and here.role == there.role
            spans = [places.block(part) if blocks else places.role(part, node) for part, _, node in layers[:2]]
            labels = (Label(spans[0], "it is the path of this too"),) if spans[0] != spans[1] else ()
            yield Diagnostic("R008", f"the path `{path}` names {len(ops)} different layers", spans[1], _HELP, labels)


def _nested(owners: dict[str, list[_Layer]], places: Places) -> Iterator[Diagnostic]:
    """Yield the paths that are a layer and hold layers."""
    for path, layers in owners.items():
        names = path.split(".")
        for outer in (".".join(names[:end]) for end in range(1, len(names))):
            if outer in owners:
                (part, call, node), (other, _, layer) = layers[0], owners[outer][0]
                inside = places.role(part, node) if len(outer) > len(call.path) else places.block(part)
                label = Label(places.role(other, layer), "this is the layer")
                message = f"the path `{outer}` is a layer, and holds the layer `{path}`"
                yield Diagnostic("R008", message, inside, _HELP, (label,) if label.span != inside else ())


def _inside_blocks(owners: dict[str, list[_Layer]], places: Places, blocks: set[str]) -> Iterator[Diagnostic]:
    """Yield the paths that lie inside a block which is not theirs."""
    for path, layers in owners.items():
        part, call, node = layers[0]
        names = path.split(".")
        for outer in (".".join(names[:end]) for end in range(1, len(names) + 1)):
            if outer in blocks and (call.inline or outer != call.path):
                inside = places.role(part, node) if call.inline else places.block(part)
                yield Diagnostic("R008", f"the path `{path}` lies inside the block `{outer}`", inside, _HELP)


def _near(role: str, roles: Sequence[str]) -> str:
    near = get_close_matches(role, roles, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else "remove the line"
