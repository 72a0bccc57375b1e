"""Ten faults given to five tools, each in its own language, and what each says first: the table of tests/README.md.

python tests/comparison/compare.py            prints the table as Markdown
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = ("timm", "torchvision", "n-orca", "check-jsonschema")
_CROP = 100
_NO_WORD = "no word for it"
_MARKS = {
    "n-orca": ("[ERR]", "[WARN]", "Error", "error:"),
    "check-jsonschema": ("::$", "Error"),
    "archc": ("error[", "warning["),
}

NET = """\
archc: 1
name: net
input: {channels: 3, size: 64}
stem: {type: conv7x7_maxpool, channels: 64}
stages:
  layer1: {block: basic, blocks: 2, channels: 64}
head: {classes: 10}
"""
ORCA = """\
# architecture Net

## tensors

| Name | Shape          | Dtype   |
|------|----------------|---------|
| x    | (B, 3, 64, 64) | float32 |
| y    | (B, 10)        | float32 |

## layer x [input]
## layer conv
- op: Conv2d(3, 64, 3, 1, 1)
## layer norm
- op: BatchNorm2d(64)
## layer add
- op: Add
## layer pool
- op: AdaptiveAvgPool2d(1)
## layer flat
- op: Flatten(1)
## layer head
- op: Linear(64, 10)
## layer y [output]

## flow

| Source | Target | Tensor |
|--------|--------|--------|
| x      | conv   | a      |
| conv   | norm   | b      |
| conv   | add    | s      |
| norm   | add    | r      |
| add    | pool   | c      |
| pool   | flat   | d      |
| flat   | head   | e      |
| head   | y      | f      |
"""


@dataclass(frozen=True)
class Fault:
    """One fault as each tool would have it: what changes in our spec and in n-orca's, and the peers' constructor calls.

    None where a tool has no word for it.
    """

    name: str
    archc: tuple[str, str]
    timm: str | None
    torchvision: str | None
    orca: tuple[str, str] | None


SOUND = Fault(
    "nothing wrong",
    ("", ""),
    'byobnet(dict(type="basic", d=2, c=64))',
    "ResNet(BasicBlock, [2, 2, 2, 2])",
    ("", ""),
)
FAULTS = (
    SOUND,
    Fault(
        "a mistyped key",
        ("channels: 64}\nh", "chanels: 64}\nh"),
        'byobnet(dict(type="basic", d=2, chs=64))',
        "ResNet(BasicBlock, [2, 2, 2, 2], num_class=10)",
        ("- op: BatchNorm2d(64)", "- opp: BatchNorm2d(64)"),
    ),
    Fault(
        "an unknown block",
        ("block: basic", "block: botleneck"),
        'byobnet(dict(type="botleneck", d=2, c=64))',
        'ResNet("botleneck", [2, 2, 2, 2])',
        ("Conv2d(", "Conv2D("),
    ),
    Fault(
        "groups that do not divide the width",
        ("block: basic, blocks: 2", "block: bottleneck, width: 16, cardinality: 3, blocks: 2"),
        'byobnet(dict(type="bottle", d=2, c=64, gs=3))',
        None,
        None,
    ),
    Fault(
        "an identity shortcut over a stride",
        ("channels: 64}\nh", "channels: 64, stride: 2, shortcut: identity}\nh"),
        'byobnet(dict(type="basic", d=2, c=64, s=2), downsample="")',
        "nn.Sequential(nn.Conv2d(3, 64, 1), BasicBlock(64, 64, stride=2))",
        ("- op: BatchNorm2d(64)", "- op: Conv2d(64, 64, 3, 2, 1)"),
    ),
    Fault(
        "a stage without blocks",
        ("blocks: 2", "blocks: 0"),
        'byobnet(dict(type="basic", d=0, c=64))',
        "ResNet(BasicBlock, [0, 2, 2, 2])",
        None,
    ),
    Fault(
        "a word for a number",
        ("blocks: 2", "blocks: two"),
        'byobnet(dict(type="basic", d="two", c=64))',
        'ResNet(BasicBlock, ["two", 2, 2, 2])',
        ("Linear(64, 10)", "Linear(64, ten)"),
    ),
    Fault(
        "a number with a leading zero",
        ("channels: 64}\nh", "channels: 064}\nh"),
        'byobnet(dict(type="basic", d=2, c=064))',
        "ResNet(BasicBlock, [2, 2, 2, 2], num_classes=010)",
        ("Conv2d(3, 64,", "Conv2d(3, 064,"),
    ),
    Fault(
        "a pool larger than its map",
        ("head: {classes: 10}", "head: {classes: 10, pool: {window: 17}}"),
        None,
        "pooled(nn.AvgPool2d(17))",
        ("AdaptiveAvgPool2d(1)", "AvgPool2d(65, 65)"),
    ),
    Fault(
        "norm groups that do not divide the channels",
        ("channels: 64}\nh", "channels: 64, norm: {type: group, groups: 7}}\nh"),
        'byobnet(dict(type="basic", d=2, c=64), norm_layer=partial(GroupNorm, num_groups=7))',
        "ResNet(BasicBlock, [2, 2, 2, 2], norm_layer=partial(nn.GroupNorm, 7))",
        None,
    ),
    Fault(
        "a setting that nothing reads",
        ("stages:", "defaults: {bottleneck_width: 32}\nstages:"),
        'byobnet(dict(type="basic", d=2, c=64), attn_kwargs=dict(rd_ratio=0.25))',
        "ResNet(BasicBlock, [2, 2, 2, 2], groups=32)",
        ("## tensors", "## hyperparameters\n\n| Name | Type | Default |\n|-|-|-|\n| groups | int | 32 |\n\n## tensors"),
    ),
)

NAMES = """
from functools import partial
import torch
from torch import nn
from timm.layers import GroupNorm
from timm.models.byobnet import ByoBlockCfg, ByobNet, ByoModelCfg
from torchvision.models.resnet import BasicBlock, ResNet


def byobnet(block, **model):
    norm = {name: model.pop(name) for name in ("norm_layer",) if name in model}
    stem = dict(stem_type="7x7", stem_pool="maxpool", stem_chs=64)
    blocks = (ByoBlockCfg(**block), ByoBlockCfg(type="basic", d=1, c=64, s=1))  # timm wants two stages
    return ByobNet(ByoModelCfg(blocks=blocks, **stem, **model), num_classes=10, **norm)


def pooled(pool):
    net = ResNet(BasicBlock, [2, 2, 2, 2])
    net.avgpool = pool
    return net
"""


def python_says(call: str | None, scope: dict[str, object]) -> str:
    """Return what a constructor call, or else the network's first image, raises."""
    if call is None:
        return _NO_WORD
    where = ""
    try:
        network = eval(call, scope)
        where = "in forward, "
        network(scope["torch"].zeros(2, 3, 64, 64))
    except Exception as error:
        return f"{where}{type(error).__name__}: {error}"
    return "nothing: it builds and runs"


def text_says(tool: str, text: str, suffix: str, folder: Path) -> str:
    """Return the first thing that a tool says of a text."""
    path = folder / f"net{suffix}"
    path.write_text(text, encoding="utf-8")
    commands = {
        "n-orca": ["-m", "n_orca.cli.main", "verify", path.name],
        "check-jsonschema": [
            "-m",
            "check_jsonschema",
            "--schemafile",
            str(ROOT / "schemas/architecture.json"),
            path.name,
        ],
        "archc": ["-m", "archcompiler", "validate", path.name],
    }
    run = subprocess.run(
        [sys.executable, *commands[tool]], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    said = (run.stdout + run.stderr).strip()
    found = [line.strip() for line in said.splitlines() if any(mark in line for mark in _MARKS[tool])]
    return found[0].removeprefix(f"{path.name}:").removeprefix(f"{path.name}::") if found else "nothing: it is valid"


def rows() -> list[list[str]]:
    """Return for each fault its name and what each tool says."""
    scope: dict[str, object] = {}
    exec(NAMES, scope)
    result = []
    with tempfile.TemporaryDirectory() as folder:
        for fault in FAULTS:
            spec = _changed(NET, fault.archc)
            orca = (
                text_says("n-orca", _changed(ORCA, fault.orca), ".n.orca.md", Path(folder)) if fault.orca else _NO_WORD
            )
            ours = [text_says(tool, spec, ".yaml", Path(folder)) for tool in ("check-jsonschema", "archc")]
            peers = [python_says(fault.timm, scope), python_says(fault.torchvision, scope)]
            result.append([fault.name, *(_cropped(text) for text in (*peers, orca, *ours))])
    return result


def table() -> str:
    """Return the table as Markdown."""
    head = ["fault", *(f"{tool} {version(tool)}" for tool in TOOLS), "archc"]
    lines = [head, ["---"] * len(head), *rows()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _changed(text: str, change: tuple[str, str]) -> str:
    if change[0] not in text:
        raise ValueError(f"{change[0]!r} is not in the text")
    return text.replace(*change, 1)


def _cropped(text: str) -> str:
    line = " ".join(text.replace("|", "/").split())
    shown = line if len(line) <= _CROP else f"{line[: _CROP - 1]}…"
    return shown if shown in (_NO_WORD,) or shown.startswith("nothing: ") else f"`{shown.replace('`', chr(39))}`"


if __name__ == "__main__":
    print(table())
