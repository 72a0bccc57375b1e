"""The canonical order of keys: the schema's. Where the writer chooses the keys, their order has a meaning and stays.

The fields of a network's own blocks, which the shipped schema does not know, stand behind those that it knows.
"""

from __future__ import annotations

from typing import Any

from archcompiler.layout.items import Group
from archcompiler.schema.language import GROUPS, PART_KINDS, read_schema
from archcompiler.schema.shapes import object_reference, reference

_PART, _BODY, _BODY_STEP = "part", "body", "body step"
"""What the schema of blocks calls its root, and, of a block's own steps, a list and one of them."""
_TABLES = ("stages", "names", "roles", "roles_of_blocks", "roles_of_stages", "fields", "let")
_IN_BLOCK_STYLE = ("", "claim", _PART, *_TABLES)
"""The definitions whose objects stand in lines of their own: the documents, and their tables."""
_LISTS = ("claim",)
_BEHIND_FIELDS = "after"
"""The first key of a stage that stands behind the fields of its block."""


def put_in_order(root: Group) -> None:
    """Sort the keys of every object; keys that the schema does not know come last."""
    header, root.items[0].above = root.items[0].above, []
    _sort(root, root_definition(root))
    root.items[0].above[:0] = header  # what stands at the top of a file speaks of the file


def root_definition(root: Group) -> str:
    """Return the definition of a whole document: of a block, or of a network."""
    names = {item.name for item in root.items}
    kinds = names.intersection(PART_KINDS)
    return _PART if kinds - {"stem", "head"} or ("steps" in names and kinds) else ""


def definition_below(definition: str | None, name: str) -> str | None:
    """Return the definition of the object, or of the objects of the list, that stands under a key of an object."""
    if definition is None:
        return None
    if definition in (_PART, _BODY_STEP) and name in GROUPS:
        return _BODY
    if definition == "roles_of_blocks":
        return "roles"  # of blocks of one's own too, which the shipped schema does not know
    described = _described(definition)
    schema: dict[str, Any] = described["properties"].get(name) or described.get("additionalProperties") or {}
    return reference(schema) or object_reference(schema) or reference(schema.get("items", {})) or None


def definition_of_items(definition: str | None) -> str | None:
    """Return the definition of the items of a list of such objects."""
    return _BODY_STEP if definition == _BODY else definition


def stands_in_lines(definition: str | None, group: Group) -> bool:
    """Tell whether an object of a definition, or a list of such objects, has a line for each of its items."""
    if definition == _BODY_STEP:
        return any(item.name in GROUPS for item in group.items)
    if definition == _BODY:
        return True  # a list of steps, or what changes of each by its role
    return definition in _IN_BLOCK_STYLE and group.is_mapping == (definition not in _LISTS)


def _sort(group: Group, definition: str | None) -> None:
    if definition is not None and group.is_mapping:
        described = _described(definition, _step_of(group) if definition in ("step", _BODY_STEP) else None)
        order = list(described["properties"])
        if described["additionalProperties"] is False:
            last = order.index(_BEHIND_FIELDS) - 0.5 if definition == "stage" else len(order)
            group.items.sort(key=lambda item: order.index(item.name) if item.name in order else last)
    for item in group.items:
        if isinstance(item.value, Group):
            below = definition_below(definition, item.name) if group.is_mapping else definition_of_items(definition)
            _sort(item.value, below)


def _step_of(group: Group) -> str | None:
    cases = read_schema("architecture.json")["$defs"]["step"]["x-choice"]["cases"]
    return next((case for case in cases if any(item.name == case for item in group.items)), None)


def _described(definition: str, case: str | None = None) -> dict[str, Any]:
    """Return an object of the schema; of a choice the case, or the object that has the fields of all."""
    if definition == _PART:
        return read_schema("block.json")
    if definition == _BODY:  # changes of steps by their roles
        return {"properties": {}, "additionalProperties": {}}
    name = "step" if definition == _BODY_STEP else definition
    schema = read_schema("architecture.json")
    if name and name not in schema["$defs"]:
        schema = read_schema("block.json")
    found: dict[str, Any] = schema["$defs"][name] if name else schema
    if "x-choice" in found:
        found = schema["$defs"][f"{name}.{case or 'any'}"]
    return {"properties": {}, **found}
