"""The edits as steps from the old network to the new one: what each adds, so that all of them sum to the whole.

Edits are made in the order of the document, each on the network that the edit before left. An edit that is not legal
yet waits for those that it needs, and is one step with them. So it goes until the networks on the way have MOST_LAYERS
layers in all; the edits that are left are one last step. No edit takes more than two networks, so the work is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from archcompiler.analyses.cost import Cost, Row
from archcompiler.compare.edits import DirectEdit
from archcompiler.compare.facts import compare
from archcompiler.compare.leaves import mixed
from archcompiler.compare.model import Contribution, Effect
from archcompiler.compare.reading import Reading
from archcompiler.compare.steps import by_role, in_order
from archcompiler.diagnostics import SpecError
from archcompiler.lower.network import lower
from archcompiler.resolve import Spec, resolve_document

MOST_LAYERS = 10_000

Group = frozenset[int]


def contributions(
    specs: tuple[Spec, Spec], readings: tuple[Reading, Reading], edits: Sequence[DirectEdit]
) -> Iterator[Contribution]:
    """Yield what each step adds to the network that the steps before it made of the old one."""
    networks = _Networks(specs, readings, edits)
    done, before = Group(), readings[0]
    single = MOST_LAYERS // max(len(reading.normal.nodes) for reading in readings)
    for step in legal_steps(len(edits), single, lambda made: networks.reading(made) is not None):
        done |= step
        after = networks.reading(done)
        if after:
            yield _contribution(step, before, after, set().union(*(edits[edit].parts for edit in step)))
            before = after


def legal_steps(count: int, single: int, is_legal: Callable[[Group], bool]) -> Iterator[Group]:
    """Yield the edits 0 to count - 1 in steps, behind each of which all edits so far are legal together.

    All of them together are legal: they make the new spec. Edits from `single` on are not tried.
    """
    done, waiting = Group(), Group()
    for edit in range(min(count, single)):
        step = Group((edit,))
        if is_legal(done | step):
            yield step
            done |= step
        else:
            waiting |= step
        if waiting and is_legal(done | waiting):
            yield waiting
            done, waiting = done | waiting, Group()
    if len(done) < count:
        yield Group(range(count)) - done


class _Networks:
    """What sets of edits make of the old network, each compiled once."""

    def __init__(
        self, specs: tuple[Spec, Spec], readings: tuple[Reading, Reading], edits: Sequence[DirectEdit]
    ) -> None:
        self._old = specs[0]
        self._documents = by_role(specs[0].document), by_role(specs[1].document)
        self._edits = edits
        self._known: dict[Group, Reading | None] = {Group(range(len(edits))): readings[1]}

    def reading(self, edits: Group) -> Reading | None:
        """Return the network that some edits make of the old one; None where it is not legal."""
        if edits not in self._known:
            chosen = {leaf.path for edit in edits for leaf in self._edits[edit].leaves}
            document = in_order(mixed(*self._documents, chosen))
            try:
                self._known[edits] = Reading(lower(resolve_document(self._old.path, document)))
            except SpecError:
                self._known[edits] = None
        return self._known[edits]


def _contribution(step: Group, before: Reading, after: Reading, parts: set[str]) -> Contribution:
    return Contribution(
        changes=tuple(sorted(step)),
        facts=compare(before, after, {key: key for key in before.rows}).facts,
        delta=after.cost - before.cost,
        receptive_field=after.receptive_field - before.receptive_field,
        effects=tuple(_effects(before, after, parts)),
    )


def _effects(old: Reading, new: Reading, spoken_of: set[str]) -> Iterator[Effect]:
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
