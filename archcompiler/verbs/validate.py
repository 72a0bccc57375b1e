"""`archc validate`: every fault of every file."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from archcompiler.diagnostics import MOST_SHOWN, Diagnostic, SpecError
from archcompiler.syntax.files import DISK, Disk
from archcompiler.verbs import FINDINGS, FINE, UNUSABLE, Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format, add_limits, add_specs
from archcompiler.verbs.processes import each
from archcompiler.verbs.selection import add_selection, selected

if TYPE_CHECKING:
    from archcompiler.lint.twins import Network
    from archcompiler.syntax.files import Files

HELP = "report every fault of every file, with its line and column, and mend what can be"
EXAMPLES = """  archc validate my_net.yaml
  archc validate my_net.yaml --diff                  what --fix would mend
  archc validate specs/*.yaml --format json
  archc validate nets                                every spec below a folder
  archc validate specs/*.yaml --format github        annotations for GitHub
  archc validate specs/*.yaml --format sarif > archc.sarif
  archc validate base.yaml --and-derived             and what extends it
  archc validate resnet/resnet50 --set stages.layer1.bottleneck_width=0"""


_AT_ONCE = 64
"""Specs that one process takes at a time: a second or so, several times what it takes to start."""
_SHAPELESS = "; shapes were not checked, because of the faults above"


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_specs(parser, ", or a folder; - is standard input")
    add_selection(parser)
    add_format(parser, "text", "json", "github", "sarif")
    parser.add_argument("--strict", action="store_true", help="take warnings for errors")
    parser.add_argument(
        "--warn", action="append", default=[], choices=["L005"], help="also warn of this, which is off by default"
    )
    parser.add_argument("--fix", action="store_true", help="mend what has one safe fix, then report what is left")
    parser.add_argument("--diff", action="store_true", help="show what --fix would change, and write nothing")
    parser.add_argument("--quiet", "-q", action="store_true", help="print nothing where nothing is wrong")
    add_limits(parser)


def run(args: Namespace) -> Outcome:
    """Validate each spec as far as its shapes, and lint it."""
    files = _files(args)
    found = partial(_validate, settings=args.settings, also=args.warn)
    if args.fix or args.diff:
        if args.settings or files is not DISK:
            raise Usage("--fix and --diff change files: they go without --set and -")
        from archcompiler.verbs.mend import differences, mended, write

        edited = mended(args.specs, files, lambda spec, state: found(spec, files=state).found)
        if args.diff:
            return Outcome(differences(edited, files), FINDINGS if edited.texts else FINE)
        write(edited)
    from archcompiler.render.sources import texts_of

    validate = partial(found, files=files, is_alone=len(args.specs) == 1)
    results = list(each(validate, args.specs, at_once=_AT_ONCE))
    every = [*(fault for result in results for fault in result.found), *_twins(results)]
    doubtful = ("warning",) if args.strict else ()
    told = (replace(fault, severity="error") if fault.severity in doubtful else fault for fault in every)
    faults = list(dict.fromkeys(told))
    errors = any(fault.severity == "error" for fault in faults)
    code = UNUSABLE if any(result.unreadable for result in results) else FINDINGS if errors else FINE
    shapeless = any(result.shapeless for result in results)
    return Outcome(_text(args, faults, texts_of(files), shapeless=shapeless), code)


def _files(args: Namespace) -> Disk:
    """Choose the specs that are meant, and return where their texts are."""
    from archcompiler.syntax.files import GivenText

    if "-" in args.specs:
        if len(args.specs) > 1 or args.only_specs or args.and_derived:
            raise Usage("- stands alone: standard input is one spec")
        args.specs = ["<stdin>"]
        return GivenText(sys.stdin.buffer.read(), "<stdin>")
    args.specs = selected(args.specs, only_specs=args.only_specs, and_derived=args.and_derived, tables=True)
    return DISK


@dataclass(frozen=True, slots=True)
class _Result:
    """What was found of one spec, and its network where it has one and there are others."""

    found: tuple[Diagnostic, ...]
    unreadable: bool = False
    shapeless: bool = False
    network: Network | None = None


def _validate(
    spec: str, *, settings: Sequence[str], also: Sequence[str], files: Files, is_alone: bool = True
) -> _Result:
    from archcompiler.lint.lint import lint
    from archcompiler.resolve import load_spec

    try:
        resolved = load_spec(spec, settings, files)
        graph, warnings = lint(resolved, also)
    except SpecError as error:
        from archcompiler.advise.prices import advised

        first = error.diagnostics[0]
        part = _part_faults(first.span.path, files) if first.code == "R009" and not error.unreadable else None
        if part is not None:
            return _Result(tuple(part))
        return _Result(advised(error), error.unreadable, shapeless=not error.unreadable and error.spec is None)
    if is_alone:
        return _Result(tuple(warnings))
    from archcompiler.lint.twins import network

    return _Result(tuple(warnings), network=network(resolved, graph))


def _part_faults(path: str, files: Files) -> list[Diagnostic] | None:
    """Return the faults of a file that is a table of names or describes a block; None where it is neither."""
    from archcompiler.blocks.files import file_faults
    from archcompiler.resolve.name_tables import table_faults

    table = table_faults(path, files)
    return file_faults(path, files) if table is None else table


def _twins(results: list[_Result]) -> list[Diagnostic]:
    """Return which specs are the same network under several names."""
    networks = [result.network for result in results if result.network]
    if len(networks) < 2:
        return []
    from archcompiler.lint.twins import twins

    return list(twins(networks))


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
    counts = Counter(diagnostic.severity for diagnostic in found)
    last = summary(counts["error"], counts["warning"], len(args.specs)) + (_SHAPELESS if shapeless else "")
    return "\n\n".join([page, *more, last]).strip()


def _first(found: list[Diagnostic]) -> tuple[list[Diagnostic], list[str]]:
    """Return the first faults of each file, and how many more it has."""
    from archcompiler.render.excerpt import visible

    seen: Counter[str] = Counter()
    shown: list[Diagnostic] = []
    for fault in found:
        seen[fault.span.path] += 1
        if seen[fault.span.path] <= MOST_SHOWN:
            shown.append(fault)
    left = {path: count - MOST_SHOWN for path, count in seen.items() if count > MOST_SHOWN}
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
