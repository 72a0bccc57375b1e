"""The Python API: load, compile, cost, diff, build. torch is imported by the first `build` only."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Union

from archcompiler.analyses.report import CostReport, cost_report
from archcompiler.graph.ir import Graph
from archcompiler.limits import Limits, within
from archcompiler.lower.network import lower
from archcompiler.resolve import Spec, load_spec

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from archcompiler.compare.model import Diff

SpecLike = Union[str, os.PathLike[str], Spec, Graph]
"""A path, `REV:path` of a repository, a shipped name such as `resnet/resnet50`, or what `load` or `compile` gave."""


def load(spec: str | os.PathLike[str], settings: Iterable[str] = (), limits: Limits | None = None) -> Spec:
    """Return the resolved spec of a path, `REV:path` or shipped name; `settings` are `a.b=value` strings laid over it.

    Raises SpecError with every fault found, each with its file, line and column. `limits` hold for the texts, and for
    whatever is compiled from the spec.
    """
    if not isinstance(spec, (str, os.PathLike)):
        raise TypeError(
            f"expected a path, a shipped name, or what load or compile returned, found {type(spec).__name__}"
        )
    with within(limits):
        return load_spec(spec, settings)


def compile(spec: SpecLike) -> Graph:
    """Return the typed graph of a spec, every shape checked; raises SpecError."""
    if isinstance(spec, Graph):
        return spec
    return lower(spec if isinstance(spec, Spec) else load(spec))


def cost(spec: SpecLike, batch: int = 1) -> CostReport:
    """Return exact counts: parameters, MACs, torchinfo's mult-adds, activations, memory; raises SpecError."""
    return cost_report(compile(spec), batch)


def diff(
    old: str | os.PathLike[str] | Spec,
    new: str | os.PathLike[str] | Spec,
    checkpoint: str | os.PathLike[str] | None = None,
) -> Diff:
    """Return what it means to go from one spec to another: the edits, three facts, costs, what a checkpoint keeps.

    The header of a `checkpoint`, a safetensors file, confirms the forecast. Raises SpecError where a spec is faulty,
    CheckpointError where the file cannot be read.
    """
    from archcompiler.compare.specs import compare_specs

    before, after = (spec if isinstance(spec, Spec) else load(spec) for spec in (old, new))
    return compare_specs(before, after, None if checkpoint is None else os.fspath(checkpoint))


def build(
    spec: SpecLike,
    weights: Mapping[str, Tensor] | str | os.PathLike[str] | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
    seed: int | None = None,
    partial: bool = False,
) -> nn.Module:
    """Return the `nn.Module` of a spec, initialised, or holding copies of `weights`: a state dict or a file of one.

    Names and shapes of the weights must match; with `partial` those that fit are taken and the others initialised.
    Raises SpecError where the spec is faulty, ValueError where `partial` has no weights, ImportError where torch is not
    installed, RuntimeError where `weights` cannot be read or do not fit (with `partial`, none of them), or the
    parameters need more memory than there is. With a `seed` the weights are the same each time; on device "meta"
    nothing is allocated.
    """
    if partial and weights is None:
        raise ValueError("partial=True takes those of the weights that fit: give weights")
    graph = compile(spec)
    from archcompiler.backends.pytorch.module import build_module
    from archcompiler.backends.pytorch.weights import read_weights

    given = read_weights(weights) if isinstance(weights, (str, os.PathLike)) else weights
    return build_module(graph, weights=given, device=device, dtype=dtype, seed=seed, partial=partial)
