"""What every format of a review says alike."""

from __future__ import annotations

import os

from archcompiler.analyses.cost import Cost
from archcompiler.render.amounts import share, signed
from archcompiler.render.spec import scalar_text
from archcompiler.review.changes import Reviewed
from archcompiler.review.report import Report

HEADER = ("impact", "spec", "params", "MACs", "through")
_MOST_NAMES = 10


def title(report: Report) -> str:
    """Return the first line: both states, and how many specs differ."""
    count = len(report.told)
    return f"{report.old} -> {report.new}: {count or 'no'} {'spec differs' if count == 1 else 'specs differ'} in effect"


def same_text(report: Report) -> str:
    """Return which specs are the same networks, though something that they are made of is written otherwise."""
    names = [_name(each) for each in report.reviews if not each.matters]
    more = f" and {len(names) - _MOST_NAMES} more" if names[_MOST_NAMES:] else ""
    return f"the same network, written otherwise: {', '.join(names[:_MOST_NAMES])}{more}" if names else ""


def row(report: Report, each: Reviewed) -> list[str]:
    """Return one line of the table: the impact, the spec, its costs, and the bases and tables that changed under it."""
    return [impact_text(report, each), _name(each), *_costs(each), ", ".join(each.pair.through)]


def _name(each: Reviewed) -> str:
    return f"{each.pair.old} -> {each.pair.new}" if each.status == "renamed" else each.pair.path


def impact_text(report: Report, each: Reviewed) -> str:
    """Return the place on the ladder, with a word where all of it is accepted, or else what became of the spec."""
    if each.diff is None:
        return each.status
    left = report.impact_of(each)
    return each.diff.impact.name if left == each.diff.impact else f"{left.name} (accepted: {each.diff.impact.name})"


def cost_text(cost: Cost) -> str:
    """Return what a network costs."""
    return f"{cost.params:,} params, {cost.macs:,} MACs"


def accepted_lines(report: Report) -> list[str]:
    """Return what is accepted and why, once for each reason."""
    lines = [
        f"accepted: {rule} of {path}: {reason}"
        for path, rules in report.accepted.items()
        for rule, reason in rules.items()
    ]
    return list(dict.fromkeys(lines))


def twin_lines(report: Report) -> list[str]:
    """Return which specs that came are the same network as another."""
    went = {each.pair.path for each in report.reviews if each.status == "removed"}
    return [
        f"{each.pair.path} is the same network as {each.same_as}{', which is removed' if each.same_as in went else ''}"
        for each in report.reviews
        if each.same_as
    ]


def ledger_text(report: Report) -> str:
    """Return the lines of the accept ledger that would let this change pass; empty where it does, or nothing helps."""
    lines = []
    for each in report.reviews:
        if each.diff:
            path = os.path.relpath(each.pair.path, report.root)
            both = each.diff.old.checkpoint_hash, each.diff.new.checkpoint_hash
            lines += [_entry(path, rule, *both) for rule in report.open_rules(each)]
    return "\n".join(["accept:", *lines]) if lines else ""


def _entry(spec: str, rule: str, old: str, new: str) -> str:
    fields = {"spec": scalar_text(spec), "rule": rule, "from": old, "to": new, "reason": "..."}
    return "\n".join(f"{'  - ' if key == 'spec' else '    '}{key}: {value}" for key, value in fields.items())


def _costs(each: Reviewed) -> list[str]:
    if each.diff is None:
        return [f"{each.cost.params:,}", f"{each.cost.macs:,}"] if each.cost else ["", ""]
    delta, old = each.diff.delta, each.diff.old.cost
    pairs = ((delta.params, old.params), (delta.macs, old.macs))
    return [f"{signed(value)} {share(value, of)}".strip() for value, of in pairs]
