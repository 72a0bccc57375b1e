"""The known variations of a network: what implementations of one paper differ in, as settings over its spec."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from archcompiler.resolve import Spec
from archcompiler.tree import Mapping, Scalar, mapping_at

_FIELDS = {
    "stride_on": ("1x1", "3x3"),  # ResNet's first code and v1.5
    "shortcut": ("projection", "projection_always", "zero_pad", "average_projection"),  # options B, C, A, ResNet-D's
    "bias": (True, False),  # of convolutions
}


@dataclass(frozen=True, slots=True)
class Variation:
    """One or two fields said otherwise in every stage that has them: in words, and as `--set` takes them."""

    words: str
    settings: tuple[str, ...]


def variations(spec: Spec) -> list[Variation]:
    """Return the variations of a spec, each field alone first and then two fields together."""
    alone = [variation for field, values in _FIELDS.items() for variation in _of_field(spec, field, values)]
    pairs = [
        Variation(f"{one.words}, {other.words}", one.settings + other.settings)
        for one, other in combinations(alone, 2)
        if _field(one) != _field(other)
    ]
    return [*alone, *pairs]


def _of_field(spec: Spec, field: str, values: tuple[str | bool, ...]) -> Iterator[Variation]:
    stages = mapping_at(spec.document, "stages").entries
    said = {name: _said(stage.value, field) for name, stage in stages.items() if _has(spec, stage.value, field)}
    for value in values:
        others = [name for name, own in said.items() if own != value]
        if others:
            text = str(value).lower() if isinstance(value, bool) else value
            yield Variation(f"{field} {text}", tuple(f"stages.{name}.{field}={text}" for name in others))


def _has(spec: Spec, stage: object, field: str) -> bool:
    kind = stage.get("block") if isinstance(stage, Mapping) else None
    return isinstance(kind, Scalar) and field in spec.language.blocks.get(str(kind.value), {})


def _said(stage: object, field: str) -> object:
    """Return what a stage says of a field: its value, or the type of the object there."""
    value = stage.get(field) if isinstance(stage, Mapping) else None
    value = value.get("type") if isinstance(value, Mapping) else value
    return value.value if isinstance(value, Scalar) else None


def _field(variation: Variation) -> str:
    return variation.words.partition(" ")[0]
