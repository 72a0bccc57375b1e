"""The texts that excerpts are cut from."""

from __future__ import annotations

from archcompiler.diagnostics import SpecError
from archcompiler.resolve.bases import opened
from archcompiler.syntax.files import DISK, is_allowed


def text_of(path: str) -> str | None:
    """Return a file's text, or None where the path is no readable text: a setting, the schema, a folder."""
    if path.startswith("<") or not is_allowed(path):
        return None
    try:
        with opened(path, DISK) as (file, files):
            return files.read(file).decode("utf-8-sig")
    except (SpecError, UnicodeDecodeError):
        return None
