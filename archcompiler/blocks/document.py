"""A block document as it is run: its class, its fields, what `let` names, and its steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from archcompiler.blocks.expression import ExpressionError, names_of, parsed
from archcompiler.blocks.written import Written
from archcompiler.blocks.written import words_at as words_at
from archcompiler.schema.language import GROUPS
from archcompiler.schema.own_blocks import own_fields
from archcompiler.schema.shapes import Json
from archcompiler.tree import Mapping, Node, Scalar, Sequence, mapping_at, plain

CONTEXT = ("block_index", "block_count", "previous_count", "network_index", "network_count")
"""Where a block stands: its number in its stage and in the network, from 0, and how many blocks each has.

`previous_count` are the blocks of the stage before, 0 in the first one.
"""

LENT = ("weights",)
"""What a shortcut's convolution has as any other that says nothing, where neither its step nor its block says it."""


@dataclass(frozen=True, eq=False)
class Document:
    """One block, or one kind of shortcut, attention, stem or head: `kind` says which, `is_shipped` whether it is ours.

    The tree is in canonical form, the defaults of its steps filled in.
    """

    kind: str
    name: str
    tree: Mapping
    is_shipped: bool

    @cached_property
    def class_name(self) -> str:
        """What its class is called in emitted source."""
        return self._text("class") or "".join(word.capitalize() for word in self.name.split("_"))

    @cached_property
    def adjective(self) -> str:
        """What it adds to the name of the class in which it stands."""
        return self._text("adjective")

    @cached_property
    def fields(self) -> Json:
        """The fields that it declares."""
        return declared_fields(self.tree)

    @cached_property
    def lets(self) -> Mapping:
        """The names that it gives to expressions."""
        return mapping_at(self.tree, "let")

    @cached_property
    def steps(self) -> Sequence:
        """The steps, in the order in which they run."""
        steps = self.tree.get("steps")
        return steps if isinstance(steps, Sequence) else Sequence((), self.tree.span)

    @cached_property
    def written(self) -> dict[int, Written]:
        """Each of its steps, made ready to run, by the `id` of the step's node."""
        return {id(step): Written(step) for step in steps_below(self.steps)}

    @cached_property
    def context(self) -> tuple[str, ...]:
        """Those of CONTEXT that it reads: blocks that differ in others only are the same."""
        read = {*_names_in(self.steps), *_names_in(self.lets)}
        return tuple(name for name in CONTEXT if name in read)

    @cached_property
    def attention_places(self) -> tuple[str, ...]:
        """The places at which its attention may stand, in order."""
        return tuple(dict.fromkeys(_places(self.steps)))

    def _text(self, key: str) -> str:
        value = self.tree.get(key)
        return str(value.value) if isinstance(value, Scalar) else ""


def declared_fields(tree: Mapping) -> Json:
    """Return the fields that a document declares, by name, what the shared definitions say of each included.

    What no definition can say is left out: the schema has told it.
    """
    fields: Any = plain(mapping_at(tree, "fields"))
    return own_fields({name: own for name, own in fields.items() if own is None or isinstance(own, dict)})


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
