"""Which specs that came are the same network as another one: their function is, under whatever names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from archcompiler.compare.hashes import function_hash
from archcompiler.compare.reading import Reading
from archcompiler.diagnostics import SpecError
from archcompiler.git.state import State
from archcompiler.lower.network import lower
from archcompiler.resolve import load_spec
from archcompiler.review.chains import Chains
from archcompiler.review.changes import Reviewed


def with_twins(reviews: Sequence[Reviewed], old: State, new: Chains) -> tuple[Reviewed, ...]:
    """Return the reviews; an added spec has the path of another spec of the same network, of one that went at last.

    Every spec of the new state is compiled for that, if one was added at all.
    """
    added = {each.pair.path for each in reviews if each.status == "added" and each.pair.old is None}
    if not added:
        return tuple(reviews)
    known: dict[str, str] = {}
    twins: dict[str, str] = {}
    for path, state in _in_order(reviews, old, new, added):
        function = _function(path, state)
        first = known.setdefault(function, path) if function else path
        if path in added and first != path:
            twins[path] = first
    return tuple(replace(each, same_as=twins.get(each.pair.path)) for each in reviews)


def _in_order(reviews: Sequence[Reviewed], old: State, new: Chains, added: set[str]) -> Iterator[tuple[str, State]]:
    """Yield the specs that others may be a copy of in front of those that came."""
    yield from ((path, new.state) for path in new.specs() if path not in added)
    yield from ((each.pair.path, old) for each in reviews if each.status == "removed")
    yield from ((path, new.state) for path in sorted(added))


def _function(path: str, state: State) -> str | None:
    try:
        return function_hash(Reading(lower(load_spec(path, files=state))))
    except SpecError:
        return None
