"""Which blocks of a stage a selector means. Blocks count from 0, as in module paths."""

from __future__ import annotations


def selection(selector: str, count: int) -> range:
    """Return which of a stage's blocks `first`, `last`, `odd`, `even`, `3` or `1..4` (both ends included) means."""
    blocks = range(count)
    words = {"first": blocks[:1], "last": blocks[-1:], "odd": blocks[1::2], "even": blocks[::2]}
    if selector in words:
        return words[selector]
    first, dots, last = selector.partition("..")
    return blocks[int(first) : int(last if dots else first) + 1]
