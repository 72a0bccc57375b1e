"""Change the steps of a block by their roles: what a block says that extends another, or that a spec inherits.

A step is called by its role, as tables of names call its layer; one that is no layer by its kind and number, as `add1`.
Steps that stay keep their roles: where others would come to stand in front of them, or leave, they say them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from archcompiler.diagnostics import MOST_SHOWN, Diagnostic, Label
from archcompiler.resolve.merge import merge
from archcompiler.schema.canonical import step_kind
from archcompiler.schema.language import GROUPS, language
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Entry, Mapping, Node, Scalar, Sequence

_PLACES = ("after", "before")


@dataclass(eq=False)
class _Step:
    """One step while a block is changed: what stands in its groups, and the new steps in front and behind.

    `number` is its role in the base where it says none, `holder` the step in whose group it stands.
    """

    node: Node
    holder: _Step | None = None
    number: str = ""
    groups: dict[str, list[_Step]] = field(default_factory=dict)
    front: list[_Step] = field(default_factory=list)
    behind: list[_Step] = field(default_factory=list)
    is_gone: bool = False

    @property
    def word(self) -> str:
        """What its role begins with where it is counted; empty where it is no layer, or says its role."""
        return language().step_words.get(step_kind(self.node) or "", "") if not _role(self.node) else ""

    def is_there(self) -> bool:
        """Tell whether neither it nor what holds it is removed."""
        return not self.is_gone and (self.holder is None or self.holder.is_there())


def edited_steps(base: Sequence, edits: Mapping, faults: list[Diagnostic]) -> Sequence:
    """Return the steps of a block as changes of them, by role, leave them."""
    return _Body(base, edits, faults).edited()


def steps_by_role(steps: Sequence) -> Mapping:
    """Return the steps of a block by what they are called, each layer with its role unless a repeat counts it."""
    found, _ = _read(steps)
    counted_by_turn = _counted_by_turn(found)
    names = _unique_names(found)

    def listed(below: Iterable[_Step], span: Span) -> Mapping:
        return Mapping({names[id(step)]: Entry(step.node.span, said(step)) for step in below}, span)

    def said(step: _Step) -> Node:
        if not isinstance(step.node, Mapping):
            return step.node
        role = "" if {step.word, ""} & counted_by_turn else step.number
        entries = dict(_with_role(step.node, role, SCHEMA_ORIGIN).entries)
        for key, below in step.groups.items():
            entries[key] = replace(entries[key], value=listed(below, entries[key].value.span))
        return Mapping(entries, step.node.span)

    return listed(found, steps.span)


class _Body:
    """The steps of a block, and what changes of them."""

    def __init__(self, base: Sequence, edits: Mapping, faults: list[Diagnostic]) -> None:
        self._base, self._faults = base, faults
        self._steps, self._counts = _read(base)
        self._edits = edits.entries
        self._named = _named(self._steps)
        self._counted_by_turn = _counted_by_turn(self._steps)
        self._touched: dict[str, Span] = {}
        self._new: dict[str, _Step] = {}

    def edited(self) -> Sequence:
        """Return the steps with every change made; faults are noted."""
        there = [(role, entry) for role, entry in self._edits.items() if role in self._named]
        first = [each for each in there if self._reaches_further(*each)]
        for role, entry in [*first, *(each for each in there if each not in first)]:
            self._change(role, entry)
        others = [(role, entry) for role, entry in self._edits.items() if role not in self._named]
        for role, entry in others:
            self._begin(role, entry)
        for role, step in self._new.items():
            self._put(role, step)
        self._check_places()
        self._keep_roles()
        return replace(self._base, items=tuple(_frozen(self._steps)))

    def _reaches_further(self, role: str, entry: Entry) -> bool:
        """Tell whether a change may remove steps that other changes are of: it is made before those."""
        return _is_null(entry.value) or any(step.groups for step in self._named[role])

    # --- steps that are there ---

    def _change(self, role: str, entry: Entry) -> None:
        said = entry.value
        for step in self._named[role]:
            if not step.is_there():
                label = (Label(step.node.span, "it stands here"),)
                message = f"`{role}` is removed with the step that holds it"
                self._faults.append(Diagnostic("B017", message, entry.key_span, "leave this change out", label))
            elif _is_null(said):
                self._touch([step], said.span)
                step.is_gone = True
            elif isinstance(said, Mapping) and isinstance(step.node, Mapping):
                self._merge(role, step, said)

    def _merge(self, role: str, step: _Step, said: Mapping) -> None:
        """Lay what is said over a step; a step of another kind takes its place, and its role."""
        assert isinstance(step.node, Mapping)
        for key in _PLACES:
            if key in said.entries:
                message = f"`{role}` is a step of the block that is extended, and stays where it is"
                help = "remove it with `null`, and say it as a new step"
                self._faults.append(Diagnostic("B017", message, said.entries[key].key_span, help))
        over = _without(said, *_PLACES)
        replaces = _is_of_another_kind(step.node, over)
        node = over if replaces else merge(step.node, over, self._faults, {})
        is_other = step_kind(node) != step_kind(step.node)
        if is_other or "role" in over.entries:
            self._touch([step], said.span)
        if is_other:
            node, step.number = _with_role(node, _role(step.node) or step.number, said.span), ""
        step.node = node
        for key in [key for key in GROUPS if replaces or key in over.entries]:
            self._renew(step, key, said.span)

    def _renew(self, step: _Step, key: str, span: Span) -> None:
        """Take the steps under a key of a changed step anew."""
        for below in step.groups.pop(key, ()):
            self._touch([below], span)
            below.is_gone = True
        step.groups |= _groups(step, (key,))
        self._touch(step.groups.get(key, ()), span)

    def _touch(self, steps: Iterable[_Step], span: Span) -> None:
        """Note which change it is that may give other numbers to the layers that are counted."""
        for step in _below(steps):
            self._touched.setdefault(step.word, span)

    # --- new steps ---

    def _begin(self, role: str, entry: Entry) -> None:
        """Take a step for a new one; what is no step at all was meant for one that is there."""
        said = entry.value
        if isinstance(said, Mapping) and step_kind(said):
            step = _Step(_with_role(_without(said, *_PLACES), role, entry.key_span))
            step.groups = _groups(step, GROUPS)
            self._touch([step], entry.key_span)
            self._new[role] = step
            return
        code, message = "B017", f"the block that is extended has no step `{role}`, and this is no new one"
        if _is_null(said):
            code, message = "R005", f"null removes `{role}`, and there is no such step"
        self._faults.append(Diagnostic(code, message, entry.key_span, self._roles_near(role)))

    def _put(self, role: str, step: _Step) -> None:
        """Put a new step next to the one that it names."""
        entry = self._edits[role]
        assert isinstance(entry.value, Mapping)
        said = [(key, entry.value.entries[key].value) for key in _PLACES if key in entry.value.entries]
        if len(said) != 1:
            both = "says `after` and `before`" if said else "does not say where it stands"
            help = "say one of them" if said else f"say `after: ROLE` or `before: ROLE`; {self._roles_near(role)}"
            message = f"`{role}` is a new step, and {both}"
            self._faults.append(Diagnostic("R006", message, entry.key_span, help))
            step.is_gone = True
            return
        key, place = said[0]
        name = str(place.value) if isinstance(place, Scalar) else ""
        there = [self._new[name]] if name in self._new else []
        there += [each for each in self._named.get(name, ()) if each.is_there()]
        if len(there) == 1:
            step.holder = there[0].holder
            (there[0].behind if key == "after" else there[0].front).append(step)
            return
        step.is_gone = True
        many = f"names {len(there)} steps" if there else "names no step that is there"
        message = f"`{key}: {name}` {many}"
        self._faults.append(Diagnostic("R006", message, place.span, self._roles_near("" if there else name)))

    def _check_places(self) -> None:
        """Note the new steps that stand next to each other and nowhere else."""
        placed = {id(step) for step in _below(self._steps)}
        if any(step.is_gone for step in self._new.values()):
            return  # which is told, and may be why another has no place
        for role, step in self._new.items():
            if id(step) not in placed:
                message = f"`{role}` stands next to a new step that stands next to it"
                help = f"name a step of the block; {self._roles_near('')}"
                self._faults.append(Diagnostic("R006", message, self._edits[role].key_span, help))

    def _roles_near(self, role: str) -> str:
        """Return which step may be meant, and which there are."""
        known = [name for name, steps in self._named.items() if any(step.is_there() for step in steps)]
        wanted = len(self._faults) < MOST_SHOWN
        near = get_close_matches(role, known, n=1, cutoff=0.6) if wanted else []
        more = f" and {len(known) - MOST_SHOWN} more" if len(known) > MOST_SHOWN else ""
        steps = f"the steps are {', '.join(known[:MOST_SHOWN])}{more}"
        return f"did you mean `{near[0]}`? {steps}" if near else steps

    # --- roles that stay ---

    def _keep_roles(self) -> None:
        """Give a role to each layer of the base that would be counted otherwise, and to those that count with it."""
        layers: dict[str, list[_Step]] = {}
        for step in _below(self._steps):
            if step.word:
                layers.setdefault(step.word, []).append(step)
        counted_by_turn = self._counted_by_turn | _counted_by_turn(self._steps)
        for word, steps in layers.items():
            most, numbers = self._counts[word], [step.number for step in steps]
            if all(number == f"{word}{count}" if number else count > most for count, number in enumerate(numbers, 1)):
                continue
            if {word, ""} & counted_by_turn:
                self._refuse_other_numbers(word)
            else:
                _say_roles(word, steps, most)

    def _refuse_other_numbers(self, word: str) -> None:
        span = self._touched.get(word) or next(iter(self._edits.values())).key_span
        message = f"with this the layers behind would no longer be `{word}1`, `{word}2`, as their roles are in the base"
        help = "a `repeat`, or a block without a role, counts such layers as it runs: write all of `steps`, as a list"
        self._faults.append(Diagnostic("B017", message, span, help))


def _read(steps: Sequence) -> tuple[list[_Step], Counter[str]]:
    """Return the steps of a block, each with the role that it has without saying so, and how many of each word do."""
    found = _fresh(steps, None)
    counts: Counter[str] = Counter()
    for step in _below(found):
        if word := step.word:
            counts[word] += 1
            step.number = f"{word}{counts[word]}"
    return found, counts


def _fresh(steps: Sequence, holder: _Step | None) -> list[_Step]:
    found = [_Step(node, holder) for node in steps.items]
    for step in found:
        step.groups = _groups(step, GROUPS)
    return found


def _groups(step: _Step, keys: Iterable[str]) -> dict[str, list[_Step]]:
    """Return what stands in a step, by the key under which it does."""
    node = step.node
    lists = {key: node.get(key) for key in keys} if isinstance(node, Mapping) else {}
    return {key: _fresh(steps, step) for key, steps in lists.items() if isinstance(steps, Sequence)}


def _below(steps: Iterable[_Step]) -> Iterator[_Step]:
    """Yield steps that are there in the order of the document, those in groups behind what holds them."""
    for step in _in_place(steps):
        yield step
        for key in GROUPS:
            yield from _below(step.groups.get(key, ()))


def _in_place(steps: Iterable[_Step]) -> Iterator[_Step]:
    """Yield the steps of one list, new ones at their places."""
    waiting = [(step, False) for step in reversed([*steps])]
    while waiting:
        step, is_next = waiting.pop()
        if not is_next:
            waiting += [(step, True), *((each, False) for each in reversed(step.front))]
            continue
        if not step.is_gone:
            yield step
        waiting += [(each, False) for each in reversed(step.behind)]


def _named(steps: list[_Step]) -> dict[str, list[_Step]]:
    """Return the steps by what they are called; layers come first, and several that exclude each other share a role."""
    named = [*_names(steps)]
    found: dict[str, list[_Step]] = {}
    for name, step in named:
        if _role(step.node) or step.number:
            found.setdefault(name, []).append(step)
    for name, step in named:
        found.setdefault(name, [step])
    return found


def _unique_names(steps: list[_Step]) -> dict[int, str]:
    """Return what each step is called, by its `id`; those behind the first of a name have a number more."""
    found: dict[int, str] = {}
    taken: Counter[str] = Counter()
    for name, step in _names(steps):
        taken[name] += 1
        found[id(step)] = name if taken[name] == 1 else f"{name}_{taken[name]}"
    return found


def _names(steps: Iterable[_Step]) -> Iterator[tuple[str, _Step]]:
    """Yield each step with its role, or its kind and number."""
    counts: Counter[str] = Counter()
    for step in _below(steps):
        kind = step_kind(step.node) or ""
        role = _role(step.node) or step.number
        counts[kind] += not role
        yield role or f"{kind}{counts[kind]}", step


def _counted_by_turn(steps: Iterable[_Step]) -> set[str]:
    """Return what begins the roles of layers that a repeat counts as it runs; all do, "", with a block without role."""
    found: set[str] = set()
    for step in _below(steps):
        kind = step_kind(step.node)
        if kind == "block" and not _role(step.node):
            found.add("")
        elif kind == "repeat":
            found |= {each.word for each in _below(step.groups.get("steps", ())) if each.word}
    return found


def _say_roles(word: str, steps: Iterable[_Step], most: int) -> None:
    """Have layers say their roles: those of the base, and numbers behind `most` for others that say none."""
    for step in steps:
        most += not step.number
        assert isinstance(step.node, Mapping)
        step.node = _with_role(step.node, step.number or f"{word}{most}", step.node.span)


def _frozen(steps: Iterable[_Step]) -> Iterator[Node]:
    for step in _in_place(steps):
        node = step.node
        if isinstance(node, Mapping) and step.groups:
            entries = dict(node.entries)
            for key, below in step.groups.items():
                listed = entries[key]
                entries[key] = replace(listed, value=Sequence(tuple(_frozen(below)), listed.value.span))
            node = Mapping(entries, node.span)
        yield node


def _with_role(node: Mapping, role: str, span: Span) -> Mapping:
    """Return a step that says a role, where its kind has one and it says none."""
    kind = step_kind(node)
    if not role or "role" in node.entries or not kind or "role" not in language().steps[kind]:
        return node
    return Mapping({**node.entries, "role": Entry(span, Scalar(role, span))}, node.span)


def _role(node: Node) -> str:
    said = node.get("role") if isinstance(node, Mapping) else None
    return str(said.value) if isinstance(said, Scalar) and said.value is not None else ""


def _is_of_another_kind(step: Mapping, said: Mapping) -> bool:
    kind, other = step_kind(step), step_kind(said)
    return other not in (None, kind) and kind != "block" and other not in language().steps.get(kind or "", ())


def _without(node: Mapping, *keys: str) -> Mapping:
    return Mapping({key: entry for key, entry in node.entries.items() if key not in keys}, node.span)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None
