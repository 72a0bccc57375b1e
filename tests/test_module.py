"""What `build` returns is an ordinary module: it copies, pickles, compiles, exports, traces and trains with others."""

import copy
import io
import multiprocessing
import pickle
import shutil
import subprocess
import sys
import threading
import traceback
from contextlib import contextmanager

import peers
import pytest

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")

NETWORKS = ["cifar/resnet20", "resnet/resnet18", "resnext/resnext50_32x4d"]
"""Helper modules (option A), both kinds of block, groups."""

SMALL = """
archc: 1
name: small
input: {channels: 3, size: 16}
stem: {type: conv3x3, channels: 8}
defaults: {block: bottleneck, cardinality: 2}
stages:
  a: {blocks: 2, channels: 16, bottleneck_width: 4, stride: 1, shortcut: {type: zero_pad, pad: both}}
  b: {blocks: 2, channels: 32, bottleneck_width: 8, stride: 2}
head: {classes: 10}
names: names/torchvision
"""


@pytest.fixture(scope="module", params=NETWORKS, ids=peers.short)
def network(request):
    return peers.randomised(archcompiler.build(request.param, seed=0), seed=1).eval()


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture
def images():
    return peers.random_images(2, 3, 64, 64)


def _assert_equal(first, second):
    """Compare two state dicts, keys and values."""
    assert list(first) == list(second)
    assert all(tensor.equal(second[key]) for key, tensor in first.items())


def _equal(first, second):
    return all(tensor.equal(second[key]) for key, tensor in first.items())


# Copies


def test_deep_copy_is_equal_and_shares_nothing(network, images):
    copied = copy.deepcopy(network)
    expected = peers.output(network, images)
    assert peers.output(copied, images).equal(expected)
    assert type(copied) is type(network)
    for parameter in copied.parameters():
        parameter.data.zero_()
    assert peers.output(network, images).equal(expected)


def _pickled(network):
    return pickle.loads(pickle.dumps(network))


def _saved(network):
    import torch

    file = io.BytesIO()
    torch.save(network, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@pytest.mark.parametrize("through", [_pickled, _saved])
def test_a_whole_module_travels(network, images, through):
    arrived = through(network)
    assert peers.output(arrived, images).equal(peers.output(network, images))
    assert repr(arrived) == repr(network)
    assert arrived.training is False


@pytest.mark.parametrize("through", [_pickled, _saved])
def test_a_part_of_a_module_travels(network, through):
    """Half of a network is a module too, such as the backbone of something else."""
    stage = network.layer2
    channels = next(stage.parameters()).shape[1]
    maps = peers.random_images(1, channels, 8, 8)
    assert through(stage)(maps).equal(stage(maps))


def test_hooks_and_other_attributes_travel(images):
    network = archcompiler.build("cifar/resnet20", seed=0)
    network.note = {"epoch": 3}
    network.requires_grad_(False)
    arrived = _pickled(network)
    assert arrived.note == {"epoch": 3}
    assert not any(parameter.requires_grad for parameter in arrived.parameters())


def _in_spawned_process(network, images, queue):
    queue.put(network.eval()(images).detach().numpy().tobytes())


def test_a_module_travels_into_a_spawned_process(images):
    network = peers.randomised(archcompiler.build("cifar/resnet20"), seed=1)
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    with _one_thread_in_children():
        process = context.Process(target=_in_spawned_process, args=(network, images, queue))
        process.start()
        answer = queue.get(timeout=120)
        process.join(timeout=60)
    assert process.exitcode == 0
    assert answer == peers.output(network, images).numpy().tobytes()


@contextmanager
def _one_thread_in_children():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


RUN_PICKLE = """
import pickle, sys
network, images = pickle.load(open(sys.argv[1], "rb"))
sys.stdout.buffer.write(network.eval()(images).detach().numpy().tobytes())
"""


def test_a_pickle_opens_in_a_fresh_process_where_nothing_was_built(tmp_path, images):
    network = peers.randomised(archcompiler.build("cifar/resnet20"), seed=1)
    (tmp_path / "network.pickle").write_bytes(pickle.dumps((network, images)))
    with _one_thread_in_children():
        command = [sys.executable, "-W", "error", "-c", RUN_PICKLE, "network.pickle"]
        answer = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=True)
    assert answer.stdout == peers.output(network, images).numpy().tobytes()


def test_state_dict_saves_loads_and_fits_a_new_build(network, images, tmp_path):
    import torch

    torch.save(network.state_dict(), tmp_path / "weights.pt")
    loaded = torch.load(tmp_path / "weights.pt", weights_only=True)
    other = copy.deepcopy(network)
    peers.randomised(other, seed=9)
    assert not peers.output(other, images).equal(peers.output(network, images))
    other.load_state_dict(loaded, strict=True)
    assert peers.output(other, images).equal(peers.output(network, images))


# Compilers


def test_compiles_as_one_graph(network, images):
    import torch

    torch._dynamo.reset()
    compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
    with torch.inference_mode():
        assert compiled(images).equal(network(images))


@pytest.mark.slow
@pytest.mark.skipif(not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler")
def test_compiles_with_inductor(small):
    import torch

    torch._dynamo.reset()
    one_block = archcompiler.load(small, settings=["stages.a.blocks=1", "stages.b=null"])
    network = peers.randomised(archcompiler.build(one_block), seed=1).eval()
    images = peers.random_images(2, 3, 16, 16)
    compiled = torch.compile(network, fullgraph=True)
    with torch.inference_mode():
        torch.testing.assert_close(compiled(images), network(images))


def test_compiles_for_training_as_one_graph(small):
    import torch

    torch._dynamo.reset()
    eager = peers.randomised(archcompiler.build(small), seed=1)
    compiled = copy.deepcopy(eager)
    images = peers.random_images(4, 3, 16, 16)
    torch.compile(compiled, fullgraph=True, backend="aot_eager")(images).square().mean().backward()
    eager(images).square().mean().backward()
    for expected, found in zip(eager.parameters(), compiled.parameters(), strict=True):
        torch.testing.assert_close(found.grad, expected.grad)


def test_exports_with_a_dynamic_batch(network, images):
    import torch

    shapes = ({0: torch.export.Dim("batch", min=1, max=64)},)
    exported = torch.export.export(network, (images,), dynamic_shapes=shapes)
    more = peers.random_images(5, 3, 64, 64)
    with torch.inference_mode():
        assert exported.module()(more).equal(network(more))
    assert set(exported.state_dict) == set(network.state_dict())


def test_traces_symbolically_and_keeps_every_layer(network, images):
    import torch
    from torch import nn

    traced = torch.fx.symbolic_trace(network)
    assert peers.output(traced, images).equal(peers.output(network, images))
    called = {node.target for node in traced.graph.nodes if node.op == "call_module"}
    layers = {name for name, module in network.named_modules() if isinstance(module, (nn.Conv2d, nn.BatchNorm2d))}
    assert layers
    assert layers <= called


def test_an_error_inside_forward_shows_the_line_of_the_emitted_source(network):
    with pytest.raises(RuntimeError, match="channels") as raised:
        network(peers.random_images(1, 4, 32, 32))
    assert "x = self.relu(self.bn1(self.conv1(x)))" in "".join(traceback.format_exception(raised.value))


# Training on several processes


def _train_on_rank(rank, network, images, folder):
    import torch
    from torch.nn.parallel import DistributedDataParallel

    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    wrapped = DistributedDataParallel(network)
    wrapped(images.chunk(2)[rank]).square().mean().backward()
    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    torch.save(gradients, f"{folder}/gradients{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_trains_on_two_processes_as_the_mean_of_both(tmp_path):
    import torch

    network = peers.randomised(archcompiler.build("cifar/resnet20"), seed=1)
    images = peers.random_images(8, 3, 32, 32)
    torch.multiprocessing.spawn(_train_on_rank, (network, images, str(tmp_path)), nprocs=2)
    halves = [_gradients(copy.deepcopy(network), half) for half in images.chunk(2)]
    for rank in range(2):
        found = torch.load(tmp_path / f"gradients{rank}.pt")
        for name, gradient in found.items():
            torch.testing.assert_close(gradient, (halves[0][name] + halves[1][name]) / 2)
    assert len(found) == len(halves[0])


def _gradients(network, images):
    network(images).square().mean().backward()
    return {name: parameter.grad for name, parameter in network.named_parameters()}


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
    _assert_equal(first, again)
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
    _assert_equal(first, archcompiler.build("cifar/resnet20").state_dict())
    assert not _equal(first, second)


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


SMALL_SPECS = [spec for spec in peers.SHIPPED if spec not in peers.TORCHVISION[6:]]


@pytest.mark.parametrize("spec", SMALL_SPECS)
def test_no_uninitialised_memory_is_returned(spec):
    with _fresh_memory_is_nan():
        tensors = archcompiler.build(spec).state_dict()
    assert not [key for key, tensor in tensors.items() if not tensor.isfinite().all()]
    for key, tensor in tensors.items():
        if key.endswith(("running_mean", "num_batches_tracked")):
            assert not tensor.any(), key
        elif key.endswith("running_var"):
            assert (tensor == 1).all(), key
        elif tensor.dim() > 1:
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
    _assert_equal(network.state_dict(), weights)
    assert all(parameter.requires_grad and parameter.is_leaf for parameter in network.parameters())


def test_given_weights_are_not_aliased(weights):
    kept = copy.deepcopy(weights)
    network = archcompiler.build("cifar/resnet20", weights=weights)
    network(peers.random_images(2, 3, 32, 32)).sum().backward()
    for tensor in network.state_dict().values():
        tensor.zero_()
    _assert_equal(weights, kept)
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


# Builds do not touch each other


def test_two_modules_of_one_spec_share_a_class_and_no_tensor():
    first, second = (archcompiler.build("cifar/resnet20") for _ in range(2))
    assert type(first) is type(second)
    assert not {id(p) for p in first.parameters()} & {id(p) for p in second.parameters()}


def test_modules_of_two_specs_of_one_name_keep_their_own_classes(tmp_path, images):
    """A pickle of one never comes back as the other."""
    built = []
    for classes in (3, 5):
        path = tmp_path / f"{classes}.yaml"
        path.write_text(f"archc: 1\nname: twin\nextends: cifar/resnet20\nhead: {{classes: {classes}}}\n", "utf-8")
        built.append(archcompiler.build(path, seed=0))
    assert type(built[0]) is not type(built[1])
    assert [_pickled(network)(images).shape[1] for network in built] == [3, 5]


def test_a_copy_keeps_its_class_however_many_networks_were_built_since(small):
    network = archcompiler.build(small)
    for classes in range(100, 180):
        archcompiler.build(archcompiler.load(small, settings=[f"head.classes={classes}"]), device="meta")
    assert type(copy.deepcopy(network)) is type(network)
    assert type(_pickled(network)) is type(network)
