"""The door: `archc VERB`. The only place that prints and that sets exit codes."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from argparse import SUPPRESS, Action, ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from threading import current_thread, main_thread
from typing import Any, TextIO

from archcompiler import __version__
from archcompiler.diagnostics import SpecError
from archcompiler.limits import within
from archcompiler.output import OutputRefused
from archcompiler.render.excerpt import visible
from archcompiler.render.room import folded, room
from archcompiler.verbs import FINDINGS, UNUSABLE, Outcome, Usage, json_text
from archcompiler.verbs.arguments import limits_of
from archcompiler.verbs.complete import preamble
from archcompiler.verbs.parser import Parser

VERBS = (
    "validate",
    "show",
    "cost",
    "build",
    "check",
    "solve",
    "diff",
    "git",
    "fmt",
    "explain",
    "list",
    "new",
    "schema",
)
_DESCRIPTION = "Compile network architectures written as YAML."
_EPILOG = """first steps:
  archc list                                    what is shipped
  archc cost resnet/resnet50                    what a network costs
  archc build resnet/resnet50 --summary         compile it and look inside
  archc new my_net --extends resnet/resnet50    start a variant

exit codes: 0 fine, 1 findings, 2 usage or unreadable input

On a terminal, what is printed fits its columns (or those of COLUMNS); in a pipe or a file, it is as wide as it needs.
Colours are for a terminal too: --color, then NO_COLOR, then FORCE_COLOR say otherwise."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code; a signal ends it as an exception, so that nothing half done is left."""
    try:
        with _terminable():
            words = sys.argv[1:] if arguments is None else list(arguments)
            args = parser(words[:1] if words[:1] and words[0] in VERBS else VERBS).parse_args(words)
            args.colour, args.version = _wants_colour(sys.stdout, args.color), __version__
            with room(_columns(sys.stdout)):
                outcome = _run(args)
            return _say(outcome)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except _Terminated:
        return 128 + signal.SIGTERM


class _Terminated(BaseException):
    """SIGTERM, as SIGINT is a KeyboardInterrupt."""


@contextmanager
def _terminable() -> Iterator[None]:
    """Raise _Terminated on SIGTERM, unless the program around has a handler of its own, or this is not its thread."""
    ours = current_thread() is main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if ours:
        signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(*_: object) -> None:
    raise _Terminated


def parser(names: Sequence[str] = VERBS) -> ArgumentParser:
    """Return the parser of the whole command, or of some verbs: to import all of them takes longer than most run."""
    result = Parser(prog="archc", description=_DESCRIPTION, epilog=_EPILOG)
    result.add_argument("--version", action=_Version, nargs=0, help="print the version")
    result.add_argument(
        "--print-completion",
        action=_Completion,
        metavar="SHELL",
        help="print a completion script: bash, zsh, ...",
    )
    _add_colour(result, default="auto")
    verbs = result.add_subparsers(title="verbs", metavar="VERB", required=True)
    for name in names:
        verb = import_module(f"archcompiler.verbs.{name}")
        description = f"{verb.HELP[0].upper()}{verb.HELP[1:]}."
        sub = verbs.add_parser(name, help=verb.HELP, description=description, epilog=f"examples:\n{verb.EXAMPLES}")
        _add_colour(sub, default=SUPPRESS)
        verb.configure(sub)
        sub.set_defaults(run=verb.run, options=[word for action in sub._actions for word in action.option_strings])
    return result


def _add_colour(parser: ArgumentParser, default: str) -> None:
    help = "colour the output (default: auto, on a terminal)"
    parser.add_argument("--color", choices=["always", "never", "auto"], default=default, help=help)


def _run(args: Namespace) -> Outcome:
    with within(limits_of(args)):
        try:
            outcome: Outcome = args.run(args)
        except SpecError as error:
            return _refused(error, args)
        except (OutputRefused, Usage) as error:
            with room(_columns(sys.stderr)):
                return Outcome(code=UNUSABLE, err=folded(f"archc: {visible(str(error))}", "  "))
        return outcome


def _refused(error: SpecError, args: Namespace) -> Outcome:
    """Return the faults of specs that no answer can be given on; in JSON they are the one document that is printed."""
    from archcompiler.advise.prices import advised
    from archcompiler.render.sources import text_of
    from archcompiler.render.text import render

    code = UNUSABLE if error.unreadable else FINDINGS
    if getattr(args, "format", "") == "json":
        from archcompiler.render.diagnostics_json import document

        return Outcome(json_text(document(advised(error))), code)
    with room(_columns(sys.stderr)):
        colour = _wants_colour(sys.stderr, args.color)
        return Outcome(code=code, err=render(advised(error), colour=colour, sources=text_of))


def _wants_colour(stream: TextIO | None, said: str) -> bool:
    """Tell whether to colour: as --color says, else NO_COLOR, else FORCE_COLOR, else on a terminal that can."""
    if said != "auto" or os.environ.get("NO_COLOR"):
        return said == "always"
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return _is_terminal(stream) and os.environ.get("TERM") != "dumb"


def _columns(stream: TextIO | None) -> int | None:
    """Return the columns of a terminal; None where nobody looks on."""
    return shutil.get_terminal_size().columns if _is_terminal(stream) else None


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _say(outcome: Outcome) -> int:
    """Print what a verb says and return its exit code, or another one where nobody could be told."""
    try:
        _print(outcome.out, sys.stdout)
        _print(outcome.err, sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return outcome.unread
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"archc: cannot write the output: {error.strerror}", file=sys.stderr)
        return UNUSABLE
    return outcome.code


def _print(text: str, stream: TextIO) -> None:
    """Print a text, if any; what the stream's encoding lacks is escaped."""
    if text and isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    if text:
        print(text, file=stream, flush=True)


class _Version(Action):
    def __call__(self, parser: ArgumentParser, *_: Any) -> None:
        print(f"archc {__version__}")
        parser.exit()


class _Completion(Action):
    def __call__(self, parser: ArgumentParser, namespace: Namespace, values: Any, option: str | None = None) -> None:
        import shtab

        if values not in shtab.SUPPORTED_SHELLS:
            parser.error(f"no completion for {values!r}: choose {', '.join(shtab.SUPPORTED_SHELLS)}")
        parser.exit(_say(Outcome(shtab.complete(parser, values, preamble=preamble(str(values))))))
