"""From leaves to edits: what the author of a change wrote, and every place that it reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from archcompiler.compare.leaves import ORDER, Leaf
from archcompiler.compare.model import Change, ChangeKind, Reach, Side
from archcompiler.resolve import Spec
from archcompiler.resolve.merge import alternatives
from archcompiler.schema.language import language
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Entry, Mapping, Node, Path, Plain, Scalar, plain, walk

UNSEEN = ("archc", "name", "description", "claims")
"""What says nothing of the network itself."""


@dataclass(frozen=True, slots=True)
class DirectEdit:
    """One direct edit: its leaves, the one that it is called by first."""

    leaves: tuple[Leaf, ...]

    @property
    def parts(self) -> set[str]:
        """The parts that it speaks of: names of stages, or `stem`, `head`, `input` and `names` as sections."""
        return {str(leaf.path[1] if leaf.path[0] == "stages" else leaf.path[0]) for leaf in self.leaves}


def edits_of(found: Iterable[Leaf]) -> list[DirectEdit]:
    """Return leaves grouped to the edits that made them, in the order of the document."""
    leaves = list(found)
    owners = {leaf.path[:-1]: leaf for leaf in leaves if leaf.path[-1] == "block"}
    groups: dict[object, list[Leaf]] = {}
    for leaf in leaves:
        owner = owners.get(leaf.path[:-1])
        if owner is not None and (owner is leaf or _comes_with_block(leaf, owner)):
            groups.setdefault(_cause(owner), []).append(leaf)
        else:
            groups.setdefault(_cause(leaf), []).append(leaf)
    edits = [DirectEdit(tuple(sorted(group, key=lambda leaf: leaf.path[-1] != "block"))) for group in groups.values()]
    return sorted(edits, key=lambda edit: (_section(edit), len(edit.parts) == 1))


def change_of(edit: DirectEdit, old: Spec, new: Spec, names: dict[str, str]) -> Change:
    """Return an edit in its author's words. `names` gives the old name of each stage that goes on."""
    first = edit.leaves[0]
    other = next((leaf for leaf in edit.leaves if leaf.new is not None), first)
    before = next((leaf for leaf in edit.leaves if leaf.old is not None), first)
    one = _side(old, _old_path(before.path, names), before.old)
    two = _side(new, other.path, other.new)
    reaches = tuple(Reach(address(leaf.path), written(leaf.old), written(leaf.new)) for leaf in edit.leaves)
    return Change(_kind(edit, first), one, two, reaches)


def address(path: Path) -> str:
    """Return a path as it is written, a key with dots in quotes: `stages.layer3.override."1..4".dilation`."""
    parts = (f'"{part}"' if "." in str(part) and path[0] != "names" else str(part) for part in path if part != ORDER)
    return ".".join(parts)


def is_said(node: Node | None) -> bool:
    """Tell whether somebody wrote a value; the schema's defaults and absent ones are nobody's."""
    return node is not None and _origin(node) != SCHEMA_ORIGIN


def _section(edit: DirectEdit) -> int:
    """Return where the section of an edit stands in a document; in `stages`, what reaches several comes first."""
    return list(language().document).index(str(edit.leaves[0].path[0]))


def _comes_with_block(leaf: Leaf, owner: Leaf) -> bool:
    """Tell whether a field changes because the kind of block does: one kind lacks it, or nobody says it."""
    kinds = [node.value for node in (owner.old, owner.new) if isinstance(node, Scalar)]
    everywhere = all(leaf.path[-1] in language().blocks.get(str(kind), {}) for kind in kinds)
    stage_field = leaf.path[-1] in language().stage_fields
    return not stage_field and (not everywhere or not (is_said(leaf.old) or is_said(leaf.new)))


def _cause(leaf: Leaf) -> object:
    """Return what leaves of one edit share: the place where it is written; alternatives of one object are one."""
    key = str(leaf.path[-1])
    if leaf.path[0] == "names" and len(leaf.path) == 2:
        return ("names", *(_origin(node).path if node else "" for node in (leaf.old, leaf.new)))
    if alternatives(key) and (leaf.old is None) != (leaf.new is None):
        return (*leaf.path[:-1], *sorted((key, *alternatives(key))))
    said = leaf.new if is_said(leaf.new) else leaf.old
    return _origin(said) if said is not None and is_said(said) and leaf.path[-1] != ORDER else leaf.path


def _origin(node: Node) -> Span:
    """Return where a value is written: an object with a type stands where its type does."""
    kind = node.get("type") if isinstance(node, Mapping) else None
    return kind.span if kind else node.span


def _kind(edit: DirectEdit, leaf: Leaf) -> ChangeKind:
    if leaf.path[-1] == ORDER:
        return "moved"
    if all(leaf.old is None for leaf in edit.leaves):
        return "added"
    return "removed" if all(leaf.new is None for leaf in edit.leaves) else "changed"


def _side(spec: Spec, path: Path, node: Node | None) -> Side | None:
    """Return a value at the address where it is written: under `defaults`, if it comes from there."""
    if node is None:
        return None
    if path[-1] == ORDER and isinstance(node, Mapping):
        return Side(address(path), list(node.entries), node.span)
    span = _origin(node)
    said_at = _defaults_of(spec).get(span)
    return Side(address(("defaults", *said_at) if said_at else path), written(node), span)


def _defaults_of(spec: Spec) -> dict[Span, Path]:
    return {_origin(entry.value): path for path, entry in _outermost(spec.defaults)}


def _outermost(defaults: Mapping) -> Iterator[tuple[Path, Entry]]:
    seen: set[Span] = set()
    for path, entry in walk(defaults):
        if _origin(entry.value) not in seen:
            seen.add(_origin(entry.value))
            yield path, entry


def written(node: Node | None) -> Plain:
    """Return a value as somebody would write it: what the schema says anyway is left out, a lone type stands alone."""
    if not isinstance(node, Mapping):
        return None if node is None else plain(node)
    kind = node.get("type")
    said = {key: written(entry.value) for key, entry in node.entries.items() if is_said(entry.value)}
    if isinstance(kind, Scalar) and said.keys() <= {"type"}:
        return kind.value
    if isinstance(kind, Scalar) and kind.value in said:
        said.pop("type", None)  # `{window: 8}` says its type
    return said


def _old_path(path: Path, names: dict[str, str]) -> Path:
    if path[0] != "stages" or len(path) < 2:
        return path
    return ("stages", names.get(str(path[1]), path[1]), *path[2:])
