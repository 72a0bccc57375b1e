"""Specs of one run that are the same network under several names (L006)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archcompiler.compare.hashes import checkpoint_hash
from archcompiler.compare.reading import Reading
from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.graph.ir import Graph
from archcompiler.resolve import Spec
from archcompiler.span import Span


def twins(networks: Iterable[tuple[Spec, Graph]]) -> Iterator[Diagnostic]:
    """Yield a warning for each spec that computes what an earlier one does, with the same tensors.

    Two of one name are meant to be the same: a library's and a paper's, say. Of 26,077 model files of one collection a
    tenth were such (ABrain-One/nn-dataset#315).
    """
    first: dict[str, Spec] = {}
    for spec, graph in networks:
        other = first.setdefault(checkpoint_hash(Reading(graph)), spec)
        if other.name != spec.name and not (_is_silent(spec) or _is_silent(other)):
            message = f"`{spec.name}` is the same network as `{other.name}` of {other.path}"
            label = Label(_name(other), "the other one")
            help = "let other specs extend one of them, and remove this one"
            yield Diagnostic("L006", message, _name(spec), help, (label,), severity="warning")


def _name(spec: Spec) -> Span:
    return spec.document.entries["name"].value.span


def _is_silent(spec: Spec) -> bool:
    return "L006" in spec.section("ignore").entries
