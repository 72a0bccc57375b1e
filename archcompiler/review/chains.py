"""What a spec is made of: its own file, its bases, its tables of names. Found without checking or resolving any."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from archcompiler.diagnostics import SpecError
from archcompiler.git.state import State
from archcompiler.limits import current as limits
from archcompiler.resolve.bases import base_path
from archcompiler.resolve.references import SUFFIXES, References, references
from archcompiler.syntax.files import as_typed


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a spec: its path, and what stands for its content; None where there is no such file."""

    path: str
    content: str | None


class Chains:
    """The chains of all specs of one state. Contents that were read in another state are known already."""

    def __init__(self, state: State, known: dict[str, References]) -> None:
        self.state = state
        self._known = known
        self._bases: dict[tuple[str, str], str] = {}
        self._contents: dict[str, str | None] = {}

    def specs(self) -> Iterator[str]:
        """Yield the path of every YAML file that is a spec: it has the key `archc`, and is no table of names."""
        for path in self.state.paths():
            if path.endswith(SUFFIXES) and self.references(path).is_spec:
                yield path

    def pieces(self, path: str) -> tuple[Piece, ...]:
        """Return the files that a spec is made of, its own first."""
        found: dict[str, Piece] = {}
        waiting = [path]
        while waiting and len(found) < 2 * limits().bases:  # a longer chain is a fault, which resolving reports
            current = waiting.pop(0)
            if current not in found:
                found[current] = Piece(current, self.content(current))
                waiting += self._named_by(current)
        return tuple(found.values())

    def references(self, path: str) -> References:
        """Return what a file says of itself; of one that cannot be read, that it is no spec."""
        content = self.content(path)
        if content is None:
            return References()
        if content not in self._known:
            self._known[content] = references(self.state.read(path))
        return self._known[content]

    def content(self, path: str) -> str | None:
        """Return what stands for a file's content; None where it cannot be read."""
        if path not in self._contents:
            try:
                self._contents[path] = self.state.content(path)
            except SpecError:
                self._contents[path] = None
        return self._contents[path]

    def _named_by(self, path: str) -> Iterator[str]:
        """Yield the files that a file names, also such as are not there."""
        folder = os.path.dirname(path)
        for name in self.references(path).files:
            if (folder, name) not in self._bases:
                self._bases[folder, name] = base_path(name, path, self.state) or as_typed(os.path.join(folder, name))
            yield self._bases[folder, name]
