"""The texts that excerpts are cut from."""

from __future__ import annotations

import os

from archcompiler.limits import current
from archcompiler.syntax.files import is_allowed


def text_of(path: str) -> str | None:
    """Return a file's text, or None where the path is no readable text: a setting, the schema, a folder."""
    if path.startswith("<") or not os.path.isfile(path) or not is_allowed(path):
        return None
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read(current().bytes)
    except (OSError, UnicodeDecodeError, ValueError):
        return None
