"""Edits made on the old spec, as graphs: what each costs and does by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcompiler.analyses.cost import Cost, Row
from archcompiler.compare.contributions import Group, legal_groups
from archcompiler.compare.edits import DirectEdit
from archcompiler.compare.facts import Compared, compare
from archcompiler.compare.leaves import mixed
from archcompiler.compare.model import Contribution, Effect
from archcompiler.compare.reading import Reading
from archcompiler.diagnostics import SpecError
from archcompiler.lower.network import lower
from archcompiler.resolve import Spec, resolve_document


class Trials:
    """Every subset of the edits between two specs, compiled once where it is asked for; the old one is `base`."""

    def __init__(self, base: Spec, new: Spec, edits: Sequence[DirectEdit], readings: tuple[Reading, Reading]) -> None:
        self._base = base
        self._new = new
        self._edits = edits
        self._differing = {leaf.path for edit in edits for leaf in edit.leaves}
        self._known: dict[Group, Reading | None] = {frozenset(): readings[0], frozenset(range(len(edits))): readings[1]}

    def contributions(self) -> Iterator[Contribution]:
        """Yield what the edits do, in the smallest groups that are legal."""
        base = self._known[frozenset()]
        for group in legal_groups(len(self._edits), lambda edits: self._made(edits) is not None):
            made = self._made(group.edits)
            if base and made:
                yield self._contribution(group.edits, base, made, alone=group.alone)

    def _contribution(self, edits: Group, base: Reading, made: Reading, *, alone: bool) -> Contribution:
        compared: Compared = compare(base, made, {key: key for key in base.rows})
        parts = set().union(*(self._edits[edit].parts for edit in edits))
        return Contribution(
            changes=tuple(sorted(edits)),
            facts=compared.facts,
            delta=made.cost - base.cost,
            receptive_field=made.receptive_field - base.receptive_field,
            effects=tuple(effects(base, made, parts)),
            alone=alone,
        )

    def _made(self, edits: Group) -> Reading | None:
        """Return the network that some edits make of the old one; None where it is not legal."""
        if edits not in self._known:
            chosen = {leaf.path for edit in edits for leaf in self._edits[edit].leaves}
            document = mixed(self._base.document, self._new.document, self._differing, chosen)
            try:
                self._known[edits] = Reading(lower(resolve_document(self._base.path, document, self._new.language)))
            except SpecError:
                self._known[edits] = None
        return self._known[edits]


def effects(old: Reading, new: Reading, spoken_of: set[str]) -> Iterator[Effect]:
    """Yield what becomes of each part that costs, takes or gives something else."""
    for key in dict.fromkeys([*old.rows, *new.rows]):
        before, after = old.rows.get(key), new.rows.get(key)
        effect = Effect(
            part=key[1],
            direct=key[1] in spoken_of,
            arrives=(old.arrivals.get(key), new.arrivals.get(key)),
            leaves=(before.output if before else None, after.output if after else None),
            delta=_cost(after) - _cost(before),
        )
        if effect.delta != Cost() or effect.arrives[0] != effect.arrives[1] or effect.leaves[0] != effect.leaves[1]:
            yield effect


def _cost(row: Row | None) -> Cost:
    return row.cost if row else Cost()
