"""`archc validate`: every fault of every file."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.verbs import FINDINGS, FINE, UNUSABLE, Outcome, json_text
from archcompiler.verbs.arguments import add_format, add_specs
from archcompiler.verbs.selection import add_selection, selected

if TYPE_CHECKING:
    pass

HELP = "report every fault of every file, with its line and column"
EXAMPLES = """  archc validate my_net.yaml
  archc validate specs/*.yaml --format json
  archc validate specs/*.yaml --format github     annotations, in a workflow of GitHub Actions
  archc validate specs/*.yaml --format sarif > archc.sarif
  archc validate base.yaml --and-derived             and every spec that extends it
  archc validate resnet/resnet50 --set stages.layer1.bottleneck_width=0"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_specs(parser)
    add_selection(parser)
    add_format(parser, "text", "json", "github", "sarif")
    parser.add_argument("--quiet", "-q", action="store_true", help="print nothing where nothing is wrong")


def run(args: Namespace) -> Outcome:
    """Validate each spec as far as its shapes."""
    found: list[Diagnostic] = []
    unreadable = False
    args.specs = selected(args.specs, only_specs=args.only_specs, and_derived=args.and_derived, tables=True)
    for spec in args.specs:
        diagnostics, no_text = _validate(spec, args.settings)
        found = list(dict.fromkeys((*found, *diagnostics)))
        unreadable |= no_text
    errors = sum(diagnostic.severity == "error" for diagnostic in found)
    code = UNUSABLE if unreadable else FINDINGS if errors else FINE
    return Outcome(_text(args, found, errors), code)


def _validate(spec: str, settings: list[str]) -> tuple[tuple[Diagnostic, ...], bool]:
    from archcompiler.lower.network import lower
    from archcompiler.lower.paths import unused_names
    from archcompiler.resolve import load_spec
    from archcompiler.resolve.name_tables import table_faults

    try:
        resolved = load_spec(spec, settings)
        graph = lower(resolved)
    except SpecError as error:
        from archcompiler.advise.prices import advised

        first = error.diagnostics[0]
        table = table_faults(first.span.path) if first.code == "R009" and not error.unreadable else None
        return advised(error) if table is None else tuple(table), error.unreadable
    return (*resolved.warnings, *unused_names(graph, resolved)), False


def _text(args: Namespace, found: list[Diagnostic], errors: int) -> str:
    from archcompiler.render.sources import text_of

    if args.format == "json":
        from archcompiler.render.diagnostics_json import document

        return json_text(document(found))
    if args.format == "sarif":
        from archcompiler.render.sarif import document as sarif

        return json_text(sarif(found, text_of, args.version))
    if args.format == "github":
        return _annotations(found)
    from archcompiler.render.text import render, summary

    if args.quiet and not found:
        return ""
    page = render(found, colour=args.colour, sources=text_of)
    return f"{page}\n\n{summary(errors, len(found) - errors, len(args.specs))}".strip()


def _annotations(found: list[Diagnostic]) -> str:
    """Return what GitHub shows on the lines; what it would not show goes to the step's summary, where there is one."""
    from archcompiler.output import append_text
    from archcompiler.render.github import ranked, step_summary, workflow_commands

    shown, rest = ranked(found)
    step = os.environ.get("GITHUB_STEP_SUMMARY")
    if rest and step:
        append_text(step, step_summary(rest))
    return workflow_commands(shown, len(rest))
