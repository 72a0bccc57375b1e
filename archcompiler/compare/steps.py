"""The steps of a spec's own blocks by what they are called: an edit of one is that of its role, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from archcompiler.resolve.role_edits import steps_by_role
from archcompiler.schema.language import GROUPS
from archcompiler.tree import Entry, Mapping, Node, Path, Sequence


def by_role(document: Mapping) -> Mapping:
    """Return a resolved document with the steps of each of its own blocks as a mapping, by role.

    One that says no blocks of its own has none, so that each block that another says is an edit by itself.
    """
    none = Entry(document.span, Mapping({}, document.span))
    whole = Mapping({**document.entries, "blocks": document.entries.get("blocks", none)}, document.span)
    return _with_blocks(whole, lambda steps: steps_by_role(steps) if isinstance(steps, Sequence) else steps)


def in_order(document: Mapping) -> Mapping:
    """Return such a document with its steps as lists, as they run."""
    return _with_blocks(document, _listed)


def are_steps(path: Path) -> bool:
    """Tell whether steps by role stand at a path of such a document."""
    return len(path) > 2 and path[0] == "blocks" and path[-1] in GROUPS


def _with_blocks(document: Mapping, change: Callable[[Node], Node]) -> Mapping:
    blocks = document.entries.get("blocks")
    if blocks is None or not isinstance(blocks.value, Mapping):
        return document
    changed = {
        name: replace(entry, value=_with_steps(entry.value, change)) for name, entry in blocks.value.entries.items()
    }
    value = Mapping(changed, blocks.value.span)
    return Mapping({**document.entries, "blocks": replace(blocks, value=value)}, document.span)


def _with_steps(block: Node, change: Callable[[Node], Node]) -> Node:
    steps = block.entries.get("steps") if isinstance(block, Mapping) else None
    if steps is None or not isinstance(block, Mapping):
        return block
    return Mapping({**block.entries, "steps": replace(steps, value=change(steps.value))}, block.span)


def _listed(steps: Node) -> Node:
    if not isinstance(steps, Mapping):
        return steps
    return Sequence(tuple(_step(entry.value) for entry in steps.entries.values()), steps.span)


def _step(step: Node) -> Node:
    if not isinstance(step, Mapping):
        return step
    below = {key: step.entries[key] for key in GROUPS if key in step.entries}
    lists: dict[str, Entry] = {key: replace(entry, value=_listed(entry.value)) for key, entry in below.items()}
    return Mapping({**step.entries, **lists}, step.span)
