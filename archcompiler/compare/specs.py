"""Compare two resolved specs: the edits, the facts, what follows, and what becomes of a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archcompiler.compare.checkpoint import confirm, read_header
from archcompiler.compare.contributions import contributions
from archcompiler.compare.edits import UNSEEN, DirectEdit, change_of, defaults_gone, edits_of, has_settings, name_tables
from archcompiler.compare.facts import compare
from archcompiler.compare.findings import findings, first_finding
from archcompiler.compare.hashes import checkpoint_hash, function_hash
from archcompiler.compare.leaves import leaves
from archcompiler.compare.model import Change, Contribution, Diff, Network, PartPair, Side
from archcompiler.compare.normal import PartKey, plain_shape
from archcompiler.compare.origins import Origins
from archcompiler.compare.reading import Reading
from archcompiler.compare.stages import match_stages, part_map, with_names
from archcompiler.compare.steps import by_role
from archcompiler.diagnostics import SpecError
from archcompiler.lower.network import lower
from archcompiler.resolve import Spec, resolve_document
from archcompiler.tree import Mapping


def compare_specs(old: Spec, new: Spec, checkpoint: str | None = None) -> Diff:
    """Return what it means to go from one spec to another; SpecError where the shapes of one do not fit.

    A `checkpoint`, a safetensors file, is held against the forecast by its header; CheckpointError where it has none.
    """
    held = read_header(checkpoint) if checkpoint is not None else None
    readings = Reading(lower(old)), Reading(lower(new))
    stages, base, base_reading = _aligned(old, new, readings[0])
    parts = part_map(stages)
    compared = compare(*readings, parts)
    found = list(leaves(by_role(_seen(base.document)), by_role(_seen(new.document))))
    edits = edits_of(found, (old, new), {*name_tables(old), *name_tables(new)}, defaults_gone(old, new))
    unseen = [] if has_settings(new) else edits_of(leaves(_unseen(old.document), _unseen(new.document)), (old, new))
    back = {other: one for one, other in stages.items()}
    renames = tuple(_renames(old, new, stages))
    changes = (*renames, *(change_of(edit, old, new, back) for edit in [*edits, *unseen]))
    steps = [
        replace(each, changes=tuple(edit + len(renames) for edit in each.changes))
        for each in contributions((base, new), (base_reading, readings[1]), edits)
    ]
    if renames:
        steps.insert(0, _renaming(len(renames), readings[0], base_reading, parts))
    networks = _network(old, readings[0]), _network(new, readings[1])
    at = Origins((old, new), readings, compared.was)
    return Diff(
        old=networks[0],
        new=networks[1],
        facts=compared.facts,
        findings=tuple(findings(compared, networks, len(renames) + len(edits), at)),
        first=first_finding(compared, networks, at),
        changes=changes,
        contributions=tuple(steps),
        parts=tuple(_part_pairs((old, new), readings, parts, [*edits], len(renames))),
        weights=compared.weights,
        checkpoint=None if held is None else confirm(str(checkpoint), held, *readings, compared.weights),
    )


def _aligned(old: Spec, new: Spec, reading: Reading) -> tuple[dict[str, str], Spec, Reading]:
    """Return the new name of each old stage that goes on, and the old spec under these: what every edit is made on.

    Where a new name clashes with a module of the old spec, only stages that keep their names go on.
    """
    stages = match_stages(old, new)
    kept = {one: other for one, other in stages.items() if one == other}
    if stages == kept:
        return kept, old, reading
    try:
        spec = resolve_document(old.path, with_names(old.document, stages))
        return stages, spec, Reading(lower(spec))
    except SpecError:
        return kept, old, reading


def _renaming(count: int, old: Reading, base: Reading, parts: dict[PartKey, PartKey]) -> Contribution:
    """Return what new names of stages do: they cost nothing, and a checkpoint must be renamed too."""
    return Contribution(tuple(range(count)), compare(old, base, parts).facts, base.cost - old.cost, 0, ())


def _renames(old: Spec, new: Spec, stages: dict[str, str]) -> Iterator[Change]:
    for one, other in stages.items():
        if one != other:
            spans = [spec.section("stages").entries[name].key_span for spec, name in ((old, one), (new, other))]
            sides = Side(f"stages.{one}", one, spans[0]), Side(f"stages.{other}", other, spans[1])
            yield Change("renamed", *sides, ())


def _network(spec: Spec, reading: Reading) -> Network:
    graph = reading.graph
    return Network(
        name=spec.name,
        path=spec.path,
        input=plain_shape(graph.input),
        output=plain_shape(graph.output),
        cost=reading.cost,
        receptive_field=reading.receptive_field,
        function_hash=function_hash(reading),
        checkpoint_hash=checkpoint_hash(reading),
    )


def _part_pairs(
    specs: tuple[Spec, Spec],
    readings: tuple[Reading, Reading],
    parts: dict[PartKey, PartKey],
    edits: list[DirectEdit],
    first: int,
) -> Iterator[PartPair]:
    """Yield each part before and after, in the order of the new network, those that are gone at their place."""
    counts = tuple({stage.name: len(stage.blocks) for stage in spec.stages} for spec in specs)
    back = {other: one for one, other in parts.items()}
    reached: dict[str, list[int]] = {}
    for index, edit in enumerate(edits, first):
        for name in edit.parts:
            reached.setdefault(name, []).append(index)
    order: list[tuple[PartKey | None, PartKey | None]] = [(back.get(key), key) for key in readings[1].rows]
    for index, key in enumerate(readings[0].rows):
        if key not in parts:
            before = list(readings[0].rows)[index - 1]
            at = next(place for place, pair in enumerate(order) if pair[0] == before) + 1
            order.insert(at, (key, None))
    for one, other in order:
        name = (other or one or ("", ""))[1]
        yield PartPair(
            old=readings[0].rows[one] if one else None,
            new=readings[1].rows[other] if other else None,
            old_blocks=counts[0].get(one[1], 0) if one and one[0] == "stage" else 0,
            new_blocks=counts[1].get(other[1], 0) if other and other[0] == "stage" else 0,
            changes=tuple(reached.get(name, ())),
            differs=not (one and other) or readings[0].signatures[one] != readings[1].signatures[other],
        )


def _seen(document: Mapping) -> Mapping:
    return Mapping({key: entry for key, entry in document.entries.items() if key not in UNSEEN}, document.span)


def _unseen(document: Mapping) -> Mapping:
    return Mapping({key: entry for key, entry in document.entries.items() if key in UNSEEN}, document.span)
