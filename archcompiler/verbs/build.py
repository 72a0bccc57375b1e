"""`archc build`: compile a spec to a module or to its source."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archcompiler.verbs import FINDINGS, FINE, Outcome, Usage, json_text
from archcompiler.verbs.cost import input_size, positive

HELP = "compile a spec: to a module, its summary, or PyTorch source"
EXAMPLES = """  archc build resnext/resnext50_32x4d --summary
  archc build my_net.yaml --emit python -o my_net.py
  archc build resnet/resnet50 --set stages.layer3.blocks=9 --summary --depth 2"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("spec", metavar="SPEC", help="a file, or a shipped name such as resnet/resnet50")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="a.b=VALUE", help="lay a value over the spec's")
    parser.add_argument("--input", type=input_size, metavar="SIZE", help="another input size: 288, or 288x352 (height x width)")
    parser.add_argument("--summary", action="store_true", help="print the stages, torchinfo's table and whether both counts agree")
    parser.add_argument("--depth", type=positive, default=3, metavar="N", help="how deep torchinfo's table goes (default: 3)")
    parser.add_argument("--emit", choices=["python"], help="write PyTorch source that needs no archcompiler")
    parser.add_argument("-o", "--output", metavar="FILE", help="where --emit writes (default: standard output)")
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")
    parser.add_argument("--device", default="cpu", help="where the module is built: cpu, cuda, meta, ... (default: cpu)")
    parser.add_argument("--seed", type=int, help="initialise the weights reproducibly")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")


def run(args: Namespace) -> Outcome:
    """Compile, then emit, summarise or simply build."""
    from archcompiler.lower import lower
    from archcompiler.resolve import load_spec

    if args.output and not args.emit:
        raise Usage("-o goes with --emit python")
    if args.emit and args.summary:
        raise Usage("--emit and --summary are two calls")
    spec = load_spec(args.spec, [*args.settings, *([args.input] if args.input else [])])
    graph = lower(spec)
    if args.emit:
        return _emit(args, graph)
    _require_torch()
    return _summary(args, spec, graph) if args.summary else _build(args, graph)


def _emit(args, graph):
    from archcompiler.backends.pytorch.source import source
    from archcompiler.output import write_file

    text = source(graph).text
    if not args.output:
        return Outcome(text.rstrip("\n"))
    write_file(args.output, text, force=args.force)
    return Outcome(f"wrote {args.output}")


def _summary(args, spec, graph):
    from archcompiler.analyses.report import cost_report
    from archcompiler.backends.summary import torchinfo_summary
    from archcompiler.render import summary as render

    report = cost_report(graph)
    measured = torchinfo_summary(graph, report, depth=args.depth)
    code = FINE if measured.agrees_with(report) else FINDINGS
    if args.format == "json":
        return Outcome(json_text(render.summary_document(spec, report, measured)), code)
    return Outcome(render.summary_text(spec, report, measured), code)


def _build(args, graph):
    from archcompiler.analyses.cost import total
    from archcompiler.backends.pytorch.module import build_module

    module = build_module(graph, device=args.device, seed=args.seed)
    params = sum(parameter.numel() for parameter in module.parameters())
    if args.format == "json":
        return Outcome(json_text({"format_version": 1, "name": graph.name, "params": params, "device": args.device}))
    macs = total(graph).macs
    return Outcome(f"built {graph.name} on {args.device}: {params:,} parameters, {macs:,} MACs")


def _require_torch():
    from importlib.util import find_spec

    missing = [name for name in ("torch", "torchinfo") if find_spec(name) is None]
    if missing:
        raise Usage(f"building needs {' and '.join(missing)}: pip install 'archcompiler[torch]'")
