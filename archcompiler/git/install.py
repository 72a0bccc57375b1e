"""Make git show what a change to a spec does: a diff driver in its configuration, and attributes that name it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sysconfig
from collections.abc import Iterable

from archcompiler.git.process import GitError, git

DRIVER = "archc"
_FORBIDDEN = ("!", "#", "[attr]")  # what means something else at the beginning of a line (gitattributes)

_OURS = re.compile(rf'(?:"(?:[^"\\]|\\.)*"|\S+)\s+diff={DRIVER}')


def install(folder: str, scope: str) -> dict[str, str]:
    """Set the driver in the configuration of a repository (`--local`) or of the user; return what was set."""
    command = shlex.quote(_executable())
    values = {
        f"diff.{DRIVER}.command": f"{command} git driver",
        f"diff.{DRIVER}.textconv": f"{command} git textconv",
    }
    for key, value in values.items():
        git(folder, "config", scope, key, value)
    return values


def uninstall(folder: str, scope: str) -> bool:
    """Remove the driver from the configuration; tell whether it was there."""
    try:
        git(folder, "config", scope, "--remove-section", f"diff.{DRIVER}")
    except GitError as error:
        if "no such section" in str(error).lower():
            return False
        raise
    return True


def with_attributes(text: str, lines: Iterable[str]) -> str:
    """Return a file of attributes that has these lines, each once."""
    present = text.splitlines()
    return "\n".join([*present, *(line for line in lines if line not in present), ""])


def without_attributes(text: str) -> str:
    """Return a file of attributes without the lines that only name the driver."""
    return "".join(line for line in text.splitlines(keepends=True) if not _is_ours(line))


def attribute_line(pattern: str) -> str:
    """Return the line that gives a pattern the driver; GitError for what can be no pattern."""
    if not pattern or pattern.startswith(_FORBIDDEN) or not pattern.isprintable():
        raise GitError(f"{pattern!r} is no pattern of attributes")
    quoted = pattern.replace("\\", "\\\\").replace('"', '\\"')
    return f"{f'{chr(34)}{quoted}{chr(34)}' if quoted != pattern or ' ' in pattern else pattern} diff={DRIVER}"


def _is_ours(line: str) -> bool:
    return _OURS.fullmatch(line.strip()) is not None


def _executable() -> str:
    """Return the path of `archc` itself: `python -m` would take modules from the repository that git runs it in."""
    beside = os.path.join(sysconfig.get_path("scripts"), "archc")
    found = beside if os.access(beside, os.X_OK) else shutil.which("archc")
    if found is None:
        raise GitError("the command `archc` is not installed, and git must be able to run it")
    return os.path.abspath(found)
