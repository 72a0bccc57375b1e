"""What a comparison says, as data; `render/` puts it into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from archcompiler.analyses.cost import Cost, Row
from archcompiler.compare.rules import Impact, impact_of
from archcompiler.graph.ops import Shape
from archcompiler.span import Span
from archcompiler.tree import Plain

WeightsFact = Literal["same", "renamed", "changed"]
FunctionFact = Literal["same", "training only", "changed", "not comparable"]
InterfaceFact = Literal["same", "changed"]
ChangeKind = Literal["changed", "added", "removed", "renamed", "moved", "reordered"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds of two networks. `function` is not comparable where the weights or the input have other shapes."""

    weights: WeightsFact
    function: FunctionFact
    interface: InterfaceFact

    @property
    def impact(self) -> Impact:
        """The worst of the three on the ladder."""
        if self.interface == "changed":
            return Impact.INTERFACE
        if self.weights != "same":
            return Impact.WEIGHTS
        if self.function == "changed":
            return Impact.FUNCTION
        return Impact.TRAINING if self.function == "training only" else Impact.COSMETIC


@dataclass(frozen=True, slots=True)
class Network:
    """One side: shapes leave out the batch; the hashes say which networks are the same (`compare/hashes.py`)."""

    name: str
    path: str
    input: Shape
    output: Shape
    cost: Cost
    receptive_field: int
    function_hash: str
    checkpoint_hash: str


@dataclass(frozen=True, slots=True)
class Side:
    """A value as its author wrote it; the span is SCHEMA_ORIGIN where only the schema says it."""

    address: str
    value: Plain
    span: Span


@dataclass(frozen=True, slots=True)
class Reach:
    """One place of the resolved specs that an edit changes."""

    address: str
    old: Plain
    new: Plain


@dataclass(frozen=True, slots=True)
class Change:
    """One direct edit, and every place that it reaches: a line of `defaults` may reach all stages.

    A value that `moved` stands elsewhere now: in another stage, which had what this one has now, or in stages where it
    was in `defaults`.
    """

    kind: ChangeKind
    old: Side | None
    new: Side | None
    reaches: tuple[Reach, ...]

    @property
    def address(self) -> str:
        """The address in the new spec where something is said there, else in the old one."""
        sides = [side for side in (self.new, self.old) if side]
        return next((side.address for side in sides if side.span.path != "<schema>"), sides[0].address)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a finding points at on one side: a layer, a tensor, the input or output, and what it is there."""

    name: str
    value: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that applies, how often, and the first place where it does."""

    rule: str
    count: int
    old: Sight | None = None
    new: Sight | None = None

    @property
    def impact(self) -> Impact:
        """The rule's place on the ladder."""
        return impact_of(self.rule)


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of the stem, a stage or the head: `direct` where an edit speaks of it, else it follows.

    `arrives` and `leaves` are the shapes on the old and on the new side; None where there is no such part.
    """

    part: str
    direct: bool
    arrives: tuple[Shape | None, Shape | None]
    leaves: tuple[Shape | None, Shape | None]
    delta: Cost


@dataclass(frozen=True, slots=True)
class Contribution:
    """One step from the old network to the new one: what edits (indices into `changes`) add to the steps before them.

    Several edits are one step where they are legal together only, or beyond a number of edits.
    """

    changes: tuple[int, ...]
    facts: Facts
    delta: Cost
    receptive_field: int
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class PartPair:
    """The stem, a stage or the head before and after; `changes` are the edits that reach it.

    `differs` tells whether its layers do: an edit may reach a part and change nothing in it.
    """

    old: Row | None
    new: Row | None
    old_blocks: int
    new_blocks: int
    changes: tuple[int, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class Reshaped:
    """A tensor that keeps its name only."""

    name: str
    old: Shape
    new: Shape


@dataclass(frozen=True, slots=True)
class PartShare:
    """How many of a part's parameters a checkpoint of the old network fills."""

    name: str
    kept: int
    params: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What becomes of a checkpoint: the keys of its state dict, buffers included, in the order of the new network."""

    kept: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    reshaped: tuple[Reshaped, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    parts: tuple[PartShare, ...]

    @property
    def share_kept(self) -> float:
        """The share of the new network's parameters that load under their own name, from 0 to 1."""
        return _share(self.parts)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A checkpoint file beside the forecast: how it differs from the old network, and what the new one takes of it.

    In `reshaped` the old shape is the one that the old network has, the new one that of the file.
    """

    path: str
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    reshaped: tuple[Reshaped, ...]
    kept: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    parts: tuple[PartShare, ...]

    @property
    def is_of_old(self) -> bool:
        """Whether the file holds exactly the tensors of the old network."""
        return not (self.missing or self.unexpected or self.reshaped)

    @property
    def share_kept(self) -> float:
        """The share of the new network's parameters that load from the file under their own name, from 0 to 1."""
        return _share(self.parts)


def _share(parts: tuple[PartShare, ...]) -> float:
    params = sum(part.params for part in parts)
    return sum(part.kept for part in parts) / params if params else 1.0


@dataclass(frozen=True, slots=True)
class Diff:
    """Everything that is said of two specs."""

    old: Network
    new: Network
    facts: Facts
    findings: tuple[Finding, ...]
    first: Finding | None
    changes: tuple[Change, ...]
    contributions: tuple[Contribution, ...]
    parts: tuple[PartPair, ...]
    weights: Forecast
    checkpoint: Confirmation | None = None

    @property
    def impact(self) -> Impact:
        """The worst of the facts on the ladder."""
        return self.facts.impact

    @property
    def delta(self) -> Cost:
        """The new cost less the old one."""
        return self.new.cost - self.old.cost
