"""A comparison as data (`schemas/output/diff.json`), and without its lists (`schemas/output/diff_stat.json`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from archcompiler.analyses.cost import Row
from archcompiler.compare.model import (
    Change,
    Confirmation,
    Contribution,
    Diff,
    Effect,
    Finding,
    Forecast,
    Network,
    PartPair,
    Reach,
    Reshaped,
    Side,
    Sight,
)
from archcompiler.diagnostics import CODES
from archcompiler.graph.ops import Shape
from archcompiler.render.cost import row_document
from archcompiler.render.diff_words import finding_text, total_line
from archcompiler.span import SCHEMA_ORIGIN, Span

FORMAT_VERSION = 2
STAT_FORMAT_VERSION = 1
Json = dict[str, object]


def diff_document(diff: Diff) -> Json:
    """Return a comparison as data."""
    return {
        "format_version": FORMAT_VERSION,
        "old": _network(diff.old),
        "new": _network(diff.new),
        "impact": diff.impact.name,
        "facts": asdict(diff.facts),
        "summary": total_line(diff),
        "findings": [_finding(found) for found in diff.findings],
        "first_difference": _finding(diff.first) if diff.first else None,
        "changes": [_change(change) for change in diff.changes],
        "contributions": [_contribution(each) for each in diff.contributions],
        "delta": _delta(diff),
        "parts": [_part(pair) for pair in diff.parts],
        "weights": forecast_document(diff.weights),
        "checkpoint": _checkpoint(diff.checkpoint) if diff.checkpoint else None,
    }


def stat_document(diff: Diff) -> Json:
    """Return the summary of a comparison as data."""
    return {
        "format_version": STAT_FORMAT_VERSION,
        "old": {"name": diff.old.name, "path": diff.old.path},
        "new": {"name": diff.new.name, "path": diff.new.path},
        "impact": diff.impact.name,
        "facts": asdict(diff.facts),
        "summary": total_line(diff),
        "findings": [{"rule": found.rule, "count": found.count} for found in diff.findings],
        "delta": _delta(diff),
        "share_kept": diff.weights.share_kept,
    }


def _delta(diff: Diff) -> Json:
    return {**asdict(diff.delta), "receptive_field": diff.new.receptive_field - diff.old.receptive_field}


def forecast_document(found: Forecast) -> Json:
    """Return what becomes of a checkpoint as data."""
    return {
        "kept": list(found.kept),
        "renamed": _renamed(found.renamed),
        "reshaped": _reshaped(found.reshaped),
        "added": list(found.added),
        "removed": list(found.removed),
        "share_kept": found.share_kept,
        "parts": [asdict(part) for part in found.parts],
    }


def _checkpoint(found: Confirmation) -> Json:
    return {
        "path": found.path,
        "is_of_old": found.is_of_old,
        "missing": list(found.missing),
        "unexpected": list(found.unexpected),
        "reshaped": _reshaped(found.reshaped),
        "kept": list(found.kept),
        "renamed": _renamed(found.renamed),
        "share_kept": found.share_kept,
        "parts": [asdict(part) for part in found.parts],
    }


def _renamed(found: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"old": old, "new": new} for old, new in found]


def _reshaped(found: Iterable[Reshaped]) -> list[Json]:
    return [{"name": each.name, "old": list(each.old), "new": list(each.new)} for each in found]


def _network(network: Network) -> Json:
    return {
        "name": network.name,
        "path": network.path,
        "input": list(network.input),
        "output": list(network.output),
        **asdict(network.cost),
        "receptive_field": network.receptive_field,
        "function_hash": network.function_hash,
        "checkpoint_hash": network.checkpoint_hash,
    }


def _finding(found: Finding) -> Json:
    return {
        "rule": found.rule,
        "title": CODES[found.rule],
        "impact": found.impact.name,
        "count": found.count,
        "message": finding_text(found),
        "old": _sight(found.old),
        "new": _sight(found.new),
    }


def _sight(sight: Sight | None) -> Json | None:
    return {"name": sight.name, "value": sight.value, "origin": _origin(sight.span)} if sight else None


def _change(change: Change) -> Json:
    return {
        "kind": change.kind,
        "address": change.address,
        "old": _side(change.old),
        "new": _side(change.new),
        "reaches": [_reach(reach) for reach in change.reaches],
    }


def _side(side: Side | None) -> Json | None:
    return {"address": side.address, "value": side.value, "origin": _origin(side.span)} if side else None


def _reach(reach: Reach) -> Json:
    return {"address": reach.address, "old": reach.old, "new": reach.new}


def _origin(span: Span | None) -> Json | None:
    """Return where a value is written; null for what only the schema says, or nothing does."""
    return None if span is None or span == SCHEMA_ORIGIN else asdict(span)


def _contribution(each: Contribution) -> Json:
    return {
        "changes": list(each.changes),
        "impact": each.facts.impact.name,
        "facts": asdict(each.facts),
        "delta": {**asdict(each.delta), "receptive_field": each.receptive_field},
        "effects": [_effect(effect) for effect in each.effects],
    }


def _effect(effect: Effect) -> Json:
    return {
        "part": effect.part,
        "direct": effect.direct,
        "arrives": _before_after(*effect.arrives),
        "leaves": _before_after(*effect.leaves),
        "delta": asdict(effect.delta),
    }


def _before_after(old: Shape | None, new: Shape | None) -> Json:
    return {"old": list(old) if old else None, "new": list(new) if new else None}


def _part(pair: PartPair) -> Json:
    return {
        "old": _row(pair.old, pair.old_blocks),
        "new": _row(pair.new, pair.new_blocks),
        "changes": list(pair.changes),
        "differs": pair.differs,
    }


def _row(row: Row | None, blocks: int) -> Json | None:
    return {**row_document(row), "blocks": blocks} if row else None
