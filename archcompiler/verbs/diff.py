"""`archc diff`: what a change to a spec does."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.verbs import FINDINGS, FINE, Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format, add_limits, add_settings
from archcompiler.verbs.complete import complete
from archcompiler.verbs.review import range_of, run_review

if TYPE_CHECKING:
    from archcompiler.compare.model import Diff
    from archcompiler.resolve import Spec

_T = TypeVar("_T")

HELP = "say what a change does: to weights, function, interface and cost"
EXAMPLES = """  archc diff resnet/resnet50_v1 resnet/resnet50
  archc diff resnet/resnet50 my_net.yaml
  archc diff my_net.yaml --set stages.layer3.blocks=9
  archc diff resnet/resnet50 my_net.yaml --checkpoint base.safetensors
  archc diff resnet/resnet50 my_net.yaml --format json
  archc diff                             every spec that differs from HEAD
  archc diff HEAD:my_net.yaml my_net.yaml
  archc diff --against main              every spec that this branch changes
  archc diff main..HEAD nets --fail-on WEIGHTS"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    specs = parser.add_argument(
        "specs",
        nargs="*",
        metavar="SPEC|REV1..REV2|PATH",
        help="two specs, or one that --set changes; or two revisions (default: the last commit and the working tree), "
        "and paths to look at",
    )
    complete(specs, "specs")
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
    parser.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="a safetensors file of the first of two specs: what of it loads",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--stat", action="store_true", help="a line for each spec; with --format json without its lists"
    )
    length.add_argument(
        "--edits", action="store_true", help="of each edit where it is written and what follows from it"
    )
    add_settings(parser)
    add_format(parser, "text", "json", "markdown", "github")
    add_limits(parser)


def run(args: Namespace) -> Outcome:
    """Compare two specs, or two states of a repository; the code says whether they differ in effect."""
    _refuse_what_has_no_effect(args)
    states = range_of(args.against, args.specs, has_settings=bool(args.settings))
    if states:
        if args.settings or args.checkpoint:
            raise Usage(
                f"{'--set goes with one or two specs' if args.settings else '--checkpoint goes with two specs'}"
            )
        return run_review(args, *states)
    if len(args.specs) > 2:
        raise Usage("--set goes with one or two specs")
    from archcompiler.compare.rules import Impact

    diff = _compare(args)
    least = Impact[args.fail_on] if args.fail_on else Impact.TRAINING
    other_checkpoint = diff.checkpoint is not None and not diff.checkpoint.is_of_old
    return Outcome(_text(args, diff), FINDINGS if diff.impact >= least or other_checkpoint else FINE)


def _refuse_what_has_no_effect(args: Namespace) -> None:
    if args.stat and args.format == "github":
        raise Usage("--stat goes with --format text, json or markdown")
    if args.edits and args.format != "text":
        raise Usage("--edits goes with --format text: the other formats have every edit")


def _compare(args: Namespace) -> Diff:
    """Return the comparison; Usage where the checkpoint cannot be read."""
    from archcompiler.compare.checkpoint import CheckpointError
    from archcompiler.compare.specs import compare_specs
    from archcompiler.lower.network import lower

    old, new = _load(args)
    try:
        return compare_specs(old, new, args.checkpoint)
    except CheckpointError as error:
        raise Usage(str(error)) from None
    except SpecError:
        _both(lambda: lower(old), lambda: lower(new))
        raise


def _load(args: Namespace) -> tuple[Spec, Spec]:
    """Return both specs; SpecError with the faults of both, which leave nothing to compare."""
    from archcompiler.resolve import load_spec

    return _both(lambda: load_spec(args.specs[0]), lambda: load_spec(args.specs[-1], args.settings))


def _both(old: Callable[[], _T], new: Callable[[], _T]) -> tuple[_T, _T]:
    """Return what two calls do; SpecError (exit 2: there is nothing to compare) with the faults of both."""
    results: list[_T] = []
    faults: list[Diagnostic] = []
    for call in (old, new):
        try:
            results.append(call())
        except SpecError as error:
            faults += error.diagnostics
    if faults:
        raise SpecError(dict.fromkeys(faults), unreadable=True)
    return results[0], results[1]


def _text(args: Namespace, diff: Diff) -> str:
    if args.format == "json":
        from archcompiler.render.diff_json import diff_document, stat_document

        return json_text(stat_document(diff) if args.stat else diff_document(diff))
    if args.format == "markdown":
        from archcompiler.render.diff_markdown import diff_markdown, stat_markdown

        return stat_markdown(diff) if args.stat else diff_markdown(diff)
    if args.format == "github":
        from archcompiler.render.diff_github import diff_github

        return diff_github(diff)
    from archcompiler.render.diff_text import diff_text, stat_text

    return stat_text(diff, colour=args.colour) if args.stat else diff_text(diff, colour=args.colour, edits=args.edits)
