"""Roles that two layers of a document would have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from archcompiler.blocks.document import words_at
from archcompiler.blocks.kinds import KINDS
from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.schema.canonical import step_kind
from archcompiler.schema.language import GROUPS
from archcompiler.span import Span
from archcompiler.tree import Mapping, Node, Scalar, Sequence

Way = tuple[tuple[tuple[int, ...], str], ...]
"""The branches in which a step stands, outermost first: which `if`, of which block inside, and which branch of it."""
_IN_A_REPEAT = "let it stand outside of the repeat, or in a block inside that has a `role`"
_OWN = "give each its own; a block inside that says roles needs a `role` too"


@dataclass(frozen=True)
class _Role:
    """What a step is called, in words, where it says so, on which way, and which word its turns number, if they do."""

    name: str
    span: Span
    way: Way
    repeats: bool = False
    numbered: str = ""


@dataclass
class _Walk:
    """A walk over the steps of a document, which counts the layers that say no role.

    `inside` are the steps that run the blocks inside that it has entered; `span` is where these stand.
    """

    steps_of: Callable[[str], Node | None]
    counts: Counter[str] = field(default_factory=Counter)
    inside: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    span: Span | None = None

    def roles(self, steps: Node | None, way: Way, *, repeats: bool) -> Iterator[_Role]:
        """Yield the roles of steps in order, those of blocks inside that have none included."""
        for step in steps.items if isinstance(steps, Sequence) else ():
            kind = step_kind(step)
            if not kind or not isinstance(step, Mapping):
                continue
            said = step.get("role")
            if isinstance(said, Scalar):
                yield self._said(kind, step, said, way, repeats=repeats)
            elif kind in KINDS and KINDS[kind].word:
                self.counts[KINDS[kind].word] += 1
            elif kind == "block":
                yield from self._block(step, way, repeats=repeats)
            if not self.inside:  # which kind a block inside has of them, the spec says
                yield from self._unnamed(kind, step, way, repeats=repeats)
            for key in GROUPS:
                below = way if kind == "repeat" else (*way, ((*self.inside, id(step)), key))
                yield from self.roles(step.get(key), below, repeats=repeats or kind == "repeat")

    def _said(self, kind: str, step: Mapping, said: Scalar, way: Way, *, repeats: bool) -> _Role:
        alone = (*way, ((*self.inside, id(step)), "")) if kind == "anti_alias" else way  # no layer at stride 1
        return _Role(f"the role `{said.value}`", self.span or said.span, alone, numbered=f"{said.value}" * repeats)

    def _unnamed(self, kind: str, step: Mapping, way: Way, *, repeats: bool) -> Iterator[_Role]:
        """Yield what a step is called that can say no role."""
        span = step.entries[kind].value.span
        if kind == "shortcut":
            yield _Role("the shortcut", span, way, repeats)
        for place in words_at(step, "at") if kind == "attention" else ():
            yield _Role(f"the attention after `{place}`", span, way, repeats)

    def _block(self, step: Mapping, way: Way, *, repeats: bool) -> Iterator[_Role]:
        name = "".join(words_at(step, "block"))
        if name not in self.names:  # one that stands inside itself is another fault
            span = self.span or step.entries["block"].value.span
            inner = _Walk(self.steps_of, self.counts, (*self.inside, id(step)), (*self.names, name), span)
            yield from inner.roles(self.steps_of(name), way, repeats=repeats)


def role_faults(steps: Node, steps_of: Callable[[str], Node | None]) -> list[Diagnostic]:
    """Return each role that a step before has on the same way through the document, or that a turn before has.

    `steps_of` finds the steps of a block inside by its name. There is one fault for each place.
    """
    found = [*_faults(steps, _Walk(steps_of))]
    return list({fault.span: fault for fault in reversed(found)}.values())[::-1]


def _faults(steps: Node, walk: _Walk) -> Iterator[Diagnostic]:
    seen: dict[tuple[str, Way], _Role] = {}
    begun: dict[tuple[str, Way], _Role] = {}
    numbered: list[_Role] = []
    for role in walk.roles(steps, (), repeats=False):
        ways = [role.way[:length] for length in range(len(role.way) + 1)]
        on_its_way = (seen.get((role.name, way)) for way in ways)
        if other := next(filter(None, on_its_way), begun.get((role.name, role.way))):
            labels = (Label(other.span, "it is given here"),)
            help = _OWN if "role" in role.name else "let one of them stand in a block inside that has a `role`"
            yield Diagnostic("B011", f"{role.name} is given twice", role.span, help, labels)
        elif role.repeats:
            yield Diagnostic("B011", f"{role.name} would be given again by each turn", role.span, _IN_A_REPEAT)
        numbered += [role] if role.numbered else []
        seen.setdefault((role.name, role.way), role)
        for way in ways:
            begun.setdefault((role.name, way), role)
    yield from _counted_too(walk.counts, begun)
    yield from _numbered_too(numbered, walk.counts, begun)


def _counted_too(counts: Counter[str], begun: dict[tuple[str, Way], _Role]) -> Iterator[Diagnostic]:
    """Yield the roles that layers have which say none."""
    for word, count in counts.items():
        for number in range(1, count + 1):
            if role := begun.get((f"the role `{word}{number}`", ())):
                message = f"{role.name} is that of layer {number} of {count} that say none and are counted"
                yield Diagnostic("B011", message, role.span, "give it another, or all of them one")


def _numbered_too(
    numbered: list[_Role], counts: Counter[str], begun: dict[tuple[str, Way], _Role]
) -> Iterator[Diagnostic]:
    """Yield the roles in a repeat that are those of others once they have the numbers of their turns."""
    said = {name.split("`")[1] for name, _ in begun if "role" in name}
    for role in numbered:
        others = [name for name in said if _is_numbered(name, role.numbered)]
        others += [f"{role.numbered}1"] if counts[role.numbered] else []
        if others:
            message = f"{role.name} is numbered by the turns of its repeat, and `{min(others)}` is another layer"
            yield Diagnostic("B011", message, role.span, "give it another")


def _is_numbered(name: str, word: str) -> bool:
    """Tell whether a role is a word with the numbers of turns behind it."""
    return name.startswith(word) and name.removeprefix(word).replace("_", "").isdigit()


_UNKNOWN = 10**9
"""More layers than a document has steps: a count that its text does not tell."""
_MANY = " ..."
"""What stands behind a role where there are several."""


def roles_of(steps: Node | None) -> dict[int, str]:
    """Return what tables of names call the layers of a document, by the line of their step.

    Behind a layer in a repeat, or a block inside without a role, the numbers of what is counted are those of a spec.
    """
    found: dict[int, str] = {}
    _note_roles(steps, Counter(), found, repeats=False)
    return found


def _note_roles(steps: Node | None, counts: Counter[str], found: dict[int, str], *, repeats: bool) -> None:
    for step in steps.items if isinstance(steps, Sequence) else ():
        kind = step_kind(step)
        if kind and isinstance(step, Mapping):
            if role := _told(kind, step, counts, repeats=repeats):
                line = step.entries[kind].key_span.line
                found[line] = f"{found[line]}, {role}" if line in found else role
            for key in GROUPS:
                _note_roles(step.get(key), counts, found, repeats=repeats or kind == "repeat")


def _told(kind: str, step: Mapping, counts: Counter[str], *, repeats: bool) -> str:
    """Return the role of a step in words, and count it; an infinite count is one that the text does not tell."""
    if said := "".join(words_at(step, "role")):
        return f"{said}1{_MANY}" if repeats else said
    if kind == "block":
        counts.update(dict.fromkeys((each.word for each in KINDS.values() if each.word), _UNKNOWN))
    if kind in ("shortcut", "attention"):
        return f"{kind}.*"
    word = KINDS[kind].word if kind in KINDS else ""
    if not word:
        return ""
    known = counts[word] < _UNKNOWN
    counts[word] += _UNKNOWN if repeats else 1
    return f"{word}{counts[word] % _UNKNOWN + repeats if known else ''}{_MANY * (repeats or not known)}"
