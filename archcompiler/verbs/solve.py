"""`archc solve`: which value of a field meets a budget."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from archcompiler.verbs import FINDINGS, FINE, Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format, add_spec, positive

if TYPE_CHECKING:
    from archcompiler.solve.budget import Budget
    from archcompiler.solve.search import Solution

HELP = "find the value of a field that meets a budget"
EXAMPLES = """  archc solve resnext/resnext50_32x4d --for stages.layer1.bottleneck_width \\
      --equal params --to resnet/resnet50 --over block --count conv --cardinality 1,2,4,8,16,32,64
  archc solve my_net.yaml --for stages.layer3.blocks --equal macs --to 4.0e9 --over network"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_spec(parser)
    parser.add_argument("--for", dest="field", required=True, metavar="a.b", help="the integer field to solve for")
    parser.add_argument(
        "--equal", choices=["params", "macs", "activations"], default="params", help="what to match (default: params)"
    )
    parser.add_argument("--to", required=True, metavar="SPEC|N", help="the network to match, or a number such as 4.0e9")
    parser.add_argument(
        "--over", choices=["block", "stage", "network"], default="stage", help="where to count (default: stage)"
    )
    parser.add_argument("--block", type=int, metavar="N", help="the block to count (default: first identity block)")
    parser.add_argument(
        "--count", choices=["conv", "all"], default="all", help="convolution weights, or everything (default: all)"
    )
    parser.add_argument(
        "--cardinality", type=_numbers, default=(None,), metavar="N,N", help="solve once for each cardinality"
    )
    add_format(parser, "text", "json")


def run(args: Namespace) -> Outcome:
    """Solve for each cardinality, and print the values with the lines to paste."""
    from archcompiler.render import solve as render
    from archcompiler.solve.budget import Budget

    parts = args.field.split(".")
    stage = parts[1] if parts[0] == "stages" and len(parts) > 2 else ""
    if not stage and args.over != "network":
        raise Usage(f"--over {args.over} needs a field of a stage, such as stages.layer1.bottleneck_width")
    budget = Budget(args.equal, args.over, stage, args.count, args.block)
    target = _target(args.to, budget)
    rows = [(cardinality, _solve(args, budget, target, cardinality)) for cardinality in args.cardinality]
    question = render.Question(args.field, budget, target, args.to)
    code = FINE if all(found.below for _, found in rows) else FINDINGS
    if args.format == "json":
        return Outcome(json_text(render.solve_document(question, rows)), code)
    return Outcome(render.solve_text(question, rows), code)


def _solve(args: Namespace, budget: Budget, target: int, cardinality: int | None) -> Solution:
    from archcompiler.solve.search import solve

    fixed = list(args.settings)
    if cardinality is not None:
        fixed.append(f"stages.{budget.stage}.cardinality={cardinality}")

    return solve(lambda value: _spent(args.spec, [*fixed, f"{args.field}={value}"], budget), target)


def _spent(spec: str, settings: list[str], budget: Budget) -> int | None:
    """Return what a variant spends; None where one of its shapes does not fit. Any other fault is the user's."""
    from archcompiler.diagnostics import SpecError
    from archcompiler.lower.network import lower
    from archcompiler.resolve import load_spec

    resolved = load_spec(spec, settings)
    try:
        return budget.spent(lower(resolved))
    except SpecError:
        return None


def _target(text: str, budget: Budget) -> int:
    from archcompiler.claims.printed import parse_printed

    figure = parse_printed(text)
    spent = int(figure.mantissa.scaleb(figure.exponent)) if figure else _spent(text, [], budget)
    if spent is None:
        raise Usage(f"{text} has no {budget.over} to match in stage {budget.stage!r}")
    return spent


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(positive(part) for part in text.split(","))
    except ArgumentTypeError:
        raise ArgumentTypeError(f"expected numbers such as 1,2,4,8, found {text!r}") from None
