"""The canonical order of keys: the schema's. Where the writer chooses the keys, their order has a meaning and stays."""

from __future__ import annotations

from typing import Any

from archcompiler.layout.items import Group
from archcompiler.schema.language import read_schema

_IN_BLOCK_STYLE = ("", "stages", "names", "claim")
"""The definitions whose objects stand in lines of their own: the document, and its tables."""


def put_in_order(root: Group) -> None:
    """Sort the keys of every object; keys that the schema does not know come last."""
    header, root.items[0].above = root.items[0].above, []
    _sort(root, "")
    root.items[0].above[:0] = header  # what stands at the top of a file speaks of the file


def definition_below(definition: str | None, name: str) -> str | None:
    """Return the definition of the object, or of the objects of the list, that stands under a key of an object."""
    if definition is None:
        return None
    described = _described(definition)
    schema: dict[str, Any] = described["properties"].get(name) or described.get("additionalProperties") or {}
    reference = schema.get("$ref") or schema.get("items", {}).get("$ref")
    return reference.removeprefix("#/$defs/") if reference else None


def stands_in_lines(definition: str | None, *, is_mapping: bool) -> bool:
    """Tell whether an object of a definition, or a list of such objects, has a line for each of its items."""
    return definition in _IN_BLOCK_STYLE and is_mapping == (definition != "claim")


def _sort(group: Group, definition: str | None) -> None:
    if definition is not None and group.is_mapping:
        described = _described(definition, _step_of(group) if definition == "step" else None)
        order = list(described["properties"])
        if described["additionalProperties"] is False:
            group.items.sort(key=lambda item: order.index(item.name) if item.name in order else len(order))
    for item in group.items:
        if isinstance(item.value, Group):
            _sort(item.value, definition_below(definition, item.name) if group.is_mapping else definition)


def _step_of(group: Group) -> str | None:
    cases = read_schema("architecture.json")["$defs"]["step"]["x-choice"]["cases"]
    return next((case for case in cases if any(item.name == case for item in group.items)), None)


def _described(definition: str, case: str | None = None) -> dict[str, Any]:
    """Return an object of the schema; of a choice the case, or the object that has the fields of all."""
    schema = read_schema("architecture.json")
    found: dict[str, Any] = schema["$defs"][definition] if definition else schema
    if "x-choice" in found:
        found = schema["$defs"][f"{definition}.{case or 'any'}"]
    return {"properties": {}, **found}
