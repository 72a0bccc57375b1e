"""A review as data (`schemas/output/review.json`)."""

from __future__ import annotations

from dataclasses import asdict

from archcompiler.render.diagnostics_json import document
from archcompiler.render.diff_json import diff_document, stat_document
from archcompiler.review.changes import Reviewed
from archcompiler.review.report import Report

FORMAT_VERSION = 2
Json = dict[str, object]


def review_document(report: Report, *, stat: bool) -> Json:
    """Return a review as data; with `stat` the summary alone of each comparison."""
    return {
        "format_version": FORMAT_VERSION,
        "old": report.old,
        "new": report.new,
        "impact": report.impact.name,
        "specs": [_spec(report, each, stat=stat) for each in report.reviews],
        "diagnostics": document(report.faults)["diagnostics"],
    }


def _spec(report: Report, each: Reviewed, *, stat: bool) -> Json:
    pair = each.pair
    form = stat_document if stat else diff_document
    accepted = report.accepted.get(pair.path, {})
    return {
        "status": each.status,
        "old_path": pair.old,
        "new_path": pair.new,
        "edited": pair.edited,
        "through": list(pair.through),
        "impact": report.impact_of(each).name,
        "accepted": [{"rule": rule, "reason": reason} for rule, reason in accepted.items()],
        "same_as": each.same_as,
        "cost": asdict(each.cost) if each.cost else None,
        "diff": form(each.diff) if each.diff else None,
        "old_diagnostics": document(each.old_faults)["diagnostics"],
    }
