"""A checkpoint file against two networks: the names and shapes of its tensors, from the header of the file alone."""

from __future__ import annotations

import json
import os
from typing import Any

from archcompiler.compare.model import Confirmation, Forecast, Reshaped
from archcompiler.compare.reading import Reading
from archcompiler.compare.weights import StateDict, shares
from archcompiler.graph.ops import Shape

LARGEST_HEADER = 100_000_000
"""Bytes that the format allows (https://github.com/huggingface/safetensors, README: Format)."""


class CheckpointError(Exception):
    """A file that is no safetensors file, or that cannot be read."""


def read_header(path: str | os.PathLike[str]) -> StateDict:
    """Return the shape of each tensor of a safetensors file by its name; no tensor is read. Raises CheckpointError.

    The file begins with the length of its header (8 bytes, little-endian), then the header: JSON.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            text = file.read(length) if 2 <= length <= LARGEST_HEADER else b""
    except OSError as error:
        raise CheckpointError(f"cannot read {name}: {error.strerror}") from None
    try:
        header: Any = json.loads(text.decode("utf-8")) if len(text) == length else None
        return {key: _shape(said) for key, said in header.items() if key != "__metadata__"}
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise CheckpointError(
            f"{name} is no safetensors file: a pickled checkpoint is not read without torch"
        ) from None


def confirm(path: str, held: StateDict, old: Reading, new: Reading, foretold: Forecast) -> Confirmation:
    """Return whether a checkpoint is one of the old network, and what of it the new one takes."""
    expected, wanted = old.weights.state_dict, new.weights.state_dict
    kept = {name for name, shape in wanted.items() if held.get(name) == shape}
    return Confirmation(
        path=path,
        missing=tuple(name for name in expected if name not in held),
        unexpected=tuple(name for name in held if name not in expected),
        reshaped=_reshaped(expected, held),
        kept=tuple(name for name in wanted if name in kept),
        renamed=tuple(pair for pair in foretold.renamed if held.get(pair[0]) == expected[pair[0]]),
        parts=tuple(shares(new.weights.layers, kept)),
    )


def _reshaped(expected: StateDict, held: StateDict) -> tuple[Reshaped, ...]:
    both = (name for name in expected if name in held)
    return tuple(Reshaped(name, expected[name], held[name]) for name in both if expected[name] != held[name])


def _shape(said: Any) -> Shape:
    shape = tuple(said["shape"])
    if not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError(said)
    return shape
