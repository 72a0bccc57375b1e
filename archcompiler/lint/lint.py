"""Every rule over one network, less what its spec says does not hold for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from archcompiler.blocks.check import spec_faults
from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.graph.ir import Graph
from archcompiler.lint.effects import keys_without_effect, overrunning_selectors
from archcompiler.lint.hidden import hidden_blocks
from archcompiler.lint.maps import is_own, lone_values, uneven_strides
from archcompiler.lint.removal import removal
from archcompiler.lint.unmeant import (
    dilated_points,
    norms_in_a_row,
    stages_without_strides,
    sums_without_a_norm,
    totals_for_groups,
)
from archcompiler.lint.watch import Watch
from archcompiler.lint.widths import padded_widths
from archcompiler.lint.written import written_defaults
from archcompiler.lower.network import lower
from archcompiler.lower.paths import unused_names
from archcompiler.resolve import Spec
from archcompiler.tree import Mapping

RULES: tuple[Callable[[Watch, Graph], Iterator[Diagnostic]], ...] = (
    lambda watch, graph: iter(unused_names(graph, watch.spec)),
    keys_without_effect,
    lone_values,
    uneven_strides,
    written_defaults,
    overrunning_selectors,
    totals_for_groups,
    stages_without_strides,
    norms_in_a_row,
    sums_without_a_norm,
    dilated_points,
    hidden_blocks,
)
ON_REQUEST = {"L005": padded_widths}


def lint(spec: Spec, also: Collection[str] = ()) -> tuple[Graph, list[Diagnostic]]:
    """Return the graph of a spec and its warnings, each place once; SpecError where a shape does not fit.

    `also` are the codes of rules that run on request.
    """
    watch = Watch(spec)
    texts = spec_faults(watch.spec)
    try:
        graph = lower(watch.spec, texts)
    except SpecError as error:
        raise SpecError(error.diagnostics, spec=spec if error.spec else None) from None
    rules = (*RULES, *(ON_REQUEST[code] for code in also))
    found = [*(warning for rule in rules for warning in rule(watch, graph)), *texts]
    found = [warning for warning in found if is_own(warning.span, spec)]
    places = {(each.code, each.span): each for each in reversed([*spec.warnings, *found])}
    return graph, _without_ignored(spec, sorted(places.values(), key=_place))


def _place(warning: Diagnostic) -> tuple[str, int, int]:
    return warning.span.path, warning.span.line, warning.span.column


def _without_ignored(spec: Spec, found: list[Diagnostic]) -> list[Diagnostic]:
    """Return the warnings that the spec does not ignore, and one for each `ignore` that there is no need of."""
    ignored = spec.section("ignore")
    known = {warning.code for warning in found} | {*ON_REQUEST, "L006"}
    needless = [
        _needless(code, ignored, spec)
        for code, entry in ignored.entries.items()
        if code not in known and entry.key_span.path == spec.path
    ]
    return [*(warning for warning in found if warning.code not in ignored.entries), *needless]


def _needless(code: str, ignored: Mapping, spec: Spec) -> Diagnostic:
    place, fix = ignored.entries[code].key_span, removal(ignored, code, spec.path)
    return Diagnostic("L009", f"there is no {code} to ignore here", place, "remove it", severity="warning", fix=fix)
