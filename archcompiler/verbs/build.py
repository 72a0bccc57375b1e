"""`archc build`: compile a spec to a module or to its source."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING

from archcompiler.verbs import FINDINGS, FINE, UNUSABLE, Outcome, Usage, json_text, require_torch
from archcompiler.verbs.arguments import add_format, add_input, add_limits, add_output, add_spec, all_settings, positive

if TYPE_CHECKING:
    from archcompiler.backends.pytorch.weights import Report
    from archcompiler.graph.ir import Graph
    from archcompiler.resolve import Spec

HELP = "compile a spec: to a module, its summary, or PyTorch source"
EXAMPLES = """  archc build resnext/resnext50_32x4d --summary
  archc build my_net.yaml -o my_net.py
  archc build my_net.yaml --weights base.safetensors --partial
  archc build resnet/resnet50 --set stages.layer3.blocks=9 --summary --depth 2"""

_SHOWN = 10
"""How many names of weights a text shows."""
_NOTHING_WRITTEN = "nothing is written: `archcompiler.build(SPEC, weights=FILE)` returns the module, in Python"
_ASK = """it compiles, and nothing is written: ask for
  --summary       its stages and layers, and whether two tools count the same
  -o FILE.py      PyTorch source that needs no archcompiler
  --weights FILE  which weights of a file fit
In Python, `archcompiler.build(SPEC)` returns the module."""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_spec(parser)
    add_input(parser)
    parser.add_argument(
        "--summary", action="store_true", help="print stages, torchinfo's table, and whether both agree"
    )
    parser.add_argument(
        "--depth", type=positive, default=3, metavar="N", help="how deep torchinfo's table goes (default: 3)"
    )
    parser.add_argument("--emit", choices=["python"], help="print PyTorch source that needs no archcompiler")
    add_output(parser, "write the source there; a name that ends in .py asks for it without --emit")
    parser.add_argument("--device", help="where the module is built: cpu, cuda, meta, ... (default: cpu)")
    parser.add_argument("--seed", type=_seed, metavar="N", help="initialise the weights reproducibly")
    parser.add_argument(
        "--weights",
        metavar="FILE",
        help="fill the module from a safetensors file or a checkpoint, and say which weights fit; writes nothing",
    )
    parser.add_argument("--partial", action="store_true", help="take the weights that fit, and initialise the others")
    add_format(parser, "text", "json")
    add_limits(parser)


def run(args: Namespace) -> Outcome:
    """Compile, then emit, summarise or simply build."""
    from archcompiler.lower.network import lower
    from archcompiler.resolve import load_spec

    if args.output and args.output.endswith(".py"):
        args.emit = "python"
    _refuse_what_has_no_effect(args)
    spec = load_spec(args.spec, all_settings(args))
    graph = lower(spec)
    if args.emit:
        return _emit(args, graph)
    require_torch()
    return _summary(args, spec, graph) if args.summary else _build(args, graph)


def _refuse_what_has_no_effect(args: Namespace) -> None:
    if args.output and not args.emit:
        raise Usage("-o writes source: give it a name that ends in .py, or --emit python")
    if args.partial and not args.weights:
        raise Usage("--partial goes with --weights")
    if args.emit and args.summary:
        raise Usage("--emit and --summary are two calls")
    if args.emit and args.format != "text":
        raise Usage("--emit writes source: it has no --format")
    if (args.emit or args.summary) and (args.device or args.weights or args.seed is not None):
        raise Usage(
            "--device, --weights and --seed go with a build without --emit and --summary, which fill no weights"
        )


def _emit(args: Namespace, graph: Graph) -> Outcome:
    from archcompiler.backends.pytorch.source import source
    from archcompiler.output import write_file
    from archcompiler.render.excerpt import visible

    text = source(graph).text
    if not args.output:
        return Outcome(text.rstrip("\n"))
    if _is_spec(args.output):
        raise Usage(f"{args.output} is a spec, which PyTorch source is not to overwrite: give another name")
    write_file(args.output, text, force=args.force)
    return Outcome(f"wrote {visible(args.output)}")


def _is_spec(path: str) -> bool:
    """Tell whether a file is a spec or a table of names, of this network or another; a Python file is none."""
    from archcompiler.diagnostics import SpecError
    from archcompiler.resolve.references import references
    from archcompiler.syntax.files import DISK

    try:
        found = references(DISK.read(path)) if os.path.isfile(path) and not path.endswith(".py") else None
    except SpecError:
        return False
    return found is not None and (found.is_spec or found.is_table)


def _summary(args: Namespace, spec: Spec, graph: Graph) -> Outcome:
    from archcompiler.analyses.report import cost_report
    from archcompiler.backends.summary import torchinfo_summary
    from archcompiler.claims.check import check_graph
    from archcompiler.render import summary as render
    from archcompiler.render.room import columns

    report = cost_report(graph)
    measured = torchinfo_summary(graph, report, depth=args.depth, room=columns())
    checked = check_graph(spec, graph, report, measured.counts)
    code = FINE if checked.sound else FINDINGS
    if args.format == "json":
        return Outcome(json_text(render.summary_document(report, checked)), code)
    return Outcome(render.summary_text(spec, report, measured.table, checked), code)


def _build(args: Namespace, graph: Graph) -> Outcome:
    from archcompiler.analyses.cost import total
    from archcompiler.backends.pytorch.capacity import TooLargeError
    from archcompiler.backends.pytorch.module import build_module
    from archcompiler.backends.pytorch.weights import WeightsError, compare, read_weights
    from archcompiler.render.excerpt import visible

    device = args.device or "cpu"
    try:
        weights = read_weights(args.weights) if args.weights else None
        module = build_module(graph, weights=weights, device=device, seed=args.seed, partial=args.partial)
    except WeightsError as error:
        said = "\n".join(map(visible, str(error).split("\n")))  # names are a stranger's, as the path may be
        return Outcome(err=f"archc: {said}", code=FINDINGS if error.report else UNUSABLE)
    except TooLargeError as error:
        raise Usage(str(error)) from None
    except (AssertionError, ImportError, NotImplementedError, RuntimeError) as error:
        raise Usage(f"cannot build on {device!r}: {str(error).splitlines()[0][:200]}") from None  # PyTorch's words
    params = sum(parameter.numel() for parameter in module.parameters())
    macs = total(graph).macs
    if args.format == "json":
        document = {"format_version": 1, "name": graph.name, "device": device, "params": params, "macs": macs}
        return Outcome(json_text({**document, "weights": asdict(compare(module, weights)) if weights else None}))
    fate = f"\n{_fate(compare(module, weights))}" if weights else ""
    said = f"built {graph.name} on {device}: {params:,} parameters, {macs:,} MACs{fate}"
    return Outcome(said, err="" if weights else _ASK)


def _fate(report: Report) -> str:
    """Return what became of the given weights, by name where one did not fit."""
    from archcompiler.render.excerpt import visible

    rows = {"reshaped": report.reshaped, "missing": report.missing, "unexpected": report.unexpected}
    lines = [f"  {what}: {visible(name)}" for what, names in rows.items() for name in names]
    lines = [
        *lines[:_SHOWN],
        *([f"  and {len(lines) - _SHOWN} more (--format json has all)"] if lines[_SHOWN:] else []),
    ]
    counts = ", ".join(f"{len(names)} {what}" for what, names in {"kept": report.kept, **rows}.items())
    return "\n".join([f"weights: {counts}", *lines, _NOTHING_WRITTEN])


def _seed(text: str) -> int:
    """Return a number that PyTorch takes for a seed."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 20 and int(text) < 2**64):
        raise ArgumentTypeError(f"expected a whole number from 0 to 2^64 - 1, found {text!r}")
    return int(text)
