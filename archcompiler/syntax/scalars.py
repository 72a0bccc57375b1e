"""The type of a plain scalar: YAML 1.2 core, and nothing that YAML 1.1 would read as something else."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import NamedTuple, Union

from archcompiler.diagnostics import Diagnostic, Edit, Fix
from archcompiler.span import Span
from archcompiler.syntax import yaml_1_1

Value = Union[None, bool, int, float, str]

MAX_DIGITS = 18
"""Decimal digits of the largest integer: any of that length fits 64 bits."""

_LONGEST_NUMBER = 40  # characters; a longer one is not converted, because the time grows with the square of the length
_LONGEST_SHOWN = 60  # characters of a scalar that a message repeats

# YAML 1.2.2, section 10.3.2 (core schema), tag resolution. The groups are in the order of _CORE_TAGS.
_CORE = re.compile(
    r"(null|Null|NULL|~|)"
    r"|(true|True|TRUE|false|False|FALSE)"
    r"|([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)"
    r"|([-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_CORE_TAGS = ("null", "bool", "int", "float")
_TAG_IN_WORDS = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "timestamp": "a date",
    "merge": "a merge key",
    "value": "a default key",
}
_EXPONENT_FORM = re.compile(r"([-+]?)([0-9]*)(\.[0-9]*)?[eE]([-+]?)([0-9]+)")


class Problem(NamedTuple):
    """Why a plain scalar is refused, before its place is known."""

    code: str
    message: str
    help: str | None = None
    clear: str | None = None  # what to write where a number or a switch must be meant

    def at(self, span: Span) -> Diagnostic:
        """Return the fault at a place; its fix holds where the field takes no string."""
        fix = Fix(f"write {self.clear}", (Edit(span, self.clear),)) if self.clear else None
        return Diagnostic(self.code, self.message, span, help=self.help, fix=fix)


def shown(text: str) -> str:
    """Return a text as a message repeats it: in backquotes, cropped where it is long."""
    return f"`{text}`" if len(text) <= _LONGEST_SHOWN else f"`{text[: _LONGEST_SHOWN - 1]}…`"


def read_plain(text: str) -> tuple[Value, Problem | None]:
    """Return the value of a plain scalar, with the reason for which it is refused, if any.

    Where one version of YAML reads a number or a switch and the other a string, the value is the first; where they read
    two numbers, or a word as minutes and seconds, it is the text.
    """
    return _known_plain(text) if len(text) <= _LONGEST_KNOWN else _read_plain(text)


def _read_plain(text: str) -> tuple[Value, Problem | None]:
    tag = _core_tag(text)
    if yaml_1_1.tag_of(text) != tag:
        problem = _ambiguous(text, tag)
        return text if problem.clear is None else _core_value(_core_tag(problem.clear), problem.clear), problem
    if tag == "str":
        return text, None
    if tag == "int" and len(text) > _LONGEST_NUMBER:
        return text, _too_many_digits(text)
    value = _core_value(tag, text)
    if tag == "int" and yaml_1_1.int_of(text) != value:
        return text, _ambiguous(text, tag)
    return value, _out_of_range(text, value)


def key_problem(text: str) -> Problem | None:
    """Return the reason for which a plain scalar is refused as a key, if any."""
    return _known_key_problem(text) if len(text) <= _LONGEST_KNOWN else _key_problem(text)


def _key_problem(text: str) -> Problem | None:
    if text == "<<":
        return Problem("Y009", "merge keys (`<<`) are no part of YAML 1.2", "write the keys out, or use `extends`")
    tag = _core_tag(text)
    if yaml_1_1.tag_of(text) != tag:
        return _ambiguous(text, tag)._replace(help=f"quote it: {_quoted(text)}", clear=None)
    if tag == "str":
        return None
    if not text:
        return Problem("Y004", "an entry without a key", "write `key: value`")
    return Problem("Y004", f"the key {shown(text)} is not a string", f"quote it: {_quoted(text)}")


_LONGEST_KNOWN = 40  # characters; specs say the same few words and numbers over and over
_known_plain = lru_cache(maxsize=4096)(_read_plain)
_known_key_problem = lru_cache(maxsize=4096)(_key_problem)


def _core_tag(text: str) -> str:
    match = _CORE.fullmatch(text)
    return _CORE_TAGS[match.lastindex - 1] if match and match.lastindex else "str"


def _core_value(tag: str, text: str) -> Value:
    if tag == "null":
        return None
    if tag == "bool":
        return text[0] in "tT"
    if tag == "int":
        return _core_int(text)
    return float(text.lower().replace(".i", "i").replace(".n", "n"))


def _core_int(text: str) -> int:
    return int(text[2:], 8) if text.startswith("0o") else int(text, 16 if text.startswith("0x") else 10)


def _too_many_digits(text: str) -> Problem:
    return Problem("S005", f"the integer {shown(text)} has more than {MAX_DIGITS} digits")


def _out_of_range(text: str, value: Value) -> Problem | None:
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        return _too_many_digits(text)
    if isinstance(value, float) and math.isinf(value) and text[-1] not in "fF":
        return Problem("S005", f"the number {shown(text)} is too large for a float", "write `.inf` if that is meant")
    return None


def _ambiguous(text: str, core_tag: str) -> Problem:
    old, new = _spellings(text, yaml_1_1.tag_of(text), core=False), _spellings(text, core_tag, core=True)
    old_words = old[0] if old else _TAG_IN_WORDS[yaml_1_1.tag_of(text)]
    new_words = new[0] if new else _TAG_IN_WORDS[core_tag]
    mends = " or ".join(f"`{spelling}`" for spelling in old + new)
    clear = (old + new)[0] if len(old + new) == 1 and ":" not in text else None
    return Problem(
        "Y003",
        f"{shown(text)} is {old_words} in YAML 1.1 and {new_words} in YAML 1.2",
        f"write {mends}, or quote it: {_quoted(text)}" if mends else f"quote it: {_quoted(text)}",
        clear,
    )


def _spellings(text: str, tag: str, *, core: bool) -> list[str]:
    """Return what may be written, in every version of YAML alike, for a scalar that has one of the two readings."""
    if len(text) > _LONGEST_NUMBER:
        return []
    if tag == "bool":
        return ["true" if yaml_1_1.bool_of(text) else "false"]
    if tag == "int":
        value = _core_int(text) if core else yaml_1_1.int_of(text)
        return [str(value)] if abs(value) < 10**MAX_DIGITS else []
    if tag == "float":
        return _float_spellings(text, float(text) if core else yaml_1_1.float_of(text))
    return []


def _float_spellings(text: str, value: float) -> list[str]:
    """Return the integer where the value is one, else the float with a point and a sign in its exponent."""
    if not math.isfinite(value):
        return []
    written = text if _EXPONENT_FORM.fullmatch(text) else repr(value)
    if value.is_integer() and abs(value) < 10**MAX_DIGITS:
        return [str(int(value))]  # which every field of numbers takes
    parts = _EXPONENT_FORM.fullmatch(written)
    if parts is None:
        return [written]
    sign, digits, fraction, exponent_sign, exponent = parts.groups()
    fraction = fraction if fraction and fraction != "." else ".0"
    return [f"{sign}{digits or '0'}{fraction}e{exponent_sign or '+'}{exponent}"]


def _quoted(text: str) -> str:
    return shown("'" + text.replace("'", "''") + "'")
