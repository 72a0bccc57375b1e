"""How one op is written in PyTorch: what a rule says, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archcompiler.backends.pytorch.layout import CallText, Code
from archcompiler.graph.named import Expression, NamedFloat, expression_of, names_in, substitute, text
from archcompiler.graph.ops.base import Initial

Values = Mapping[str, Expression]


class Numbers:
    """Writes the numbers of one op: names that `values` gives are replaced, others are written as `name_of` has them.

    `read` are the names that were written.
    """

    def __init__(self, values: Values, name_of: Callable[[str], str] = str) -> None:
        self._values, self._name_of = values, name_of
        self.read: dict[str, None] = {}

    def __call__(self, value: object) -> str:
        """Return a number, or one for each side of a map, as source."""
        if isinstance(value, tuple):
            return f"({', '.join(map(self, value))})"
        if not isinstance(value, (int, NamedFloat)):
            return repr(value)
        expression = substitute(expression_of(value), self._values)
        names = sorted(names_in(expression))
        self.read |= dict.fromkeys(names)
        return text(substitute(expression, {name: self._name_of(name) for name in names}))


class Binds(NamedTuple):
    """How tightly an expression binds, and its first and its other operands must: looser ones stand in parentheses."""

    itself: int
    first: int
    others: int


CALL = Binds(3, 0, 0)
POSTFIX = Binds(3, 3, 0)
PRODUCT = Binds(2, 2, 3)
SUM = Binds(1, 1, 2)
CALL_THEN_POSTFIX = Binds(3, 0, 3)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one op is written: as a `module`, or as an `expression` on its inputs, which stand for `{}` in it.

    What has both is a module where it has a path. A module may be told to overwrite its input. An expression of an op
    whose block owns its parameter has it for `{parameter}`, which `parameter` constructs.

    `resets` is the class whose `reset_parameters` initialises the tensors, `starts` what they are then. `ends_line`
    asks for a statement of its own in `forward`. What `takes_sums` gave is overwritten by a sum, as in torchvision's
    `out += identity`, where nothing else needs it: a new tensor for each sum takes 2 % of ResNeXt-50's forward pass on
    a CPU.
    """

    module: Callable[[Any, Numbers, bool], Code] | None = None
    expression: Callable[[Any, Numbers, int], Code] | None = None
    binds: Binds = CALL
    parameter: Callable[[Any, Numbers], Code] | None = None
    resets: str = ""
    starts: Mapping[str, Initial] = field(default_factory=dict)
    ends_line: bool = False
    takes_sums: bool = False


def call(name: str, positional: list[str], optional: list[tuple[str, str, str]]) -> CallText:
    """Return a call with the optional arguments that differ from PyTorch's defaults."""
    keywords = (f"{key}={value}" for key, value, default in optional if value != default)
    return CallText(name, (*positional, *keywords))
