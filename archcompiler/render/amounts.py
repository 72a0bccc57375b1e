"""Differences and shares as people write them."""

from __future__ import annotations

_UNITS = ((10**9, "G"), (10**6, "M"), (10**3, "k"))


def signed(number: int) -> str:
    """Return a difference in full: `+231,211,008`."""
    return f"{number:+,}" if number else "0"


def share(delta: int, of: int) -> str:
    """Return a difference as a share of what was there: `+4.7 %`; empty where there was nothing."""
    if not of or not delta:
        return ""
    percent = 100 * delta / of
    if abs(percent) < 0.05:
        return f"{'+' if percent > 0 else '-'}<0.1 %"
    return f"{percent:+,.0f} %" if abs(percent) >= 100 else f"{percent:+.1f} %"


def compact(number: int) -> str:
    """Return a difference with three digits: `+1.2 M`, `-0.31 G`."""
    size = next((found for found in _UNITS if abs(number) >= found[0]), None)
    if size is None:
        return signed(number) + " "
    value = number / size[0]
    return f"{value:+.3g} {size[1]}" if abs(value) < 999.5 else f"{value:+,.0f} {size[1]}"


def percent(part: float) -> str:
    """Return a share: 100 % and 0 % only where that is exact."""
    if part in (0, 1):
        return f"{part:.0%}".replace("%", " %")
    return f"{min(max(100 * part, 0.1), 99.9):.1f} %"
