"""The texts that excerpts are cut from."""

from __future__ import annotations

import os

from archcompiler.syntax.source import MAX_BYTES


def text_of(path: str) -> str | None:
    """Return a file's text, or None where the path is no readable text: a setting, the schema, a folder."""
    if path.startswith("<") or not os.path.isfile(path):
        return None
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read(MAX_BYTES)
    except (OSError, UnicodeDecodeError, ValueError):
        return None
