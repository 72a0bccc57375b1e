"""`archc cost`: what networks cost, without torch."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from archcompiler.diagnostics import SpecError
from archcompiler.verbs import Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format, add_input, add_limits, add_specs, all_settings, positive
from archcompiler.verbs.parser import near

if TYPE_CHECKING:
    from archcompiler.analyses.cost import Cost, Row
    from archcompiler.graph.ir import Graph
    from archcompiler.render.cost import NetworkCost
    from archcompiler.resolve import Spec

_T = TypeVar("_T", "Row", "NetworkCost")

HELP = "count parameters, MACs, activations and memory, in milliseconds"
EXAMPLES = """  archc cost resnet/resnet50
  archc cost resnet/resnet50 resnext/resnext50_32x4d my_net.yaml
  archc cost my_net.yaml --by layer --sort macs --top 10
  archc cost my_net.yaml --by layer --only 'layer3.?.conv2'
  archc cost resnet/resnet50 --convention fvcore   what another tool would print
  archc cost timm/repvgg_a0 --reparameterize
  archc cost my_net.yaml --by block --input 288 --batch 32 --format csv"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    from archcompiler.backends.conventions import CONVENTIONS, MACS

    add_specs(parser)
    parser.add_argument(
        "--by", choices=["stage", "block", "layer"], help="one row for each of these (default: stage, for one spec)"
    )
    parser.add_argument(
        "--sort", choices=["params", "macs", "activations"], help="the greatest first, networks too (default: in order)"
    )
    parser.add_argument("--top", type=positive, metavar="N", help="N rows; one more says what the others come to")
    parser.add_argument("--only", metavar="NAME", help="rows of this name, with * and ? as in file names")
    parser.add_argument(
        "--convention",
        choices=[MACS, *CONVENTIONS],
        default=MACS,
        help="what counts as an operation: as a tool counts (default: macs, the multiply-adds)",
    )
    add_input(parser)
    parser.add_argument("--batch", type=positive, default=1, metavar="N", help="count a batch of N (default: 1)")
    parser.add_argument(
        "--reparameterize", action="store_true", help="count the network that `archc build --reparameterize` makes"
    )
    add_format(parser, "table", "markdown", "json", "csv")
    add_limits(parser)


def run(args: Namespace) -> Outcome:
    """Count each spec, and print one in detail or several side by side; with `--by`, each in detail."""
    from archcompiler.render import cost as render
    from archcompiler.render.table import markdown_table, table

    graphs = _graphs(args.specs, all_settings(args))
    if args.reparameterize:
        from archcompiler.reparameterize.rewrite import reparameterized

        graphs = [(spec, reparameterized(graph).graph) for spec, graph in graphs]
    reports = [render.network_cost(graph, spec, args.batch, args.convention) for spec, graph in graphs]
    detailed = args.by or args.only or len(reports) == 1
    if args.format in ("table", "markdown") and not detailed:
        shown, _ = _chosen(reports, args, lambda report: report.total)
        return Outcome(render.compare_table(shown, table if args.format == "table" else markdown_table))
    by = args.by or ("layer" if args.only else "stage")
    rows = [_chosen(report.rows(by), args, lambda row: row.cost) for report in reports]
    if args.format == "csv":
        pairs = ((report.name, row) for report, (part, _) in zip(reports, rows, strict=True) for row in part)
        return Outcome(render.cost_csv(pairs))
    if args.format == "json":
        documents = [
            {**render.cost_document(report), f"{by}s": [render.costed_document(row) for row in part]}
            for report, (part, _) in zip(reports, rows, strict=True)
        ]
        return Outcome(json_text(documents[0] if len(documents) == 1 else documents))
    page = render.cost_markdown if args.format == "markdown" else render.cost_table
    pages = (page(report, part, by, others) for report, (part, others) in zip(reports, rows, strict=True))
    return Outcome("\n\n".join(pages))


def _chosen(rows: Sequence[_T], args: Namespace, cost: Callable[[_T], Cost]) -> tuple[Sequence[_T], Sequence[_T]]:
    """Return the rows that are asked for, in the order asked for, and the others; Usage where there is none."""
    names = [row.name for row in rows]
    ordered = [row for row in rows if args.only is None or fnmatchcase(row.name, args.only)]
    if args.only is not None and not ordered:
        raise Usage(f"--only {args.only!r} is the name of no row{near(args.only, names)}")
    if args.sort:
        ordered.sort(key=lambda row: int(getattr(cost(row), args.sort)), reverse=True)
    shown = ordered[: args.top]
    kept = set(map(id, shown))
    return shown, [row for row in rows if id(row) not in kept]


def _graphs(specs: Sequence[str], settings: Sequence[str]) -> list[tuple[Spec, Graph]]:
    """Return each spec with its graph; SpecError with the faults of all."""
    from archcompiler.lower.network import lower
    from archcompiler.resolve import load_spec

    graphs: list[tuple[Spec, Graph]] = []
    errors: list[SpecError] = []
    for name in specs:
        try:
            spec = load_spec(name, settings)
            graphs.append((spec, lower(spec)))
        except SpecError as error:
            errors.append(error)
    if errors:
        from archcompiler.advise.prices import advised

        faults = dict.fromkeys(fault for error in errors for fault in advised(error))
        raise SpecError(faults, unreadable=any(error.unreadable for error in errors))
    return graphs
