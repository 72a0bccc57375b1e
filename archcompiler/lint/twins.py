"""Specs of one run that are the same network under several names (L006)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from archcompiler.compare.hashes import checkpoint_hash
from archcompiler.compare.reading import Reading
from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.graph.ir import Graph
from archcompiler.resolve import Spec
from archcompiler.span import Span


@dataclass(frozen=True, slots=True)
class Network:
    """A network of one run: what it computes with which tensors, and where its name stands, in which file."""

    hash: str
    name: str
    span: Span
    path: str
    is_silent: bool


def network(spec: Spec, graph: Graph) -> Network:
    """Return what tells a network from others; one whose spec ignores L006 is not told of."""
    span = spec.document.entries["name"].value.span
    is_silent = "L006" in spec.section("ignore").entries
    return Network(checkpoint_hash(Reading(graph)), spec.name, span, spec.path, is_silent)


def twins(networks: Iterable[Network]) -> Iterator[Diagnostic]:
    """Yield a warning for each network that computes what an earlier one does, with the same tensors.

    Two of one name are meant to be the same: a library's and a paper's, say. Of 26,077 model files of one collection a
    tenth were such (ABrain-One/nn-dataset#315).
    """
    first: dict[str, Network] = {}
    for each in networks:
        other = first.setdefault(each.hash, each)
        if other.name != each.name and not (each.is_silent or other.is_silent):
            message = f"`{each.name}` is the same network as `{other.name}` of {other.path}"
            label = Label(other.span, "the other one")
            help = "let other specs extend one of them, and remove this one"
            yield Diagnostic("L006", message, each.span, help, (label,), severity="warning")
