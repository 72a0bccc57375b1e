"""Arguments that several verbs share."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from typing import Any

from archcompiler.limits import NUMBERS, Limits
from archcompiler.verbs.complete import complete

_SPEC = "a file, REV:path of a git repository, or a shipped name such as resnet/resnet50"


def add_spec(parser: ArgumentParser) -> None:
    """Declare one spec and the settings over it."""
    spec = parser.add_argument("spec", metavar="SPEC", help=_SPEC)
    complete(spec, "specs")
    add_settings(parser)


def add_specs(parser: ArgumentParser, more: str = "") -> None:
    """Declare one or several specs and the settings over each; `more` is what else may stand for one."""
    help = f"{_SPEC}{more}"
    complete(parser.add_argument("specs", nargs="+", metavar="SPEC", help=help), "specs")
    add_settings(parser)


def add_input(parser: ArgumentParser) -> None:
    """Declare another input size."""
    parser.add_argument(
        "--input", type=_input_setting, metavar="SIZE", help="another input size: 288, or 288x352 (height x width)"
    )


def add_format(parser: ArgumentParser, *formats: str) -> None:
    """Declare the formats, the default first."""
    parser.add_argument("--format", choices=formats, default=formats[0], help=f"how to print (default: {formats[0]})")


def add_output(parser: ArgumentParser, help: str) -> None:
    """Declare a file to write, and that an existing one may be overwritten."""
    parser.add_argument("-o", "--output", metavar="FILE", help=help)
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")


def all_settings(args: Namespace) -> list[str]:
    """Return the settings, the input size among them."""
    return [*args.settings, *([args.input] if args.input else [])]


def positive(text: str) -> int:
    """Return a whole number from 1."""
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise ArgumentTypeError(f"expected a whole number from 1, found {text!r}")
    return int(text)


def add_settings(parser: ArgumentParser) -> None:
    """Declare the settings."""
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="a.b=VALUE",
        help="lay a value over the spec's, for example stages.layer3.blocks=9 (repeatable)",
    )


def _input_setting(text: str) -> str:
    """Return the setting that an input size stands for."""
    sides = text.split("x")
    if len(sides) > 2:
        raise ArgumentTypeError(f"expected 288 or 288x352, found {text!r}")
    numbers = [str(positive(side)) for side in sides]
    return f"input.size={numbers[0] if len(numbers) == 1 else '[' + ', '.join(numbers) + ']'}"


def add_limits(parser: ArgumentParser) -> None:
    """Declare the limits of texts and networks, and the folders that files may lie in; last, since few ask."""
    parser.add_argument(
        "--limit",
        dest="limits",
        action="append",
        default=[],
        type=_limit,
        metavar="NAME=N",
        help=f"move a limit: {', '.join(NUMBERS)} (repeatable)",
    )
    parser.add_argument(
        "--root",
        dest="roots",
        action="append",
        default=[],
        type=_folder,
        metavar="FOLDER",
        help="refuse files outside this folder, links out of it included; shipped specs are allowed (repeatable)",
    )


def limits_of(args: Namespace) -> Limits | None:
    """Return the limits that the arguments ask for; None where the verb has no such arguments or none is given."""
    numbers: dict[str, Any] = dict(getattr(args, "limits", []))
    roots = tuple(getattr(args, "roots", []))
    return Limits(**numbers, roots=roots) if numbers or roots else None


def _folder(text: str) -> str:
    if not os.path.isdir(text):
        raise ArgumentTypeError(f"{text!r} is no folder")
    return text


def _limit(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if name not in NUMBERS:
        raise ArgumentTypeError(f"expected NAME=N with one of {', '.join(NUMBERS)}, found {text!r}")
    try:
        limits_of(Namespace(limits=[(name, positive(number))]))
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    return name, int(number)
