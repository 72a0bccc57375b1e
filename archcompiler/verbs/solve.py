"""`archc solve`: which value of a field meets a budget."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from archcompiler.verbs import FINDINGS, FINE, Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format, add_limits, add_spec, positive
from archcompiler.verbs.complete import complete
from archcompiler.verbs.parser import near

if TYPE_CHECKING:
    from archcompiler.solve.budget import Budget, Over
    from archcompiler.solve.scale import Multiplier
    from archcompiler.solve.search import Solution

HELP = "find the value of a field, or of several, that meets a budget"
EXAMPLES = """  archc solve resnext/resnext50_32x4d --for stages.layer1.bottleneck_width \\
      --to resnet/resnet50 --over block --count conv --cardinality 1,2,4,8,16,32
  archc solve my_net.yaml --for stages.layer3.blocks \\
      --equal macs --to 4.0e9 --over network
  archc solve resnet/resnet50 --for 'stages.*.bottleneck_width' \\
      --equal macs --to 4e9"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_spec(parser)
    field = parser.add_argument(
        "--for",
        dest="fields",
        action="append",
        required=True,
        metavar="a.b",
        help="the integer field to solve for; several, or `stages.*.width`, go by one multiplier",
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
        "--over",
        choices=["block", "stage", "network"],
        help="where to count (default: the stage, of several the network)",
    )
    parser.add_argument("--block", type=int, metavar="N", help="the block to count (default: first identity block)")
    parser.add_argument(
        "--count", choices=["conv", "all"], default="all", help="convolutions alone, or everything (default: all)"
    )
    parser.add_argument(
        "--cardinality", type=_numbers, default=(None,), metavar="N,N", help="solve once for each cardinality"
    )
    add_format(parser, "text", "json")
    add_limits(parser)


def run(args: Namespace) -> Outcome:
    """Solve for each cardinality, and print the values with the lines to paste."""
    from archcompiler.render import solve as render

    scale = _scale(args)
    budget = _budget(args, scale)
    target = _target(args.to, budget)
    rows = [(cardinality, _solve(args, scale, budget, target, cardinality)) for cardinality in args.cardinality]
    question = render.Question(scale, budget, target, args.to)
    code = FINE if all(found.below for _, found in rows) else FINDINGS
    if args.format == "json":
        return Outcome(json_text(render.solve_document(question, rows)), code)
    return Outcome(render.solve_text(question, rows), code)


def _scale(args: Namespace) -> Multiplier:
    """Return the fields that are asked for; Usage where a pattern, or one of several, is no integer of the spec."""
    from archcompiler.resolve import load_spec
    from archcompiler.solve.scale import scale_of
    from archcompiler.tree import Scalar, walk

    alone = len(args.fields) == 1 and "*" not in args.fields[0]
    entries = () if alone else walk(load_spec(args.spec, args.settings).document)
    values = ((".".join(map(str, path)), entry.value) for path, entry in entries)
    known = {address: node.value for address, node in values if isinstance(node, Scalar) and type(node.value) is int}
    try:
        return scale_of(args.fields, known)
    except KeyError as error:
        pattern = str(error.args[0])
        raise Usage(f"--for {pattern}: the spec has no such whole number{near(pattern, known)}") from None


def _budget(args: Namespace, scale: Multiplier) -> Budget:
    from archcompiler.solve.budget import Budget

    stages = scale.stages()
    over: Over = args.over or ("stage" if len(stages) == 1 else "network")
    if len(stages) != 1 and over != "network":
        found = f", and --for names {', '.join(stages)}" if stages else ", such as stages.layer1.bottleneck_width"
        raise Usage(f"--over {over} needs a field of a stage{found}")
    if args.block is not None and over != "block":
        raise Usage("--block goes with --over block")
    return Budget(args.equal, over, stages[0] if len(stages) == 1 else "", args.count, args.block)


def _solve(args: Namespace, scale: Multiplier, budget: Budget, target: int, cardinality: int | None) -> Solution:
    from archcompiler.solve.search import solve

    fixed = list(args.settings)
    if cardinality is not None:
        fixed += [f"stages.{stage}.cardinality={cardinality}" for stage in scale.stages()]
    within = _within(args, fixed, scale)
    return solve(lambda value: _spent(args, fixed, scale.settings(value), budget), target, within)


def _within(args: Namespace, fixed: list[str], scale: Multiplier) -> tuple[int, int]:
    """Return the numbers at which the fields keep their bounds; of a spec that is none without them, any number."""
    from archcompiler.diagnostics import SpecError
    from archcompiler.resolve import load_spec
    from archcompiler.solve.scale import bounds_of
    from archcompiler.solve.search import LARGEST

    try:
        spec = load_spec(args.spec, fixed)
    except SpecError:
        return 1, LARGEST
    return scale.within([bounds_of(spec, field) for field in scale.fields])


def _spent(args: Namespace, fixed: list[str], settings: list[str], budget: Budget) -> int | None:
    """Return what a variant spends; None where a field does not take its value. Any other fault is the user's."""
    from archcompiler.diagnostics import SpecError

    places = {f"<--set {setting}>" for setting in settings}
    try:
        return _of(args.spec, [*fixed, *settings], budget)
    except SpecError as error:
        codes = {found.code for found in error.diagnostics if found.span.path in places}
        if codes <= {"S005"}:  # a number out of its range, or a shape that does not fit
            return None
        first = error.diagnostics[0]
        if hidden := _hidden_default(args, fixed):
            raise Usage(f"--for {', '.join(args.fields)}: the stages have it of `defaults`: say {hidden}") from None
        help = f": {first.help}" if first.help else ""
        raise Usage(f"--for {', '.join(args.fields)}: {first.message}{help}") from None


def _hidden_default(args: Namespace, fixed: list[str]) -> str:
    """Return the fields of `defaults` that all that is asked of stages would leave without effect; "" where none."""
    from archcompiler.resolve import load_spec

    names = {field.rpartition(".")[2] for field in args.fields if field.startswith("stages.")}
    said = load_spec(args.spec, fixed).defaults.entries
    return ", ".join(f"--for defaults.{name}" for name in sorted(names & said.keys()))


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
        return int(figure.value)
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
