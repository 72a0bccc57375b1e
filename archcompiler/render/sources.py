"""The texts that excerpts are cut from."""

from __future__ import annotations


def text_of(path: str) -> str | None:
    """Return a file's text, or None where the path is no readable text: a setting, the schema, a folder."""
    if path.startswith("<"):
        return None
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError, ValueError):
        return None
