"""Find the specs and schemas that come with the package: inside a wheel, an editable install or a bare checkout."""

from __future__ import annotations

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
    return path if path.is_file() else None


def spec_names() -> Iterator[str]:
    """Yield every shipped name, sorted; tables of module names are no specs."""
    root = shipped("specs")
    for path in sorted(root.rglob("*.yaml")):
        name = path.relative_to(root).with_suffix("").as_posix()
        if not name.startswith("names/"):
            yield name
