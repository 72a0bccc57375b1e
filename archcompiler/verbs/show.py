"""`archc show`: the resolved spec, and where each value came from."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archcompiler.verbs import Outcome, json_text

HELP = "print the resolved spec, every value written out"
EXAMPLES = """  archc show my_net.yaml
  archc show my_net.yaml --origins
  archc show resnet/resnet50 --format json"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("spec", metavar="SPEC", help="a file, or a shipped name such as resnet/resnet50")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="a.b=VALUE", help="lay a value over the spec's")
    parser.add_argument("--origins", action="store_true", help="say the file, line and column of each value")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: Namespace) -> Outcome:
    """Resolve the spec and print it."""
    from archcompiler.render import spec as render
    from archcompiler.resolve import load_spec
    from archcompiler.tree import plain

    spec = load_spec(args.spec, args.settings)
    if args.format == "json":
        document = render.origins_document(spec) if args.origins else {"format_version": 1, "spec": plain(spec.document)}
        return Outcome(json_text(document))
    return Outcome(render.origins_table(spec) if args.origins else render.spec_yaml(spec))
