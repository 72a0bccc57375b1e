"""`archc cost`: what networks cost, without torch."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archcompiler.verbs import Outcome, json_text
from archcompiler.verbs.arguments import add_format, add_input, add_specs, all_settings, positive

HELP = "count parameters, MACs, activations and memory, in milliseconds"
EXAMPLES = """  archc cost resnet/resnet50
  archc cost resnet/resnet50 resnext/resnext50_32x4d my_net.yaml
  archc cost my_net.yaml --by layer --input 288 --batch 32 --format csv"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_specs(parser)
    parser.add_argument(
        "--by", choices=["stage", "block", "layer"], default="stage", help="one row for each of these (default: stage)"
    )
    add_input(parser)
    parser.add_argument("--batch", type=positive, default=1, metavar="N", help="count a batch of N (default: 1)")
    add_format(parser, "table", "json", "csv")


def run(args: Namespace) -> Outcome:
    """Count each spec, and print one in detail or several side by side."""
    from archcompiler.analyses.cost import by_block, by_layer
    from archcompiler.analyses.report import cost_report
    from archcompiler.lower.network import lower
    from archcompiler.render import cost as render
    from archcompiler.resolve import load_spec

    graphs = [lower(load_spec(spec, all_settings(args))) for spec in args.specs]
    reports = [cost_report(graph, args.batch) for graph in graphs]
    rows = [list(report.parts) for report in reports]
    if args.by != "stage":
        rows = [list((by_block if args.by == "block" else by_layer)(graph, args.batch)) for graph in graphs]
    if args.format == "csv":
        pairs = ((report.name, row) for report, part in zip(reports, rows, strict=True) for row in part)
        return Outcome(render.cost_csv(pairs))
    if args.format == "json":
        documents = [
            {**render.cost_document(report), f"{args.by}s": [render.row_document(row) for row in part]}
            for report, part in zip(reports, rows, strict=True)
        ]
        return Outcome(json_text(documents[0] if len(documents) == 1 else documents))
    if len(reports) == 1:
        return Outcome(render.cost_table(reports[0], rows[0], args.by))
    return Outcome(render.compare_table(reports))
