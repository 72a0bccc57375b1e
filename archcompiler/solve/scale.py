"""The fields that one number moves: one field, or several in proportion to what the spec says of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archcompiler.resolve.spec import Spec, kinds_of
from archcompiler.solve.search import LARGEST


@dataclass(frozen=True, slots=True)
class Multiplier:
    """Fields by their addresses, and their values in the spec; the number is the value of the largest of them."""

    fields: tuple[str, ...]
    bases: tuple[int, ...]

    @property
    def largest(self) -> int:
        """The value in the spec of the field whose value the number is; 1 of a single field, which needs none."""
        return max(self.bases)

    def values(self, number: int) -> tuple[int, ...]:
        """Return the values of the fields at a number, the others rounded half up, to 1 at least."""
        largest = self.largest
        return tuple(max(1, (2 * base * number + largest) // (2 * largest)) for base in self.bases)

    def within(self, bounds: Sequence[tuple[int, int]]) -> tuple[int, int]:
        """Return the smallest and the largest number at which each field keeps its bounds."""
        low, high = 1, LARGEST
        for (least, most), base in zip(bounds, self.bases, strict=True):  # values are rounded half up, to 1 at least
            low = max(low, -(-self.largest * (2 * least - 1) // (2 * base)) if least > 1 else 1)
            high = min(high, -(-self.largest * (2 * most + 1) // (2 * base)) - 1)
        return low, high

    def settings(self, number: int) -> list[str]:
        """Return the settings that give the fields their values."""
        return [f"{field}={value}" for field, value in zip(self.fields, self.values(number), strict=True)]

    def stages(self) -> list[str]:
        """Return the stages of the fields, each once."""
        parts = [field.split(".") for field in self.fields]
        return list(dict.fromkeys(part[1] for part in parts if part[0] == "stages" and len(part) > 2))


def bounds_of(spec: Spec, address: str) -> tuple[int, int]:
    """Return the smallest and the largest whole number that a field of a stage takes in the blocks that may have it."""
    first, *names = address.split(".")
    chosen = {"defaults": spec.stages, "stages": [stage for stage in spec.stages if stage.name == names[0]]}
    objects = [spec.language.schema.definition(f"stage.{kind}") for kind in kinds_of(chosen.get(first, ()))]
    fields = [each["properties"][names[-1]] for each in objects if names[-1] in each["properties"]]
    low = min((field.get("minimum", 1) for field in fields), default=1)
    high = max((field.get("maximum", LARGEST) for field in fields), default=LARGEST)
    return max(1, int(low)), min(LARGEST, int(high))


def scale_of(patterns: Sequence[str], known: Mapping[str, int]) -> Multiplier:
    """Return the scale of fields, or of patterns with `*` for a part of an address; `known` are the integers of a spec.

    Raises KeyError with a pattern that is none of them. A single field need not stand in the spec.
    """
    if len(patterns) == 1 and "*" not in patterns[0]:
        return Multiplier((patterns[0],), (1,))
    fields: dict[str, int] = {}
    for pattern in patterns:
        form = re.compile("[^.]+".join(map(re.escape, pattern.split("*"))))
        found = {address: value for address, value in known.items() if form.fullmatch(address) and value > 0}
        if not found:
            raise KeyError(pattern)
        fields |= found
    return Multiplier(tuple(fields), tuple(fields.values()) if len(fields) > 1 else (1,))
