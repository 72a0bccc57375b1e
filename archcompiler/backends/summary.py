"""torchinfo's reading of the built module: the second opinion on what the analysis counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
import torchinfo
from torch import nn
from torch.overrides import TorchFunctionMode
from torchinfo.layer_info import LayerInfo

from archcompiler.analyses.report import CostReport
from archcompiler.backends.pytorch.module import allocated
from archcompiler.graph.ir import Graph

_COLUMNS = ("output_size", "num_params", "mult_adds")
_WIDE = 120
"""Columns that torchinfo's table needs; where there are fewer, the shapes are left out."""
LARGEST_ON_CPU = 2**31
"""Bytes above which the forward pass runs on the meta device: it allocates nothing, but its first use is slow."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What torchinfo printed, and its totals at batch 1."""

    table: str
    params: int
    macs: int
    mult_adds: int

    @property
    def counts(self) -> dict[str, int]:
        """The totals, under the names that the analysis gives them."""
        return {"params": self.params, "macs": self.macs, "torchinfo_mult_adds": self.mult_adds}


def torchinfo_summary(
    graph: Graph, report: CostReport, depth: int, device: str | None = None, room: int | None = None
) -> Measured:
    """Return torchinfo's table of a graph: its module is allocated, never initialised, and run once.

    Without a `device` it runs on the CPU, or on meta where memory would be short. `room` is the columns of a terminal.
    """
    narrow = room is not None and room < _WIDE
    memory = report.memory
    if device is None:
        device = "meta" if memory.parameters_bytes + memory.peak_activation_bytes > LARGEST_ON_CPU else "cpu"
    with _one_thread(), _OneChannel():
        found = torchinfo.summary(
            allocated(graph, device),
            input_size=(1, *graph.input),
            depth=depth,
            device=device,
            col_names=_COLUMNS[1:] if narrow else _COLUMNS,
            col_width=16 if narrow else 25,
            verbose=0,
        )
    # torchinfo 1.8 prints its enum's name on Python 3.11 and later: "(Units.GIGABYTES)" for 10^9.
    table = str(found).replace("(Units.GIGABYTES)", "(G)").replace("(Units.MEGABYTES)", "(M)")
    return Measured(table, found.total_params, _macs(found.summary_list), found.total_mult_adds)


def _macs(layers: list[LayerInfo]) -> int:
    """Return the multiply-adds of convolutions and linear layers without biases, out of torchinfo's own counts.

    Two of its counts are mended from its own output sizes: a blur, a convolution without parameters, which it takes for
    nothing, and a linear layer on a map whose channels stand last, which it takes to run at one position.
    """
    total = 0
    for layer in layers:
        if isinstance(layer.module, (nn.Conv1d, nn.Conv2d, nn.Linear)):
            bias = 0 if layer.module.bias is None else layer.module.bias.numel()
            weight = layer.module.weight.numel()
            positions = prod(layer.output_size[1:-1]) if isinstance(layer.module, nn.Linear) else 1
            total += layer.macs // (weight + bias) * weight * positions
        elif layer.class_name == "BlurPool2d":
            total += layer.module.get_buffer("blur").numel() * prod(layer.output_size[2:])
    return total


class _OneChannel(TorchFunctionMode):
    """Have PyTorch compute one channel of each convolution, and leave the others unfilled.

    The weights are unfilled too, so no value of the forward pass is ever read: what counts is the shapes, and that each
    convolution takes its input. All channels would take as long as everything else that a summary does.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is not torch.conv2d or len(args) != 7 or args[0].shape[1] != args[1].shape[1] * args[6]:
            return func(*args, **(kwargs or {}))  # what does not fit is PyTorch's to refuse
        x, weight, _, stride, padding, dilation, _ = args
        one = func(x[:, :1], weight[:1, :1], None, stride, padding, dilation)
        return x.new_empty((len(x), len(weight), *one.shape[2:]))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Run on one thread: for one image a pool saves little, and on a busy machine its threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
