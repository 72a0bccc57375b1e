"""RegNet's width rule: from six numbers to the rows of the stages (arXiv:2003.13678, section 3.3)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from archcompiler.record.rounding import round_to

_QUANTUM = 8
"""Widths are multiples of 8 (section 3.3)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The numbers of a RegNet; `b` is the bottleneck ratio, as the paper has it: the 3x3 has a b-th of the channels.

    `round` says how a width that a group does not divide is made to fit.
    """

    depth: int
    w0: int
    wa: float
    wm: float
    group_width: int
    b: Fraction
    round: str


@dataclass(frozen=True, slots=True)
class Row:
    """One stage: its blocks, the channels that leave it, and the channels and groups of its 3x3 convolutions."""

    blocks: int
    channels: int
    width: int
    groups: int

    @property
    def group_width(self) -> int:
        """The width of one group."""
        return self.width // self.groups

    def __str__(self) -> str:
        return f"{self.blocks}x{self.channels}"


def requested_widths(rule: Rule) -> dict[int, int]:
    """Return how many blocks the rule asks for at each width, narrow to wide, whatever the groups.

    Block j of depth would be w0 + wa j wide; it takes the nearest w0 wm^k on a scale of logarithms (equations 2 to 4).
    """
    counts: Counter[int] = Counter()
    for block in range(rule.depth):
        step = round(math.log((rule.w0 + rule.wa * block) / rule.w0) / math.log(rule.wm))
        counts[round(rule.w0 * rule.wm**step / _QUANTUM) * _QUANTUM] += 1
    return dict(sorted(counts.items()))


def built_rows(rule: Rule) -> list[Row]:
    """Return the stages with their widths made multiples of a group, as pycls does (pycls/models/blocks.py)."""
    return [_row(rule, blocks, channels) for channels, blocks in requested_widths(rule).items()]


def _row(rule: Rule, blocks: int, channels: int) -> Row:
    """Return one stage: a group is no wider than the 3x3, which is a multiple of it; the channels follow."""
    wanted = max(1, int(channels / rule.b))
    group = min(rule.group_width, wanted)
    unit = math.lcm(group, int(1 / rule.b)) if rule.b < 1 else group
    width = round_to(Fraction(wanted), unit, rule.round) or unit
    return Row(blocks, int(width * rule.b), width, width // group)


def rows_text(rows: Iterable[Row]) -> str:
    """Return rows as blocks x channels, then the width of their groups: `1x32 2x64 in groups of 16`."""
    rows = list(rows)
    widths = [row.group_width for row in rows]
    groups = widths[:1] if len(set(widths)) == 1 else widths
    return f"{' '.join(map(str, rows))} in groups of {' '.join(map(str, groups))}"


def request_text(rule: Rule) -> str:
    """Return what the rule asks for before widths are made to fit, in the same form."""
    widths = " ".join(f"{blocks}x{channels}" for channels, blocks in requested_widths(rule).items())
    return f"{widths} in groups of {rule.group_width}"
