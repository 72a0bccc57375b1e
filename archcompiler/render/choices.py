"""The values that would fit, in words: `width` 96 (-2.1 k params) or 128 (+8.5 k params)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby

from archcompiler.diagnostics import Choice, Diagnostic
from archcompiler.tree import Plain

_UNITS = ((10**9, "G"), (10**6, "M"), (10**3, "k"))


def advice(found: Diagnostic) -> list[str]:
    """Return the ways out of a fault, each as one line: the values that fit, and what its help says."""
    fitting = [f"use {_in_words(found.choices)}"] if found.choices else []
    return [*fitting, *([found.help] if found.help else [])]


def _in_words(choices: Iterable[Choice]) -> str:
    groups = groupby(choices, key=lambda choice: choice.field)
    return ", or ".join(_of_one_field(field, list(values)) for field, values in groups)


def _of_one_field(field: str, choices: Sequence[Choice]) -> str:
    """Return the choices of a field under its name; an object says its own."""
    values = " or ".join(map(_choice, choices))
    return values if isinstance(choices[0].value, dict) else f"`{field}` {values}"


def _choice(choice: Choice) -> str:
    effect = _effect(choice)
    return f"{flow(choice.value)} ({effect})" if effect else flow(choice.value)


def _effect(choice: Choice) -> str:
    if choice.params is None or choice.macs is None:
        return ""
    if choice.params:
        return f"{_short(choice.params)} params"
    return f"{_short(choice.macs)} MACs" if choice.macs else "same cost"


def _short(number: int) -> str:
    """Return a difference with its sign and one decimal digit: -2.1 k."""
    unit, name = next(((unit, name) for unit, name in _UNITS if abs(number) >= unit), (1, ""))
    return f"{number / unit:+.1f} {name}" if name else f"{number:+d}"


def flow(value: Plain) -> str:
    """Return a value as a spec says it on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {flow(item)}' for key, item in value.items())}}}"
    return value if isinstance(value, str) else json.dumps(value)
