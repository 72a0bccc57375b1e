"""Why a printed figure and the measured one differ: which layers make up the gap, and what would close it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archcompiler.claims.measure import LAYERS, Subject, by_part
from archcompiler.claims.printed import Printed, parse_printed
from archcompiler.claims.variations import variations
from archcompiler.claims.verdict import Verdict
from archcompiler.diagnostics import SpecError
from archcompiler.graph.ir import Graph
from archcompiler.lower.network import lower
from archcompiler.resolve import Spec, load_spec

_MOST = 4
"""Candidates that are shown where none closes the gap: the nearest."""


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


def explain(name: str, spec: Spec, graph: Graph, claims: tuple[Verdict, ...]) -> tuple[Explanation, ...]:
    """Return an explanation of each claim of a count that fails, or is known to disagree; `name` as `load_spec`."""
    return tuple(found for claim in claims if (found := _explain(name, spec, graph, claim)))


def _explain(name: str, spec: Spec, graph: Graph, claim: Verdict) -> Explanation | None:
    figure = parse_printed(claim.printed)
    if not (claim.fault or claim.known) or figure is None or not isinstance(claim.measured, int):
        return None
    here = _Here(graph, claim.subject, figure)
    found = [*here.left_out(), *here.varied(name, spec)]
    closing = [candidate for candidate in found if candidate.closes]
    low, high = figure.interval()
    gap = claim.measured - (high if claim.measured > high else low)
    return Explanation(claim, gap, tuple(closing or sorted(found, key=here.distance)[:_MOST]))


class _Here:
    """One claim on the network as it stands."""

    def __init__(self, graph: Graph, subject: Subject, figure: Printed) -> None:
        self._graph, self._subject, self._figure = graph, subject, figure
        self._parts = by_part(graph, subject)

    def distance(self, candidate: Candidate) -> int:
        """Return how far a count lies from what the printed figure allows."""
        low, high = self._figure.interval()
        return max(low - candidate.measured, candidate.measured - high, 0)

    def left_out(self) -> Iterator[Candidate]:
        """Yield the counts without one group of layers."""
        counts = ((name, by_part(self._graph, self._subject, name)) for name in LAYERS)
        return (self._candidate(f"without {name}", parts) for name, parts in counts if parts != self._parts)

    def varied(self, name: str, spec: Spec) -> Iterator[Candidate]:
        """Yield the counts of the variations that compile and count otherwise."""
        seen = [self._parts]
        for variation in variations(spec):
            try:
                parts = by_part(lower(load_spec(name, variation.settings)), self._subject)
            except SpecError:
                continue
            if parts not in seen:
                seen.append(parts)
                yield self._candidate(variation.words, parts)

    def _candidate(self, words: str, parts: dict[str, int]) -> Candidate:
        measured = sum(parts.values())
        differing = tuple((name, parts[name] - count) for name, count in self._parts.items() if parts[name] != count)
        return Candidate(words, measured, self._figure.is_measured(measured), differing)
