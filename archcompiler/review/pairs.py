"""Which spec of one state is which of another: the same path, else the same content, the same name, or most lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from archcompiler.review.chains import Chains, Piece

_LEAST_LIKENESS = 0.5
"""The share of lines from which on a file is held for a renamed one: git's own (gitdiffcore, -M50%)."""

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
    through = tuple(piece.path for piece in after[1:] if piece.content not in known)
    return Pair(pair.old, pair.new, through, before[0].content != after[0].content)


def _contents(pieces: Collection[Piece]) -> tuple[str | None, ...]:
    return tuple(piece.content for piece in pieces)


def _renames(old: Chains, new: Chains, gone: list[str], came: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the old and the new path of each spec that was renamed, the surest first."""
    for alike in (_same_content, _same_name, _similar):
        if alike is _similar and len(gone) * len(came) > _MOST_COMPARED:
            return
        for before in list(gone):
            matches = [after for after in came if alike(old, new, before, after)]
            if len(matches) == 1 or (matches and alike is not _same_name):
                gone.remove(before)
                came.remove(matches[0])
                yield before, matches[0]


def _same_content(old: Chains, new: Chains, before: str, after: str) -> bool:
    return old.content(before) == new.content(after)


def _same_name(old: Chains, new: Chains, before: str, after: str) -> bool:
    name = old.references(before).name
    return bool(name) and name == new.references(after).name


def _similar(old: Chains, new: Chains, before: str, after: str) -> bool:
    matcher = SequenceMatcher(None, _lines(old, before), _lines(new, after), autojunk=False)
    return matcher.quick_ratio() >= _LEAST_LIKENESS and float(matcher.ratio()) >= _LEAST_LIKENESS


def _lines(chains: Chains, path: str) -> list[bytes]:
    return chains.state.read(path).splitlines()
