"""Why a printed figure and the measured one differ: which layers make up the gap, and what would close it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from archcompiler.analyses.conventions import COUNTED_IN, Count
from archcompiler.claims.measure import FLOPS, LAYERS, Subject, by_part
from archcompiler.claims.printed import Printed, parse_printed
from archcompiler.claims.variations import variations
from archcompiler.claims.verdict import Verdict
from archcompiler.diagnostics import SpecError
from archcompiler.graph.ir import Graph
from archcompiler.lower.network import lower
from archcompiler.resolve import Spec, load_spec

_MOST = 4
"""Candidates that are shown where none closes the gap: the nearest."""
_LEFT_OUT = {1: ((),), 2: (("head",), ("classifier",))}
"""The layers that are left out beside one other change of what is counted, by the changes in all."""
_MOST_CHANGES = 3
"""Changes of the network and of what is counted that are tried together."""
_BY_SIZE = ("macs", FLOPS, "torchinfo_mult_adds", "activations")
"""Quantities that depend on the size of the input."""
_FACTORS = {
    "macs": {"2 x MACs: each multiplication and each addition is one operation": Fraction(2)},
    FLOPS: {"MACs: a multiplication with its addition is one operation": Fraction(1, 2)},
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another count: in words, what it comes to, whether the printed figure then holds, and where it differs."""

    words: str
    measured: int
    closes: bool
    parts: tuple[tuple[str, int], ...]
    """The parts (stem, stages, head) whose count changes, and by how much."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A claim that disagrees, how far its measured figure lies from the nearest that would hold, and the candidates."""

    claim: Verdict
    gap: int
    candidates: tuple[Candidate, ...]


def explain(
    name: str, spec: Spec, graph: Graph, claims: tuple[Verdict, ...], tools: Mapping[str, Count] | None = None
) -> tuple[Explanation, ...]:
    """Return an explanation of each claim of a count that fails, or is known to disagree; `name` as `load_spec`.

    `tools` are what tools count beside multiply-adds, in words.
    """
    return tuple(found for claim in claims if (found := _explain(name, spec, graph, claim, tools or {})))


def _explain(name: str, spec: Spec, graph: Graph, claim: Verdict, tools: Mapping[str, Count]) -> Explanation | None:
    figure = parse_printed(claim.printed)
    if not (claim.fault or claim.known) or figure is None or not isinstance(claim.measured, int):
        return None
    search = _Search(name, spec, graph, claim.subject, figure, tools)
    low, high = figure.interval()
    gap = claim.measured - (high if claim.measured > high else low)
    return Explanation(claim, gap, search.closing() or search.nearest())


class _Search:
    """Other counts of one network, and the counts of other networks: the fewest changes at once come first."""

    def __init__(
        self, name: str, spec: Spec, graph: Graph, subject: Subject, figure: Printed, tools: Mapping[str, Count]
    ) -> None:
        self._name, self._graph, self._subject, self._figure = name, graph, subject, figure
        self._tools = tools
        self._parts = by_part(graph, subject)
        self._seen = [self._parts]
        self._candidates: list[Candidate] = []
        self._variations = variations(spec, with_sizes=subject.quantity in _BY_SIZE)

    def closing(self) -> tuple[Candidate, ...]:
        """Return the candidates that close the gap, of those that change the least."""
        for changes in range(1, _MOST_CHANGES + 1):
            candidates = list(self._changed(changes))
            self._candidates = self._candidates or candidates
            if found := [each for each in candidates if each.closes]:
                return tuple(found)
        return ()

    def nearest(self) -> tuple[Candidate, ...]:
        """Return the candidates of one change that come nearest."""
        return tuple(sorted(self._candidates, key=self._distance)[:_MOST])

    def _changed(self, changes: int) -> Iterator[Candidate]:
        """Yield what so many changes at once come to: of the network, and of what is counted."""
        for built in range(min(changes, 2) + 1):
            for words, graph in self._networks(built, alone=built == changes):
                for counted, parts in self._counted(graph, changes - built, is_base=not built):
                    yield from self._new(", ".join(filter(None, [words, counted])), parts)

    def _networks(self, changes: int, *, alone: bool) -> Iterator[tuple[str, Graph]]:
        """Yield the network as it is, or the variations of so many fields that compile."""
        if not changes:
            yield "", self._graph
            return
        for variation in self._variations.of(changes, alone=alone):
            try:
                yield variation.words, lower(load_spec(self._name, variation.settings))
            except SpecError:
                continue

    def _counted(self, graph: Graph, changes: int, *, is_base: bool) -> Iterator[tuple[str, dict[str, int]]]:
        """Yield a network counted otherwise: twice, without a group of layers, with what is not counted usually."""
        quantity, of_part = self._subject.quantity, partial(by_part, graph, self._subject)
        if not changes:
            yield "", of_part()
        for left_out in _LEFT_OUT.get(changes, ()):
            words = "".join(f"without {name}, " for name in left_out)
            for what, factor in _FACTORS.get(quantity, {}).items():
                yield f"{words}{what}", {name: int(count * factor) for name, count in of_part(*left_out).items()}
            for what, more in COUNTED_IN.get(quantity, {}).items():
                yield f"{words}{what}", of_part(*left_out, counted_in=more)
        for what, more in self._tools.items() if quantity == "macs" and is_base and changes == 1 else ():
            yield what, of_part(counted_in=more)
        for name in (LAYERS if is_base else ("head", "classifier")) if changes == 1 else ():
            yield f"without {name}", of_part(name)

    def _new(self, words: str, parts: dict[str, int]) -> Iterator[Candidate]:
        """Yield a count, unless it is one that was found before."""
        if parts not in self._seen:
            self._seen.append(parts)
            measured = sum(parts.values())
            differing = [(name, parts[name] - self._parts.get(name, 0)) for name in parts]
            closes = self._figure.is_measured(measured)
            yield Candidate(words, measured, closes, tuple((name, by) for name, by in differing if by))

    def _distance(self, candidate: Candidate) -> int:
        """Return how far a count lies from what the printed figure allows."""
        low, high = self._figure.interval()
        return max(low - candidate.measured, candidate.measured - high, 0)
