"""Every finding that a comparison can make: its id, its place on the ladder, and its title."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding."""

    id: str
    impact: Impact
    title: str


RULES = {
    rule.id: rule
    for rule in (
        Rule("D101", Impact.INTERFACE, "the input has another shape"),
        Rule("D102", Impact.INTERFACE, "the output has another shape"),
        Rule("D201", Impact.WEIGHTS, "weights are renamed"),
        Rule("D202", Impact.WEIGHTS, "weights have another shape"),
        Rule("D203", Impact.WEIGHTS, "weights are added"),
        Rule("D204", Impact.WEIGHTS, "weights are removed"),
        Rule("D301", Impact.FUNCTION, "a layer has another stride"),
        Rule("D302", Impact.FUNCTION, "a layer has another dilation"),
        Rule("D303", Impact.FUNCTION, "a layer has another padding"),
        Rule("D304", Impact.FUNCTION, "a pool is another"),
        Rule("D305", Impact.FUNCTION, "an activation is another"),
        Rule("D306", Impact.FUNCTION, "a norm is another"),
        Rule("D307", Impact.FUNCTION, "zero channels stand elsewhere"),
        Rule("D308", Impact.FUNCTION, "layers are connected otherwise"),
        Rule("D309", Impact.FUNCTION, "a layer without weights is added, removed or another"),
        Rule("D401", Impact.TRAINING, "dropout is another"),
        Rule("D402", Impact.TRAINING, "weights start at other values"),
        Rule("D403", Impact.TRAINING, "running statistics follow at another rate"),
        Rule("D501", Impact.COSMETIC, "the network is the same, written otherwise"),
    )
}
"""Hundreds: 1 interface, 2 weights, 3 function, 4 training, 5 cosmetic."""
