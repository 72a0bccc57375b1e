"""`archc cost`: what networks cost, without torch."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archcompiler.diagnostics import SpecError
from archcompiler.verbs import Outcome, json_text
from archcompiler.verbs.arguments import add_format, add_input, add_specs, all_settings, positive

if TYPE_CHECKING:
    from archcompiler.analyses.cost import Row
    from archcompiler.graph.ir import Graph

HELP = "count parameters, MACs, activations and memory, in milliseconds"
EXAMPLES = """  archc cost resnet/resnet50
  archc cost resnet/resnet50 resnext/resnext50_32x4d my_net.yaml
  archc cost my_net.yaml --by layer --input 288 --batch 32 --format csv"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_specs(parser)
    parser.add_argument(
        "--by", choices=["stage", "block", "layer"], help="one row for each of these (default: stage, for one spec)"
    )
    add_input(parser)
    parser.add_argument("--batch", type=positive, default=1, metavar="N", help="count a batch of N (default: 1)")
    add_format(parser, "table", "json", "csv")


def run(args: Namespace) -> Outcome:
    """Count each spec, and print one in detail or several side by side; with `--by`, each in detail."""
    from archcompiler.analyses.report import cost_report
    from archcompiler.render import cost as render

    graphs = _graphs(args.specs, all_settings(args))
    reports = [cost_report(graph, args.batch) for graph in graphs]
    by = args.by or "stage"
    rows = [_rows(graph, by, args.batch) for graph in graphs]
    if args.format == "csv":
        pairs = ((report.name, row) for report, part in zip(reports, rows, strict=True) for row in part)
        return Outcome(render.cost_csv(pairs))
    if args.format == "json":
        documents = [
            {**render.cost_document(report), f"{by}s": [render.row_document(row) for row in part]}
            for report, part in zip(reports, rows, strict=True)
        ]
        return Outcome(json_text(documents[0] if len(documents) == 1 else documents))
    if len(reports) > 1 and not args.by:
        return Outcome(render.compare_table(reports))
    pages = (render.cost_table(report, part, by) for report, part in zip(reports, rows, strict=True))
    return Outcome("\n\n".join(pages))


def _graphs(specs: Sequence[str], settings: Sequence[str]) -> list[Graph]:
    """Return the graph of each spec; SpecError with the faults of all."""
    from archcompiler.lower.network import lower
    from archcompiler.resolve import load_spec

    graphs: list[Graph] = []
    errors: list[SpecError] = []
    for spec in specs:
        try:
            graphs.append(lower(load_spec(spec, settings)))
        except SpecError as error:
            errors.append(error)
    if errors:
        from archcompiler.advise.prices import advised

        faults = dict.fromkeys(fault for error in errors for fault in advised(error))
        raise SpecError(faults, unreadable=any(error.unreadable for error in errors))
    return graphs


def _rows(graph: Graph, by: str, batch: int) -> list[Row]:
    from archcompiler.analyses.cost import by_block, by_layer, by_part

    return list({"stage": by_part, "block": by_block, "layer": by_layer}[by](graph, batch))
