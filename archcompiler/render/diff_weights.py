"""What becomes of a checkpoint, in words."""

from __future__ import annotations

from archcompiler.compare.model import Diff, Forecast
from archcompiler.render.amounts import percent


def weights_text(diff: Diff) -> list[str]:
    """Return what becomes of a checkpoint, in lines."""
    found, fact = diff.weights, diff.facts.weights
    total = sum(map(len, (found.kept, found.renamed, found.reshaped, found.added)))
    lines = [f"{fact}: {len(found.kept):,} of {total:,} tensors load, {percent(found.share_kept)} of the parameters"]
    others = [
        (len(found.renamed), "renamed"),
        (len(found.reshaped), "reshaped"),
        (len(found.added), "added"),
        (len(found.removed), "removed"),
    ]
    said = ", ".join(f"{count:,} {what}" for count, what in others if count)
    return [*lines, said, shares_text(found)] if said else lines


def checkpoint_text(diff: Diff) -> list[str]:
    """Return what a checkpoint file is and what of it loads, in lines; none where no file was given."""
    found = diff.checkpoint
    if found is None:
        return []
    others = [
        (len(found.missing), "missing"),
        (len(found.unexpected), "unexpected"),
        (len(found.reshaped), "of another shape"),
    ]
    said = ", ".join(f"{count:,} {what}" for count, what in others if count)
    names = [*found.missing, *found.unexpected, *(each.name for each in found.reshaped)]
    fits = f"is none of {diff.old.name}: {said}, first {names[0]}" if said else f"is one of {diff.old.name}"
    renamed = f", and {len(found.renamed):,} more under other names" if found.renamed else ""
    takes = f"{len(found.kept):,} of its tensors load, {percent(found.share_kept)} of the parameters{renamed}"
    return [f"{found.path} {fits}", takes]


def shares_text(found: Forecast) -> str:
    """Return the share of the parameters that each part keeps."""
    return ", ".join(f"{part.name} {percent(part.kept / part.params)}" for part in found.parts if part.params)
