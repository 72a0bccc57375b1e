"""Values that say what would hold anyway (L007), with the edit that takes one out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archcompiler.diagnostics import Diagnostic
from archcompiler.graph.ir import Graph
from archcompiler.lint.removal import removal
from archcompiler.lint.watch import Watch
from archcompiler.resolve.spec import Spec, kinds_of
from archcompiler.schema.canonical import default_of, filled
from archcompiler.schema.language import Fields, language
from archcompiler.tree import Entry, Mapping, Node, Plain, Scalar, mapping_at, plain, walk

Found = Iterator[tuple[str, Entry, Mapping]]


def written_defaults(watch: Watch, _: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for each value of the spec's own file that is the schema's default and replaces nothing.

    Left alone are a column of the table of stages, where another stage says the key otherwise, and the steps, which are
    read as layers are: with their kernel and stride.
    """
    spec = watch.spec
    for key, entry, owner in _candidates(spec):
        general = spec.defaults.entries.get(key)
        is_general = owner is not spec.defaults and general is not None and general.key_span == entry.key_span
        if entry.value.span.path == spec.path and not _replaces(entry) and not is_general:
            message = f"`{key}: {_shown(entry.value)}` is the default, and replaces nothing"
            fix = removal(owner, key, spec.path)
            yield Diagnostic("L007", message, entry.key_span, "remove it", severity="warning", fix=fix)


def _candidates(spec: Spec) -> Found:
    known, document, defaults = spec.language, spec.document, spec.defaults
    for name in ("stem", "head"):
        yield from _in_union(mapping_at(document, name), name)
    yield from _in_object(defaults, _fields_of_defaults(spec))
    entries = mapping_at(document, "stages").entries.values()
    stages = [entry.value for entry in entries if isinstance(entry.value, Mapping)]
    columns = _columns(stages)
    for stage in stages:
        block = stage.get("block")
        fields = known.blocks.get(str(block.value), {}) if isinstance(block, Scalar) else {}
        yield from _in_object(stage, {key: field for key, field in fields.items() if key not in columns})
        yield from _in_union(mapping_at(stage, "transition"), "transition")
    yield from _in_union(mapping_at(defaults, "transition"), "transition")


def _fields_of_defaults(spec: Spec) -> Fields:
    """Return the fields of which the stem and all blocks of a spec have the same default."""
    owners = [spec.language.blocks[kind] for kind in kinds_of(spec.stages)]
    owners.append(spec.language.unions["stem"].variants[_word(spec.section("stem"), "type")])
    found: Fields = {}
    for key in spec.defaults.entries:
        fields = [fields[key] for fields in owners if key in fields]
        if fields and all(field.default == fields[0].default for field in fields):
            found[key] = fields[0]
    return found


def _word(node: Mapping, key: str) -> str:
    value = node.get(key)
    return str(value.value) if isinstance(value, Scalar) else ""


def _replaces(entry: Entry) -> bool:
    """Tell whether a value, or one below it, stands in place of a base's or of the spec's own `defaults`."""
    return bool(entry.shadows) or any(below.shadows for _, below in walk(entry.value))


def _columns(stages: Iterable[Mapping]) -> set[str]:
    """Return the keys of which stages say different values."""
    first: dict[str, Plain] = {}
    said = ((key, plain(entry.value)) for stage in stages for key, entry in stage.entries.items())
    return {key for key, value in said if first.setdefault(key, value) != value}


def _in_union(node: Node, union: str) -> Found:
    if isinstance(node, Mapping):
        kind = node.get("type")
        variant = language().unions[union].variants.get(str(kind.value), {}) if isinstance(kind, Scalar) else {}
        yield from _in_object(node, variant)


def _in_object(node: Mapping, fields: Fields) -> Found:
    for key, entry in node.entries.items():
        field = fields.get(key)
        if field is None:
            continue
        default, value = default_of(field), entry.value
        if field.union and isinstance(value, Mapping):
            value = filled(value, field.union)
        if default is not None and plain(default) == plain(value):
            yield key, entry, node
        elif field.union:
            yield from _in_union(entry.value, field.union)


def _shown(node: Node) -> str:
    value = plain(node)
    if isinstance(value, dict):
        return str(value.get("type", "{...}"))
    return str(value).lower() if isinstance(value, bool) else str(value)
