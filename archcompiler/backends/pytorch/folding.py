"""The weights of a re-parameterised network, from those of the network before, and how far their outputs differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archcompiler.backends.pytorch.module import allocated
from archcompiler.graph.ir import registered, tensor_key
from archcompiler.graph.ops.base import Affine, Combination, Held, Kernel, PerChannel
from archcompiler.graph.shape import Shape
from archcompiler.reparameterize.rewrite import Folded, Reparameterized

_SEED = 0
_IMAGES = 2


class _Value(NamedTuple):
    """What a value is of its source: its product with a kernel, or with one number for each channel, and a shift."""

    factor: Tensor
    shift: Tensor


class Difference(NamedTuple):
    """How far two outputs differ at most, and the largest number in them."""

    largest: float
    of: float


def folded_module(module: nn.Module, found: Reparameterized) -> nn.Module:
    """Return the network of a rewritten graph, which computes what a module of the graph before it does in evaluation.

    On meta there is nothing to compute.
    """
    first = next(module.parameters(), torch.empty(0))
    made = allocated(found.graph, first.device).to(first.dtype)
    if not first.is_meta:
        made.load_state_dict(folded_weights(found, module.state_dict()))
    if hasattr(module, "weights_report"):
        made.weights_report = module.weights_report
    return made


def folded_weights(found: Reparameterized, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state dict of a rewritten graph, from that of the graph before; what is folded is in float64."""
    made = {key: tensor for folded in found.folded for key, tensor in _tensors(folded, weights).items()}
    keys = [tensor_key(path, tensor.name) for _, node, path in registered(found.graph) for tensor in node.op.tensors()]
    return {key: made[key] if key in made else weights[key] for key in keys}


def largest_difference(one: nn.Module, other: nn.Module, shape: Shape) -> Difference:
    """Return how far the outputs of two networks in evaluation differ, on the same random images."""
    first = next(one.parameters(), torch.empty(0))
    images = torch.randn(_IMAGES, *shape, generator=torch.Generator().manual_seed(_SEED)).to(first)
    with torch.inference_mode():
        outputs = [module.eval()(images).double() for module in (one, other)]
    return Difference(float((outputs[0] - outputs[1]).abs().max()), float(outputs[0].abs().max()))


def _tensors(folded: Folded, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors of a folded layer by their keys."""
    affine, shape = folded.op.affine_form(), folded.op.tensors()[0].shape
    assert isinstance(affine, Kernel)
    channels = shape[1] * affine.groups
    values = {folded.source: _Value(torch.ones(channels).double(), torch.zeros(channels).double())}
    for layer in folded.layers:
        keys = {each.name: tensor_key(layer.path, each.name) for each in layer.op.tensors()}
        held = {name: weights[key].to("cpu", torch.float64) for name, key in keys.items()}
        inputs = [values[each] for each in layer.inputs]
        values[layer.value] = _computed(layer.op.affine_form(), held, inputs, shape)
    result = zip(folded.op.tensors(), values[folded.layers[-1].value], strict=False)  # some need no bias
    return {tensor_key(folded.path, tensor.name): found for tensor, found in result}


def _computed(affine: Affine | None, held: Held, inputs: list[_Value], shape: Shape) -> _Value:
    """Return what a layer gives; `shape` is that of the kernel which stands for all."""
    if isinstance(affine, PerChannel):
        return _scaled(inputs[0], affine, held)
    if isinstance(affine, Kernel):
        return _convolved(inputs[0], held, affine.groups)
    assert isinstance(affine, Combination)
    return _sum(inputs, affine, shape)


def _scaled(value: _Value, affine: PerChannel, held: Held) -> _Value:
    scale = _of_each_channel(affine.scale(held), value)
    shift = _of_each_channel(affine.shift(held) if affine.shift else 0, value)
    return _Value(value.factor * _along(scale, value.factor), value.shift * scale + shift)


def _of_each_channel(number: Any, value: _Value) -> Tensor:
    return torch.as_tensor(number, dtype=torch.float64).reshape(-1).expand(len(value.shift))


def _along(numbers: Tensor, kernel: Tensor) -> Tensor:
    """Return one number for each output channel of a kernel, as its product with that takes it."""
    return numbers.view(-1, *[1] * (kernel.dim() - 1))


def _convolved(value: _Value, held: Held, groups: int) -> _Value:
    """Return a kernel on a map whose channels are scaled and shifted; what shifts is not padded."""
    weight = held["weight"]
    scale, shift = (_of_each_input(numbers, weight, groups) for numbers in value)
    return _Value(weight * scale, (weight * shift).flatten(1).sum(1) + held.get("bias", 0))


def _of_each_input(numbers: Tensor, weight: Tensor, groups: int) -> Tensor:
    """Return the numbers of the input channels at the places of a kernel that multiply them."""
    rows, columns = weight.shape[:2]
    each = numbers.view(groups, 1, columns).expand(groups, rows // groups, columns)
    return _over_sides(each.reshape(rows, columns), weight.shape)


def _sum(values: list[_Value], affine: Combination, shape: Shape) -> _Value:
    if any(value.factor.dim() > 1 for value in values):
        values = [value._replace(factor=_widened(value.factor, shape)) for value in values]
    terms = [*zip(affine.factors, values, strict=True)]
    factor = torch.stack([by * value.factor for by, value in terms]).sum(0)
    return _Value(factor, torch.stack([by * value.shift for by, value in terms]).sum(0))


def _widened(factor: Tensor, shape: Shape) -> Tensor:
    """Return a kernel with zeros around it; of one number for each channel, an identity times that."""
    if factor.dim() == 1:
        rows = torch.arange(len(factor))
        identity = torch.zeros(shape[:2], dtype=torch.float64)
        identity[rows, rows % shape[1]] = factor
        factor = _over_sides(identity, shape)
    zeros = [(side - own) // 2 for side, own in zip(shape[2:], factor.shape[2:], strict=True)]
    return F.pad(factor, [each for each in reversed(zeros) for _ in range(2)])


def _over_sides(matrix: Tensor, shape: Shape) -> Tensor:
    """Return a matrix of channels as a kernel of one position, with as many sides as a shape has."""
    return matrix.reshape(*matrix.shape, *[1] * (len(shape) - 2))
