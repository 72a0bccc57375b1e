"""Files that a verb changes in place: found, read, compared and written atomically."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from pathlib import Path

from archcompiler.syntax.files import near_file
from archcompiler.verbs import Usage


def spec_files(paths: Iterable[str]) -> Iterator[str]:
    """Yield every file named, and below every folder each YAML file that says `archc:`; Usage where there is none."""
    for path in paths:
        if not os.path.isdir(path):
            if not os.path.lexists(path):
                why = "this verb changes files, so it takes paths and no shipped names"
                near = near_file(path)
                raise Usage(f"no file {path!r}: {why}{f'; did you mean {near}?' if near else ''}")
            yield path
            continue
        found = below(path)
        if not found:
            raise Usage(f"no spec lies below {path!r}")
        yield from found


def below(folder: str) -> list[str]:
    """Return every YAML file below a folder that says `archc:`, sorted."""
    return [str(file) for file in sorted(Path(folder).rglob("*.y*ml")) if file.is_file() and _is_spec(file)]


def difference(path: str, before: str, after: str) -> str:
    """Return the change of one file as a unified diff; empty where there is none."""
    from archcompiler.render.excerpt import visible

    shown = visible(path)
    lines = unified_diff(before.splitlines(), after.splitlines(), shown, shown, lineterm="")
    return "\n".join(lines)


def _is_spec(file: Path) -> bool:
    with file.open("rb") as opened:
        return any(line.startswith(b"archc:") for line in opened.read(1 << 20).splitlines())
