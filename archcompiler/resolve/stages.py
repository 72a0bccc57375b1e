"""Settle one stage: the fields of each of its blocks, exceptions included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.limits import current, mend
from archcompiler.resolve.defaults import Defaults
from archcompiler.resolve.merge import merge
from archcompiler.resolve.selectors import selection
from archcompiler.resolve.spec import Stage
from archcompiler.schema.canonical import fill, filled
from archcompiler.schema.language import Language
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Entry, Mapping, Node, Scalar, mapping_at, plain

_SELECTORS = 'select with first, last, odd, even, a number such as "0", or a range such as "0..1" (both ends are in it)'
_STAGE_KEYS = ("blocks", "override", "transition", "after")


@dataclass(frozen=True, slots=True)
class SettledException:
    """A block that overrides make, with the last selector that does and its key."""

    selector: str
    key_span: Span
    block: Mapping


@dataclass(frozen=True, slots=True)
class SettledStage:
    """A stage as its document shows it, its blocks one by one, the exceptions among them, and what was found."""

    shown: Mapping
    stage: Stage
    exceptions: tuple[SettledException, ...]
    faults: tuple[Diagnostic, ...]


def settle_stage(name: str, key_span: Span, written: Mapping, defaults: Defaults, left: int) -> SettledStage:
    """Settle one stage: for every block of it, which value each field has; `left` is how many blocks it may have."""
    own, written = written, defaults.take(written, "block", "transition")
    count, faults = _count(written, left)
    blocks, exceptions = _blocks(written, count, defaults)
    shown = _filled(written, defaults if not count else Defaults(defaults.entries, defaults.known))
    hidden = {*_hidden(shown, blocks, defaults.known), *_of_one_kind(shown, blocks)}
    shown = Mapping({key: entry for key, entry in shown.entries.items() if key not in hidden}, shown.span)
    shown = _with_other_kinds(shown, count, Defaults(defaults.entries, defaults.known))
    stage = Stage(name, key_span, blocks, _transition(shown))
    faults += [*_unmatched(written, count), *_never_taken(own, blocks, defaults.known)]
    return SettledStage(shown, stage, exceptions, tuple(faults))


def _with_other_kinds(stage: Mapping, count: int, defaults: Defaults) -> Mapping:
    """Return a stage whose overrides that say a kind of block have the spec's defaults for what the stage's kind lacks.

    What an earlier override of the same blocks says is left alone.
    """
    override, kinds = mapping_at(stage, "override"), defaults.known.blocks
    own = kinds.get(_kind(stage), {})
    said: list[set[str]] = [set() for _ in range(count)]
    sections: dict[str, Entry] = {}
    for selector, entry in override.entries.items():
        section, blocks = mapping_at(override, selector), selection(selector, count)
        known = {*own}.union(*(said[block] for block in blocks))
        fields = {key: field for key, field in kinds.get(_kind(section), {}).items() if key not in known}
        sections[selector] = replace(entry, value=defaults.under(section, fields))
        for block in blocks:
            said[block].update(section.entries)
    if not sections:
        return stage
    whole = replace(stage.entries["override"], value=Mapping(sections, override.span))
    return Mapping({**stage.entries, "override": whole}, stage.span)


def _kind(fields: Mapping) -> str:
    block = fields.get("block")
    return str(block.value) if isinstance(block, Scalar) else ""


def _transition(stage: Mapping) -> Mapping | None:
    transition = stage.get("transition")
    return transition if isinstance(transition, Mapping) else None


def _blocks(
    written: Mapping, count: int, defaults: Defaults
) -> tuple[tuple[Mapping, ...], tuple[SettledException, ...]]:
    """Return each block's fields, and the exceptions among them; blocks that the same overrides select share one."""
    override = mapping_at(written, "override")
    chosen: list[list[str]] = [[] for _ in range(count)]
    for selector in override.entries:
        for index in selection(selector, count):
            chosen[index].append(selector)
    known: dict[tuple[bool, tuple[str, ...]], Mapping] = {}
    result = []
    for index, selectors in enumerate(map(tuple, chosen)):
        key = (index == 0, selectors)
        if key not in known:
            known[key] = _block(written, selectors, defaults, first=index == 0)
        result.append(known[key])
    exceptions = tuple(
        SettledException(selectors[-1], override.entries[selectors[-1]].key_span, block)
        for (_, selectors), block in known.items()
        if selectors
    )
    return tuple(result), exceptions


def _block(written: Mapping, selectors: tuple[str, ...], defaults: Defaults, *, first: bool) -> Mapping:
    """Return one block's fields, complete. The stage's stride is its first block's; the later selector wins."""
    stage = {key: entry for key, entry in written.entries.items() if key not in _STAGE_KEYS}
    if not first:
        stage["stride"] = Entry(SCHEMA_ORIGIN, Scalar(1, SCHEMA_ORIGIN))
    block = Mapping(stage, written.span)
    override = mapping_at(written, "override")
    for selector in selectors:
        block = merge(block, mapping_at(override, selector), [], defaults.known.alternatives)
    return _only_fields(_filled(block, defaults), defaults.known)


def _only_fields(block: Mapping, language: Language) -> Mapping:
    """Return a block without what only the stage's kind of block has a field for, where an override says another."""
    kind = block.get("block")
    fields = language.blocks.get(str(kind.value), {}) if isinstance(kind, Scalar) else {}
    return Mapping({key: entry for key, entry in block.entries.items() if key == "block" or key in fields}, block.span)


def _filled(stage: Mapping, defaults: Defaults) -> Mapping:
    """Return a stage or block with the defaults of the spec, then those of the schema, for the fields it lacks."""
    block = stage.get("block")
    fields = defaults.known.blocks.get(str(block.value), {}) if isinstance(block, Scalar) else {}
    complete = fill(defaults.under(stage, fields), fields)
    transition = complete.entries.get("transition")
    if not transition or not isinstance(transition.value, Mapping):
        return complete
    value = filled(transition.value, "transition")
    entries = {**complete.entries, "transition": Entry(transition.key_span, value, transition.shadows)}
    return Mapping(entries, complete.span)


def _unmatched(stage: Mapping, count: int) -> list[Diagnostic]:
    """Return a fault for each selector that matches none of the blocks; without a number of blocks nothing is known."""
    blocks = f"the stage has {count} blocks, 0 to {count - 1}" if count > 1 else "the stage has one block, 0"
    said = tuple(Label(node.span, f"`blocks` is {count} here") for node in [stage.get("blocks")] if node)
    return [
        Diagnostic("R004", f"the selector `{selector}` matches no block: {blocks}", entry.key_span, _SELECTORS, said)
        for selector, entry in mapping_at(stage, "override").entries.items()
        if count and not selection(selector, count)
    ]


def _never_taken(own: Mapping, blocks: tuple[Mapping, ...], language: Language) -> list[Diagnostic]:
    """Return a fault for each value that the stage itself says and that its overrides hide in every block."""
    return [
        Diagnostic(
            "R010",
            f"no block takes the stage's `{key}`: overrides say another in each",
            own.entries[key].value.span,
            "say the value that every block has here, once, and leave it out of `override`",
            tuple(Label(place, "it is hidden here") for place in hiding),
        )
        for key, hiding in _hidden(own, blocks, language).items()
    ]


def _hidden(stage: Mapping, blocks: tuple[Mapping, ...], language: Language) -> dict[str, tuple[Span, ...]]:
    """Return the keys whose value overrides hide in every block that could take it, and where they do."""
    distinct = list({id(block): block for block in blocks}.values())
    result = {}
    for key, entry in stage.entries.items():
        hiding = tuple(_hiding(stage, key, language)) if distinct and key not in _STAGE_KEYS else ()
        if hiding and not any(_takes(block, key, entry) for block in (blocks[:1] if key == "stride" else distinct)):
            result[key] = hiding
    return result


def _of_one_kind(stage: Mapping, blocks: tuple[Mapping, ...]) -> Iterator[str]:
    """Yield the keys whose default a block of another kind does not share: written out, it would take it."""
    distinct = {id(block): block for block in blocks}.values()
    for key, entry in stage.entries.items():
        taken = (block.get(key) for block in distinct)
        if _is_default(entry.value) and any(
            node and _is_default(node) and plain(node) != plain(entry.value) for node in taken
        ):
            yield key


def _is_default(node: Node) -> bool:
    return set(_places(node)) == {SCHEMA_ORIGIN}


def _takes(block: Mapping, key: str, entry: Entry) -> bool:
    taken = block.get(key)
    return taken is not None and not set(_places(entry.value)).isdisjoint(_places(taken))


def _places(node: Node) -> Iterator[Span]:
    """Yield where each scalar of a value was written; of an object that the schema completes, no key but its type."""
    if isinstance(node, Mapping):
        for name, entry in node.entries.items():
            if name == "type" or entry.value.span != SCHEMA_ORIGIN:
                yield from _places(entry.value)
    else:
        yield node.span


def _hiding(stage: Mapping, key: str, language: Language) -> Iterator[Span]:
    """Yield where the overrides of a stage say a field or an alternative of it."""
    override = mapping_at(stage, "override")
    for selector in override.entries:
        said = mapping_at(override, selector).entries
        yield from (said[name].key_span for name in (key, *language.alternatives.get(key, ()), "block") if name in said)


def _count(stage: Mapping, left: int) -> tuple[int, list[Diagnostic]]:
    """Return how many blocks a stage has; 0 while the number is missing, faulty or beyond the limit."""
    blocks = stage.get("blocks")
    if not isinstance(blocks, Scalar) or type(blocks.value) is not int:
        return 0, []
    if blocks.value <= left:
        beyond = _selects_too_often(stage, blocks.value)
        return (0, [beyond]) if beyond else (blocks.value, [])
    message = f"{blocks.value} blocks are more than the {left} that are left of the {current().blocks} of a network"
    return 0, [Diagnostic("M001", message, blocks.span, mend("blocks"))]


def _selects_too_often(stage: Mapping, count: int) -> Diagnostic | None:
    """Return a fault at the override with which the blocks take more than the values of a file may be.

    An override is like an alias: each block that it selects repeats it.
    """
    limit, taken = current().values, 0
    for selector, entry in mapping_at(stage, "override").entries.items():
        taken += len(selection(selector, count))
        if taken > limit:
            message = f"the overrides select blocks more than {limit} times"
            return Diagnostic("M001", message, entry.key_span, mend("values"))
    return None
