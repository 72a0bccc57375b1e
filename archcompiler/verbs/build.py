"""`archc build`: compile a spec to a module or to its source."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archcompiler.verbs import FINDINGS, FINE, UNUSABLE, Outcome, Usage, json_text, require_torch
from archcompiler.verbs.arguments import add_format, add_input, add_limits, add_output, add_spec, all_settings, positive

if TYPE_CHECKING:
    from torch import nn

    from archcompiler.backends.pytorch.weights import Report
    from archcompiler.graph.ir import Graph
    from archcompiler.reparameterize.rewrite import Reparameterized
    from archcompiler.resolve import Spec

HELP = "compile a spec: to a module, its summary, or PyTorch source"
EXAMPLES = """  archc build resnext/resnext50_32x4d --summary
  archc build my_net.yaml -o my_net.py
  archc build my_net.yaml --weights base.safetensors --partial
  archc build timm/repvgg_a0 --reparameterize --weights trained.safetensors \\
      -o fused.safetensors
  archc build resnet/resnet50 --set stages.layer3.blocks=9 --summary --depth 2"""

_SHOWN = 10
"""How many names of weights a text shows."""
_SAFETENSORS = ".safetensors"
_NOTHING_WRITTEN = "nothing is written: `archcompiler.build(SPEC, weights=FILE)` returns the module, in Python"
_ASK = """it compiles, and nothing is written: ask for
  --summary         its stages and layers, and whether two tools count the same
  -o FILE.py        PyTorch source that needs no archcompiler
  --weights FILE    which weights of a file fit
  --reparameterize  its norms and parallel branches folded into convolutions
In Python, `archcompiler.build(SPEC)` returns the module."""
_ASK_FOLDED = """nothing is written: ask for
  -o FILE.safetensors  the weights
  -o FILE.py           PyTorch source that needs no archcompiler
In Python, `archcompiler.build(SPEC, reparameterize=True)` returns the module."""


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
    add_output(
        parser,
        "write the source there; a name that ends in .py asks for it without --emit, and one that ends in .safetensors"
        " for the weights that --reparameterize computes",
    )
    _add_weights(parser)
    add_format(parser, "text", "json")
    add_limits(parser)


def _add_weights(parser: ArgumentParser) -> None:
    parser.add_argument("--device", help="where the module is built: cpu, cuda, meta, ... (default: cpu)")
    parser.add_argument("--seed", type=_seed, metavar="N", help="initialise the weights reproducibly")
    parser.add_argument(
        "--weights",
        metavar="FILE",
        help="fill the module from a safetensors file or a checkpoint, and say which weights fit",
    )
    parser.add_argument("--partial", action="store_true", help="take the weights that fit, and initialise the others")
    parser.add_argument(
        "--reparameterize",
        action="store_true",
        help="fold norms and parallel branches into convolutions, and say how far the outputs differ",
    )


def run(args: Namespace) -> Outcome:
    """Compile, then emit, summarise or simply build."""
    from archcompiler.lower.network import lower
    from archcompiler.resolve import load_spec

    if args.output and args.output.endswith(".py"):
        args.emit = "python"
    _refuse_what_has_no_effect(args)
    spec = load_spec(args.spec, all_settings(args))
    graph = lower(spec)
    found = None
    if args.reparameterize:
        from archcompiler.reparameterize.rewrite import reparameterized

        found = reparameterized(graph)
    if args.emit:
        return _emit(args, found.graph if found else graph)
    require_torch()
    return _summary(args, spec, graph) if args.summary else _build(args, graph, found)


def _refuse_what_has_no_effect(args: Namespace) -> None:
    if args.output and not args.emit and not (args.reparameterize and args.output.endswith(_SAFETENSORS)):
        weights = f", or with --reparameterize weights, by one that ends in {_SAFETENSORS}"
        raise Usage(f"-o writes source: give it a name that ends in .py, or --emit python{weights}")
    if args.partial and not args.weights:
        raise Usage("--partial goes with --weights")
    if args.reparameterize and args.summary:
        raise Usage("--summary is of the network as its spec says it: `archc cost --reparameterize` counts the other")
    if args.emit and args.summary:
        raise Usage("--emit and --summary are two calls")
    if args.output and not args.emit and args.device == "meta":
        raise Usage("on meta there are no weights to write")
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
    from archcompiler.backends.summary import torchinfo_summary
    from archcompiler.claims.check import check_graph
    from archcompiler.render import summary as render
    from archcompiler.render.cost import network_cost
    from archcompiler.render.room import columns

    report = network_cost(graph, spec)
    measured = torchinfo_summary(graph, report, depth=args.depth, room=columns())
    checked = check_graph(spec, graph, report, measured.counts)
    code = FINE if checked.sound else FINDINGS
    if args.format == "json":
        return Outcome(json_text(render.summary_document(report, checked)), code)
    return Outcome(render.summary_text(spec, report, measured.table, checked), code)


def _build(args: Namespace, graph: Graph, found: Reparameterized | None) -> Outcome:
    from archcompiler.backends.pytorch.capacity import TooLargeError
    from archcompiler.backends.pytorch.module import build_module
    from archcompiler.backends.pytorch.weights import WeightsError, compare, read_weights
    from archcompiler.render.excerpt import visible

    device = args.device or "cpu"
    try:
        weights = read_weights(args.weights) if args.weights else None
        module = build_module(graph, weights=weights, device=device, seed=args.seed, partial=args.partial)
        report = compare(module, weights) if weights else None
        if found:
            return _reparameterized(args, module, graph, found, report)
    except WeightsError as error:
        said = "\n".join(map(visible, str(error).split("\n")))  # names are a stranger's, as the path may be
        return Outcome(err=f"archc: {said}", code=FINDINGS if error.report else UNUSABLE)
    except TooLargeError as error:
        raise Usage(str(error)) from None
    except (AssertionError, ImportError, NotImplementedError, RuntimeError) as error:
        raise Usage(f"cannot build on {device!r}: {str(error).splitlines()[0][:200]}") from None  # PyTorch's words
    if args.format == "json":
        return Outcome(json_text(_document(args, graph, report)))
    return Outcome(_said(args, graph, report, _NOTHING_WRITTEN if report else ""), err="" if report else _ASK)


def _reparameterized(
    args: Namespace, module: nn.Module, graph: Graph, found: Reparameterized, report: Report | None
) -> Outcome:
    """Fold a module, compare it with what it was, and write its weights."""
    from archcompiler.backends.pytorch.folding import folded_module, largest_difference
    from archcompiler.backends.pytorch.weights import safetensors_bytes
    from archcompiler.output import write_file
    from archcompiler.render.excerpt import visible
    from archcompiler.render.reparameterized import reparameterized_document, reparameterized_text

    folded = folded_module(module, found)
    is_meta = args.device == "meta"
    difference = None if is_meta else largest_difference(module, folded, graph.input)
    if args.output:
        write_file(args.output, safetensors_bytes(folded), force=args.force)
    if args.format == "json":
        told = reparameterized_document(found, difference)
        return Outcome(json_text({**_document(args, found.graph, report), "reparameterized": told}))
    written = f"wrote {visible(args.output)}" if args.output else ""
    said = _said(args, found.graph, report, reparameterized_text(found, difference), written)
    return Outcome(said, err="" if args.output else _ASK_FOLDED)


def _document(args: Namespace, graph: Graph, report: Report | None) -> dict[str, Any]:
    """Return what was built as data."""
    from archcompiler.analyses.cost import total

    cost = total(graph)
    built = {"name": graph.name, "device": args.device or "cpu", "params": cost.params, "macs": cost.macs}
    return {"format_version": 1, **built, "weights": asdict(report) if report else None, "reparameterized": None}


def _said(args: Namespace, graph: Graph, report: Report | None, *more: str) -> str:
    """Return what was built as text, what became of the weights, and more."""
    built = _document(args, graph, None)
    head = f"built {graph.name} on {built['device']}: {built['params']:,} parameters, {built['macs']:,} MACs"
    return "\n".join(filter(None, [head, _fate(report) if report else "", *more]))


def _fate(report: Report) -> str:
    """Return what became of the given weights, by name where one did not fit."""
    from archcompiler.render.excerpt import visible

    rows = {"reshaped": report.reshaped, "missing": report.missing, "unexpected": report.unexpected}
    lines = [f"  {what}: {visible(name)}" for what, names in rows.items() for name in names]
    lines = [
        *lines[:_SHOWN],
        *([f"  and {len(lines) - _SHOWN} more (--format json has all)"] if lines[_SHOWN:] else []),
    ]
    return "\n".join([f"weights: {report}", *lines])


def _seed(text: str) -> int:
    """Return a number that PyTorch takes for a seed."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 20 and int(text) < 2**64):
        raise ArgumentTypeError(f"expected a whole number from 0 to 2^64 - 1, found {text!r}")
    return int(text)
