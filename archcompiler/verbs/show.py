"""`archc show`: the resolved spec, and where each value came from."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from archcompiler.verbs import Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format, add_limits, add_spec

if TYPE_CHECKING:
    from archcompiler.tree import Mapping

HELP = "print the resolved spec, every value written out"
EXAMPLES = """  archc show my_net.yaml
  archc show my_net.yaml --origins
  archc show blocks/bottleneck       a block, its fields and steps written out
  archc show resnet/resnet50 --format json"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_spec(parser)
    parser.add_argument("--origins", action="store_true", help="say the file, line and column of each value")
    add_format(parser, "text", "json")
    add_limits(parser)


def run(args: Namespace) -> Outcome:
    """Resolve the spec and print it."""
    from archcompiler.blocks.page import find_document
    from archcompiler.render import spec as render
    from archcompiler.resolve import load_spec
    from archcompiler.tree import plain

    if args.spec.count("/") and (found := find_document(args.spec)):
        return _shown(args, *found)
    spec = load_spec(args.spec, args.settings)
    if args.format == "json":
        document = (
            render.origins_document(spec) if args.origins else {"format_version": 1, "spec": plain(spec.document)}
        )
        return Outcome(json_text(document))
    return Outcome(render.origins_table(spec) if args.origins else render.spec_yaml(spec))


def _shown(args: Namespace, path: str, document: Mapping) -> Outcome:
    """Print a document of a block as it is run; SpecError where it is faulty."""
    from archcompiler.blocks.files import file_faults, plain_document
    from archcompiler.diagnostics import SpecError
    from archcompiler.render.document import document_text, whole_document
    from archcompiler.syntax.files import DISK
    from archcompiler.tree import plain

    if args.settings or args.origins:
        raise Usage("--set and --origins are for specs: a document of a block is one file")
    faults = [fault for fault in file_faults(path) or () if fault.severity == "error"]
    if faults:
        raise SpecError(faults)
    document = plain_document(path, document, DISK)
    if args.format == "json":
        return Outcome(json_text({"format_version": 1, "document": plain(whole_document(document))}))
    return Outcome(document_text(document))
