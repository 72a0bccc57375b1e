"""What the names of a document stand for at one place of it, and which of them are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from keyword import iskeyword

from archcompiler.blocks.document import CONTEXT
from archcompiler.blocks.expression import CONSTANTS
from archcompiler.blocks.typecheck import Place, near
from archcompiler.blocks.types import MAP, NUMBER, Type
from archcompiler.schema.own_blocks import is_shared_field

ARRIVING = {"x": MAP, "in_channels": NUMBER}
"""What every document can read."""
_GRAMMAR = frozenset(("if", "else", "and", "or", "not", *CONSTANTS))


@dataclass(frozen=True)
class Bound:
    """What a step has given a name; where it is not `certain`, the step may not have run."""

    type: Type
    certain: bool = True


@dataclass(eq=False)
class Scope:
    """The names at one place of a document, which changes them as it is walked.

    `given` is what is there without a word: what arrives, the place of the block, what is around a policy; `reach` says
    of a field that a spec may leave out which names let it be read nevertheless.
    """

    given: Mapping[str, Type]
    fields: Mapping[str, Type | None]
    absent: Mapping[str, str]
    lets: dict[str, Type | None] = field(default_factory=dict)
    values: dict[str, Bound] = field(default_factory=lambda: {"x": Bound(MAP)})
    later: frozenset[str] = frozenset()
    narrowed: dict[str, Type] = field(default_factory=dict)
    reads: set[str] = field(default_factory=set)
    declares: bool = True
    """Whether the document can have fields."""
    within: str = ""
    """The name whose `let` is read, if one is."""

    _before: dict[str, Bound | None] = field(default_factory=dict)
    """What the names stood for that the branch has changed in which the walk is."""

    def find(self, name: str, place: Place) -> Type | None:
        """Return what a name may be, None where that is not known; KeyError where there is no such name."""
        if name in self.values and not self.within:
            self.reads.add(name)
            if not self.values[name].certain:
                place.report("B007", f"`{name}` has no value here where its step does not run", _NAMED_IN_BOTH)
            return self.values[name].type
        for known in (self.narrowed, self.fields, self.lets, self.given):
            if name in known:
                self.reads.add(name)
                self._check_present(name, place)
                return known[name]
        raise KeyError(name)

    def known(self) -> list[str]:
        """Return every name that can be read here."""
        return sorted({*self.fields, *self.lets, *self.given, *(() if self.within else self.values)})

    def unknown(self, name: str, place: Place, words: Iterable[str] = ()) -> None:
        """Report that there is no such name, and none of the words that could stand at its place."""
        help = near(name, [*self.known(), *words]) if place.is_helped else None
        if name in self.later or name in self.values:
            self.reads.add(name)
            why, mend = _IN_LET if self.within else _BEFORE_ITS_STEP
            place.report("B007", f"`{name}` has no value {why}", mend)
        elif self.declares and is_shared_field(name):
            declared = f"declare it, as in `fields: {{{name}: {{}}}}`"
            mend = f"{declared}; or {help}" if help else declared
            place.report("B003", f"`{name}` is read, and is no field of this document", mend)
        else:
            place.report("B002", f"there is no `{name}` here", help)

    @contextmanager
    def narrow(self, found: dict[str, Type]) -> Iterator[None]:
        """Let names be what a condition leaves of them."""
        before, self.narrowed = self.narrowed, {**self.narrowed, **found}
        try:
            yield
        finally:
            self.narrowed = before

    def bind(self, name: str, bound: Bound) -> None:
        """Give a name to what a step made."""
        self._before.setdefault(name, self.values.get(name))
        self.values[name] = bound

    @contextmanager
    def branch(self) -> Iterator[dict[str, Bound]]:
        """Undo what the steps of a branch name; behind the `with`, what is yielded holds what they did name."""
        around, self._before = self._before, {}
        named: dict[str, Bound] = {}
        yield named
        for name, before in self._before.items():
            named[name] = self.values.pop(name)
            if before is not None:
                self.values[name] = before
        self._before = around

    def merge(self, *branches: Mapping[str, Bound]) -> None:
        """Name what branches have named of which one runs: what one alone names may have no value."""
        for name in dict.fromkeys(name for named in branches for name in named):
            each = [named.get(name) or self.values.get(name) for named in branches]
            known = [bound for bound in each if bound]
            certain = len(known) == len(each) and all(bound.certain for bound in known)
            self.bind(name, replace(known[0], certain=certain))

    def taken(self, name: str) -> str | None:
        """Return what has a name already that a step is to give; None where nothing has."""
        if name in self.fields:
            return "a field of this document"
        if name in self.lets:
            return "named by `let`"
        return reserved(name)

    def has(self, name: str) -> bool:
        """Tell whether a name stands for something already."""
        return any(name in known for known in (self.values, self.fields, self.lets, self.given))

    def _check_present(self, name: str, place: Place) -> None:
        """Report a field that a spec may leave out, where nothing says what it is then."""
        if name in self.absent and name not in self.lets and self.within not in self.absent[name].split():
            alternatives = self.absent[name]
            why = f"where a spec says `{alternatives}` instead" if alternatives else "where a spec leaves it out"
            help = f"say by `let` what it is then, as in `let: {{{name}: ...}}`"
            place.report("B007", f"`{name}` has no value {why}", help)


_IN_LET = ("in `let`, which reads fields and what arrives", "say it in the step that needs it")
_BEFORE_ITS_STEP = ("here: no step before this one gives it", "a step can read what steps before it name")
_NAMED_IN_BOTH = "name a map in both branches, or read it in the branch that names it"


def reserved(name: str) -> str | None:
    """Return what a name stands for in every document; None where it is free."""
    if name in ARRIVING or name in CONTEXT or name == "branch":
        return "what arrives, or where the block stands"
    if iskeyword(name) or name in _GRAMMAR:
        return "a word of Python, in which the block is emitted"
    return None
