"""Weights from files and mappings into a module: all of them, or those that fit, with a report either way."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn


class WeightsError(RuntimeError):
    """Weights that cannot be read, or that do not fit; `report` says which, where they could be compared."""

    def __init__(self, message: str, report: Report | None = None) -> None:
        super().__init__(message)
        self.report = report


@dataclass(frozen=True, slots=True)
class Report:
    """Names by what became of them: same name and shape; same name, other shape; only in the module; only given."""

    kept: tuple[str, ...]
    reshaped: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Tell whether every weight of the module is given with its shape, and no other."""
        return not (self.reshaped or self.missing or self.unexpected)

    def __str__(self) -> str:
        return ", ".join(f"{len(getattr(self, field.name))} {field.name}" for field in fields(self))


def load_weights(module: nn.Module, weights: Mapping[str, Tensor], *, partial: bool) -> Report:
    """Copy weights into a module; WeightsError where they do not all fit, or in a `partial` load where none does.

    A module on meta is compared only: it has nothing to copy into.
    """
    if below := _below(weights):
        raise WeightsError(f"the weights given are no table of tensors{below}")
    report = compare(module, weights)
    if not (report.kept if partial else report.complete):
        raise WeightsError(_refusal(module, weights, report), report)
    if not any(tensor.is_meta for tensor in module.state_dict().values()):
        module.load_state_dict({name: weights[name] for name in report.kept}, strict=False)
    return report


def compare(module: nn.Module, weights: Mapping[str, Tensor]) -> Report:
    """Return which weights of a module are given, by name and shape."""
    own = module.state_dict()
    shared = [name for name in own if name in weights]
    return Report(
        kept=tuple(name for name in shared if own[name].shape == weights[name].shape),
        reshaped=tuple(name for name in shared if own[name].shape != weights[name].shape),
        missing=tuple(name for name in own if name not in weights),
        unexpected=tuple(name for name in weights if name not in own),
    )


def read_weights(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file, or of a PyTorch checkpoint read without running code (weights_only).

    A checkpoint that keeps them under `state_dict` or `model`, as training scripts do, is understood. Raises
    WeightsError.
    """
    try:
        found = _read(os.fspath(path))
    except OSError as error:
        raise WeightsError(f"cannot read weights from {os.fspath(path)}: {error.strerror}") from None
    except Exception:  # a broken or hostile file may make a reader raise anything
        message = "it is no safetensors file, and no checkpoint of tensors alone (nothing that runs code is read)"
        raise WeightsError(f"cannot read weights from {os.fspath(path)}: {message}") from None
    for key in ("state_dict", "model"):
        if isinstance(found, dict) and isinstance(found.get(key), dict):
            found = found[key]
    if not isinstance(found, dict) or not _is_table(found):
        raise WeightsError(f"{os.fspath(path)} holds no table of tensors{_below(found)}")
    return found


def safetensors_bytes(module: nn.Module) -> bytes:
    """Return the state dict of a module as the content of a safetensors file."""
    from safetensors.torch import save

    return save({name: tensor.contiguous() for name, tensor in module.state_dict().items()}, {"format": "pt"})


def _is_table(found: Mapping[object, object]) -> bool:
    return all(isinstance(tensor, Tensor) for tensor in found.values())


def _below(found: object) -> str:
    """Return under which keys of what a training script kept tables of tensors are, in words."""
    items = found.items() if isinstance(found, Mapping) else ()
    tables = [f"`{key}`" for key, value in items if isinstance(value, Mapping) and value and _is_table(value)]
    return f": it is one level down, under {' or '.join(tables)}; give that" if tables else ""


def _read(path: str) -> object:
    if path.endswith(".safetensors"):
        from safetensors.torch import load_file

        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def _refusal(module: nn.Module, weights: Mapping[str, Tensor], report: Report) -> str:
    own = module.state_dict()
    lines = [f"{name}: expected {_shape(own[name])}, found {_shape(weights[name])}" for name in report.reshaped]
    lines += [f"{name}: missing" for name in report.missing] + [f"{name}: unexpected" for name in report.unexpected]
    more = [f"and {len(lines) - 10} more"] if len(lines) > 10 else []
    what = "the weights do not fit" if report.kept else "none of the weights fits"
    return "\n  ".join([f"{what}:", *lines[:10], *more]) + _way_out(report, len(own))


def _way_out(report: Report, wanted: int) -> str:
    prefix = _prefix(report.unexpected, report.missing)
    if prefix:
        strip = f"{{name.removeprefix({prefix!r}): tensor for name, tensor in weights.items()}}"
        return f"\nthe names given begin with {prefix!r}, the network's do not: give {strip}"
    if report.kept:
        return f"\n{len(report.kept)} of {wanted} fit: --partial, in Python partial=True, takes those"
    return ""


def _prefix(given: Iterable[str], own: Iterable[str]) -> str:
    """Return what stands before given names that are otherwise the module's, as DataParallel writes `module.`."""
    known = set(own)
    ends = ((name, name.split(".", count)[-1]) for name in given for count in range(1, name.count(".")))
    found = Counter(name.removesuffix(end) for name, end in ends if end in known)
    return found.most_common(1)[0][0] if found else ""


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a scalar"
