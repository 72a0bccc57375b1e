"""A printed figure: a number with the precision that its digits give it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Context, Decimal

_SUFFIX = {"": 0, "K": 3, "M": 6, "G": 9, "B": 9, "T": 12}
_NUMBER = re.compile(r"~?([0-9]+(?:\.[0-9]+)?)(?:e([0-9]+)|([KMGBT]))?")
_EXACT = Context(prec=100)
ROUNDING = {"half_up": ROUND_HALF_UP, "truncated": ROUND_DOWN, "rounded_up": ROUND_UP}
"""How a measured figure may have become a printed one; papers round half up unless a claim says otherwise."""


@dataclass(frozen=True, slots=True)
class Printed:
    """`25.0e6` is 25.0 with exponent 6: whatever lies from 24.95 to below 25.05 million rounds to it.

    `approximate` is what the source says itself, with a `~`.
    """

    mantissa: Decimal
    exponent: int
    approximate: bool = False

    @property
    def value(self) -> Decimal:
        """The figure itself, as if it were exact."""
        return self.mantissa.scaleb(self.exponent, _EXACT)

    def is_measured(self, measured: int, rounding: str = "half_up") -> bool:
        """Tell whether a measured figure becomes this one when it is rounded to this one's precision."""
        return self._rounded(measured, rounding) == self.mantissa

    def interval(self) -> tuple[int, int]:
        """Return the least and the greatest count that round half up to this figure."""
        half = Decimal(1).scaleb(int(self.mantissa.as_tuple().exponent)) / 2
        low, beyond = ((self.mantissa + by).scaleb(self.exponent, _EXACT) for by in (-half, half))
        return int(low.to_integral_value(ROUND_CEILING)), int(beyond.to_integral_value(ROUND_CEILING)) - 1

    def text_of(self, measured: int) -> str:
        """Return a measured figure at this one's precision, as it should have been printed."""
        return f"{self._rounded(measured, 'half_up'):f}e{self.exponent}" if self.exponent else str(measured)

    def _rounded(self, measured: int, rounding: str) -> Decimal:
        scaled = Decimal(measured).scaleb(-self.exponent, _EXACT)
        unit = Decimal(1).scaleb(int(self.mantissa.as_tuple().exponent))
        return scaled.quantize(unit, ROUNDING[rounding], _EXACT)


def parse_printed(text: str) -> Printed | None:
    """Return a figure such as `25.0e6`, `4.1B` or `269722`; None where the text is no number."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    mantissa, exponent, suffix = found.groups()
    return Printed(Decimal(mantissa), int(exponent) if exponent else _SUFFIX[suffix or ""], text.startswith("~"))
