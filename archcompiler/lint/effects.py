"""Keys without an effect, read or not (L002), and selectors that overrun their stage (L008)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from archcompiler.diagnostics import Diagnostic, Edit, Fix
from archcompiler.graph.ir import Body, Graph
from archcompiler.graph.ir import Node as GraphNode
from archcompiler.graph.ops import Shape
from archcompiler.lint.watch import Watch
from archcompiler.lower.alone import record_alone
from archcompiler.lower.record import Context, contexts
from archcompiler.resolve.spec import Spec, kind_of
from archcompiler.schema.language import Language
from archcompiler.span import Span
from archcompiler.tree import Entry, Mapping, Node, Plain, Scalar, from_plain, mapping_at, walk

_Run = tuple[Mapping, Body, Context]
"""The fields of a block, what was recorded with them, and where the block stands."""
_SAYS_HOW_TO_STRIDE = ("anti_alias", "stride_on")
_OF_A_STRIDE = "the stride is 1 wherever it stands, and it says how a larger one is taken"


def keys_without_effect(watch: Watch, graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for each key that a person wrote and that changes nothing, whatever it says."""
    for key, entry in watch.unread():
        yield _warning(key, entry, _OF_A_STRIDE if key in _SAYS_HOW_TO_STRIDE else "nothing here reads it")
    read = watch.read()
    for stage in watch.spec.stages:
        override = mapping_at(mapping_at(watch.spec.section("stages"), stage.name), "override")
        for selector, exception in override.entries.items():
            for path, entry in walk(exception.value):
                if not isinstance(entry.value, Mapping) and entry.value.span not in read:
                    reason = f"for every block that `{selector}` selects a later selector says it"
                    yield _warning(str(path[0]), entry, reason)
    for key, entry, runs in _few_valued(watch.spec, graph):
        if entry.value.span in read and _is_idle(watch.spec, key, entry.value, runs):
            of_a_stride = key in _SAYS_HOW_TO_STRIDE
            yield _warning(key, entry, _OF_A_STRIDE if of_a_stride else "the network is the same whatever it says")


def overrunning_selectors(watch: Watch, _: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for each range that goes on behind the last block of its stage."""
    for stage in watch.spec.stages:
        count = len(stage.blocks)
        override = mapping_at(mapping_at(watch.spec.section("stages"), stage.name), "override")
        for selector, entry in override.entries.items():
            first, dots, last = selector.partition("..")
            if dots and int(first) < count <= int(last):
                message = (
                    f"the selector `{selector}` goes on behind the last block: the stage has blocks 0 to {count - 1}"
                )
                meant = f'"{first}..{count - 1}"' if int(first) < count - 1 else f'"{first}"'
                fix = Fix(f"write {meant}", (Edit(entry.key_span, meant),))
                yield Diagnostic("L008", message, entry.key_span, f"write {meant}", severity="warning", fix=fix)


def _warning(key: str, entry: Entry, reason: str) -> Diagnostic:
    return Diagnostic("L002", f"`{key}` has no effect: {reason}", entry.key_span, "remove it", severity="warning")


def _few_valued(spec: Spec, graph: Graph) -> Iterator[tuple[str, Entry, list[_Run]]]:
    """Yield each switch and each choice of few words that a person wrote for blocks, once, with what takes it."""
    taken: dict[Span, list[_Run]] = {}
    said: dict[Span, tuple[str, Entry]] = {}
    for run in _runs(spec, graph):
        entries = run[0].entries
        for place in {entry.value.span for entry in entries.values()}:
            taken.setdefault(place, []).append(run)
        for key, entry in entries.items():
            if entry.value.span.path == spec.path and key in _others(spec.language, kind_of(run[0])):
                said.setdefault(entry.value.span, (key, entry))
    for place, (key, entry) in said.items():
        yield key, entry, taken[place]


def _runs(spec: Spec, graph: Graph) -> Iterable[_Run]:
    """Return the fields of each block with what was recorded; blocks of the same fields on equal maps are one."""
    parts = (part for part in graph.parts if part.kind == "stage")
    found: dict[tuple[int, Shape], _Run] = {}
    places = contexts(spec)
    for stage, part in zip(spec.stages, parts, strict=True):
        bodies = (call.body for call in part.calls if call.kind == "block")
        for block, body in zip(stage.blocks, bodies, strict=True):
            found.setdefault((id(block), body.input), (block, body, next(places)))
    return found.values()


@lru_cache(maxsize=64)
def _others(known: Language, block: str) -> dict[str, list[Plain]]:
    """Return the values of each field of a block that has few."""
    properties: dict[str, Any] = known.schema.definition(f"override.{block}")["properties"]
    switches = {name: [True, False] for name, found in properties.items() if "boolean" in found.get("type", ())}
    choices = {name: found["enum"] for name, found in properties.items() if "enum" in found and name != "block"}
    return {**switches, **choices}


def _is_idle(spec: Spec, key: str, node: Node, runs: list[_Run]) -> bool:
    """Tell whether every block that takes a value records the same with each other one that it may take.

    The blocks behind them see the same maps then, so that no other part of the network is asked.
    """
    said = node.value if isinstance(node, Scalar) else None
    tried = ((run, value) for run in runs for value in _others(spec.language, kind_of(run[0])).get(key, ()))
    return all(_is_same(spec, run, node.span, value) for run, value in tried if value is not None and value != said)


def _is_same(spec: Spec, run: _Run, place: Span, value: Plain) -> bool:
    block, body, context = run
    nodes = record_alone(spec, _with(block, place, value), body.input, context)
    return nodes is not None and [_what(node) for node in nodes] == [_what(node) for node in body.nodes]


def _what(node: GraphNode) -> tuple[object, ...]:
    """Return a node without its path, which follows from its role and from those before it."""
    return node.role, node.op, node.inputs, node.shape


def _with(block: Mapping, place: Span, value: Plain) -> Mapping:
    entries = {
        key: replace(entry, value=from_plain(value, place)) if entry.value.span == place else entry
        for key, entry in block.entries.items()
    }
    return Mapping(entries, block.span)
