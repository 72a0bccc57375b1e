"""A block document as it is run: its class, its fields, what `let` names, and its steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from archcompiler.blocks.expression import ExpressionError, names_of, parsed
from archcompiler.schema.canonical import step_kind
from archcompiler.schema.language import GROUPS
from archcompiler.tree import Mapping, Node, Scalar, Sequence, mapping_at

CONTEXT = ("block_index", "block_count", "network_index", "network_count")
"""Where a block stands: its number in its stage and in the network, from 0, and how many blocks each has."""


@dataclass(frozen=True, eq=False)
class Document:
    """One block, or one kind of shortcut, attention, stem or head: `kind` says which, `is_shipped` whether it is ours.

    The tree is in canonical form, the defaults of its steps filled in.
    """

    kind: str
    name: str
    tree: Mapping
    is_shipped: bool

    @property
    def class_name(self) -> str:
        """What its class is called in emitted source."""
        return self._text("class") or "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def adjective(self) -> str:
        """What it adds to the name of the class in which it stands."""
        return self._text("adjective")

    @property
    def lets(self) -> Mapping:
        """The names that it gives to expressions."""
        return mapping_at(self.tree, "let")

    @property
    def steps(self) -> Sequence:
        """The steps, in the order in which they run."""
        steps = self.tree.get("steps")
        return steps if isinstance(steps, Sequence) else Sequence((), self.tree.span)

    def kind_of(self, step: Mapping) -> str:
        """Return the kind of one of its steps."""
        return self._kinds[id(step)]

    @cached_property
    def _kinds(self) -> dict[int, str]:
        return {id(step): str(step_kind(step)) for step in steps_below(self.steps)}

    @cached_property
    def context(self) -> frozenset[str]:
        """Those of CONTEXT that it reads: blocks that differ in others only are the same."""
        return frozenset(CONTEXT) & set(_names_in(self.steps)) | frozenset(CONTEXT) & set(_names_in(self.lets))

    @cached_property
    def attention_places(self) -> tuple[str, ...]:
        """The places at which its attention may stand, in order."""
        return tuple(dict.fromkeys(_places(self.steps)))

    def _text(self, key: str) -> str:
        value = self.tree.get(key)
        return str(value.value) if isinstance(value, Scalar) else ""


def _names_in(node: Node) -> Iterator[str]:
    """Yield every name in a text below a node; texts that are no expressions have none."""
    if isinstance(node, Mapping):
        for entry in node.entries.values():
            yield from _names_in(entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _names_in(item)
    elif isinstance(node.value, str) and any(name in node.value for name in CONTEXT):
        try:
            yield from names_of(parsed(node.value.removeprefix("$")))
        except ExpressionError:
            return


def steps_below(steps: Sequence) -> Iterator[Mapping]:
    """Yield every step of a list, groups before what they hold."""
    for step in steps.items:
        if isinstance(step, Mapping):
            yield step
            for key in GROUPS:
                below = step.get(key)
                if isinstance(below, Sequence):
                    yield from steps_below(below)


def _places(steps: Sequence) -> Iterator[str]:
    for step in steps_below(steps):
        if "shortcut" in step.entries and "attention" in step.entries:
            yield "shortcut"
        elif "attention" in step.entries:
            yield from words_at(step, "at")


def words_at(step: Mapping, key: str) -> tuple[str, ...]:
    """Return the words under a key of a step, for which one may stand."""
    node = step.get(key)
    items = node.items if isinstance(node, Sequence) else (node,) if node else ()
    return tuple(str(item.value) for item in items if isinstance(item, Scalar))
