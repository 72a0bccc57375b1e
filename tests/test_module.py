"""What `build` returns is an ordinary module: it copies, pickles, compiles, exports, traces and trains with others."""

import copy
import gc
import inspect
import io
import multiprocessing
import pickle
import shutil
import subprocess
import sys
import traceback
from contextlib import contextmanager

import peers
import pytest
from repository import without_stem

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


def test_what_is_built_in_inference_mode_trains_outside_of_it(small):
    import torch

    with torch.inference_mode():
        built = archcompiler.build(small, seed=0)
        loaded = archcompiler.build(small, weights=built.state_dict())
    for network in (built, loaded):
        network(peers.random_images(2, 3, 16, 16)).square().mean().backward()
        assert all(parameter.grad is not None for parameter in network.parameters())


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


def test_the_source_of_a_class_is_found_and_goes_with_it(small):
    network = archcompiler.build(archcompiler.load(small, settings=["head.classes=7"]), device="meta")
    emitted = inspect.getsource(type(network))
    assert emitted.startswith("class Small(nn.Module):")
    assert "class " not in inspect.getsource(type(network.a[0]).forward)
    name = type(network).__module__
    assert name in sys.modules
    del network
    gc.collect()
    assert name not in sys.modules


# --- threads ---


def _named(folder, name):
    """Return the small spec under another name, so that no one has built it before."""
    path = folder / f"{name}.yaml"
    path.write_text(SMALL.replace("small", name), encoding="utf-8")
    return archcompiler.load(path)


def _built_at_once(spec):
    """Return what eight threads build of one spec, all at the same moment."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    start = Barrier(8)

    def build(_):
        start.wait()
        return archcompiler.build(spec, device="meta")

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns far more often than they do
    try:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(build, range(8)))
    finally:
        sys.setswitchinterval(before)


def test_threads_that_build_one_spec_get_one_class(tmp_path):
    for number in range(12):
        assert len({type(each) for each in _built_at_once(_named(tmp_path, f"at_once_{number}"))}) == 1


def test_what_one_thread_built_outlives_what_the_others_drop(tmp_path):
    import torch

    *dropped, kept = _built_at_once(_named(tmp_path, "kept"))
    dropped.clear()
    gc.collect()
    assert inspect.getsource(type(kept)).startswith("class Kept(nn.Module)")
    module = torch.compile(kept.to_empty(device="cpu").eval(), backend="eager", fullgraph=True)
    assert module(torch.zeros(1, 3, 16, 16)).shape == (1, 10)


def test_a_class_made_anew_keeps_its_source_when_the_old_one_is_dropped(tmp_path):
    """Both have one file name; the old one is in a cycle, and so dropped late."""
    from archcompiler.backends.pytorch import module

    spec = _named(tmp_path, "anew")
    old = archcompiler.build(spec, device="meta")
    module._COMPILED.clear()
    new = archcompiler.build(spec, device="meta")
    assert type(old) is not type(new)
    del old
    gc.collect()
    assert inspect.getsource(type(new)).startswith("class Anew(nn.Module)")
    assert sys.modules[type(new).__module__].__file__ == inspect.getfile(type(new))


def test_a_fork_while_another_thread_builds_can_build_too(tmp_path):
    import os
    from threading import Event, Thread

    from archcompiler.backends.pytorch import module

    held, done = Event(), Event()

    def hold():
        with module._LOCKS[os.getpid()]:
            held.set()
            done.wait(120)

    archcompiler.build(_named(tmp_path, "first"), device="meta")
    other = _named(tmp_path, "other")
    thread = Thread(target=hold)
    thread.start()
    assert held.wait(60)
    with _one_thread_in_children():
        child = multiprocessing.get_context("fork").Process(
            target=archcompiler.build, args=(other,), kwargs={"device": "meta"}
        )
        child.start()
        child.join(60)
    done.set()
    thread.join()
    assert child.exitcode == 0


NESTED = """\
blocks:
  inner:
    description: A block whose one number is computed.
    fields: {channels: {}}
    let: {half: channels / 2}
    steps: [{conv: half, kernel: 1}, {conv: channels, kernel: 1}]
  outer:
    description: Two of them, of another width each.
    fields:
      channels: {}
      width: {alternatives: []}
      kept_channels: {type: integer, minimum: 1, required: true, description: Channels in between., examples: [8]}
    steps:
      - {block: inner, channels: channels, role: first}
      - {conv: kept_channels, kernel: 1}
      - {block: inner, channels: width, role: second}
stages:
  one: {block: outer, blocks: 2, channels: 8, width: 12, kept_channels: 6}
  two: {block: outer, blocks: 1, channels: 16, width: 20, kept_channels: 6}
"""


def test_numbers_of_one_name_in_blocks_inside_a_block_are_two_arguments(tmp_path):
    path = tmp_path / "nested.yaml"
    path.write_text(without_stem("nested", NESTED), encoding="utf-8")
    network = archcompiler.build(path, seed=0)
    widths = [tensor.shape[0] for tensor in network.state_dict().values() if tensor.dim() == 4]
    assert widths == 2 * [4, 8, 6, 6, 12] + [8, 16, 6, 10, 20]


@pytest.mark.slow
def test_five_hundred_builds_leave_nothing_behind():
    import gc
    import linecache

    def held():
        gc.collect()
        return len(gc.get_objects()), len(linecache.cache), len(sys.modules)

    def build(number):
        stages = {"layer3": {"channels": 64 + number % 5}}
        spec = {"archc": 1, "name": f"net{number}", "extends": "cifar/resnet20", "stages": stages}
        archcompiler.build(spec, device="meta")

    for number in range(5):  # what bounded caches keep of a network
        build(number)
    objects, lines, modules = held()
    for number in range(500):
        build(number)
    more, lines_then, modules_then = held()
    assert (lines_then, modules_then) == (lines, modules)
    assert more < objects + 500
