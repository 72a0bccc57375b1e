"""`archc list`: what is shipped, or lies below a folder, by name and by what it costs."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from math import ceil, floor
from operator import attrgetter
from os.path import isdir
from typing import TYPE_CHECKING

from archcompiler.verbs import FINDINGS, FINE, Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format

if TYPE_CHECKING:
    from archcompiler.diagnostics import Diagnostic
    from archcompiler.render.networks import Network

HELP = "find shipped specs, or those of a folder, by name and cost; or name the documents of which blocks are made"
EXAMPLES = """  archc list resnext                     names that contain this
  archc list 'resnet*' 'timm/regnet*'    names like one of these
  archc list --params ..5M --macs 200M..600M --sort macs
  archc list --params 25.6M              what is printed as this
  archc list --below nets --sort params  your own specs
  archc list --blocks     blocks, shortcuts, attentions, stems and heads"""
_FIGURES = ("params", "macs")
_ENDLESS = "1e99"
_WILD = set("*?[")


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    help = "names that contain this, or with * ? [ are like it as file names are, in capitals or not; several: any"
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help=help)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--blocks", action="store_true", help="name documents of blocks instead of specs")
    what.add_argument("--below", metavar="FOLDER", help="the specs below a folder instead of the shipped ones")
    for figure, words in zip(_FIGURES, ("parameters", "multiply-adds"), strict=True):
        parser.add_argument(
            f"--{figure}",
            type=_range,
            metavar="RANGE",
            help=f"only so many {words}: 1M..5M, ..5M, 1M.., or 4.1M for what rounds to it",
        )
    parser.add_argument("--sort", choices=_FIGURES, help="the greatest first (default: by name)")
    add_format(parser, "text", "json", "markdown")


def run(args: Namespace) -> Outcome:
    """Print each name with its cost and the spec's own description."""
    from archcompiler.render.networks import networks_document, networks_table
    from archcompiler.render.table import markdown_table, table

    if args.blocks and (args.sort or args.params or args.macs):
        raise Usage("--blocks names documents, which have no cost: leave out --params, --macs and --sort")
    networks, faults = _networks(args)
    found = [network for network in networks if _is_meant(network, args)]
    if args.sort:
        found.sort(key=attrgetter(args.sort), reverse=True)
    if args.format == "json":
        document = {"format_version": 1, "blocks" if args.blocks else "specs": networks_document(found)}
        return Outcome(json_text(document), FINDINGS if faults else FINE, faults)
    text = networks_table(found, markdown_table if args.format == "markdown" else table) if found else _nothing(args)
    return Outcome(text, FINDINGS if faults else FINE, faults)


def _networks(args: Namespace) -> tuple[Iterable[Network], str]:
    """Return what there is, and the faults of what does not compile."""
    from archcompiler.render.networks import shipped_networks

    if args.blocks:
        return _documents(), ""
    return _compiled(args.below, colour=args.colour) if args.below else (shipped_networks(), "")


def _documents() -> Iterator[Network]:
    from archcompiler.blocks.library import shipped_descriptions
    from archcompiler.render.networks import Network

    return (Network(name, description) for name, description in shipped_descriptions())


def _compiled(folder: str, *, colour: bool) -> tuple[list[Network], str]:
    """Return the specs below a folder: each is compiled, so that no figure is older than its file."""
    from archcompiler.analyses.cost import total
    from archcompiler.diagnostics import SpecError
    from archcompiler.lower.network import lower
    from archcompiler.render.networks import Network
    from archcompiler.render.sources import text_of
    from archcompiler.render.text import render
    from archcompiler.resolve import load_spec
    from archcompiler.verbs.selection import selected

    if not isdir(folder):
        raise Usage(f"--below takes a folder, and {folder!r} is none")
    networks: list[Network] = []
    faults: list[Diagnostic] = []
    for name in selected([folder], only_specs=True, and_derived=False, tables=False):
        try:
            spec = load_spec(name)
            cost = total(lower(spec))
        except SpecError as error:
            faults += error.diagnostics
        else:
            networks.append(Network(name, spec.description, cost.params, cost.macs))
    return networks, render(faults, colour=colour, sources=text_of) if faults else ""


def _is_meant(network: Network, args: Namespace) -> bool:
    within = all(
        span is None or span[0] <= getattr(network, figure) <= span[1]
        for figure, span in ((figure, getattr(args, figure)) for figure in _FIGURES)
    )
    return within and (not args.patterns or any(_is_like(network.name.lower(), word.lower()) for word in args.patterns))


def _is_like(name: str, pattern: str) -> bool:
    if not _WILD & set(pattern):
        return pattern in name
    return fnmatchcase(name if "/" in pattern else name.rpartition("/")[2], pattern)


def _nothing(args: Namespace) -> str:
    kind = "shipped block" if args.blocks else f"spec below {args.below}" if args.below else "shipped spec"
    named = f" is named like {' or '.join(map(repr, args.patterns))}" if args.patterns else " is found"
    return f"no {kind}{named}{' within these figures' if args.params or args.macs else ''}"


def _range(text: str) -> tuple[int, int]:
    """Return the least and the greatest count that a range takes in; a figure alone takes in what rounds to it."""
    from archcompiler.claims.printed import parse_printed

    low, between, high = text.partition("..")
    least, greatest = parse_printed(low or "0"), parse_printed(high or _ENDLESS)
    if not (least and greatest and (low or high)):
        raise ArgumentTypeError(f"expected 1M..5M, ..5M, 1M.. or 4.1M, found {text!r}")
    return (ceil(least.value), floor(greatest.value)) if between else least.interval()
