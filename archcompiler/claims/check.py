"""Check every claim of one spec: against the analysis, and against torchinfo where torch may be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from archcompiler.analyses.report import CostReport, cost_report
from archcompiler.claims.verdict import Verdict, verdicts
from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.graph.ir import Graph
from archcompiler.lower.network import lower
from archcompiler.resolve import load_spec

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Checked:
    """One spec: its claims, the counts that the analysis makes, and torchinfo's (empty where it was not asked)."""

    name: str
    claims: tuple[Verdict, ...]
    analysis: Counts
    torchinfo: Counts
    faults: tuple[Diagnostic, ...]

    @property
    def sound(self) -> bool:
        """Tell whether the spec compiles, every claim holds and both counts agree."""
        agree = all(self.analysis[key] == count for key, count in self.torchinfo.items())
        return not self.faults and agree and not any(claim.fault for claim in self.claims)


def check_spec(name: str, second: Callable[[Graph, CostReport], Counts] | None = None) -> Checked:
    """Return what was found on a path or shipped name; a spec that does not compile has its faults.

    `second` counts the same quantities in another way: torchinfo, on the built module.
    """
    try:
        spec = load_spec(name)
        graph = lower(spec)
    except SpecError as error:
        return Checked(name, (), {}, {}, error.diagnostics)
    report = cost_report(graph)
    analysis = {
        "params": report.total.params,
        "macs": report.total.macs,
        "torchinfo_mult_adds": report.total.torchinfo_mult_adds,
    }
    return Checked(name, verdicts(spec, graph), analysis, second(graph, report) if second else {}, ())
