"""Find the specs and schemas that come with the package: inside a wheel, an editable install or a bare checkout."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def shipped(folder: str) -> Path:
    """Return the shipped folder `specs` or `schemas`: in the wheel it lies in the package, in a checkout beside it."""
    inside = _PACKAGE / folder
    return inside if inside.is_dir() else _PACKAGE.parent / folder


def shipped_spec(name: str) -> Path | None:
    """Return the file of a shipped name such as `resnet/resnet50`, or None."""
    if name.startswith((".", "/")) or ".." in Path(name).parts or "\0" in name:
        return None
    path = shipped("specs") / f"{name}.yaml"
    return path if os.path.isfile(path) else None  # which, unlike Path, answers for names that no file can have


def shipped_name(path: str) -> str | None:
    """Return the shipped name of a file by its absolute path, or None; below the working folder, paths are relative."""
    root = f"{shipped('specs')}{os.sep}"
    return Path(path[len(root) :]).with_suffix("").as_posix() if path.startswith(root) else None


DOCUMENTS = ("blocks", "shortcuts", "attentions", "stems", "heads")
"""The folders below `specs` whose files are documents of steps."""
NO_SPECS = ("names", *DOCUMENTS)
"""The folders below `specs` whose files are no networks."""


def spec_names() -> Iterator[str]:
    """Yield every shipped name, sorted; tables of module names and documents of blocks are no specs."""
    return (name for name in shipped_names() if name.partition("/")[0] not in NO_SPECS)


def shipped_names() -> Iterator[str]:
    """Yield the shipped name of every spec and every table, sorted."""
    root = shipped("specs")
    return (path.relative_to(root).with_suffix("").as_posix() for path in sorted(root.rglob("*.yaml")))
