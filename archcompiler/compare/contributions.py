"""Which edits can stand alone: each made on the old spec by itself, or with the fewest others that make it legal.

Everything is tried on real graphs, and the work is bounded: the first MOST_ALONE edits are tried one by one, what is
left over is one group that says so, and an illegal edit for which MOST_TRIALS networks are not enough takes them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

MOST_ALONE = 48
MOST_TRIALS = 64

Group = frozenset[int]


@dataclass(frozen=True, slots=True)
class Grouped:
    """Edits that are made together; `alone` is false where edits were not tried one by one."""

    edits: Group
    alone: bool = True


def legal_groups(count: int, is_legal: Callable[[Group], bool]) -> list[Grouped]:
    """Return the edits 0 to count - 1 in groups that are legal, none of which can do without one of its edits.

    All of them together are legal: they make the new spec.
    """
    every = frozenset(range(count))
    tried, rest = every & frozenset(range(MOST_ALONE)), every - frozenset(range(MOST_ALONE))
    search = _Search(every, is_legal)
    groups = _Groups(tried)
    for edit in sorted(tried):
        if edit not in groups.joined:
            for partner in search.fewest(edit) & tried:
                groups.join(edit, partner)
    found = [Grouped(group) for group in groups.all()] + ([Grouped(rest, alone=False)] if rest else [])
    if all(is_legal(group.edits) for group in found):
        return found
    return [Grouped(every, alone=not rest)]


class _Search:
    def __init__(self, every: Group, is_legal: Callable[[Group], bool]) -> None:
        self._every = every
        self._is_legal = is_legal
        self._left = MOST_TRIALS

    def fewest(self, edit: int) -> Group:
        """Return a legal group with the edit from which no other can be left out, as far as the trials go."""
        if self._is_legal(frozenset({edit})):
            return frozenset({edit})
        kept = sorted(self._every - {edit}, key=lambda other: -abs(other - edit))  # the farthest go first
        size = max(1, len(kept) // 2)
        while size and self._left > 0:
            start = self._superfluous(edit, kept, size)
            kept = kept if start is None else kept[:start] + kept[start + size :]
            size //= 2 if start is None else 1
        return frozenset({edit, *kept})

    def _superfluous(self, edit: int, kept: list[int], size: int) -> int | None:
        """Return where as many edits can be left out; None where they cannot, or where the trials are used up."""
        for start in range(0, len(kept), size):
            self._left -= 1
            if self._left < 0:
                return None
            if self._is_legal(frozenset({edit, *kept[:start], *kept[start + size :]})):
                return start
        return None


class _Groups:
    def __init__(self, edits: Iterable[int]) -> None:
        self._group = {edit: frozenset({edit}) for edit in edits}
        self.joined: set[int] = set()

    def join(self, one: int, other: int) -> None:
        """Make one group of two."""
        joined = self._group[one] | self._group[other]
        self._group.update(dict.fromkeys(joined, joined))
        self.joined |= joined if len(joined) > 1 else set()

    def all(self) -> list[Group]:
        """Return every group, by its first edit."""
        return sorted(dict.fromkeys(self._group.values()), key=min)
