"""A text as a person wrote it: every value with its own spelling, its anchors and the comments around it."""

from __future__ import annotations

from dataclasses import dataclass, field

BLANK = ""
"""A blank line among comments."""


@dataclass(slots=True)
class Text:
    """A scalar or an alias in its own spelling. `plain` and `block` say how it is written, `value` what it says."""

    lines: list[str]
    value: str
    anchor: str = ""
    plain: bool = False
    block: bool = False


@dataclass(slots=True)
class Group:
    """A mapping or a list; `below` are the comments behind its last item, `anchor` stands in front of it."""

    is_mapping: bool
    items: list[Item] = field(default_factory=list)
    anchor: str = ""
    below: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    """One value of a group with its key: the comments above it, each on its own line, and those at its line's end."""

    name: str
    key: str
    value: Text | Group
    above: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)


def must_be_block(value: Text | Group) -> bool:
    """Tell whether brackets cannot hold a value: comments or a block scalar stand in it."""
    if isinstance(value, Text):
        return value.block
    return bool(value.below) or any(item.beside or any(item.above) or must_be_block(item.value) for item in value.items)
