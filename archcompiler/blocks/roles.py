"""Roles that two layers of a document would have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from archcompiler.blocks.document import words_at
from archcompiler.blocks.kinds import KINDS
from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.schema.canonical import step_kind
from archcompiler.schema.language import GROUPS
from archcompiler.span import Span
from archcompiler.tree import Mapping, Node, Scalar, Sequence, plain

Way = tuple[tuple[int, str], ...]
"""The branches in which a step stands, outermost first: which `if`, and which branch of it."""


@dataclass(frozen=True)
class _Role:
    """What a step is called, where it says so, on which way, and whether each turn of a repeat calls another alike."""

    name: str
    span: Span
    way: Way
    repeats: bool


def role_faults(steps: Node) -> Iterator[Diagnostic]:
    """Yield each role that a step before has, on the same way through the document, or that a turn before has."""
    counts: Counter[str] = Counter()
    seen: dict[tuple[str, Way], _Role] = {}
    begun: dict[tuple[str, Way], _Role] = {}
    for role in _roles(steps, (), counts, repeats=False):
        ways = [role.way[:length] for length in range(len(role.way) + 1)]
        on_its_way = (seen.get((role.name, way)) for way in ways)
        if other := next(filter(None, on_its_way), begun.get((role.name, role.way))):
            labels = (Label(other.span, "it is given here"),)
            yield Diagnostic("B011", f"{role.name} is given twice", role.span, "give each its own", labels)
        elif role.repeats:
            message = f"{role.name} would be given again by each turn"
            yield Diagnostic("B011", message, role.span, "leave the role out, and the layers are counted")
        seen.setdefault((role.name, role.way), role)
        for way in ways:
            begun.setdefault((role.name, way), role)
    for word, count in counts.items():
        for number in range(1, count + 1):
            if role_of_it := begun.get((f"the role `{word}{number}`", ())):
                message = f"{role_of_it.name} is that of layer {number} of {count} that say none and are counted"
                yield Diagnostic("B011", message, role_of_it.span, "give it another, or all of them one")


def _roles(steps: Node | None, way: Way, counts: Counter[str], *, repeats: bool) -> Iterator[_Role]:
    """Yield the roles of steps in order, and count the layers that say none."""
    for step in steps.items if isinstance(steps, Sequence) else ():
        kind = step_kind(step)
        if not kind or not isinstance(step, Mapping):
            continue
        said = step.get("role")
        if isinstance(said, Scalar):
            alone = (*way, (id(step), "")) if kind == "anti_alias" else way  # which is no layer at stride 1
            numbered = kind == "block"  # by the turns
            yield _Role(f"the role `{said.value}`", said.span, alone, repeats and not numbered)
        elif kind in KINDS and KINDS[kind].word:
            counts[KINDS[kind].word] += 1
        if kind == "shortcut":
            yield _Role("the shortcut", step.entries[kind].value.span, way, repeats)
        for place in words_at(step, "at") if kind == "attention" else ():
            yield _Role(f"the attention after `{place}`", step.entries[kind].value.span, way, repeats)
        for key in GROUPS:
            below = way if kind == "repeat" else (*way, (id(step), key))
            again = repeats or (kind == "repeat" and plain(step.entries["repeat"].value) != 1)
            yield from _roles(step.get(key), below, counts, repeats=again)
