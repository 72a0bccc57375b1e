"""Which blocks of a stage a selector means. Blocks count from 0, as in module paths."""

from __future__ import annotations


def selected(selector: str, index: int, count: int) -> bool:
    """Tell whether `first`, `last`, `odd`, `even`, `3` or `1..4` (both ends included) selects block `index`."""
    if selector in ("odd", "even"):
        return index % 2 == (selector == "odd")
    if selector in ("first", "last"):
        return index == (0 if selector == "first" else count - 1)
    first, dots, last = selector.partition("..")
    return int(first) <= index <= int(last if dots else first)
