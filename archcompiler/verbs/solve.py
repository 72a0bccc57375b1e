"""`archc solve`: which value of a field meets a budget."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from archcompiler.verbs import FINDINGS, FINE, Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format, add_limits, add_spec, positive
from archcompiler.verbs.complete import complete

if TYPE_CHECKING:
    from archcompiler.solve.budget import Budget
    from archcompiler.solve.search import Solution

HELP = "find the value of a field that meets a budget"
EXAMPLES = """  archc solve resnext/resnext50_32x4d --for stages.layer1.bottleneck_width \\
      --to resnet/resnet50 --over block --count conv --cardinality 1,2,4,8,16,32
  archc solve my_net.yaml --for stages.layer3.blocks \\
      --equal macs --to 4.0e9 --over network"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_spec(parser)
    field = parser.add_argument(
        "--for", dest="field", required=True, metavar="a.b", help="the integer field to solve for"
    )
    complete(field, "fields")
    parser.add_argument(
        "--equal", choices=["params", "macs", "activations"], default="params", help="what to match (default: params)"
    )
    to = parser.add_argument(
        "--to", required=True, metavar="SPEC|N", help="the network to match, or a number such as 4.0e9"
    )
    complete(to, "specs")
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
    add_limits(parser)


def run(args: Namespace) -> Outcome:
    """Solve for each cardinality, and print the values with the lines to paste."""
    from archcompiler.render import solve as render
    from archcompiler.solve.budget import Budget

    parts = args.field.split(".")
    stage = parts[1] if parts[0] == "stages" and len(parts) > 2 else ""
    if not stage and args.over != "network":
        raise Usage(f"--over {args.over} needs a field of a stage, such as stages.layer1.bottleneck_width")
    if args.block is not None and args.over != "block":
        raise Usage("--block goes with --over block")
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
    return solve(lambda value: _spent(args, fixed, value, budget), target)


def _spent(args: Namespace, fixed: list[str], value: int, budget: Budget) -> int | None:
    """Return what a variant spends; None where the field does not take the value. Any other fault is the user's."""
    from archcompiler.diagnostics import SpecError

    setting = f"{args.field}={value}"
    try:
        return _of(args.spec, [*fixed, setting], budget)
    except SpecError as error:
        codes = {found.code for found in error.diagnostics if found.span.path == f"<--set {setting}>"}
        if codes <= {"S005"}:  # a number out of its range, or a shape that does not fit
            return None
        first = error.diagnostics[0]
        raise Usage(f"--for {args.field}: {first.message}{f': {first.help}' if first.help else ''}") from None


def _of(spec: str, settings: list[str], budget: Budget) -> int | None:
    """Return what a network spends; None where a shape of it does not fit."""
    from archcompiler.diagnostics import SpecError
    from archcompiler.lower.network import lower
    from archcompiler.resolve import load_spec

    resolved = load_spec(spec, settings)
    try:
        graph = lower(resolved)
    except SpecError:
        return None
    spent = budget.spent(graph)
    if spent is None:
        raise Usage(_nothing_to_count(spec, budget, budget.blocks(graph)))
    return spent


def _nothing_to_count(spec: str, budget: Budget, blocks: int) -> str:
    if not blocks:
        return f"{spec} has no stage {budget.stage!r}"
    if budget.block is None:
        return f"{spec} has no block with an identity shortcut in stage {budget.stage!r}: name one by --block"
    return f"{spec} has no block {budget.block} in stage {budget.stage!r}: its blocks are 0 to {blocks - 1}"


def _target(text: str, budget: Budget) -> int:
    from archcompiler.claims.printed import parse_printed

    figure = parse_printed(text)
    if figure:
        return int(figure.mantissa.scaleb(figure.exponent))
    if not text.strip("+-.0123456789eEinfaNKMGBT"):
        raise Usage(f"--to takes a network, or a number such as 25557032, 4.0e9 or 25.6M; found {text}")
    spent = _of(text, [], budget)
    if spent is None:
        raise Usage(f"{text} has shapes that do not fit, and so no {budget.over} to match")
    return spent


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(positive(part) for part in text.split(","))
    except ArgumentTypeError:
        raise ArgumentTypeError(f"expected numbers such as 1,2,4,8, found {text!r}") from None
