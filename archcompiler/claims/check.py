"""Check every claim of one spec: against the analysis, and against torchinfo where torch may be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

from archcompiler.analyses.conventions import Count
from archcompiler.analyses.report import CostReport, cost_report
from archcompiler.claims.explain import Explanation, explain
from archcompiler.claims.left_out import LeftOut, left_out
from archcompiler.claims.verdict import Verdict, verdicts
from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.graph.ir import Graph
from archcompiler.lower.network import lower
from archcompiler.resolve import Spec, load_spec

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Checked:
    """One spec: its claims, the counts that the analysis makes, and torchinfo's (empty where it was not asked)."""

    name: str
    claims: tuple[Verdict, ...]
    analysis: Counts
    torchinfo: Counts
    faults: tuple[Diagnostic, ...]
    unreadable: bool = False
    description: str = ""
    explanations: tuple[Explanation, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def agrees(self) -> bool:
        """Tell whether torchinfo, where it was asked, counts what the analysis counts."""
        return all(self.analysis[key] == count for key, count in self.torchinfo.items())

    @property
    def sound(self) -> bool:
        """Tell whether the spec compiles, every claim holds and both counts agree."""
        return not self.faults and self.agrees and not any(claim.fault for claim in self.claims)


def check_spec(
    name: str,
    second: Callable[[Graph, CostReport], Counts] | None = None,
    *,
    explained: bool = False,
    tools: Mapping[str, Count] | None = None,
    conventions: Mapping[str, Count] | None = None,
) -> Checked:
    """Return what was found on a path or shipped name; a spec that does not compile has its faults.

    `second` counts the same quantities in another way: torchinfo, on the built module. `explained` says of the claims
    that disagree what would close their gap; `tools` are what tools count beside multiply-adds, in words. It is said
    which multiply-adds the tools of `conventions` leave out.
    """
    try:
        spec = load_spec(name)
        graph = lower(spec)
    except SpecError as error:
        return Checked(name, (), {}, {}, error.diagnostics, error.unreadable)
    report = cost_report(graph)
    found = check_graph(spec, graph, report, second(graph, report) if second else {})
    explanations = explain(name, spec, graph, found.claims, tools) if explained else ()
    return replace(found, name=name, explanations=explanations, left_out=tuple(left_out(graph, conventions or {})))


def check_graph(spec: Spec, graph: Graph, report: CostReport, torchinfo: Counts) -> Checked:
    """Return what is found on a compiled spec, with torchinfo's counts where there are any."""
    counts = asdict(report.total)
    analysis = {key: counts[key] for key in ("params", "macs", "torchinfo_mult_adds")}
    return Checked(spec.name, verdicts(spec, graph), analysis, torchinfo, (), description=spec.description)
