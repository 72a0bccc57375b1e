"""How YAML 1.1 reads a plain scalar, as PyYAML does: only to tell where YAML 1.2 reads it differently."""

from __future__ import annotations

from yaml.resolver import Resolver

_TAG_PREFIX = "tag:yaml.org,2002:"


def tag_of(text: str) -> str:
    """Return the short name of the tag: `str`, `int`, `float`, `bool`, `null`, `timestamp`, `merge` or `value`."""
    for tag, pattern in Resolver.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            return str(tag).removeprefix(_TAG_PREFIX)
    return "str"


def bool_of(text: str) -> bool:
    """Return the value of a scalar tagged `bool`."""
    return text.lower() in {"yes", "true", "on"}


def int_of(text: str) -> int:
    """Return the value of a scalar tagged `int`: underscores, binary, octal with a leading 0, base 60."""
    sign = -1 if text.startswith("-") else 1
    digits = text.replace("_", "").lstrip("+-")
    if ":" in digits:
        return sign * _base_60(digits.split(":"))
    for prefix, base in (("0b", 2), ("0x", 16), ("0", 8)):
        if digits.startswith(prefix):
            return sign * int(digits.removeprefix(prefix) or "0", base)
    return sign * int(digits)


def float_of(text: str) -> float:
    """Return the value of a finite scalar tagged `float`: underscores, base 60."""
    sign = -1.0 if text.startswith("-") else 1.0
    *high, low = text.replace("_", "").lstrip("+-").split(":")
    return sign * (_base_60([*high, "0"]) + float(low))


def _base_60(digits: list[str]) -> int:
    value = 0
    for digit in digits:
        value = value * 60 + int(digit)
    return value
