"""What re-parameterisation did to a network: as text, and as data."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from archcompiler.reparameterize.rewrite import Reparameterized

if TYPE_CHECKING:
    from archcompiler.backends.pytorch.folding import Difference

_SHOWN = 3


def reparameterized_text(found: Reparameterized, difference: Difference | None) -> str:
    """Return what was folded and what was not, and how far the outputs differ where they were compared."""
    told = f"{len(found.folded)} layers stand for {_layers(found)}" if found.folded else "nothing folds"
    lines = [f"re-parameterised: {told}"]
    by_reason: dict[str, list[str]] = {}
    for kept in found.kept:
        by_reason.setdefault(kept.reason, []).append(kept.path)
    lines += [f"  not folded: {_some(paths)}: {reason}" for reason, paths in by_reason.items()]
    if difference is not None:
        lines.append(f"the outputs differ by {difference.largest:.2g} at most, and the largest is {difference.of:.2g}")
    return "\n".join(lines)


def reparameterized_document(found: Reparameterized, difference: Difference | None) -> dict[str, Any]:
    """Return the same as data."""
    numbers = None if difference is None else difference._asdict()
    return {
        "folded": [
            {"layer": each.path, "of": [layer.path for layer in each.layers if layer.path]} for each in found.folded
        ],
        "not_folded": [{"layer": each.path, "reason": each.reason} for each in found.kept],
        "difference": numbers and {key: _finite(number) for key, number in numbers.items()},
    }


def _finite(number: float) -> float | None:
    """Return a number, or null where JSON has none for it."""
    return number if isfinite(number) else None


def _layers(found: Reparameterized) -> int:
    return sum(bool(layer.path) for folded in found.folded for layer in folded.layers)


def _some(paths: Sequence[str]) -> str:
    more = [f"{len(paths) - _SHOWN} more"] if len(paths) > _SHOWN else []
    return ", ".join([*paths[:_SHOWN], *more])
