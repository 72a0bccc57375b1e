"""Print the speed targets as ratios measured in one run: `python tests/benchmarks/speed.py [part of a name]`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from timing import Ratio, compare, elapsed, process, within

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))

from repository import Repository  # noqa: E402 -- the tests' own folder is on the path of pytest only

BIN = Path(sys.executable).parent
NAME = "resnext/resnext50_32x4d"
SPEC = str(ROOT / "specs" / f"{NAME}.yaml")
SCHEMA = str(ROOT / "schemas" / "architecture.json")
TORCHVISION_SCRIPT = """
import torchinfo, torchvision
print(torchinfo.summary(torchvision.models.resnext50_32x4d(), (1, 3, 224, 224)))
"""


def validate() -> Ratio:
    theirs = process([str(BIN / "check-jsonschema"), "--schemafile", SCHEMA, SPEC])
    return compare("archc validate / check-jsonschema", _archc("validate", SPEC), theirs, 0.6, 15)


def cost() -> Ratio:
    theirs = process([sys.executable, "-c", TORCHVISION_SCRIPT])
    return compare("archc cost / torchvision + torchinfo script", _archc("cost", SPEC), theirs, 0.05, 5)


def diff() -> Ratio:
    both = (SPEC, str(ROOT / "specs" / "resnet" / "resnet50.yaml"))
    return compare(
        "archc diff A B / archc validate A B",
        _archc("diff", *both, "--fail-on", "INTERFACE"),
        _archc("validate", *both),
        1.5,
        15,
    )


def summary() -> Ratio:
    theirs = process([sys.executable, "-c", "import torch, torchinfo"])
    return compare(
        "archc build --summary / import torch, torchinfo", _archc("build", SPEC, "--summary"), theirs, 1.25, 7
    )


def build() -> Ratio:
    import archcompiler

    return compare("build / torchvision constructor", lambda: archcompiler.build(NAME), _torchvision, 0.7, 21)


def construct() -> Ratio:
    from archcompiler.backends.pytorch.module import allocated

    graph = _graph()
    name = "construction without initialisation / torchvision constructor"
    return compare(name, lambda: allocated(graph, "cpu"), _torchvision, 0.1, 21)


def load() -> Ratio:
    import archcompiler

    weights = _torchvision().state_dict()
    graph = _graph()
    name = "build with weights / torchvision constructor"
    return compare(name, lambda: archcompiler.build(graph, weights=weights), _torchvision, 0.3, 21)


def meta() -> Ratio:
    import torch

    import archcompiler

    def theirs() -> None:
        with torch.device("meta"):
            _torchvision()

    name = "build on meta / torchvision on meta"
    return compare(name, lambda: archcompiler.build(NAME, device="meta"), theirs, 0.5, 21)


def forward() -> Ratio:
    import torch

    ours, theirs, x = _pair()
    with torch.no_grad():
        return compare("forward / torchvision", lambda: ours(x), lambda: theirs(x), 1.02, 21)


def backward() -> Ratio:
    ours, theirs, x = (each.train() if hasattr(each, "train") else each for each in _pair())
    name = "forward and backward / torchvision"
    return compare(name, lambda: ours(x).sum().backward(), lambda: theirs(x).sum().backward(), 1.02, 21)


def cost_from_path() -> Ratio:
    import archcompiler

    return compare("cost from a path / torchinfo on meta", lambda: archcompiler.cost(SPEC), _torchinfo(), 0.25, 15)


def cost_from_graph() -> Ratio:
    import archcompiler

    graph = _graph()
    return compare("cost from a graph / torchinfo on meta", lambda: archcompiler.cost(graph), _torchinfo(), 0.02, 15)


def many() -> Ratio:
    """Every shipped file, in a folder of one's own, at 200 a second.

    Seconds that pass, not CPU seconds: the work is shared by as many processes as there are cores.
    """
    with TemporaryDirectory() as folder:
        nets = Path(shutil.copytree(ROOT / "specs", Path(folder, "nets")))
        count = len([*nets.rglob("*.yaml")])
        seconds = elapsed(_archc("validate", str(nets)), 3)
    target = count / 200
    name = f"archc validate, {count} specs ({count / seconds:.0f} a second) / 200 a second"
    return Ratio(name, seconds, target, seconds / target, 1)


def against() -> Ratio:
    """A repository of 500 specs, 50 of which are or extend one that was edited since the last commit."""
    base = "archc: 1\nname: base\nextends: resnet/resnet50\nstages: {layer3: {blocks: 6}}\n"
    derived = {
        f"derived/{i}": f"archc: 1\nname: d{i}\nextends: ../base\nhead: {{classes: {i}}}\n" for i in range(2, 51)
    }
    other = {
        f"nets/{i}": f"archc: 1\nname: n{i}\nextends: resnet/resnet50\nhead: {{classes: {i}}}\n" for i in range(2, 452)
    }
    with TemporaryDirectory() as folder:
        repository = Repository(folder)
        repository.commit(base=base, **derived, **other)
        repository.write(base=base.replace("6", "7"))
        command = [str(BIN / "archc"), "diff", "--against", "HEAD", "--fail-on", "INTERFACE"]
        name = "archc diff --against, 500 specs, 50 reached / 3 seconds"
        return within(name, process(command, folder), 3, 5)


def linear() -> Ratio:
    import archcompiler

    deep = lambda: archcompiler.cost("cifar/resnet1202")  # noqa: E731 -- one of two calls of a pair
    return compare("cost of 1202 layers / of 20 layers", deep, lambda: archcompiler.cost("cifar/resnet20"), 60, 11)


ALL: tuple[Callable[[], Ratio], ...] = (
    validate,
    cost,
    diff,
    summary,
    build,
    construct,
    load,
    meta,
    forward,
    backward,
    cost_from_path,
    cost_from_graph,
    many,
    against,
    linear,
)


def chosen(part: str) -> Iterator[Callable[[], Ratio]]:
    return (benchmark for benchmark in ALL if part in benchmark.__name__)


def _archc(*arguments: str) -> Callable[[], object]:
    return process([str(BIN / "archc"), *arguments])


def _torchvision() -> object:
    import torchvision

    return torchvision.models.resnext50_32x4d()


@cache
def _graph() -> object:
    import archcompiler

    return archcompiler.compile(NAME)


def _pair() -> tuple[object, object, object]:
    import torch

    import archcompiler

    torch.set_num_threads(1)  # threads that wait for each other would drown a difference of 2 %
    theirs = _torchvision().eval()
    ours = archcompiler.build(NAME, weights=theirs.state_dict()).eval()
    return ours, theirs, torch.randn(2, 3, 224, 224)


def _torchinfo() -> Callable[[], object]:
    import torch
    import torchinfo

    with torch.device("meta"):
        model = _torchvision()
    return lambda: torchinfo.summary(model, (1, 3, 224, 224), device="meta", verbose=0)


if __name__ == "__main__":
    import compileall

    compileall.compile_dir(ROOT / "archcompiler", quiet=1)  # as pip leaves a package that it installs
    for benchmark in chosen(sys.argv[1] if len(sys.argv) > 1 else ""):
        print(benchmark().row(), flush=True)
