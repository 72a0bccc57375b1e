"""Which stage of one spec is which stage of another: by name, then by likeness."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from archcompiler.compare.normal import PartKey
from archcompiler.resolve import Spec
from archcompiler.tree import Mapping, Node, mapping_at, plain, walk

ALIKE = 0.6
"""The share of equal values from which a stage with another name, between the same neighbours, is a renamed one."""


def match_stages(old: Spec, new: Spec) -> dict[str, str]:
    """Return the new name of each old stage that goes on."""
    before, after = old.section("stages").entries, new.section("stages").entries
    matched = {name: name for name in before if name in after}
    for gone, come in _gaps(list(before), list(after)):
        for name in gone:
            likeness = {other: _likeness(before[name].value, after[other].value) for other in come}
            best = max(likeness, key=lambda other: likeness[other], default=None)
            if best is not None and likeness[best] >= ALIKE:
                matched[name] = best
                come = come[come.index(best) + 1 :]
    return matched


def part_map(stages: dict[str, str]) -> dict[PartKey, PartKey]:
    """Return the new key of each old part that goes on."""
    named: dict[PartKey, PartKey] = {("stage", old): ("stage", new) for old, new in stages.items()}
    return {("stem", "stem"): ("stem", "stem"), **named, ("head", "head"): ("head", "head")}


def with_names(document: Mapping, stages: dict[str, str]) -> Mapping:
    """Return a document whose stages have the new names, also where it says how their modules are called."""
    entries = dict(document.entries)
    for section in entries.keys() & {"stages", "names"}:
        table = mapping_at(document, section)
        named = {_renamed(section, key, stages): entry for key, entry in table.entries.items()}
        entries[section] = replace(entries[section], value=Mapping(named, table.span))
    return Mapping(entries, document.span)


def _renamed(section: str, key: str, stages: dict[str, str]) -> str:
    """Return the key of a stage, or one of `names` that speaks of a stage, with the new name of that stage."""
    if section == "stages":
        return stages.get(key, key)
    first, _, rest = key.partition(".")
    stage, _, role = rest.partition(".")
    return f"{first}.{stages.get(stage, stage)}.{role}" if first == "stages" else key


def _gaps(before: list[str], after: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the names that only the old and only the new spec has, between neighbours that both have."""
    shared = [name for name in before if name in after]
    starts = [None, *shared]
    for start, end in zip(starts, [*shared, None], strict=True):
        gone, come = _between(before, start, end), _between(after, start, end)
        yield [name for name in gone if name not in after], [name for name in come if name not in before]


def _between(names: list[str], start: str | None, end: str | None) -> list[str]:
    first = names.index(start) + 1 if start is not None else 0
    last = names.index(end) if end is not None else len(names)
    return names[first:last]


def _likeness(old: Node, new: Node) -> float:
    """Return the share of values that two stages have in common."""
    one, other = (
        {(path, json.dumps(plain(entry.value))) for path, entry in walk(stage) if not isinstance(entry.value, Mapping)}
        for stage in (old, new)
    )
    return len(one & other) / max(len(one | other), 1)
