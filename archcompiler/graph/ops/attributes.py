"""The attributes of an op: what kind each is, and what a difference in it means."""

from __future__ import annotations

from typing import Any

BY_TENSORS = ""
"""The rule of an attribute whose difference shows in the shapes of tensors."""


class Attribute:
    """An attribute of an op: its kind, the diff rule of a difference in it, and its default (`...` for none).

    A difference in what it `follows` explains one in it. An attribute at its default is left out of hashes, so that one
    that is added later, with a default, changes no hash.
    """

    __slots__ = ("default", "follows", "is_training", "kind", "name", "rule")

    def __init__(self, kind: str, rule: str, default: object, follows: tuple[str, ...], *, is_training: bool) -> None:
        self.name = ""
        self.kind = kind
        self.rule = rule
        self.default = default
        self.follows = follows
        self.is_training = is_training

    def goes_without_saying(self, value: object) -> bool:
        """Tell whether a reader needs no word of a value: none, or the usual choice. Numbers are always told."""
        return value in (None, False) or (self.kind in ("flag", "choice") and value == self.default)


def size(rule: str, *, default: Any = ..., follows: tuple[str, ...] = ()) -> Any:
    """Declare a size, which may carry an expression; one number for each side of a map where a pair is given."""
    return Attribute("size", rule, default, follows, is_training=False)


def choice(rule: str, *, default: Any = ...) -> Any:
    """Declare one of several words."""
    return Attribute("choice", rule, default, (), is_training=False)


def number(rule: str, *, default: Any = ..., is_training: bool = False) -> Any:
    """Declare a float, which may carry an expression."""
    return Attribute("number", rule, default, (), is_training=is_training)


def flag(rule: str, *, default: Any = ..., is_training: bool = False) -> Any:
    """Declare a bool."""
    return Attribute("flag", rule, default, (), is_training=is_training)
