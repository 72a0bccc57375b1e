"""The ladder of impacts, and where each rule stands on it. What the rules are called stands with all other codes."""

from __future__ import annotations

from enum import IntEnum


class Impact(IntEnum):
    """How bad a difference is, from harmless to worst; the impact of a comparison is its worst."""

    COSMETIC = 0
    """The same graph and the same training fields."""
    TRAINING = 1
    """The same function, trained otherwise: dropout, initial values, running statistics."""
    FUNCTION = 2
    """Every weight still loads, and the network computes something else."""
    WEIGHTS = 3
    """A checkpoint of the one does not load into the other as it is."""
    INTERFACE = 4
    """What enters or leaves has another shape."""


_IMPACTS = {
    "D1": Impact.INTERFACE,
    "D2": Impact.WEIGHTS,
    "D3": Impact.FUNCTION,
    "D4": Impact.TRAINING,
    "D5": Impact.COSMETIC,
}
"""The hundreds of a rule's number say what it is about."""


def impact_of(rule: str) -> Impact:
    """Return where a rule such as D301 stands on the ladder."""
    return _IMPACTS[rule[:2]]
