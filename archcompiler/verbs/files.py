"""Files that a verb changes in place: found, read, compared and written atomically."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from fnmatch import fnmatch
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
    """Return every YAML file below a folder that says `archc:`, sorted; none of hidden folders, such as `.venv`."""
    found: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names if fnmatch(name, "*.y*ml")]
    return [str(file) for file in sorted(found) if file.is_file() and _is_spec(file)]


SCHEMAS = ".archc"
"""The folder of a repository in which the schemas are that editors read."""


def schema_folder(target: Path) -> Path:
    """Return the folder of schemas for a file: in its git repository, else beside it."""
    folder = target.absolute().parent
    root = next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)
    return root / SCHEMAS


def difference(path: str, before: str, after: str) -> str:
    """Return the change of one file as a unified diff; empty where there is none."""
    from archcompiler.render.excerpt import visible

    shown = visible(path)
    lines = unified_diff(before.splitlines(), after.splitlines(), shown, shown, lineterm="")
    return "\n".join(lines)


def _is_spec(file: Path) -> bool:
    with file.open("rb") as opened:
        return any(line.startswith(b"archc:") for line in opened.read(1 << 20).splitlines())
