"""From leaves to edits: what the author of a change wrote, and every place that it reaches."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Set
from collections.abc import Mapping as Map
from dataclasses import dataclass

from archcompiler.compare.leaves import ORDER, Leaf
from archcompiler.compare.model import Change, ChangeKind, Reach, Side
from archcompiler.resolve.spec import Spec, kinds_of
from archcompiler.schema.language import Fields, Language, language
from archcompiler.shipped import shipped_name
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Entry, Mapping, Node, Path, Plain, Scalar, Sequence, plain, walk

UNSEEN = ("archc", "name", "description", "claims")
"""What says nothing of the network itself."""


@dataclass(frozen=True, slots=True)
class DirectEdit:
    """One direct edit: its leaves, the one that it is called by first; `to` is where a value that moved stands now."""

    leaves: tuple[Leaf, ...]
    to: Leaf | None = None

    @property
    def parts(self) -> set[str]:
        """The parts that it speaks of: names of stages, or `stem`, `head`, `input` and `names` as sections."""
        return {str(leaf.path[1] if leaf.path[0] == "stages" else leaf.path[0]) for leaf in self.leaves}


def edits_of(
    found: Iterable[Leaf],
    specs: tuple[Spec, Spec],
    tables: Set[str] = frozenset(),
    gone: Set[Span] = frozenset(),
) -> list[DirectEdit]:
    """Return leaves grouped to the edits that made them, in the order of the document.

    `specs` are the old and the new one. `tables` are the files of tables of module names: what comes from one, comes by
    the line that names it. `gone` are the places of old defaults that are none any more: whatever takes the place of
    one is one edit.
    """
    languages = specs[0].language, specs[1].language
    leaves = {leaf.path: leaf for leaf in found}
    groups: dict[object, list[Leaf]] = {}
    for leaf in leaves.values():
        groups.setdefault(_cause(_owner(leaf, leaves, languages), tables, gone), []).append(leaf)
    edits = _exchanged([_edit(group, gone) for group in groups.values()], specs[0])
    return sorted(edits, key=lambda edit: (_section(edit), len(edit.parts) == 1))


def change_of(edit: DirectEdit, old: Spec, new: Spec, names: dict[str, str]) -> Change:
    """Return an edit in its author's words. `names` gives the old name of each stage that goes on."""
    first = edit.leaves[0]
    reaches = tuple(Reach(address(leaf.path), written(leaf.old), written(leaf.new)) for leaf in edit.leaves)
    tables = {**name_tables(old), **name_tables(new)}
    if first.path[0] == "names" and _is_of(tables, first) and (sides := _tables(old, new)):
        return Change("changed", *sides, reaches)
    other = edit.to or next((leaf for leaf in edit.leaves if leaf.new is not None), first)
    before = next((leaf for leaf in edit.leaves if leaf.old is not None), first)
    one = _side(old, _old_path(before.path, names), before.old)
    two = _side(new, other.path, other.new)
    return Change(_kind(edit, first), one, two, reaches)


def defaults_gone(old: Spec, new: Spec) -> frozenset[Span]:
    """Return where the old spec writes the values of `defaults` of which the new one says nothing there."""
    found = ((path, _origin(entry.value)) for path, entry in walk(old.defaults))
    return frozenset(span for path, span in found if path[0] not in new.defaults.entries)


def has_settings(spec: Spec) -> bool:
    """Tell whether `--set` changed a spec; its claims are left out then."""
    return any(_origin(entry.value).path.startswith("<--set") for _, entry in walk(spec.document))


def name_tables(spec: Spec) -> dict[str, Span]:
    """Return the files from which a spec takes module names, each with the place that says so."""
    entries = spec.section("names").entries.values()
    places = ((entry.value.span.path, entry.key_span) for entry in entries)
    return {path: place for path, place in places if path != place.path}


def address(path: Path) -> str:
    """Return a path as it is written, a key with dots in quotes: `stages.layer3.override."1..4".dilation`."""
    parts = (f'"{part}"' if "." in str(part) and path[0] != "names" else str(part) for part in path if part != ORDER)
    return ".".join(parts)


def is_said(node: Node | None) -> bool:
    """Tell whether somebody wrote a value; the schema's defaults and absent ones are nobody's."""
    return node is not None and _origin(node) != SCHEMA_ORIGIN


def _edit(leaves: list[Leaf], gone: Set[Span]) -> DirectEdit:
    moved = (leaf for leaf in leaves if _is_gone(leaf, gone) and is_said(leaf.new))
    return DirectEdit(tuple(sorted(leaves, key=lambda leaf: leaf.path[-1] != "block")), next(moved, None))


def _exchanged(edits: Iterable[DirectEdit], old: Spec) -> list[DirectEdit]:
    """Return the edits with every two as one that exchange the values of a field of two stages: one of them moved."""
    blocks = (old.language.blocks[kind] for kind in kinds_of(old.stages))
    fields = {key: field for each in (*blocks, old.language.stage_fields) for key, field in each.items()}
    found: list[DirectEdit] = []
    known: dict[object, int] = {}
    for edit in edits:
        leaf = edit.leaves[0]
        values = tuple(json.dumps(node and plain(node)) for node in (leaf.old, leaf.new))
        field = leaf.path[2:] if len(edit.leaves) == 1 and leaf.path[0] == "stages" and leaf.path[-1] != ORDER else ()
        partner = known.pop((field, values[::-1]), None) if field else None
        if partner is None:
            known[field, values] = len(found)
            found.append(edit)
        else:
            exchanged = found[partner].leaves[0], leaf
            one, other = sorted(exchanged, key=lambda leaf: _is_by_default(leaf, fields))
            found[partner] = DirectEdit((one, other), other)
    return found


def _is_by_default(leaf: Leaf, fields: Fields) -> bool:
    """Tell whether the old value of a leaf is what the schema says too."""
    field = fields.get(str(leaf.path[-1]))
    return not is_said(leaf.old) or bool(field and written(leaf.old) == field.default)


def _is_gone(leaf: Leaf, gone: Set[Span]) -> bool:
    return leaf.old is not None and _origin(leaf.old) in gone


def _section(edit: DirectEdit) -> int:
    """Return where the section of an edit stands in a document; in `stages`, what reaches several comes first."""
    return list(language().document).index(str(edit.leaves[0].path[0]))


def _comes_with_block(leaf: Leaf, owner: Leaf, languages: tuple[Language, Language]) -> bool:
    """Tell whether a field changes because the kind of block does: one kind lacks it, or nobody says it."""
    sides = zip((owner.old, owner.new), languages, strict=True)
    blocks = [of.blocks.get(str(node.value), {}) for node, of in sides if isinstance(node, Scalar)]
    everywhere = all(leaf.path[-1] in fields for fields in blocks)
    stage_field = leaf.path[-1] in languages[1].stage_fields
    return not stage_field and (not everywhere or not (is_said(leaf.old) or is_said(leaf.new)))


def _owner(leaf: Leaf, leaves: Map[Path, Leaf], languages: tuple[Language, Language]) -> Leaf:
    """Return the leaf whose edit makes this one too: of the kind of block, or of the alternative that replaces it."""
    above = leaf.path[:-1]
    block = leaves.get((*above, "block"))
    if block and block is not leaf and _comes_with_block(leaf, block, languages):
        return block
    alternatives = languages[1].alternatives.get(str(leaf.path[-1]), ())
    others = (leaves.get((*above, other)) for other in alternatives if leaf.new is None)
    return next((other for other in others if other and other.old is None), leaf)


def _cause(leaf: Leaf, tables: Set[str], gone: Set[Span]) -> object:
    """Return what leaves of one edit share: the place where it is written."""
    if leaf.path[0] == "names" and _is_of(tables, leaf):
        return "names"
    said = leaf.new if is_said(leaf.new) and not _is_gone(leaf, gone) else leaf.old
    return _origin(said) if said is not None and is_said(said) and leaf.path[-1] != ORDER else leaf.path


def _is_of(tables: Collection[str], leaf: Leaf) -> bool:
    """Tell whether a leaf, or one below it, comes from a table of module names."""
    nodes = [node for node in (leaf.old, leaf.new) if node]
    nodes += [entry.value for node in nodes for _, entry in walk(node)]
    return any(_origin(node).path in tables for node in nodes)


def _origin(node: Node) -> Span:
    """Return where a value is written: an object with a type stands where its type does."""
    kind = node.get("type") if isinstance(node, Mapping) else None
    return kind.span if kind and kind.span != SCHEMA_ORIGIN else node.span


def _kind(edit: DirectEdit, leaf: Leaf) -> ChangeKind:
    if leaf.path[-1] == ORDER:
        return "reordered"
    if edit.to:
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


def _tables(old: Spec, new: Spec) -> tuple[Side | None, Side | None] | None:
    """Return the tables of names that both sides take, if these are others."""
    tables = [name_tables(spec) for spec in (old, new)]
    if tables[0].keys() == tables[1].keys():
        return None
    called = [", ".join(shipped_name(path) or path for path in found) for found in tables]
    one, other = (
        Side("names", name, next(iter(found.values()))) if found else None
        for name, found in zip(called, tables, strict=True)
    )
    return one, other


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
    if isinstance(node, Sequence):
        return [written(item) for item in node.items]
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
