"""Where a module's tensors come from: device, dtype, seed, initialisation, given weights."""

import copy
import sys
import threading
from contextlib import contextmanager

import peers
import pytest

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")

NETWORKS = ["cifar/resnet20", "resnet/resnet18", "resnext/resnext50_32x4d"]


# Devices and types


@pytest.mark.parametrize("spec", [*NETWORKS, "wide_resnet/wide_resnet101_2"])
def test_on_meta_nothing_is_allocated(spec):
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    devices = set()

    class Devices(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            result = function(*args, **kwargs or {})
            devices.update(leaf.device.type for leaf in tree_leaves(result) if hasattr(leaf, "device"))
            return result

    with Devices():
        network = archcompiler.build(spec, device="meta")
    assert devices == {"meta"}
    assert all(tensor.is_meta for tensor in network.state_dict(keep_vars=True).values())
    assert peers.layout(network)


@pytest.mark.parametrize("name", ["float64", "float16", "bfloat16"])
def test_dtype_is_that_of_every_floating_tensor(name):
    import torch

    dtype = getattr(torch, name)
    tensors = archcompiler.build("resnet/resnet18", dtype=dtype, seed=0).state_dict()
    types = {key: tensor.dtype for key, tensor in tensors.items()}
    assert {types[key] for key in types if not key.endswith("num_batches_tracked")} == {dtype}
    assert {types[key] for key in types if key.endswith("num_batches_tracked")} == {torch.int64}
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())
    assert tensors["conv1.weight"].float().std() > 0.01


def test_weights_are_cast_to_the_dtype_that_is_asked_for():
    import torch

    weights = peers.randomised(archcompiler.build("cifar/resnet20"), seed=1).state_dict()
    found = archcompiler.build("cifar/resnet20", weights=weights, dtype=torch.float64).state_dict()
    for key, tensor in weights.items():
        assert found[key].equal(tensor.to(found[key].dtype))
    assert found["conv1.weight"].dtype == torch.float64


def test_the_callers_default_device_is_respected():
    """As every constructor of torch.nn respects it."""
    import torch

    with torch.device("meta"):
        network = archcompiler.build("cifar/resnet20")
    assert all(tensor.is_meta for tensor in network.state_dict().values())


def test_the_callers_default_dtype_is_respected():
    import torch

    torch.set_default_dtype(torch.float64)
    try:
        network = archcompiler.build("cifar/resnet20")
    finally:
        torch.set_default_dtype(torch.float32)
    assert all(parameter.dtype == torch.float64 for parameter in network.parameters())


# Initialisation


def test_one_seed_gives_one_set_of_weights_and_another_seed_others():
    first, again, other = (archcompiler.build("resnet/resnet18", seed=seed).state_dict() for seed in (7, 7, 8))
    peers.assert_equal_states(first, again)
    assert {key for key in first if not first[key].equal(other[key])} == {
        key for key, tensor in first.items() if tensor.dim() > 1 or key == "fc.bias"
    }


def test_a_seed_leaves_the_callers_random_state_alone():
    import torch

    torch.manual_seed(3)
    before = torch.get_rng_state()
    archcompiler.build("cifar/resnet20", seed=7)
    assert torch.get_rng_state().equal(before)


def test_given_weights_and_meta_draw_no_random_numbers():
    import torch

    weights = archcompiler.build("cifar/resnet20").state_dict()
    before = torch.get_rng_state()
    archcompiler.build("cifar/resnet20", weights=weights)
    archcompiler.build("cifar/resnet20", device="meta")
    assert torch.get_rng_state().equal(before)


def test_without_a_seed_the_callers_random_state_decides():
    import torch

    torch.manual_seed(3)
    first, second = (archcompiler.build("cifar/resnet20").state_dict() for _ in range(2))
    torch.manual_seed(3)
    peers.assert_equal_states(first, archcompiler.build("cifar/resnet20").state_dict())
    assert not peers.equal_states(first, second)


@contextmanager
def _fresh_memory_is_nan():
    """Have PyTorch fill what it allocates with NaN (and the largest integer), so that whatever is not filled shows."""
    import torch

    before = torch.are_deterministic_algorithms_enabled(), torch.utils.deterministic.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = True
    try:
        assert torch.empty(3).isnan().all()
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        torch.utils.deterministic.fill_uninitialized_memory = before[1]


@pytest.mark.parametrize("spec", peers.representatives())
def test_no_uninitialised_memory_is_returned(spec):
    with _fresh_memory_is_nan():
        tensors = archcompiler.build(spec).state_dict()
    assert not [key for key, tensor in tensors.items() if not tensor.isfinite().all()]
    for key, tensor in tensors.items():
        if key.endswith(("running_mean", "num_batches_tracked")):
            assert not tensor.any(), key
        elif key.endswith("running_var"):
            assert (tensor == 1).all(), key
        elif tensor.dim() > 1 and not key.endswith(("layer_scale", "gamma", "gain")):
            assert tensor.std() > 0, key


VARIANTS = {
    "group norm": "defaults: {norm: {type: group, groups: 4}, bias: true}",
    "layer norm": "defaults: {norm: layer}\nhead: {hidden: [7, 5], dropout: 0.5}",
    "no norm": "defaults: {norm: none, bias: true, activation: leaky_relu}",
    "deep stem": "stem: {type: deep, channels: 16}",
    "zero init": "defaults: {zero_init: true}",
    "no pool": "head: {pool: none, bias: false}",
}


@pytest.mark.parametrize("change", VARIANTS.values(), ids=VARIANTS)
def test_no_uninitialised_memory_is_returned_for_variants(tmp_path, change):
    path = tmp_path / "variant.yaml"
    path.write_text(f"archc: 1\nname: variant\nextends: cifar/resnet20\n{change}\n", encoding="utf-8")
    with _fresh_memory_is_nan():
        network = archcompiler.build(path)
    assert not [key for key, tensor in network.state_dict().items() if not tensor.isfinite().all()]
    assert network(peers.random_images(2, 3, 32, 32)).isfinite().all()


def test_convolutions_start_with_the_deviation_of_he_et_al():
    """sqrt(2 / fan out), arXiv:1502.01852, section 2.2, as torchvision counts the fan: groups do not reduce it."""
    from torch import nn

    network = archcompiler.build("resnext/resnext50_32x4d", seed=0)
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    assert len(convolutions) == 53
    for convolution in convolutions:
        weight = convolution.weight.detach()
        expected = (2 / (weight.shape[0] * weight[0, 0].numel())) ** 0.5
        assert weight.std() == pytest.approx(expected, rel=5 / (2 * weight.numel()) ** 0.5)
        assert abs(weight.mean()) < 5 * expected / weight.numel() ** 0.5


@pytest.mark.parametrize("spec", ["resnet/resnet18", "resnext/resnext50_32x4d"])
def test_every_tensor_starts_with_the_distribution_of_torchvisions(spec):
    import torch
    import torchvision

    torch.manual_seed(0)
    theirs = torchvision.models.get_model(peers.short(spec), weights=None).state_dict()
    ours = archcompiler.build(spec, seed=1).state_dict()
    assert list(ours) == list(theirs)
    for key, expected in theirs.items():
        samples = [tensor.flatten()[:20_000] for tensor in (ours[key], expected)]
        # Kolmogorov and Smirnov's bound: equal distributions exceed it once in two million times.
        assert _distance(*samples) <= 2.75 * (2 / len(samples[0])) ** 0.5, key


def _distance(first, second):
    """Return the largest difference of two samples' distribution functions."""
    import torch

    first, second = first.sort().values, second.sort().values
    places = torch.cat([first, second])
    shares = [torch.searchsorted(sample, places, right=True) / len(sample) for sample in (first, second)]
    return (shares[0] - shares[1]).abs().max()


def test_a_build_in_one_thread_leaves_initialisation_in_another_alone():
    from torch import nn

    interval = sys.getswitchinterval()
    building = threading.Thread(target=lambda: [archcompiler.build("cifar/resnet110") for _ in range(5)])
    constructed = []
    sys.setswitchinterval(1e-5)
    try:
        with _fresh_memory_is_nan():
            building.start()
            while building.is_alive():
                constructed.append(nn.Conv2d(4, 4, 3))
            building.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(constructed) > 100
    assert all(layer.weight.isfinite().all() and layer.bias.isfinite().all() for layer in constructed)


def test_layers_constructed_after_a_build_are_initialised():
    from torch import nn

    with _fresh_memory_is_nan():
        archcompiler.build("cifar/resnet20")
        assert nn.Conv2d(4, 4, 3).weight.isfinite().all()


# Given weights


@pytest.fixture
def weights():
    return peers.randomised(archcompiler.build("cifar/resnet20"), seed=1).state_dict()


def test_given_weights_are_the_modules(weights):
    with _fresh_memory_is_nan():
        network = archcompiler.build("cifar/resnet20", weights=weights)
    peers.assert_equal_states(network.state_dict(), weights)
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in network.parameters())


def test_given_weights_are_not_aliased(weights):
    kept = copy.deepcopy(weights)
    network = archcompiler.build("cifar/resnet20", weights=weights)
    network(peers.random_images(2, 3, 32, 32)).sum().backward()
    for tensor in network.state_dict().values():
        tensor.zero_()
    peers.assert_equal_states(weights, kept)
    assert not any(tensor.requires_grad or tensor.grad is not None for tensor in weights.values())
    addresses = {tensor.data_ptr() for tensor in weights.values()}
    assert not addresses & {tensor.data_ptr() for tensor in network.state_dict().values()}


def _without_a_key(weights):
    del weights["fc.bias"]


def _with_another_key(weights):
    weights["fc.scale"] = weights["fc.bias"]


def _with_another_shape(weights):
    weights["fc.weight"] = weights["fc.weight"][:9]


def _with_a_shape_that_would_broadcast(weights):
    weights["bn1.bias"] = weights["bn1.bias"][:1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without_a_key, r"fc\.bias"),
        (_with_another_key, r"fc\.scale"),
        (_with_another_shape, r"fc\.weight.*9"),
        (_with_a_shape_that_would_broadcast, r"bn1\.bias"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights, change, message):
    change(weights)
    with pytest.raises(RuntimeError, match=message):
        archcompiler.build("cifar/resnet20", weights=weights)
