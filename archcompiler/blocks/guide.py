"""How a block is written: what its document, a field, a step and an expression can say."""

from __future__ import annotations

from dataclasses import dataclass

from archcompiler.blocks.document import CONTEXT
from archcompiler.blocks.typecheck import FUNCTION_USES
from archcompiler.schema.language import read_schema


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the guide: what can be written, each with what it says."""

    title: str
    rows: tuple[tuple[str, str], ...]


_EXPRESSIONS = (
    ("channels, in_channels", "a field, or the channels that arrive"),
    (", ".join(CONTEXT), "where the block stands in its stage and in the network, from 0, and of how many"),
    ("x.channels, left.height", "a size of a map that arrives, or that a step names by `as`"),
    ("+ - * / // %", "arithmetic; `/` is exact, and a size must come out whole"),
    (
        "== != < <= > >=",
        "comparisons, also of a word on the right, as in `norm == batch`",
    ),
    ("and or not, A if C else B", "conditions, and a choice"),
    ("kernels[0], kernels[i]", "an item of a list, from 0"),
    ("pool.window, round.mode", "a part of an object"),
)


_FIELD = "A field under `fields`; {} takes the shared definition of its name"
_EXPRESSION = "An expression, wherever a number or a condition stands; `$norm` is a field that is no number"


def guide() -> list[Section]:
    """Return the guide."""
    part = read_schema("block.json")
    definitions = part["$defs"]
    steps = definitions["step"]["x-choice"]["cases"]
    return [
        Section("A document", _described(part["properties"])),
        Section(_FIELD, _described(definitions["field"]["properties"])),
        Section("A step, told by its key", tuple((kind, _step(kind)) for kind in steps)),
        Section(_EXPRESSION, (*_EXPRESSIONS, *FUNCTION_USES)),
    ]


def _described(properties: dict[str, dict[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the keys of an object with what each says, those that say the same together."""
    keys: dict[str, list[str]] = {}
    for key, found in properties.items():
        keys.setdefault(found.get("description", ""), []).append(key)
    return tuple((", ".join(names), text) for text, names in keys.items())


def _step(kind: str) -> str:
    properties = read_schema("block.json")["$defs"][f"step.{kind}"]["properties"]
    others = [key for key in properties if key != kind]
    return f"{properties[kind]['description']}{' With ' + ', '.join(others) + '.' if others else ''}"
