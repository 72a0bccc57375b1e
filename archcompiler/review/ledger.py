"""The accept ledger, `archc-accept.yaml`: the breaks that somebody meant, each with its reason.

An entry holds for one spec, one rule and one pair of networks, so it can excuse nothing else; specs that only extend
that spec are excused with it, for the same rule. It is stale as soon as the spec is no longer what was accepted. One
whose hashes are of another version says nothing, and is told as that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as RuleMap
from dataclasses import dataclass

from archcompiler.compare.hashes import VERSION, version_of
from archcompiler.compare.rules import Impact
from archcompiler.diagnostics import CODES, Diagnostic, SpecError
from archcompiler.review.changes import Reviewed
from archcompiler.span import Span
from archcompiler.syntax.parse import parse
from archcompiler.tree import Mapping, Node, Scalar, Sequence

LEDGER = "archc-accept.yaml"
_KEYS = ("spec", "rule", "from", "to", "reason")


@dataclass(frozen=True, slots=True)
class Accepted:
    """One entry: the hashes are `checkpoint` hashes, which stand for what is computed and for what is loaded."""

    spec: str
    rule: str
    old_hash: str
    new_hash: str
    reason: str
    span: Span


def read_ledger(text: bytes, path: str) -> tuple[Accepted, ...]:
    """Return the entries of a ledger; SpecError with every fault of it."""
    document = parse(text, path)
    faults: list[Diagnostic] = []
    listed = document.get("accept")
    for key, entry in document.entries.items():
        if key != "accept":
            faults.append(Diagnostic("S001", f"unknown key `{key}` of the ledger", entry.key_span, "it has `accept`"))
    if not isinstance(listed, Sequence):
        place = listed.span if listed else document.span
        faults.append(Diagnostic("S002", "`accept` is a list of accepted findings", place, _example()))
    items = listed.items if isinstance(listed, Sequence) else ()
    entries = [_entry(item, faults) for item in items]
    if faults:
        raise SpecError(faults)
    return tuple(entries)


def _entry(node: Node, faults: list[Diagnostic]) -> Accepted:
    entries = node.entries if isinstance(node, Mapping) else {}
    values = {key: _text(entry.value) for key, entry in entries.items()}
    for key, entry in entries.items():
        if key not in _KEYS:
            faults.append(Diagnostic("S001", f"unknown key `{key}` of an entry", entry.key_span, _example()))
        elif not values[key].strip():
            faults.append(Diagnostic("S002", f"`{key}` is a string", entry.value.span, _example()))
    missing = [key for key in _KEYS if key not in entries]
    if missing:
        faults.append(Diagnostic("S003", f"an entry lacks {', '.join(missing)}", node.span, _example()))
    rule = values.get("rule", "")
    rules = [code for code in CODES if code.startswith("D")]
    if rule and rule not in rules:
        help = f"a rule is one of {', '.join(rules)}"
        faults.append(Diagnostic("S004", f"`{rule}` is no rule", entries["rule"].value.span, help))
    spec, rule, old_hash, new_hash, reason = (values.get(key, "") for key in _KEYS)
    return Accepted(spec, rule, old_hash, new_hash, reason, node.span)


def _text(node: Node) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""


def _example() -> str:
    return "write - {spec: PATH, rule: D301, from: HASH, to: HASH, reason: ...}, as `archc diff` prints it"


def accepted(entries: Iterable[Accepted], reviews: Iterable[Reviewed]) -> dict[str, dict[str, str]]:
    """Return, for the path of each spec, the rules that are accepted and why.

    A spec whose own file is as it was takes over what is accepted of the bases that changed under it, but for a rule
    that another of them breaks too.
    """
    by_path, entries = {each.pair.path: each for each in reviews}, list(entries)
    own = {path: _own(entries, each) for path, each in by_path.items()}
    found = dict(own)
    for path, each in by_path.items():
        bases = [by_path[base] for base in each.pair.through if base in by_path and not each.pair.edited]
        broken = {rule for base in bases for rule in _rules(base) if rule not in own[base.pair.path]}
        for base in bases:
            taken = {rule: reason for rule, reason in own[base.pair.path].items() if rule not in broken}
            found[path] = {**taken, **found[path]}
    return found


def _rules(each: Reviewed) -> set[str]:
    return {found.rule for found in each.diff.findings} if each.diff and each.pair.edited else set()


def _own(entries: Iterable[Accepted], each: Reviewed) -> dict[str, str]:
    hashes = (each.diff.old.checkpoint_hash, each.diff.new.checkpoint_hash) if each.diff else None
    path = each.pair.path
    return {e.rule: e.reason for e in entries if e.spec == path and (e.old_hash, e.new_hash) == hashes}


def open_impact(each: Reviewed, rules: RuleMap[str, str]) -> Impact:
    """Return the place on the ladder of what is not among the accepted rules."""
    if each.diff is None:
        return each.impact
    return max((found.impact for found in each.diff.findings if found.rule not in rules), default=Impact.COSMETIC)


def stale(entries: Iterable[Accepted], present: Callable[[str], str | None]) -> Iterator[Diagnostic]:
    """Yield a fault for each entry whose spec is not the network that was accepted; `present` gives its hash."""
    for entry in entries:
        now = present(entry.spec)
        version = version_of(entry.new_hash) or VERSION
        if version != VERSION:
            message = f"an accepted break in hashes of version {version}: those of now are of version {VERSION}"
            yield Diagnostic("A002", message, entry.span, "remove the entry, or accept again what is still a break")
        elif now != entry.new_hash:
            what = f"{entry.spec} is another network by now" if now else f"there is no sound spec {entry.spec}"
            help = f"remove the entry{f' ({now} is not what was accepted)' if now else ''}"
            yield Diagnostic("A001", f"an accepted break that is stale: {what}", entry.span, help)
