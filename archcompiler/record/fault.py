"""A number that does not fit, as it is found while a block is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import gcd, isqrt
from typing import TYPE_CHECKING

from archcompiler.graph.named import Named

if TYPE_CHECKING:
    from archcompiler import tree
    from archcompiler.record.fields import Fields
    from archcompiler.span import Span
    from archcompiler.tree import Plain

Culprit = tuple["tree.Mapping", str]
"""A value of a spec, by the object that holds it and its key there."""
Offer = tuple[Culprit, "Iterable[Plain]"]
"""The values that would fit in place of one of a spec's."""

_MOST_DIVISORS = 6
_MOST_TRIED = 100_000  # of a number that no network has, only some divisors are found


@dataclass(slots=True)
class ShapeFault:
    """What does not fit, before its place is known.

    `fields` are the keys of the step, or fields of the block, that are to blame, the first foremost; `within` is the
    object below the step that holds them, as a norm. `fits` says by key which values would do, the nearest first;
    `number` is the offending one, with its expression. The running document adds which values of the spec the keys
    read (`culprits`), in place of which ones a value may be written (`offers`), and the step's own place, where the
    step is written in a file of the user's. `hides_later`: no shape behind it can be guessed, so that none is judged.
    """

    code: str
    message: str
    fields: tuple[str, ...]
    help: str | None = None
    within: Fields | None = None
    fits: Mapping[str, Iterable[Plain]] = field(default_factory=dict)
    number: int | Named | None = None
    culprits: tuple[Culprit, ...] = ()
    offers: tuple[Offer, ...] = ()
    step: Span | None = None
    hides_later: bool = False


def even_kernel(kernel: int, of: str, fields: tuple[str, ...], fits: Mapping[str, Iterable[Plain]]) -> ShapeFault:
    """Return the fault of a kernel under which no padding keeps the size `of` what it slides along."""
    return ShapeFault("G006", f"no padding keeps the {of} under an even kernel of {int(kernel)}", fields, fits=fits)


def near_multiples(number: int, of: int) -> list[int]:
    """Return the nearest multiples below and above a number."""
    below = int(number) // int(of) * int(of)
    return [multiple for multiple in (below, below + int(of)) if multiple]


def near_divisors(wanted: int, *numbers: int) -> list[int]:
    """Return the common divisors of all numbers that are nearest to a wanted one, by ratio, the nearest first."""
    common = gcd(*(int(number) for number in numbers))
    small = [divisor for divisor in range(1, min(isqrt(common), _MOST_TRIED) + 1) if common % divisor == 0]
    divisors = {*small, *(common // divisor for divisor in small)}
    return sorted(divisors, key=lambda divisor: max(divisor / wanted, wanted / divisor))[:_MOST_DIVISORS]
