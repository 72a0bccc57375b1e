"""The compiled network: a chain of bodies, each a short list of typed nodes with shapes and module paths.

Graph  parts  ->  stem | stage | head, in order
Part   calls  ->  each block (and stem, transition, head) in order; equal blocks share one Body
Body   nodes  ->  ops in the order of computation; value 0 is the body's input, value i + 1 is nodes[i]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from archcompiler.graph.named import frozen
from archcompiler.graph.ops import Op, Shape

PartKind = Literal["stem", "stage", "head"]
CallKind = Literal["stem", "block", "transition", "head"]


@dataclass(frozen=True, slots=True)
class Node:
    """One op: its role in the body (empty where no module is needed) and its inputs."""

    role: str
    op: Op
    inputs: tuple[int, ...]
    shape: Shape


@dataclass(frozen=True, eq=False)
class Body:
    """A recorded block. `class_name` is what a person would call it; `arguments` are the named numbers it was run on.

    Two bodies are equal where they were recorded alike: the same ops, roles and wiring on the same numbers, and these
    named alike. How their layers are called is no matter: paths are of the calls.

    `aliases` maps a name to the one it must equal for the body to be well-shaped (an identity shortcut makes
    `in_channels` the same as `channels`). `blocks` are the kinds of the blocks inside by the roles of their steps, and
    under the empty role that of the body itself, where it is a block.
    """

    class_name: str
    input: Shape
    nodes: tuple[Node, ...]
    arguments: dict[str, int | float]
    aliases: dict[str, str]
    blocks: dict[str, str]

    @cached_property
    def _key(self) -> tuple[object, ...]:
        nodes = ((n.role, n.op.name, frozen(n.op.values), n.inputs, n.shape) for n in self.nodes)
        named = (tuple(each.items()) for each in (self.arguments, self.aliases, self.blocks))
        return (self.class_name, self.input, tuple(nodes), *named)

    @cached_property
    def _hash(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Body) and self._key == other._key

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The roles of the nodes."""
        return tuple([node.role for node in self.nodes])

    @property
    def output(self) -> Shape:
        """The shape that leaves."""
        return self.nodes[-1].shape if self.nodes else self.input


@dataclass(frozen=True, slots=True)
class Call:
    """A body at its place, what it is there, and the module paths of its nodes.

    `paths` stand below `path`, one for each node, empty where it needs no module; `registered` are the numbers of the
    nodes in the order in which their modules are registered. `reparameterized` are the paths of nodes once others are
    folded into them, empty where the table of names says none; there are as many as nodes, or none.
    """

    body: Body
    path: str
    kind: CallKind
    paths: tuple[str, ...]
    registered: tuple[int, ...]
    reparameterized: tuple[str, ...] = ()

    @property
    def layers(self) -> list[tuple[Node, str]]:
        """Every node with its module path from the root."""
        return list(zip(self.body.nodes, map(self.full_path, self.paths), strict=True))

    def full_path(self, path: str) -> str:
        """Return one of the `paths` from the root."""
        return f"{self.path}.{path}" if path and self.path else path


@dataclass(frozen=True, slots=True)
class Part:
    """The stem, one stage or the head; `registered` are the numbers of the calls in order of registration."""

    kind: PartKind
    name: str
    calls: tuple[Call, ...]
    registered: tuple[int, ...]


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


def registered(graph: Graph) -> Iterator[tuple[Part, Node, str]]:
    """Yield the nodes that are modules, with their paths, in the order in which these are registered."""
    for part in graph.parts:
        for call in (part.calls[number] for number in part.registered):
            for number in call.registered:
                if call.paths[number]:
                    yield part, call.body.nodes[number], call.full_path(call.paths[number])


def outwards(path: str) -> Iterator[str]:
    """Yield the paths of the modules in which one stands, outermost first, and its own."""
    names = path.split(".")
    return (".".join(names[:end]) for end in range(1, len(names) + 1))


def tensor_key(path: str, name: str) -> str:
    """Return the key in a state dict of a tensor of the node at a path; one without a name is the block's own."""
    return f"{path}.{name}" if name else path
