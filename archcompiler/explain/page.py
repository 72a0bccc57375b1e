"""The page of a code: why there is such a fault, an example that has it, and the same example mended.

A page is `pages/CODE.md`: its first paragraphs say why; under `## Fails` and `## Mended` stand the files of an example,
each in a fence (the info string names the file; `yaml` alone is spec.yaml), and in a fence `sh` what is run on them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from archcompiler.diagnostics import CODES

_PAGES = Path(__file__).parent / "pages"
_PARTS = re.compile(r"(.*?)\n## Fails\n(.*?)\n## Mended\n(.*)", re.DOTALL)
_FENCE = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SPEC = "spec.yaml"


@dataclass(frozen=True, slots=True)
class Example:
    """Files by name, and the commands that are run beside them, in order."""

    files: dict[str, str]
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What `archc explain CODE` says."""

    code: str
    title: str
    why: str
    fails: Example
    mended: Example


def read_page(code: str) -> Page:
    """Return the page of a registered code."""
    text = (_PAGES / f"{code}.md").read_text(encoding="utf-8")
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise ValueError(f"the page of {code} is not why, `## Fails`, `## Mended`")
    why, fails, mended = parts.groups()
    return Page(code, CODES[code], why.strip(), _example(fails), _example(mended))


def _example(text: str) -> Example:
    files: dict[str, str] = {}
    commands: list[str] = []
    for language, name, content in _FENCE.findall(text):
        if language == "sh":
            commands += content.splitlines()
        else:
            files[name or _SPEC] = content
    return Example(files, tuple(commands) or (f"archc validate {_SPEC}",))
