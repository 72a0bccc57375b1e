"""How large a text and a network may be, and from where files may come: far beyond what anybody publishes.

The limits of the code that runs are those of the innermost `within`, of each thread its own, as `decimal`'s context.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

DEEPEST = 200
"""What may be allowed of nesting: readers call themselves for each level, and Python's own stack is limited."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Each number is the largest that is allowed.

    bytes: of one file. nesting: levels, aliases followed; and names of one module path. values: keys and values of
    one file, aliases expanded; a string counts once more for each 64 characters; and how often the overrides of one
    stage select blocks, and what blocks that extend others have in all. bases: files, or blocks, of one chain of
    `extends`. stages, blocks, nodes (ops) and params: of one network. channels: of any map in it. steps: that one
    block runs, every turn of a repeat counted. roots: the folders that files may lie in, beside what is shipped; any,
    where there are none.
    """

    bytes: int = 1 << 20
    nesting: int = 100
    values: int = 100_000
    bases: int = 64
    stages: int = 1_000
    blocks: int = 20_000
    channels: int = 1_000_000
    nodes: int = 1_000_000
    steps: int = 10_000
    params: int = 10**13
    roots: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.nesting > DEEPEST:
            raise ValueError(f"nesting can be {DEEPEST} at most")


NUMBERS = tuple(name for name in Limits.__dataclass_fields__ if name != "roots")
"""The names of the limits that are numbers."""

_DEFAULTS = Limits()
_CURRENT: ContextVar[Limits] = ContextVar("limits", default=_DEFAULTS)


def current() -> Limits:
    """Return the limits that hold here."""
    return _CURRENT.get()


@contextmanager
def within(limits: Limits | None) -> Iterator[None]:
    """Let other limits hold for the code of the `with`; None changes nothing."""
    token = _CURRENT.set(limits or current())
    try:
        yield
    finally:
        _CURRENT.reset(token)


def mend(name: str) -> str:
    """Return how a limit is moved, in words."""
    return f"`--limit {name}=N` moves the limit, and so does `Limits({name}=N)` in Python"
