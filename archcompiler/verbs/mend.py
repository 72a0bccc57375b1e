"""`archc validate --fix` and `--diff`: files mended until there is nothing left to fix, then written or shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.syntax.files import Edited, Files

_MOST_ROUNDS = 20
"""A fix may bring another one to light, such as a key that had been mistyped and says its default."""

Validate = Callable[[str, Files], Iterable[Diagnostic]]


def mended(specs: Sequence[str], files: Files, validate: Validate) -> Edited:
    """Return the files with every safe fix applied to those that are named; no base, and nothing that is shipped."""
    edited = Edited(files)
    for path in specs:
        if not os.path.isfile(path):
            continue
        try:
            _mend(path, edited, validate)
        except (SpecError, UnicodeDecodeError):
            continue  # no text: the verb says so
    return edited


def _mend(path: str, edited: Edited, validate: Validate) -> None:
    from archcompiler.lint.fix import fixed

    for _ in range(_MOST_ROUNDS):
        before = edited.read(path).decode("utf-8")
        after = fixed(before, path, validate(path, edited))
        if after == before:
            return
        edited.texts[path] = after.encode("utf-8")


def write(edited: Edited) -> None:
    """Write the files that changed."""
    from archcompiler.output import write_file

    for path, text in edited.texts.items():
        write_file(path, text.decode("utf-8"), force=True)


def differences(edited: Edited, files: Files) -> str:
    """Return what changed as a unified diff."""
    from archcompiler.verbs.files import difference

    texts = edited.texts.items()
    return "\n".join(difference(path, files.read(path).decode("utf-8"), text.decode("utf-8")) for path, text in texts)
