"""What the tests hold archcompiler against, and the few tools to do so. torch and its friends are imported on use."""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

SPECS = Path(__file__).parents[1] / "specs"
NO_SPECS = ("names", "blocks", "shortcuts", "attentions", "stems", "heads")
SHIPPED = sorted(
    path.relative_to(SPECS).with_suffix("").as_posix()
    for path in SPECS.rglob("*.yaml")
    if path.relative_to(SPECS).parts[0] not in NO_SPECS
)
"""Every shipped network; tables of module names and documents of blocks are none."""

COSTS = Path(__file__).parent / "goldens" / "costs.json"
"""What every shipped network costs and is made of; test_goldens.py keeps it current."""


MOST_PARAMS = 150_000_000
"""The largest networks are filled and run where all are: two of them would take a gigabyte and a minute each."""


def representatives(specs=SHIPPED):
    """Return the cheapest network by MACs of each set of mechanisms; EVERY_NETWORK=1 has each stand for itself."""
    if os.environ.get("EVERY_NETWORK") == "1":
        return list(specs)
    recorded = {spec: {"mechanisms": spec, "macs": 0, "params": 0} for spec in specs} | json.loads(
        COSTS.read_text("utf-8")
    )
    cheapest = {}
    for spec in sorted(specs, key=lambda spec: recorded[spec]["macs"]):
        cheapest.setdefault(recorded[spec]["mechanisms"], spec)
    return sorted(spec for spec in cheapest.values() if recorded[spec]["params"] <= MOST_PARAMS)


def mechanisms(graph):
    """Return a hash of what a network is made of: in each kind of block, which op reads what from which.

    Ops go by their names, words and flags; numbers, and how often something stands there, are left out.
    """
    found = {
        (call.kind, call.body.blocks.get("", ""), _said(node), *(_said(sources[number]) for number in node.inputs))
        for call in graph.calls
        for sources in [(None, *call.body.nodes)]
        for node in call.body.nodes
    }
    return hashlib.sha256("\n".join(map(str, sorted(found))).encode()).hexdigest()[:8]


def _said(node):
    """Return what an op is, without its numbers; None is what arrives."""
    words = [each for each in node.op.attributes if each.kind in ("choice", "flag")] if node else []
    return str((node.op.name, *(getattr(node.op, each.name) for each in words))) if node else "input"


TORCHVISION = [
    "resnet/resnet18",
    "resnet/resnet34",
    "resnet/resnet50",
    "resnet/resnet101",
    "resnet/resnet152",
    "resnext/resnext50_32x4d",
    "resnext/resnext101_32x8d",
    "resnext/resnext101_64x4d",
    "wide_resnet/wide_resnet50_2",
    "wide_resnet/wide_resnet101_2",
    *(spec for spec in SHIPPED if spec.startswith("torchvision/")),
]
"""The shipped networks that torchvision has a constructor for, whose name is the last part."""


def torchvision_network(spec, seed, **options):
    """Return torchvision's network of a spec's name, every parameter and buffer of it random."""
    return filled(lambda: torchvision_model(short(spec), **options), seed)


WITHOUT_SIDE_CLASSIFIERS = {"aux_logits": False, "init_weights": False}
OPTIONS = {"googlenet": WITHOUT_SIDE_CLASSIFIERS, "inception_v3": WITHOUT_SIDE_CLASSIFIERS}
"""What torchvision's constructors are told so as to build what the specs say."""


def torchvision_model(name, **options):
    """Return what torchvision's constructor builds; it computes the widths of RegNets by tensors, which meta lacks."""
    from unittest.mock import patch

    import torch
    from torchvision.models import get_model
    from torchvision.models.regnet import BlockParams

    widths = BlockParams.from_init_params

    def on_the_cpu(*arguments, **keywords):
        with torch.device("cpu"):
            return widths(*arguments, **keywords)

    with patch.object(BlockParams, "from_init_params", on_the_cpu):
        return get_model(name, weights=None, **OPTIONS.get(name, {}), **options)


def filled(construct, seed):
    """Return what `construct` builds, allocated without its own initialisation and filled with random values."""
    import torch

    with torch.device("meta"):
        network = construct()
    network = network.to_empty(device="cpu")
    for module in network.modules():
        if module._non_persistent_buffers_set:
            module.reset_parameters()
    return randomised(network, seed)


def randomised(network, seed):
    """Fill every parameter and buffer, in order, so that no layer is left out of the output nor drowns the others.

    Values are stretches of one pool of random numbers, each from a place of its own: copying is much faster than
    drawing, and no two tensors are equal.
    """
    import torch

    random = torch.Generator().manual_seed(seed)
    pool = torch.rand(_POOL, generator=random)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if name.endswith("num_batches_tracked"):
                tensor.random_(1, 1000, generator=random)
                continue
            start = int(torch.randint(_POOL, (1,), generator=random))
            low, high = _range_of(name, tensor)
            tensor.copy_(_stretch(pool, start, tensor.numel()).view(tensor.shape)).mul_(high - low).add_(low)
    return network


_POOL = 1 << 22


def _stretch(pool, start, length):
    """Return so many values of the pool from a place on, from its beginning again at its end."""
    import torch

    turns = (start + length) // _POOL + 1
    return torch.cat([pool] * turns)[start : start + length] if turns > 1 else pool[start : start + length]


def _range_of(name, tensor):
    """Return the least and the greatest value of a tensor: of weights, of norms' scales and variances, of the rest."""
    if tensor.dim() > 1:
        bound = tensor[0].numel() ** -0.5
        return -bound, bound
    return (0.5, 1.5) if name.endswith(("weight", "running_var")) else (-0.3, 0.3)


def side(spec, usual):
    """Return the side of a small image that a network takes: most take a side as usual."""
    if spec.startswith("timm/vgg"):
        return 224
    return {"alexnet": 64, "inception_v3": 96, "inception_v4": 96, "inception_resnet_v2": 96}.get(short(spec), usual)


def random_images(*shape, seed=1):
    """Return a batch of random images."""
    import torch

    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def settings(network):
    """Return, of each layer with weights, what their shapes do not show: how its window moves, and its epsilon."""
    said = ("stride", "padding", "dilation", "groups", "eps")
    layers = [(path, module) for path, module in network.named_modules() if [*module.parameters(recurse=False)]]
    return [(path, {name: _number(module, name) for name in said}) for path, module in layers]


def _number(module, name):
    """Return a setting; padding that keeps the map's size may be said in a word."""
    value = getattr(module, name, None)
    if value != "same":
        return value
    return tuple(rate * (side - 1) // 2 for side, rate in zip(module.kernel_size, module.dilation, strict=True))


def layout(network):
    """Return the key, shape and type of every entry of a state dict, in order."""
    return [(name, tuple(tensor.shape), tensor.dtype) for name, tensor in network.state_dict().items()]


def output(network, images):
    """Return what a network says of images in evaluation; it must be finite and depend on the image."""
    import torch

    with torch.inference_mode():
        result = network.eval()(images)
    assert torch.isfinite(result).all()
    assert len(images) == 1 or not torch.equal(result[0], result[1])
    return result


def assert_same_layers(ours, theirs):
    """Compare all that two networks on the meta device say of their layers: keys, shapes, types, order and settings."""
    assert layout(ours) == layout(theirs)
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    assert settings(ours) == settings(theirs)


def torchinfo_totals(network, images_shape):
    """Return torchinfo's parameters and mult-adds of a network on the meta device."""
    import torchinfo

    found = torchinfo.summary(network, input_size=images_shape, device="meta", verbose=0)
    return found.total_params, found.total_mult_adds


@dataclass(frozen=True)
class Measured:
    """What one forward pass on meta shows: multiply-adds, convolutions' and linear layers' outputs, and each shape."""

    macs: int
    activations: int
    shapes: dict
    """The shape that leaves each module, by its path; the empty path is the network."""


def measured(network, images_shape):
    """Return what PyTorch's own counter and forward hooks see of a network on the meta device."""
    import torch
    from torch import nn
    from torch.utils.flop_counter import FlopCounterMode

    shapes, sizes = {}, []

    def note(name, module):
        counts = isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Linear))

        def hook(*call):
            shapes[name] = tuple(call[-1].shape[1:])
            sizes.append(call[-1].numel() if counts else 0)

        return module.register_forward_hook(hook)

    hooks = [note(name, module) for name, module in network.named_modules()]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(torch.empty(images_shape, device="meta"))
    for hook in hooks:
        hook.remove()
    flops = counter.get_total_flops()
    assert flops % 2 == 0
    return Measured(flops // 2, sum(sizes), shapes)


def torch_macs(network, images_shape):
    """Return the multiply-adds of convolutions and matrix products that PyTorch's own counter sees on meta."""
    return measured(network, images_shape).macs


def parameter_count(network):
    """Return the number of learnable values."""
    return sum(parameter.numel() for parameter in network.parameters())


def short(spec):
    """Return a spec's own name, for a test's id."""
    return re.sub(r".*/", "", spec)


def assert_equal_states(first, second):
    """Compare two state dicts, keys and values."""
    assert list(first) == list(second)
    assert all(tensor.equal(second[key]) for key, tensor in first.items())


def equal_states(first, second):
    """Tell whether two state dicts of the same keys hold the same values."""
    return all(tensor.equal(second[key]) for key, tensor in first.items())
