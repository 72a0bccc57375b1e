"""One verb, one file: `configure` declares its arguments, `run` returns what to print and the exit code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import find_spec

FINE, FINDINGS, UNUSABLE = 0, 1, 2
_UNREAD = 141
"""What a shell shows of a program that SIGPIPE ended."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verb says on standard output, on standard error, its exit code, and that where nobody reads to the end."""

    out: str = ""
    code: int = FINE
    err: str = ""
    unread: int = _UNREAD


class Usage(Exception):
    """Arguments that cannot be used together (exit 2)."""


def require_torch() -> None:
    """Raise Usage where torch or torchinfo is not installed."""
    missing = [name for name in ("torch", "torchinfo") if find_spec(name) is None]
    if missing:
        raise Usage(f"this needs {' and '.join(missing)}: pip install 'archcompiler[torch]'")


def json_text(document: object) -> str:
    """Return a document as JSON for people and machines."""
    return json.dumps(document, indent=2, ensure_ascii=False)
