"""`archc diff`: what a change to a spec does."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from archcompiler.diagnostics import SpecError
from archcompiler.verbs import FINDINGS, FINE, Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format, add_settings

if TYPE_CHECKING:
    from archcompiler.compare.model import Diff
    from archcompiler.resolve import Spec

HELP = "say what a change does: to weights, function, interface and cost"
EXAMPLES = """  archc diff resnet/resnet50_v1 resnet/resnet50
  archc diff resnet/resnet50 my_net.yaml
  archc diff my_net.yaml --set stages.layer3.blocks=9
  archc diff resnet/resnet50 my_net.yaml --format json"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("old", metavar="OLD", help="a file, or a shipped name such as resnet/resnet50")
    parser.add_argument("new", metavar="NEW", nargs="?", help="another one; without it, OLD as --set changes it")
    add_settings(parser)
    add_format(parser, "text", "json", "markdown", "github")


def run(args: Namespace) -> Outcome:
    """Compare two specs; the code says whether they differ in effect."""
    if args.new is None and not args.settings:
        raise Usage("give a second spec, or a --set to try on the first")
    from archcompiler.compare.specs import compare_specs

    diff = compare_specs(*_load(args))
    return Outcome(_text(args, diff), FINDINGS if diff.impact else FINE)


def _load(args: Namespace) -> tuple[Spec, Spec]:
    """Return both specs; SpecError with the faults of both, which leave nothing to compare."""
    from archcompiler.resolve import load_spec

    specs: list[Spec] = []
    faults: list[SpecError] = []
    for name, settings in ((args.old, []), (args.new or args.old, args.settings)):
        try:
            specs.append(load_spec(name, settings))
        except SpecError as error:
            faults.append(error)
    if faults:
        found = dict.fromkeys(fault for error in faults for fault in error.diagnostics)
        raise SpecError(found, unreadable=True)
    return specs[0], specs[1]


def _text(args: Namespace, diff: Diff) -> str:
    if args.format == "json":
        from archcompiler.render.diff_json import diff_document

        return json_text(diff_document(diff))
    if args.format == "markdown":
        from archcompiler.render.diff_markdown import diff_markdown

        return diff_markdown(diff)
    if args.format == "github":
        from archcompiler.render.diff_github import diff_github

        return diff_github(diff)
    from archcompiler.render.diff_text import diff_text

    return diff_text(diff, colour=args.colour)
