"""`archc diff`: what a change to a spec does."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from archcompiler.diagnostics import SpecError
from archcompiler.verbs import FINDINGS, FINE, Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format, add_settings
from archcompiler.verbs.review import range_of, run_review

if TYPE_CHECKING:
    from archcompiler.compare.model import Diff
    from archcompiler.resolve import Spec

HELP = "say what a change does: to weights, function, interface and cost"
EXAMPLES = """  archc diff resnet/resnet50_v1 resnet/resnet50
  archc diff resnet/resnet50 my_net.yaml
  archc diff my_net.yaml --set stages.layer3.blocks=9
  archc diff resnet/resnet50 my_net.yaml --format json
  archc diff --against main                     every spec that this branch changes
  archc diff main..HEAD nets --fail-on WEIGHTS"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "specs",
        nargs="*",
        metavar="SPEC|REV1..REV2|PATH",
        help="two specs, or one that --set changes; or two revisions, and paths to look at",
    )
    parser.add_argument(
        "--against",
        metavar="REV",
        help="every spec that differs from this revision in effect; `REV...`: from where it was forked",
    )
    parser.add_argument(
        "--fail-on",
        choices=["TRAINING", "FUNCTION", "WEIGHTS", "INTERFACE"],
        help="end with 1 from this impact on (default: TRAINING)",
    )
    add_settings(parser)
    add_format(parser, "text", "json", "markdown", "github")


def run(args: Namespace) -> Outcome:
    """Compare two specs, or two states of a repository; the code says whether they differ in effect."""
    states = range_of(args.against, args.specs)
    if states:
        if args.settings:
            raise Usage("--set goes with one or two specs")
        return run_review(args, *states)
    if len(args.specs) not in ((1, 2) if args.settings else (2,)):
        raise Usage("give two specs, or one and a --set to try on it; or --against REV")
    from archcompiler.compare.rules import Impact
    from archcompiler.compare.specs import compare_specs

    diff = compare_specs(*_load(args))
    least = Impact[args.fail_on] if args.fail_on else Impact.TRAINING
    return Outcome(_text(args, diff), FINDINGS if diff.impact >= least else FINE)


def _load(args: Namespace) -> tuple[Spec, Spec]:
    """Return both specs; SpecError with the faults of both, which leave nothing to compare."""
    from archcompiler.resolve import load_spec

    specs: list[Spec] = []
    faults: list[SpecError] = []
    for name, settings in ((args.specs[0], []), (args.specs[-1], args.settings)):
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
