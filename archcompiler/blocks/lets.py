"""The order in which the names of `let` are computed, each behind those that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class LetOrder:
    """An iterator over names in order; those in a circle are in none, and what needs them comes as if they were known.

    `circles` are told when all is iterated, and the `last` name with how many names it needs, one behind the other.
    """

    def __init__(self, needs: Mapping[str, set[str]]) -> None:
        self.circles: list[list[str]] = []
        self.deepest, self.last = 0, ""
        self._left = {name: set(others) for name, others in needs.items()}
        self._needed_by: dict[str, list[str]] = {}
        for name, others in needs.items():
            for other in others:
                self._needed_by.setdefault(other, []).append(name)

    def __iter__(self) -> Iterator[str]:
        level = [name for name, others in self._left.items() if not others]
        depth = 0
        while self._left:
            if not level:
                level = self._without_a_circle()
            elif depth > self.deepest:
                self.deepest, self.last = depth, level[-1]
            yield from (name for name in level if name in self._left)
            level = self._released(level)
            depth += 1

    def _released(self, names: list[str]) -> list[str]:
        """Return the names that need nothing more where some are known."""
        for name in names:
            self._left.pop(name, None)
        free: dict[str, None] = {}
        for name in names:
            for other in self._needed_by.get(name, ()):
                needs = self._left.get(other)
                if needs is not None:
                    needs.discard(name)
                    free |= {other: None} if not needs else {}
        return list(free)

    def _without_a_circle(self) -> list[str]:
        """Note a circle, and return the names that are free without it; each name that is left needs another."""
        way = [next(iter(self._left))]
        places = {way[0]: 0}
        while (following := min(self._left[way[-1]])) not in places:
            places[following] = len(way)
            way.append(following)
        circle = way[places[following] :]
        self.circles.append(circle)
        return self._released(circle)
