"""Refuse what would not fit before anything is allocated: where memory runs out, other programs are killed too."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from archcompiler.analyses.cost import total
from archcompiler.graph.ir import Graph

_CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)
"""What a container may have and what it has, by versions 2 and 1 of Linux's control groups."""


class TooLargeError(RuntimeError):
    """A network whose parameters do not fit."""


def check_capacity(graph: Graph, device: torch.device, dtype: torch.dtype | None) -> None:
    """Raise TooLargeError where the parameters of a graph need more than a device has left.

    They are made in PyTorch's default dtype; one that is wider is needed on top of it while they are converted.
    """
    left = available_bytes(device)
    made = torch.get_default_dtype().itemsize
    needed = total(graph).params * max(made, dtype.itemsize if dtype else 0)
    if left is not None and needed > left:
        raise TooLargeError(
            f"the parameters of {graph.name} need {needed / 2**30:,.1f} GiB, and {device} has {left / 2**30:,.1f} GiB"
            " left: --device meta builds without memory"
        )


def available_bytes(device: torch.device) -> int | None:
    """Return what can still be allocated on a device, None where that is not known."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type != "cpu":
        return None
    found = re.search(r"^MemAvailable: +(\d+) kB$", _text("/proc/meminfo"), re.MULTILINE)
    known = [int(found[1]) * 1024] if found else []
    known += [int(_text(most)) - int(_text(used)) for most, used in _CGROUPS if _text(most).strip().isdecimal()]
    return min(known, default=None)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except OSError:
        return ""
