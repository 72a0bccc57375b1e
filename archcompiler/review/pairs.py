"""Which spec of one state is which of another: the same path, else the same content, the same name, or most lines.

Only lines of its own tell that a file is the same one elsewhere: not what heads every spec, nor what others say too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Set
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial

from archcompiler.review.chains import Chains, Piece
from archcompiler.shipped import shipped_name

_LEAST_LIKENESS = 0.5
"""The share of lines from which on a file is held for a renamed one: git's own (gitdiffcore, -M50%)."""

_LEAST_LIKENESS_OF_ITS_OWN = 0.75
"""The same of the lines that no other spec has: those of one family are alike by what all of it says."""

_HEADING = re.compile(rb"\s*(#|$)|(archc|name|description|extends):")
"""A line that says nothing of the network by itself."""

_MOST_COMPARED = 1000
"""The number of pairs above which lines are not compared: it takes a millisecond for each."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A spec before and after, None where it is not; which bases and tables of it differ, and whether its own file."""

    old: str | None
    new: str | None
    through: tuple[str, ...] = ()
    edited: bool = True

    @property
    def path(self) -> str:
        """The path of the spec, the new one where there is one."""
        return self.new or self.old or ""


def changed_pairs(old: Chains, new: Chains, wanted: Callable[[Pair], bool]) -> list[Pair]:
    """Return every wanted spec that is not made of the same texts in both states, by its path."""
    after, before = list(new.specs()), list(old.specs())  # the new state first: what it has read need not be read again
    gone, came = set(before) - set(after), set(after) - set(before)
    renamed = dict(_renames(old, new, sorted(gone), sorted(came)))
    pairs = [Pair(path, path) for path in set(before) & set(after)]
    pairs += [Pair(path, renamed.get(path)) for path in gone]
    pairs += [Pair(None, path) for path in came - set(renamed.values())]
    made = (_with_causes(pair, old, new) for pair in sorted(pairs, key=lambda pair: pair.path) if wanted(pair))
    return [pair for pair in made if pair is not None]


def _with_causes(pair: Pair, old: Chains, new: Chains) -> Pair | None:
    """Return a pair with the bases and tables that differ; None where all texts of it are the same."""
    if pair.old is None or pair.new is None:
        return pair
    before, after = old.pieces(pair.old), new.pieces(pair.new)
    if pair.old == pair.new and _contents(before) == _contents(after):
        return None
    known = _contents(before)
    changed = (piece.path for piece in after[1:] if piece.content not in known)
    through = tuple(path for path in changed if shipped_name(path) is None)  # those are installed, and none is changed
    return Pair(pair.old, pair.new, through, before[0].content != after[0].content)


def _contents(pieces: Collection[Piece]) -> tuple[str | None, ...]:
    return tuple(piece.content for piece in pieces)


def _renames(old: Chains, new: Chains, gone: list[str], came: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the old and the new path of each spec that was renamed, the surest first."""
    yield from _matched(gone, came, partial(_same_content, old, new))
    yield from _matched(gone, came, partial(_same_name, old, new), must_be_alone=True)
    if 0 < len(gone) * len(came) <= _MOST_COMPARED:
        others = {line for path in new.specs() if path not in came for line in _lines(new, path)}
        yield from _matched(gone, came, partial(_similar, old, new, others))


def _matched(
    gone: list[str], came: list[str], alike: Callable[[str, str], bool], *, must_be_alone: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield which path is which, and take both from what went and what came."""
    for before in list(gone):
        matches = [after for after in came if alike(before, after)]
        if len(matches) == 1 or (matches and not must_be_alone):
            gone.remove(before)
            came.remove(matches[0])
            yield before, matches[0]


def _same_content(old: Chains, new: Chains, before: str, after: str) -> bool:
    return old.content(before) == new.content(after)


def _same_name(old: Chains, new: Chains, before: str, after: str) -> bool:
    name = old.references(before).name
    return bool(name) and name == new.references(after).name


def _similar(old: Chains, new: Chains, others: Set[bytes], before: str, after: str) -> bool:
    """Tell whether two files have most of their lines in common, and most of those that are in none of the others."""
    one, other = _lines(old, before), _lines(new, after)
    if not _alike(one, other, _LEAST_LIKENESS):
        return False
    one, other = ([line for line in lines if line not in others and not _HEADING.match(line)] for lines in (one, other))
    return _alike(one, other, _LEAST_LIKENESS_OF_ITS_OWN)


def _alike(one: list[bytes], other: list[bytes], least: float) -> bool:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return bool(one and other) and matcher.quick_ratio() >= least and float(matcher.ratio()) >= least


def _lines(chains: Chains, path: str) -> list[bytes]:
    return chains.state.read(path).splitlines()
