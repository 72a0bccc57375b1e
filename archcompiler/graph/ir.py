"""The compiled network: a chain of bodies, each a short list of typed nodes with shapes and module paths.

Graph  parts  ->  stem | stage | head, in order
Part   calls  ->  each block (and stem, transition, head) in order; equal blocks share one Body
Body   nodes  ->  ops in the order of computation; value 0 is the body's input, value i + 1 is nodes[i]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from archcompiler.graph.named import frozen
from archcompiler.graph.ops import Op, Shape

PartKind = Literal["stem", "stage", "head"]
CallKind = Literal["stem", "block", "transition", "head"]


@dataclass(frozen=True, slots=True)
class Node:
    """One op: its role in the body, the module path relative to it (empty where no module is needed), its inputs."""

    role: str
    path: str
    op: Op
    inputs: tuple[int, ...]
    shape: Shape


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A recorded block. `class_name` is what a person would call it; `arguments` are the named numbers it was run on.

    Two bodies are equal where they were recorded alike: the same ops, paths and wiring on the same numbers, and these
    named alike.

    `aliases` maps a name to the one it must equal for the body to be well-shaped (an identity shortcut makes
    `in_channels` the same as `channels`). The modules of `registered_first`, paths, stand before the others, which are
    registered in the order in which they run.
    """

    class_name: str
    input: Shape
    nodes: tuple[Node, ...]
    arguments: dict[str, int | float]
    aliases: dict[str, str]
    registered_first: tuple[str, ...] = ()
    _key: tuple[object, ...] = field(init=False, repr=False)
    _hash: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        nodes = ((n.role, n.path, n.op.name, frozen(n.op.values), n.inputs, n.shape) for n in self.nodes)
        named = (tuple(self.arguments.items()), tuple(self.aliases.items()))
        key = (self.class_name, self.input, tuple(nodes), *named, self.registered_first)
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_hash", hash(key))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Body) and self._key == other._key

    def __hash__(self) -> int:
        return self._hash

    @property
    def output(self) -> Shape:
        """The shape that leaves."""
        return self.nodes[-1].shape if self.nodes else self.input


@dataclass(frozen=True, slots=True)
class Call:
    """A body at its place, and what it is there; `path` prefixes its nodes' paths.

    `inline` where `path` is no module of its own, so that a backend writes the layers out where they run.
    """

    body: Body
    path: str
    kind: CallKind
    inline: bool


@dataclass(frozen=True, slots=True)
class Part:
    """The stem, one stage or the head."""

    kind: PartKind
    name: str
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A whole network. Shapes leave out the batch."""

    name: str
    description: str
    input: Shape
    parts: tuple[Part, ...]

    @property
    def calls(self) -> Iterator[Call]:
        """Every body in order."""
        return (call for part in self.parts for call in part.calls)

    @property
    def output(self) -> Shape:
        """The shape that leaves."""
        shape = self.input
        for call in self.calls:
            shape = call.body.output
        return shape


def tensor_key(path: str, name: str) -> str:
    """Return the key in a state dict of a tensor of the node at a path; one without a name is the block's own."""
    return f"{path}.{name}" if name else path


def full_path(call: Call, node: Node) -> str:
    """Return a node's module path from the root; empty where the node is no module."""
    if not node.path or not call.path:
        return node.path
    return f"{call.path}.{node.path}"
