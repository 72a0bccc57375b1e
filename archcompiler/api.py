"""The Python API: load, compile, cost, diff, build. torch is imported by the first `build` only."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Union

from archcompiler.diagnostics import SpecError
from archcompiler.graph.ir import Graph
from archcompiler.limits import Limits, within
from archcompiler.lower.network import lower
from archcompiler.render.cost import NetworkCost, network_cost
from archcompiler.resolve import Spec, load_spec
from archcompiler.span import Span
from archcompiler.syntax.files import DISK, Disk, GivenText
from archcompiler.tree import Entry, from_plain
from archcompiler.tree import Mapping as Tree

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from archcompiler.compare.model import Diff

Written = Union[str, os.PathLike[str], Mapping[str, Any]]
"""A path, `REV:path` of a repository, a shipped name such as `resnet/resnet50`, the text of a spec (which has a line
end, or begins with `{`), or what such a text says, as a dict. A path that looks like a text is a `pathlib.Path`."""
SpecLike = Union[Written, Spec, Graph]
"""A spec as it is written, or what `load` or `compile` returned."""


_DICT = Span("<dict>", 1, 1, 1, 1)


def load(spec: Written, settings: Iterable[str] = (), limits: Limits | None = None) -> Spec:
    r"""Return the resolved spec of a path, shipped name, text or dict; `settings` are `a.b=value` laid over it.

    Raises SpecError with every fault that `archc validate` shows, those of its shapes too, each with its file, line and
    column; as text it is what the command prints. A dict has the lines of the YAML that says the same, and bases are
    looked up from the working folder. `limits` hold for the texts, and for whatever is compiled from the spec.

    >>> spec = load("resnet/resnet18", ["stages.layer4.blocks=3"])
    >>> spec.name, [stage.name for stage in spec.stages]
    ('resnet18', ['layer1', 'layer2', 'layer3', 'layer4'])
    >>> load({"archc": 1, "name": "wide", "extends": "resnet/resnet50", "stages": {"layer4": {"width": 1024}}}).name
    'wide'
    >>> load("archc: 1\nname: bad\nextends: resnet/resnet50\nstages: {layer1: {width: 100, cardinality: 32}}")
    Traceback (most recent call last):
    archcompiler.diagnostics.SpecError: <text>:4:26: error[G001]: width 100 is not divisible by cardinality 32
      |
    4 | stages: {layer1: {width: 100, cardinality: 32}}
      |                          ^^^
    ...
    """
    return _lowered(spec, settings, limits)[0]


def compile(spec: SpecLike, *, reparameterize: bool = False) -> Graph:
    """Return the typed graph of a spec, every shape checked; raises SpecError as `load` does.

    To `reparameterize` is to fold norms and parallel branches into convolutions: in evaluation the graph computes the
    same up to rounding, with other weights, which `build` computes.

    >>> graph = compile("resnet/resnet18")
    >>> graph.input, graph.output, [part.name for part in graph.parts]
    ((3, 224, 224), (1000,), ['stem', 'layer1', 'layer2', 'layer3', 'layer4', 'head'])
    >>> cost(compile("timm/repvgg_a0")).params, cost(compile("timm/repvgg_a0", reparameterize=True)).params
    (9108968, 8309384)
    """
    graph = spec if isinstance(spec, Graph) else _compiled(spec)[1]
    if not reparameterize:
        return graph
    from archcompiler.reparameterize.rewrite import reparameterized

    return reparameterized(graph).graph


def cost(spec: SpecLike, batch: int = 1, convention: str = "macs") -> NetworkCost:
    """Return exact counts: parameters, MACs, torchinfo's mult-adds, activations, memory; raises SpecError as `load`.

    As text it is the table of `archc cost`; its rows are `parts` (stem, stages, head), `blocks` and `layers`.
    A `convention` (`torchinfo`, `fvcore`, `thop`, `ptflops`, `torch`) has MACs be what that tool counts as operations.

    >>> found = cost("resnet/resnet50")
    >>> found.params, found.macs, found.total.activations
    (25557032, 4089184256, 11114984)
    >>> cost("resnet/resnet50", convention="fvcore").macs
    4111512576
    >>> dearest = max(found.layers, key=lambda row: row.cost.params)
    >>> dearest.name, dearest.words, dearest.cost.params, dearest.output
    ('layer4.0.conv2', 'conv 512 -> 512, kernel 3, stride 2, padding 1', 2359296, (512, 7, 7))
    >>> print(cost("cifar/resnet20"))
    resnet20  input 3x32x32, batch 1
    <BLANKLINE>
    stage   is  ...
    """
    if isinstance(spec, Graph):
        return network_cost(spec, None, batch, convention)
    loaded, graph = _compiled(spec)
    return network_cost(graph, loaded, batch, convention)


def diff(old: Written | Spec, new: Written | Spec, checkpoint: str | os.PathLike[str] | None = None) -> Diff:
    """Return what it means to go from one spec to another: the edits, three facts, costs, what a checkpoint keeps.

    The header of a `checkpoint`, a safetensors file, confirms the forecast. Raises SpecError where a spec is faulty,
    CheckpointError where the file cannot be read.

    >>> found = diff("resnet/resnet50_v1", "resnet/resnet50")
    >>> found.impact.name, found.weights.share_kept
    ('FUNCTION', 1.0)
    """
    from archcompiler.compare.specs import compare_specs

    before, after = _compiled(old)[0], _compiled(new)[0]
    return compare_specs(before, after, None if checkpoint is None else os.fspath(checkpoint))


def build(
    spec: SpecLike,
    weights: Mapping[str, Tensor] | str | os.PathLike[str] | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
    seed: int | None = None,
    partial: bool = False,
    reparameterize: bool = False,
) -> nn.Module:
    """Return the `nn.Module` of a spec, initialised, or holding copies of `weights`: a state dict or a file of one.

    Names and shapes of the weights must match; with `partial` those that fit are taken and the others initialised.
    What became of the weights is the module's `weights_report`: `kept`, `reshaped`, `missing` and `unexpected` names.
    Raises SpecError where the spec is faulty, ValueError where `partial` has no weights, ImportError where torch is not
    installed, RuntimeError where `weights` cannot be read or do not fit (with `partial`, none of them), or the
    parameters need more memory than there is. With a `seed` the weights are the same each time; on device "meta"
    nothing is allocated. To `reparameterize` is to return what `compile` does then, computed from the same `weights`.

    >>> base = build("cifar/resnet20", seed=0)
    >>> sum(parameter.numel() for parameter in base.parameters())
    269722
    >>> other = build(load("cifar/resnet20", ["head.classes=100"]), weights=base.state_dict(), partial=True)
    >>> print(other.weights_report)
    114 kept, 2 reshaped, 0 missing, 0 unexpected
    >>> other.weights_report.reshaped
    ('fc.weight', 'fc.bias')
    >>> [*build("cifar/resnet20", weights=base.state_dict(), reparameterize=True).state_dict()][:2]
    ['conv1.weight', 'conv1.bias']
    """
    if partial and weights is None:
        raise ValueError("partial=True takes those of the weights that fit: give weights")
    graph = compile(spec)
    from archcompiler.backends.pytorch.module import build_module
    from archcompiler.backends.pytorch.weights import read_weights

    given = read_weights(weights) if isinstance(weights, (str, os.PathLike)) else weights
    module = build_module(graph, weights=given, device=device, dtype=dtype, seed=seed, partial=partial)
    return _folded(module, graph) if reparameterize else module


def _folded(module: nn.Module, graph: Graph) -> nn.Module:
    from archcompiler.backends.pytorch.folding import folded_module
    from archcompiler.reparameterize.rewrite import reparameterized

    return folded_module(module, reparameterized(graph))


def _compiled(spec: Written | Spec) -> tuple[Spec, Graph]:
    if not isinstance(spec, Spec):
        return _lowered(spec)
    with _in_words(DISK):
        return spec, lower(spec)


def _lowered(spec: Written, settings: Iterable[str] = (), limits: Limits | None = None) -> tuple[Spec, Graph]:
    place, files = _found(spec)
    with within(limits), _in_words(files):
        loaded = load_spec(place, settings, files)
        return loaded, lower(loaded)


def _found(spec: Written) -> tuple[str | os.PathLike[str], Disk]:
    """Return the path of a spec, and the files that have it."""
    if isinstance(spec, Mapping):
        return _given(_text(spec), _DICT.path)
    if isinstance(spec, str) and ("\n" in spec or spec.startswith("{")):
        return _given(spec, "<text>")
    if not isinstance(spec, (str, os.PathLike)):
        wanted = "a path, a shipped name, a text or dict of a spec, or what load or compile returned"
        raise TypeError(f"expected {wanted}, found {type(spec).__name__}")
    return spec, DISK


def _text(spec: Mapping[str, Any]) -> str:
    """Return a dict as the text that says the same; TypeError or ValueError where no text can."""
    from archcompiler.render.spec import document_yaml

    values = json.loads(json.dumps(dict(spec), allow_nan=False))  # tuples are lists, and keys are strings
    return document_yaml(Tree({key: Entry(_DICT, from_plain(value, _DICT)) for key, value in values.items()}, _DICT))


def _given(text: str, name: str) -> tuple[str, Disk]:
    return name, GivenText(text.encode("utf-8", "surrogatepass"), name)


@contextmanager
def _in_words(files: Disk) -> Iterator[None]:
    """Have a SpecError say, as text, what the command prints."""
    try:
        yield
    except SpecError as error:
        from archcompiler.advise.prices import advised
        from archcompiler.render.sources import texts_of
        from archcompiler.render.text import render

        faults = advised(error)
        said = render(faults, colour=False, sources=texts_of(files))
        raise SpecError(faults, unreadable=error.unreadable, spec=error.spec, said=said) from None
