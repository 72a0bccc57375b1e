"""`archc check`: the figures that papers printed, held against what their networks measure."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from archcompiler.verbs import FINDINGS, FINE, UNUSABLE, Outcome, json_text, require_torch
from archcompiler.verbs.arguments import add_format, add_limits
from archcompiler.verbs.complete import complete
from archcompiler.verbs.processes import each
from archcompiler.verbs.selection import add_selection, selected

if TYPE_CHECKING:
    from archcompiler.analyses.report import CostReport
    from archcompiler.claims.check import Checked, Counts
    from archcompiler.graph.ir import Graph

HELP = "hold the figures that papers printed against what is measured"
EXAMPLES = """  archc check                        every shipped spec
  archc check my_net.yaml --fast     without torch
  archc check my_net.yaml --explain  what would close the gap of one that fails
  archc check --format junit > claims.xml"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    help = "files, folders, shipped names (default: all that are shipped)"
    complete(parser.add_argument("specs", nargs="*", metavar="SPEC", help=help), "specs")
    parser.add_argument("--fast", action="store_true", help="leave torchinfo out, and so torch")
    parser.add_argument(
        "--explain", action="store_true", help="say what would close the gap of each figure that disagrees"
    )
    parser.add_argument("--all", action="store_true", help="in text, a line for each claim, not only where one differs")
    add_selection(parser)
    add_format(parser, "text", "json", "markdown", "junit")
    add_limits(parser)


def run(args: Namespace) -> Outcome:
    """Check each spec, and print a row for each claim."""
    from archcompiler.render import check as render
    from archcompiler.shipped import spec_names

    if not args.fast:
        require_torch()
    check = partial(_check_one, fast=args.fast, explained=args.explain)
    specs = list(spec_names())
    if args.specs:
        specs = selected(args.specs, only_specs=args.only_specs, and_derived=args.and_derived, tables=False)
    results = list(each(check, specs, in_one_process=args.fast))
    if args.format == "json":
        text = json_text(render.check_document(results))
    elif args.format == "junit":
        text = render.check_junit(results)
    elif args.format == "markdown":
        text = render.check_markdown(results)
    else:
        text = render.check_table(results, every=args.all)
    return Outcome(text, _code(results), err=_faults(args, results))


def _code(results: Sequence[Checked]) -> int:
    if any(result.unreadable for result in results):
        return UNUSABLE
    return FINE if all(result.sound for result in results) else FINDINGS


def _check_one(spec: str, *, fast: bool, explained: bool) -> Checked:
    from archcompiler.backends.conventions import CONVENTIONS, beyond_macs
    from archcompiler.claims.check import check_spec

    second = None if fast else _torchinfo_counts
    return check_spec(spec, second, explained=explained, tools=beyond_macs(), conventions=CONVENTIONS)


def _torchinfo_counts(graph: Graph, report: CostReport) -> Counts:
    from archcompiler.backends.summary import torchinfo_summary

    return torchinfo_summary(graph, report, depth=1, device="meta").counts


def _faults(args: Namespace, results: Sequence[Checked]) -> str:
    from archcompiler.render.sources import text_of
    from archcompiler.render.text import render

    faults = [fault for result in results for fault in result.faults]
    faults += [claim.fault for result in results for claim in result.claims if claim.fault]
    return render(faults, colour=args.colour, sources=text_of)
