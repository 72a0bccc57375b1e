"""`archc show`: the resolved spec, and where each value came from."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archcompiler.verbs import Outcome, json_text
from archcompiler.verbs.arguments import add_format, add_limits, add_spec

HELP = "print the resolved spec, every value written out"
EXAMPLES = """  archc show my_net.yaml
  archc show my_net.yaml --origins
  archc show resnet/resnet50 --format json"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_spec(parser)
    parser.add_argument("--origins", action="store_true", help="say the file, line and column of each value")
    add_format(parser, "text", "json")
    add_limits(parser)


def run(args: Namespace) -> Outcome:
    """Resolve the spec and print it."""
    from archcompiler.render import spec as render
    from archcompiler.resolve import load_spec
    from archcompiler.tree import plain

    spec = load_spec(args.spec, args.settings)
    if args.format == "json":
        document = (
            render.origins_document(spec) if args.origins else {"format_version": 1, "spec": plain(spec.document)}
        )
        return Outcome(json_text(document))
    return Outcome(render.origins_table(spec) if args.origins else render.spec_yaml(spec))
