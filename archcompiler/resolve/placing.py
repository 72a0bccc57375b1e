"""Put the stages that say `after` where they belong."""

from __future__ import annotations

from dataclasses import replace

from archcompiler.diagnostics import MOST_SHOWN, Diagnostic
from archcompiler.tree import Entry, Mapping, Scalar


def place_stages(document: Mapping, faults: list[Diagnostic]) -> Mapping:
    """Return the document with each stage that says `after` behind the one it names, and `after` gone.

    Stages that name the same one keep their order, each with those that name it in turn.
    """
    stages = document.entries.get("stages")
    if not stages or not isinstance(stages.value, Mapping):
        return document
    after = {name: place for name, entry in stages.value.entries.items() if (place := _after(entry)) is not None}
    if not after:
        return document
    order = _order(list(stages.value.entries), {name: str(place.value) for name, place in after.items()})
    missing = after.keys() - set(order)
    faults += [_misplaced(place, order) for name, place in after.items() if name in missing]
    entries = {name: _placed(stages.value.entries[name]) for name in order}
    placed = replace(stages, value=Mapping(entries, stages.value.span))
    return Mapping({**document.entries, "stages": placed}, document.span)


def _order(names: list[str], after: dict[str, str]) -> list[str]:
    """Return the names in their final order; without those whose place does not exist or depends on themselves."""
    followers: dict[str, list[str]] = {}
    for name, place in after.items():
        followers.setdefault(place, []).append(name)
    order = []
    waiting = [name for name in reversed(names) if name not in after]
    while waiting:
        name = waiting.pop()
        order.append(name)
        waiting += reversed(followers.get(name, []))
    return order


def _after(entry: Entry) -> Scalar | None:
    place = entry.value.get("after") if isinstance(entry.value, Mapping) else None
    return place if isinstance(place, Scalar) else None


def _placed(entry: Entry) -> Entry:
    if not isinstance(entry.value, Mapping):
        return entry
    return replace(
        entry, value=Mapping({k: e for k, e in entry.value.entries.items() if k != "after"}, entry.value.span)
    )


def _misplaced(place: Scalar, order: list[str]) -> Diagnostic:
    more = f" and {len(order) - MOST_SHOWN} more" if len(order) > MOST_SHOWN else ""
    help = f"name one of {', '.join(order[:MOST_SHOWN])}{more}" if order else "remove `after`: there is no other stage"
    return Diagnostic("R006", f"`after: {place.value}` names no stage that this one can stand behind", place.span, help)
