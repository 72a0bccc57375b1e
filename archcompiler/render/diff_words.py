"""A comparison in words: what every format of `archc diff` says alike."""

from __future__ import annotations

import json
from collections.abc import Sequence

from archcompiler.analyses.cost import Row
from archcompiler.compare.model import Change, Diff, Effect, Finding, PartPair, Side, Sight
from archcompiler.compare.rules import Impact
from archcompiler.graph.ops import Shape
from archcompiler.record.recorder import shape_text
from archcompiler.render.amounts import compact, share, signed
from archcompiler.shipped import shipped_name
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Plain

MEANINGS = {
    Impact.COSMETIC: "the same network",
    Impact.TRAINING: "the same function, trained otherwise",
    Impact.FUNCTION: "every weight loads, and the network computes something else",
    Impact.WEIGHTS: "a checkpoint of the one does not load into the other as it is",
    Impact.INTERFACE: "what enters or leaves has another shape",
}
MARKS = {"changed": "~", "renamed": "~", "moved": "~", "reordered": "~", "added": "+", "removed": "-"}
LEGEND = "~ changed  + added  - removed"
_LONGEST = 48
"""How long a value may be before it is cut: two of them stand on a line."""


def names(diff: Diff) -> list[str]:
    """Return what both networks are called: by their paths where their names are the same, once where these are too."""
    old, new = diff.old, diff.new
    if old.name == new.name and old.path != new.path:
        return [shipped_name(side.path) or side.path for side in (old, new)]
    return list(dict.fromkeys((old.name, new.name)))


def title(diff: Diff) -> str:
    """Return what both networks are called, on one line."""
    return " -> ".join(names(diff))


def total_line(diff: Diff) -> str:
    """Return what changed in one line, in the manner of a plan, and what it adds up to."""
    said = ", ".join(_counts(diff)) or "nothing changed"
    costs = [
        f"{compact(delta).strip() if unit else signed(delta)}{unit}{_brackets(share(delta, old))}"
        for delta, unit, old in (
            (diff.delta.params, " params", diff.old.cost.params),
            (diff.delta.macs, " MACs", diff.old.cost.macs),
        )
    ]
    return (
        f"{said}: {', '.join(costs)}".replace("G MACs", "GMACs").replace("M MACs", "MMACs").replace("k MACs", "kMACs")
    )


def _counts(diff: Diff) -> list[str]:
    stages = [pair for pair in diff.parts if (pair.new or pair.old) and _kind(pair) == "stage"]
    both = [pair for pair in stages if pair.old and pair.new]
    blocks = [pair.new_blocks - pair.old_blocks for pair in both]
    renamed = sum(change.kind == "renamed" for change in diff.changes)
    sections = [_name(pair) for pair in diff.parts if _kind(pair) != "stage" and pair.changes and pair.differs]
    found = [
        (sum(pair.differs and bool(pair.changes) for pair in both), "stage", "changed"),
        (sum(pair.old is None for pair in stages), "stage", "added"),
        (sum(pair.new is None for pair in stages), "stage", "removed"),
        (renamed, "stage", "renamed"),
        (sum(more for more in blocks if more > 0), "block", "added"),
        (-sum(more for more in blocks if more < 0), "block", "removed"),
    ]
    counts = [f"{count} {what if count == 1 else what + 's'} {verb}" for count, what, verb in found if count]
    counts += ["stages reordered"] * any(change.kind == "reordered" for change in diff.changes)
    counts += [f"{name} changed" for name in sections]
    addresses = [change.address.split(".") for change in diff.changes]
    others = {first for first, *_ in addresses} & {"input", "names"}
    others |= {f"block {rest[0]}" for first, *rest in addresses if first == "blocks"}
    counts += [f"{name} changed" for name in sorted(others)]
    return counts


def _kind(pair: PartPair) -> str:
    return _row(pair).kind


def _name(pair: PartPair) -> str:
    return _row(pair).name


def _row(pair: PartPair) -> Row:
    """Return the new side where there is one, else the old side: a pair has one at least."""
    return next(row for row in (pair.new, pair.old) if row)


def _brackets(text: str) -> str:
    return f" ({text})" if text else ""


def change_text(change: Change) -> str:
    """Return an edit: its address, and the value before and after."""
    old, new = change.old, change.new
    if change.kind == "renamed" and old and new:
        return f"{old.address} is now {new.address}"
    if change.kind == "moved" and old and new:
        return f"{old.address} {value_text(old.value)} -> {new.address} {value_text(new.value)}"
    if change.kind == "added" and new:
        return f"{new.address} {value_text(new.value)}"
    if change.kind == "removed" and old:
        return f"{old.address} {value_text(old.value)}"
    if old and new and isinstance(old.value, list) and isinstance(new.value, list):
        return f"{change.address} {' -> '.join(_middles(old.value, new.value))}"
    return f"{change.address} {_side_text(old, change)} -> {_side_text(new, change)}"


def _middles(old: list[Plain], new: list[Plain]) -> list[str]:
    """Return two lists without what both begin and end with."""
    pairs = list(zip(old, new, strict=False))
    start = next((index for index, (one, other) in enumerate(pairs) if one != other), len(pairs))
    backwards = list(zip(reversed(old[start:]), reversed(new[start:]), strict=False))
    end = next((index for index, (one, other) in enumerate(backwards) if one != other), len(backwards))
    texts = [[value_text(each) for each in values[start : len(values) - end]] for values in (old, new)]
    return [f"[{', '.join([*['...'] * bool(start), *text, *['...'] * bool(end)])}]" for text in texts]


def _side_text(side: Side | None, change: Change) -> str:
    """Return a value; with its key where the other side says another, and `(default)` where nobody says it."""
    if side is None:
        return "none"
    key, own = side.address.rpartition(".")[2], change.address.rpartition(".")[2]
    default = " (default)" if side.span == SCHEMA_ORIGIN else ""
    return f"{key + ' ' if key != own else ''}{value_text(side.value)}{default}"


def value_text(value: Plain) -> str:
    """Return a value on one line, cut where it is long."""
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{key}: {value_text(each)}" for key, each in value.items()) + "}"
    elif isinstance(value, list):
        text = "[" + ", ".join(map(value_text, value)) + "]"
    else:
        text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def place_text(span: Span | None) -> str:
    """Return where a value is written."""
    if span is None:
        return "not there"
    if span.path.startswith("<--set"):
        return span.path[1:-1]
    if span == SCHEMA_ORIGIN:
        return "schema default"
    name = shipped_name(span.path)
    return f"{name}:{span.line}:{span.column}" if name else str(span)


def places_text(old: Span | None, new: Span | None) -> str:
    """Return where both sides are written; once where it is the same place."""
    if old is None or new is None:
        return place_text(old or new)
    one, other = place_text(old), place_text(new)
    return one if one == other else f"{one} -> {other}"


def reach_text(change: Change) -> str:
    """Return where an edit takes effect, for one that reaches several places; and as what, for a value that moved."""
    parts = {_part(reach.address): value_text(reach.new) for reach in reversed(change.reaches)}
    said = change.address.partition(".")[0]
    if len(parts) == 1 and said != "defaults":
        return ""
    each = [f"{part} {value}" if change.kind == "moved" else part for part, value in reversed(parts.items())]
    return f"in {', '.join(each)}"


def _part(address: str) -> str:
    first, _, rest = address.partition(".")
    return rest.partition(".")[0] if first == "stages" else first


def effect_text(effect: Effect) -> str:
    """Return what becomes of a part: what arrives, what leaves, what it costs."""
    words = []
    if effect.arrives[0] and effect.arrives[1] and effect.arrives[0] != effect.arrives[1]:
        words.append(f"{shape_text(effect.arrives[1])} arrives instead of {shape_text(effect.arrives[0])}")
    if effect.leaves[0] and effect.leaves[1] and effect.leaves[0] != effect.leaves[1]:
        words.append(f"{shape_text(effect.leaves[1])} leaves instead of {shape_text(effect.leaves[0])}")
    costs = [
        f"{signed(delta)} {what}" for delta, what in ((effect.delta.params, "params"), (effect.delta.macs, "MACs"))
    ]
    words += [cost for cost in costs if not cost.startswith("0 ")]
    return ", ".join(words)


def finding_text(found: Finding) -> str:
    """Return a finding: its first place, what is there now and was before, and how many more there are."""
    text = _sights(found.rule, found.old, found.new)
    if found.count == 1 or found.impact == Impact.COSMETIC:
        return text
    what = "tensor" if found.impact == Impact.WEIGHTS else "layer"
    return f"{text}, and {found.count - 1} more {what}{'' if found.count == 2 else 's'}"


def _sights(rule: str, old: Sight | None, new: Sight | None) -> str:
    if rule == "D501":
        return "every difference is one of writing"
    if old is None or new is None:
        sight, what = (new, "is added") if old is None else (old, "is removed")
        return f"{sight.name} {what}: {sight.value}" if sight else ""
    if rule == "D201":
        return f"{old.name} is now {new.name}"
    name = new.name if old.name == new.name else f"{old.name} -> {new.name}"
    before, _, value = old.value.partition(" ")
    after, _, other = new.value.partition(" ")
    shared = before == after and value and other and "(" not in old.value
    return f"{name}: {before} {value} -> {other}" if shared else f"{name}: {old.value} -> {new.value}"


def function_text(diff: Diff) -> str:
    """Return whether both compute the same, and where they do not first."""
    sight = (diff.first.new or diff.first.old) if diff.first else None
    return f"{diff.facts.function}, first at {sight.name}" if sight else diff.facts.function


def interface_text(diff: Diff) -> str:
    """Return what enters and leaves."""
    sides = [f"{shape_text(side.input)} -> {shape_text(side.output)}" for side in (diff.old, diff.new)]
    return f"same: {sides[0]}" if sides[0] == sides[1] else f"changed: {sides[0]} was, {sides[1]} is"


def shapes_text(old: Shape | None, new: Shape | None) -> str:
    """Return a shape, or both where they differ."""
    shown = [shape_text(shape) for shape in (old, new) if shape]
    return shown[0] if len(set(shown)) == 1 else " -> ".join(shown)


def addresses(changes: Sequence[Change]) -> str:
    """Return the addresses of edits."""
    return ", ".join(change.address for change in changes)
