"""Everything that is said of a change between two states of a repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from archcompiler.compare.hashes import checkpoint_hash
from archcompiler.compare.reading import Reading
from archcompiler.compare.rules import Impact
from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.git.repository import Repository
from archcompiler.git.state import State
from archcompiler.lower.network import lower
from archcompiler.resolve import load_spec
from archcompiler.review.changes import Reviewed
from archcompiler.review.ledger import LEDGER, accepted, open_impact, read_ledger, stale


@dataclass(frozen=True, slots=True)
class Report:
    """The names of both states, what becomes of each spec, what is accepted of it, and what is wrong with the ledger.

    `least` is the impact from which on the change fails. `accepted` has, for the path of a spec, the rules that are
    accepted and why; `root` is where the paths of the ledger begin.
    """

    old: str
    new: str
    least: Impact
    root: str
    reviews: tuple[Reviewed, ...]
    accepted: Mapping[str, Mapping[str, str]]
    stale: tuple[Diagnostic, ...]

    def impact_of(self, each: Reviewed) -> Impact:
        """Return a spec's place on the ladder, less what is accepted."""
        return open_impact(each, self.accepted.get(each.pair.path, {}))

    def open_rules(self, each: Reviewed) -> list[str]:
        """Return the rules for which the change of a spec's own file fails."""
        if each.diff is None or not each.pair.edited:
            return []
        rules = self.accepted.get(each.pair.path, {})
        return [found.rule for found in each.diff.findings if found.rule not in rules and found.impact >= self.least]

    @property
    def fails(self) -> bool:
        """Tell whether the change does what must not be, or leaves something faulty."""
        return bool(self.faults) or self.impact >= self.least

    @property
    def told(self) -> tuple[Reviewed, ...]:
        """The specs that differ in effect, the worst impact first."""
        return tuple(sorted((each for each in self.reviews if each.matters), key=self.impact_of, reverse=True))

    @property
    def impact(self) -> Impact:
        """The worst place on the ladder, less what is accepted."""
        return max(map(self.impact_of, self.reviews), default=Impact.COSMETIC)

    @property
    def faults(self) -> tuple[Diagnostic, ...]:
        """The faults of the new state: specs that are not sound, and stale entries of the ledger."""
        found = (fault for each in self.reviews for fault in each.faults)
        return tuple(dict.fromkeys([*found, *self.stale]))


def make_report(
    names: tuple[str, str], new: State, reviews: tuple[Reviewed, ...], repository: Repository, least: Impact
) -> Report:
    """Return the report of some reviews, held against the ledger of the new state; SpecError where that is faulty."""
    path = repository.place(LEDGER)
    entries = read_ledger(new.read(path), new.shown(path)) if new.is_file(path) else ()
    placed = tuple(replace(entry, spec=repository.place(os.path.normpath(entry.spec))) for entry in entries)
    known = {each.pair.path: each.diff.new.checkpoint_hash for each in reviews if each.diff}
    return Report(
        *names,
        least,
        repository.root,
        reviews,
        accepted(placed, reviews),
        tuple(stale(placed, lambda spec: known.get(spec) or _hash(spec, new))),
    )


def _hash(spec: str, state: State) -> str | None:
    """Return the hash of a spec that no change reached; None where there is no sound one."""
    try:
        return checkpoint_hash(Reading(lower(load_spec(spec, files=state))))
    except SpecError:
        return None
