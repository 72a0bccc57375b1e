"""`archc validate`: every fault of every file."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.syntax.files import Disk
from archcompiler.verbs import FINDINGS, FINE, UNUSABLE, Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format, add_specs
from archcompiler.verbs.selection import add_selection, selected

HELP = "report every fault of every file, with its line and column"
EXAMPLES = """  archc validate my_net.yaml
  archc validate specs/*.yaml --format json
  archc validate specs/*.yaml --format github     annotations, in a workflow of GitHub Actions
  archc validate specs/*.yaml --format sarif > archc.sarif
  archc validate base.yaml --and-derived             and every spec that extends it
  archc validate resnet/resnet50 --set stages.layer1.bottleneck_width=0"""


_MOST_SHOWN = 100
"""Faults of one file that a text shows."""
_SHAPELESS = "; shapes were not checked, because of the faults above"


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_specs(parser, "; - is standard input")
    add_selection(parser)
    add_format(parser, "text", "json", "github", "sarif")
    parser.add_argument("--quiet", "-q", action="store_true", help="print nothing where nothing is wrong")


def run(args: Namespace) -> Outcome:
    """Validate each spec as far as its shapes."""
    found: list[Diagnostic] = []
    unreadable = shapeless = False
    files = _files(args)
    for spec in args.specs:
        diagnostics, no_text, no_shapes = _validate(spec, args.settings, files)
        found = list(dict.fromkeys((*found, *diagnostics)))
        unreadable |= no_text
        shapeless |= no_shapes
    errors = any(diagnostic.severity == "error" for diagnostic in found)
    code = UNUSABLE if unreadable else FINDINGS if errors else FINE
    return Outcome(_text(args, found, _sources(files), shapeless=shapeless), code)


def _files(args: Namespace) -> Disk:
    """Choose the specs that are meant, and return where their texts are."""
    from archcompiler.syntax.files import DISK, StandardInput

    if "-" in args.specs:
        if len(args.specs) > 1 or args.only_specs or args.and_derived:
            raise Usage("- stands alone: standard input is one spec")
        args.specs = [StandardInput.NAME]
        return StandardInput(sys.stdin.buffer.read())
    args.specs = selected(args.specs, only_specs=args.only_specs, and_derived=args.and_derived, tables=True)
    return DISK


def _sources(files: Disk) -> Callable[[str], str | None]:
    """Return what gives the text of a path to cut excerpts from."""
    from archcompiler.render.sources import text_of
    from archcompiler.syntax.files import StandardInput

    def of_input(path: str) -> str | None:
        return files.read(path).decode("utf-8-sig", "replace") if path == StandardInput.NAME else text_of(path)

    return of_input if isinstance(files, StandardInput) else text_of


def _validate(spec: str, settings: list[str], files: Disk) -> tuple[tuple[Diagnostic, ...], bool, bool]:
    """Return the faults of a spec, whether no text could be had, and whether they hide its shapes."""
    from archcompiler.lower.network import lower
    from archcompiler.lower.paths import unused_names
    from archcompiler.resolve import load_spec
    from archcompiler.resolve.name_tables import table_faults

    try:
        resolved = load_spec(spec, settings, files)
        graph = lower(resolved)
    except SpecError as error:
        from archcompiler.advise.prices import advised

        first = error.diagnostics[0]
        table = table_faults(first.span.path, files) if first.code == "R009" and not error.unreadable else None
        if table is not None:
            return tuple(table), False, False
        return advised(error), error.unreadable, not error.unreadable and error.spec is None
    return (*resolved.warnings, *unused_names(graph, resolved)), False, False


def _text(args: Namespace, found: list[Diagnostic], sources: Callable[[str], str | None], *, shapeless: bool) -> str:
    if args.format == "json":
        from archcompiler.render.diagnostics_json import document

        return json_text(document(found))
    if args.format == "sarif":
        from archcompiler.render.sarif import document as sarif

        return json_text(sarif(found, sources, args.version))
    if args.format == "github":
        return _annotations(found)
    from archcompiler.render.text import render, summary

    if args.quiet and not found:
        return ""
    shown, more = _first(found)
    page = render(shown, colour=args.colour, sources=sources)
    errors = sum(diagnostic.severity == "error" for diagnostic in found)
    last = summary(errors, len(found) - errors, len(args.specs)) + (_SHAPELESS if shapeless else "")
    return "\n\n".join([page, *more, last]).strip()


def _first(found: list[Diagnostic]) -> tuple[list[Diagnostic], list[str]]:
    """Return the first faults of each file, and how many more it has."""
    from archcompiler.render.excerpt import visible

    seen: Counter[str] = Counter()
    shown: list[Diagnostic] = []
    for fault in found:
        seen[fault.span.path] += 1
        if seen[fault.span.path] <= _MOST_SHOWN:
            shown.append(fault)
    left = {path: count - _MOST_SHOWN for path, count in seen.items() if count > _MOST_SHOWN}
    return shown, [f"and {count:,} more in {visible(path)}: --format json has all" for path, count in left.items()]


def _annotations(found: list[Diagnostic]) -> str:
    """Return what GitHub shows on the lines; what it would not show goes to the step's summary, where there is one."""
    from archcompiler.output import append_text
    from archcompiler.render.github import ranked, step_summary, workflow_commands

    shown, rest = ranked(found)
    step = os.environ.get("GITHUB_STEP_SUMMARY")
    if rest and step:
        append_text(step, step_summary(rest))
    return workflow_commands(shown, len(rest))
