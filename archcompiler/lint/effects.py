"""Keys without an effect, read or not (L002), and selectors that overrun their stage (L008)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from archcompiler.diagnostics import Diagnostic, Edit, Fix, SpecError
from archcompiler.graph.ir import Graph
from archcompiler.lint.watch import Watch
from archcompiler.lower.network import lower
from archcompiler.resolve import Spec
from archcompiler.schema.language import read_schema
from archcompiler.span import Span
from archcompiler.tree import Entry, Mapping, Node, Plain, Scalar, from_plain, mapping_at, walk

_OF_A_STRIDE = "the stride is 1 wherever it stands, and it says how a larger one is taken"


def keys_without_effect(watch: Watch, graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for each key that a person wrote and that changes nothing, whatever it says."""
    for key, entry in watch.unread():
        yield _warning(key, entry, _OF_A_STRIDE if key in ("anti_alias", "stride_on") else "nothing here reads it")
    read = watch.read()
    for stage in watch.spec.stages:
        override = mapping_at(mapping_at(watch.spec.section("stages"), stage.name), "override")
        for selector, exception in override.entries.items():
            for path, entry in walk(exception.value):
                if not isinstance(entry.value, Mapping) and entry.value.span not in read:
                    reason = f"for every block that `{selector}` selects a later selector says it"
                    yield _warning(str(path[0]), entry, reason)
    for key, entry in _few_valued(watch.spec):
        if entry.value.span in read and _is_idle(watch.spec, graph, key, entry.value):
            yield _warning(key, entry, "the network is the same whatever it says")


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


def _few_valued(spec: Spec) -> Iterator[tuple[str, Entry]]:
    """Yield each switch and each choice of few words that a person wrote for blocks, once."""
    seen: set[Span] = set()
    for stage in spec.stages:
        for fields in stage.blocks:
            for key, entry in fields.entries.items():
                written = entry.value.span.path == spec.path
                if written and key in _others() and entry.value.span not in seen:
                    seen.add(entry.value.span)
                    yield key, entry


@cache
def _others() -> dict[str, list[Plain]]:
    """Return the values of each field of a block that has few."""
    properties: dict[str, Any] = read_schema("architecture.json")["$defs"]["override.any"]["properties"]
    switches = {name: [True, False] for name, found in properties.items() if "boolean" in found.get("type", ())}
    choices = {name: found["enum"] for name, found in properties.items() if "enum" in found and name != "block"}
    return {**switches, **choices}


def _is_idle(spec: Spec, graph: Graph, key: str, node: Node) -> bool:
    """Tell whether the network stays the same with every other value at one place."""
    said = node.value if isinstance(node, Scalar) else None
    others = [value for value in _others()[key] if value is not None and value != said]
    return all(_is_same(spec, graph, node.span, value) for value in others)


def _is_same(spec: Spec, graph: Graph, place: Span, value: Plain) -> bool:
    changed: dict[int, Mapping] = {}
    for stage in spec.stages:
        for block in stage.blocks:
            if id(block) not in changed:
                changed[id(block)] = _with(block, place, value)
    stages = tuple(replace(stage, blocks=tuple(changed[id(block)] for block in stage.blocks)) for stage in spec.stages)
    try:
        other = lower(replace(spec, stages=stages))
    except SpecError:
        return False
    return [call.body.nodes for call in other.calls] == [call.body.nodes for call in graph.calls]


def _with(block: Mapping, place: Span, value: Plain) -> Mapping:
    entries = {
        key: replace(entry, value=from_plain(value, place)) if entry.value.span == place else entry
        for key, entry in block.entries.items()
    }
    return Mapping(entries, block.span)
