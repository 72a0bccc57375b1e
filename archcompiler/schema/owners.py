"""Which object of the language has a field that another one lacks."""

from __future__ import annotations

from archcompiler.schema.language import read_schema
from archcompiler.schema.spellings import names_of
from archcompiler.schema.values import definition


def owner_of(file: str, choice: str, key: str) -> str | None:
    """Return which cases of a choice have the key, or what it is called here, in words, or None."""
    if not choice:
        return None
    discriminator, cases = (definition(file, choice)["x-choice"][part] for part in ("key", "cases"))
    for name in names_of(key):
        owners = [case for case in cases if name in definition(file, f"{choice}.{case}")["properties"]]
        if key in owners and not discriminator:
            return f"a {choice} of its own"
        if owners:
            where = f"a field of {discriminator or choice} {', '.join(owners)}"
            return where if name == key else f"`{name}`, {where}"
    return None


def part_with(file: str, key: str) -> str | None:
    """Return which part of a document has a field of this name, or of what that is called here, in words."""
    for part in ("defaults", "head.any", "input"):
        fields = definition(file, part)["properties"] if part in read_schema(file)["$defs"] else {}
        for name in names_of(key):
            if name in fields:
                where = part.partition(".")[0]
                return f"a field of `{where}`" if name == key else f"`{name}`, a field of `{where}`"
    return None
