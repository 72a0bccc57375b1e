"""The parser of a verb: help as wide as the terminal, and the near word for one that is mistyped."""

from __future__ import annotations

import shutil
import sys
from argparse import Action, ArgumentError, ArgumentParser, HelpFormatter, Namespace
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from textwrap import fill
from typing import Any, NoReturn


def near(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean WORD?` for a mistyped word; empty where none is near."""
    found = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""


class Parser(ArgumentParser):
    """Argparse's, with prose that is wrapped and examples that stay as they are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(formatter_class=_Help, **kwargs)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Return the arguments; of an option that there is not, say the near one."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}{_near_option(unknown, found)}")
        return found

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Exit as argparse does; a message is as wide as the terminal."""
        if message and sys.stderr.isatty():
            width = shutil.get_terminal_size().columns
            message = fill(message, width, break_long_words=False, break_on_hyphens=False) + "\n"
        super().exit(status, message)

    def _check_value(self, action: Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except ArgumentError as error:
            error.message += near(str(value), map(str, action.choices or ()))
            raise


def _near_option(unknown: Sequence[str], found: Namespace) -> str:
    options = [word.partition("=")[0] for word in unknown if word.startswith("--")]
    return near(options[0], found.options) if options else ""


class _Help(HelpFormatter):
    """Wraps every paragraph but those with indented lines: examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(part if "\n " in part else fill(part, width) for part in text.split("\n\n"))
