"""Which values would fit in place of those that do not, with what each changes in parameters and MACs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from archcompiler.advise.change import scalar_at, suits, with_choice
from archcompiler.analyses.cost import total
from archcompiler.diagnostics import Choice, Diagnostic, SpecError
from archcompiler.graph.ir import Graph
from archcompiler.lower.network import lowered
from archcompiler.resolve import Spec, resolve_chain
from archcompiler.resolve.culprits import with_culprits
from archcompiler.span import Span
from archcompiler.tree import Mapping

MOST_BLOCKS = 1_000
"""Blocks, no two alike, that are compiled to price the choices of one spec: half a second; the others have no price."""

_ALIKE = 20  # blocks like one that is known take the time of one that is not

MOST_OF_A_FIELD = 2
_INPUT = "input.size"
_LARGEST_INPUT = 4096
_Key = tuple[str, Span]


def advised(error: SpecError) -> tuple[Diagnostic, ...]:
    """Return the faults of a spec, those of its shapes too where others were found before them, with what mends them.

    A choice says what it changes in the network as that is written, its numbers taken as they are; where other faults
    leave the network unknown, only that the choice fits.
    """
    if not isinstance(error.spec, Spec):
        return error.diagnostics
    try:
        graph, faults = lowered(error.spec)
    except SpecError as texts:
        return tuple(_in_order(list(dict.fromkeys((*error.diagnostics, *texts.diagnostics)))))
    whole = not any(found.code.startswith(("Y", "S")) for found in error.diagnostics)
    prices = _Prices(error.spec, graph, faults, whole=whole)
    found = list(dict.fromkeys((*error.diagnostics, *faults)))
    if len(found) > len(error.diagnostics):
        found = _in_order(found)
    shapes = set(faults)
    told = [prices.advised(each) if each in shapes else each for each in found]
    return tuple(with_culprits(told, error.spec.documents, _shape_faults))


def _shape_faults(documents: Sequence[Mapping]) -> Iterable[Diagnostic]:
    """Return what does not fit in the network of some documents, or what else is wrong with them."""
    try:
        return lowered(resolve_chain("", documents))[1]
    except SpecError as error:
        return error.diagnostics


def _in_order(found: list[Diagnostic]) -> list[Diagnostic]:
    """Return faults in the order of each text, files in the order in which they come first."""
    paths = {path: number for number, path in enumerate(dict.fromkeys(each.span.path for each in found))}
    return sorted(found, key=lambda each: (paths[each.span.path], each.span.line, each.span.column))


class _Prices:
    def __init__(self, spec: Spec, graph: Graph, faults: list[Diagnostic], *, whole: bool) -> None:
        self._spec = spec
        self._before = total(graph)
        self._faults = {_key(found) for found in faults}
        self._whole = whole
        self._left = MOST_BLOCKS

    def advised(self, found: Diagnostic) -> Diagnostic:
        """Return a fault with the choices that mend it."""
        kept: dict[str, list[Choice]] = {}
        for choice in (*found.choices, *self._input(found)):
            of_field = kept.setdefault(choice.field, [])
            if len(of_field) < MOST_OF_A_FIELD and (priced := self._priced(choice, found)):
                of_field.append(priced)
        ordered = (choice for of_field in kept.values() for choice in sorted(of_field, key=_size))
        return replace(found, choices=tuple(ordered))

    def _priced(self, choice: Choice, found: Diagnostic) -> Choice | None:
        """Return a choice with its price, without where no time is left; None where it does not mend the fault."""
        if not suits(self._spec, choice):
            return None
        if self._left <= 0:
            return choice
        graph, mends = self._try(choice, found)
        if not mends:
            return None
        after = total(graph)
        params, macs = after.params - self._before.params, after.macs - self._before.macs
        if not self._whole or (choice.field == _INPUT and macs <= 0):
            return choice  # the map behind a window that did not fit was a guess, and larger than what is left now
        return replace(choice, params=params, macs=macs)

    def _try(self, choice: Choice, found: Diagnostic) -> tuple[Graph, bool]:
        """Return the graph under a choice, and whether the fault is gone and no other has come."""
        graph, faults = lowered(with_choice(self._spec, choice))
        bodies = [id(call.body) for call in graph.calls]  # each was recorded, though some may be equal
        self._left -= len(set(bodies)) + len(bodies) // _ALIKE
        after = {_key(fault) for fault in faults}
        return graph, _key(found) not in after and after <= self._faults

    def _input(self, found: Diagnostic) -> Iterator[Choice]:
        """Yield the smallest input under which a window fits, by halving."""
        size = scalar_at(self._spec, "input", "size") if found.code == "G004" else None
        if size is None:
            return
        low, span = size
        high = 2 * low
        while not self._fits(high, found, span) and high <= _LARGEST_INPUT:
            high *= 2
        if high > _LARGEST_INPUT or self._left <= 0:
            return
        while high - low > 1 and self._left > 0:
            middle = (low + high) // 2
            low, high = (low, middle) if self._fits(middle, found, span) else (middle, high)
        yield Choice(_INPUT, high, span)

    def _fits(self, size: int, found: Diagnostic, span: Span) -> bool:
        return self._try(Choice(_INPUT, size, span), found)[1]


def _key(found: Diagnostic) -> _Key:
    return found.code, found.span


def _size(choice: Choice) -> float:
    return choice.value if isinstance(choice.value, (int, float)) else 0
