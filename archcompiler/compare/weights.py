"""The keys and shapes of a network's state dict, and what becomes of a checkpoint of another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from math import prod

from archcompiler.compare.model import Forecast, PartShare, Reshaped, WeightsFact
from archcompiler.compare.normal import PartKey, plain_shape
from archcompiler.graph.ir import Graph, registered, tensor_key
from archcompiler.graph.ops import Shape, Tensor

StateDict = dict[str, Shape]
_Tree = dict[str, object]
_Form = tuple[str, tuple[tuple[str, Shape], ...]]
_MOST_PAIRS = 1_000_000  # of layers of one part that have other paths, a fraction of a second


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer with weights: its part, its module path, the kind of its op, and its tensors, buffers included."""

    part: PartKey
    path: str
    kind: str
    tensors: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The layers of a network that have weights, in the order of registration, and its state dict."""

    layers: list[Layer]
    state_dict: StateDict


def weights(graph: Graph) -> Weights:
    """Return what a network has to load."""
    modules = [
        Layer((part.kind, part.name), path, node.op.name, node.op.tensors()) for part, node, path in registered(graph)
    ]
    return Weights([layer for layer in modules if layer.tensors], state_dict(modules))


def state_dict(modules: Iterable[Layer]) -> StateDict:
    """Return the shape of every tensor by its key, in the order of the built module's state dict.

    Modules stand in the order in which their parents first got a child, with weights or without, as `named_modules`
    goes through them, and what a module owns itself in front of its children.
    """
    tree: _Tree = {}
    for layer in modules:
        if not layer.tensors:
            _branch(tree, layer.path.split(".")[:-1])
        for tensor in layer.tensors:
            *path, name = tensor_key(layer.path, tensor.name).split(".")
            _branch(tree, path)[name] = plain_shape(tensor.shape)
    return dict(_keys(tree, ""))


def _branch(tree: _Tree, path: list[str]) -> _Tree:
    """Return what is below a path in a tree of modules."""
    for name in path:
        below = tree.setdefault(name, {})
        assert isinstance(below, dict)
        tree = below
    return tree


def forecast(old: Weights, new: Weights, parts: Mapping[PartKey, PartKey]) -> Forecast:
    """Return what becomes of a checkpoint of the old network in the new one; `parts` gives the new key of a part."""
    before, after = old.state_dict, new.state_dict
    renamed = tuple(_renamed(old.layers, new.layers, parts))
    from_old, to_new = {one for one, _ in renamed}, {other for _, other in renamed}
    kept = tuple(name for name, shape in after.items() if before.get(name) == shape)
    return Forecast(
        kept=kept,
        renamed=renamed,
        reshaped=tuple(
            Reshaped(name, before[name], shape)
            for name, shape in after.items()
            if name in before and before[name] != shape
        ),
        added=tuple(name for name in after if name not in before and name not in to_new),
        removed=tuple(name for name in before if name not in after and name not in from_old),
        parts=tuple(shares(new.layers, set(kept))),
    )


def weights_fact(found: Forecast) -> WeightsFact:
    """Return whether a checkpoint loads as it is, under other names only, or not."""
    if found.reshaped or found.added or found.removed:
        return "changed"
    return "renamed" if found.renamed else "same"


def _keys(tree: _Tree, prefix: str) -> Iterator[tuple[str, Shape]]:
    for name, below in tree.items():
        if isinstance(below, tuple):
            yield f"{prefix}{name}", below
    for name, below in tree.items():
        if isinstance(below, dict):
            yield from _keys(below, f"{prefix}{name}.")


def _renamed(old: Sequence[Layer], new: Sequence[Layer], parts: Mapping[PartKey, PartKey]) -> Iterator[tuple[str, str]]:
    """Yield the keys of layers that stand in the same place of the same part, under another path."""
    known_old, known_new = {layer.path for layer in old}, {layer.path for layer in new}
    gone = [layer for layer in old if layer.path not in known_new]
    come = [layer for layer in new if layer.path not in known_old]
    before_in = {parts.get(part): layers for part, layers in _by_part(gone).items()}
    for part, after in _by_part(come).items():
        before = before_in.get(part, [])
        for start, other, size in _runs_in_both([_form(x) for x in before], [_form(x) for x in after]):
            for one, two in zip(before[start : start + size], after[other : other + size], strict=True):
                names = (tensor.name for tensor in one.tensors)
                yield from ((tensor_key(one.path, name), tensor_key(two.path, name)) for name in names)


def _runs_in_both(one: list[_Form], other: list[_Form]) -> Iterable[tuple[int, int, int]]:
    """Return where two lists are equal, and how far: of very long ones that differ, at the beginning and the end."""
    if one == other:
        return [(0, 0, len(one))]
    if len(one) * len(other) <= _MOST_PAIRS:
        return SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    start = _common(one, other)
    end = _common(one[start:][::-1], other[start:][::-1])
    return [(0, 0, start), (len(one) - end, len(other) - end, end)]


def _common(one: list[_Form], other: list[_Form]) -> int:
    """Return how many items two lists begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _form(layer: Layer) -> _Form:
    return layer.kind, tuple((tensor.name, tensor.shape) for tensor in layer.tensors)


def _by_part(found: Iterable[Layer]) -> dict[PartKey, list[Layer]]:
    """Return layers by the part in which they stand, in the order in which the parts come first."""
    parts: dict[PartKey, list[Layer]] = {}
    for layer in found:
        parts.setdefault(layer.part, []).append(layer)
    return parts


def shares(found: Sequence[Layer], kept: Set[str]) -> Iterator[PartShare]:
    """Yield how many parameters of each part are among those that are kept."""
    for part, own in _by_part(found).items():
        sizes = [
            (tensor_key(layer.path, tensor.name), int(prod(tensor.shape)))
            for layer in own
            for tensor in layer.tensors
            if tensor.is_learned
        ]
        yield PartShare(part[1], sum(size for name, size in sizes if name in kept), sum(size for _, size in sizes))
