"""The known variations of a network: what implementations of one paper differ in, as settings over its spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from archcompiler.resolve import Spec
from archcompiler.tree import Mapping, Scalar, mapping_at

_FIELDS = {
    "stride_on": ("1x1", "3x3"),  # ResNet's first code and v1.5
    "shortcut": ("projection", "projection_always", "zero_pad", "average_projection"),  # options B, C, A, ResNet-D's
    "bias": (True, False),  # of convolutions
}
_SIZES = (
    *(32, 64, 96, 112, 128, 160, 176, 192, 208, 224, 227, 229, 240, 256, 260, 288, 299, 300, 320, 331, 380, 384),
    *(416, 448, 456, 480, 512, 528, 600, 640, 800, 1024),
)
"""Sides of inputs that papers and libraries count at."""
_CLASSES = (10, 100, 1000, 1001, 21841)
"""CIFAR, ImageNet, with a background class, and ImageNet-22k."""


@dataclass(frozen=True, slots=True)
class Variation:
    """One or two fields said otherwise in every stage that has them, or one other value: in words, and for `--set`."""

    words: str
    settings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variations:
    """Those of one field of the stages, of two, and of anything else."""

    fields: list[Variation]
    pairs: list[Variation]
    sizes: list[Variation]
    others: list[Variation]

    def of(self, changes: int, *, alone: bool) -> list[Variation]:
        """Return the variations of one or two changes; what hardly goes with another one, only `alone`."""
        if changes == 2:
            return self.pairs
        return [*self.fields, *(self.others if alone else ()), *self.sizes]


def variations(spec: Spec, *, with_sizes: bool) -> Variations:
    """Return the variations of a spec; `with_sizes` other inputs too."""
    fields = [variation for field, values in _FIELDS.items() for variation in _of_field(spec, field, values)]
    fields += _first_blocks(spec)
    pairs = [
        Variation(f"{one.words}, {other.words}", one.settings + other.settings)
        for one, other in combinations(fields, 2)
        if _field(one) != _field(other)
    ]
    sizes = list(_of_key("input.size", _SIZES)) if with_sizes else []
    return Variations(fields, pairs, sizes, [*_blocks(spec), *_head(spec)])


def _blocks(spec: Spec) -> Iterator[Variation]:
    """Yield one block more and one less of each stage."""
    for stage in spec.stages:
        count = len(stage.blocks)
        fewer = [count - 1] if count > 1 else []
        yield from (_set(f"stages.{stage.name}.blocks", f"{stage.name}.blocks", n) for n in (count + 1, *fewer))


def _head(spec: Spec) -> Iterator[Variation]:
    """Yield a head of each usual number of classes; without a head, a classifier of them."""
    if "classes" in spec.section("head").entries:
        return _of_key("head.classes", _CLASSES)
    return (Variation(f"with a classifier of {n} classes", (f"head={{classes: {n}}}",)) for n in _CLASSES)


def _of_key(key: str, values: Iterable[int]) -> Iterator[Variation]:
    return (_set(key, key, value) for value in values)


def _set(key: str, words: str, value: int) -> Variation:
    return Variation(f"{words} {value}", (f"{key}={value}",))


def _of_field(spec: Spec, field: str, values: tuple[str | bool, ...]) -> Iterator[Variation]:
    stages = mapping_at(spec.document, "stages").entries
    said = {name: _said(stage.value, field) for name, stage in stages.items() if _has(spec, stage.value, field)}
    for value in values:
        others = [name for name, own in said.items() if own != value]
        if others:
            text = str(value).lower() if isinstance(value, bool) else value
            settings = tuple(f"stages.{name}.{field}={text}" for name in others)
            yield Variation(f"{field} {text}", settings)
            if field in spec.section("stem").entries:
                yield Variation(f"{field} {text} in the stem too", (*settings, f"stem.{field}={text}"))


def _first_blocks(spec: Spec) -> Iterator[Variation]:
    """Yield a projection in the first block of every stage, also where the shape stays."""
    stages = mapping_at(spec.document, "stages").entries
    names = [name for name, stage in stages.items() if _has(spec, stage.value, "shortcut")]
    settings = tuple(f"stages.{name}.override.first.shortcut=projection_always" for name in names)
    if names:
        yield Variation("shortcut projection_always in every first block", settings)


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
