"""What a change does to every spec that it reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from archcompiler.analyses.cost import Cost, total
from archcompiler.compare.model import Diff
from archcompiler.compare.rules import Impact
from archcompiler.compare.specs import compare_specs
from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.git.state import State
from archcompiler.graph.ir import Graph
from archcompiler.lower.network import lower
from archcompiler.resolve import load_spec
from archcompiler.review.pairs import Pair

Status = Literal["changed", "renamed", "added", "removed", "faulty"]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One spec: where it was and is, which of its bases and tables differ, and what follows.

    `diff` where both sides are sound; `cost` of a spec that came, and `same_as` the path of a spec that is the same
    network. `faults` are those of the new side; `old_faults`, of the old one, only say why there is nothing to compare
    with.
    """

    pair: Pair
    diff: Diff | None = None
    cost: Cost | None = None
    faults: tuple[Diagnostic, ...] = ()
    old_faults: tuple[Diagnostic, ...] = ()
    same_as: str | None = None

    @property
    def status(self) -> Status:
        """What became of the spec."""
        if self.pair.new is None:
            return "removed"
        if self.faults:
            return "faulty"
        if self.diff is None:
            return "added"
        return "changed" if self.pair.old == self.pair.new else "renamed"

    @property
    def impact(self) -> Impact:
        """The place on the ladder. Who loads a spec that is gone gets nothing; one that came breaks nobody."""
        if self.status in ("removed", "faulty"):
            return Impact.INTERFACE
        return self.diff.impact if self.diff else Impact.COSMETIC

    @property
    def matters(self) -> bool:
        """Tell whether the spec differs in effect, and not only in how or where it is written."""
        return self.diff is None or self.diff.impact > Impact.COSMETIC


def review(pairs: Iterable[Pair], old: State, new: State) -> Iterator[Reviewed]:
    """Yield what becomes of each spec, in order."""
    for pair in pairs:
        yield _reviewed(pair, old, new)


def _reviewed(pair: Pair, old: State, new: State) -> Reviewed:
    if pair.new is None:
        return Reviewed(pair)
    try:
        if pair.old is not None:
            return Reviewed(pair, compare_specs(load_spec(pair.old, files=old), load_spec(pair.new, files=new)))
    except SpecError:
        pass  # one of the two sides is not sound: which one, and why, is found out below
    graph, faults = _lowered(pair.new, new)
    if graph is None:
        return Reviewed(pair, faults=faults)
    return Reviewed(pair, cost=total(graph), old_faults=_lowered(pair.old, old)[1] if pair.old else ())


def _lowered(path: str, state: State) -> tuple[Graph | None, tuple[Diagnostic, ...]]:
    try:
        return lower(load_spec(path, files=state)), ()
    except SpecError as error:
        return None, error.diagnostics
