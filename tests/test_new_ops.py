"""Every op against PyTorch itself: values, shapes, state dict, counts, initial values, gradients."""

import subprocess
import sys

import op_cases
import pytest
import torch
import torchinfo
from op_cases import CLOSE, EXACT, body_of, graph_of

from archcompiler.analyses.cost import total
from archcompiler.backends.pytorch.module import build_module
from archcompiler.backends.pytorch.source import source
from archcompiler.compare.weights import weights
from archcompiler.graph import ops
from archcompiler.graph.ir import tensor_key

pytestmark = pytest.mark.usefixtures("one_thread")

CASES = {**EXACT, **CLOSE}


def built(name):
    """Return the graph of a case, its network with weights drawn, and a batch of maps."""
    shape, record, _ = CASES[name]
    body, faults = body_of(record, shape)
    assert faults == []
    graph = graph_of(body)
    network = build_module(graph, seed=0).eval()
    generator = torch.Generator().manual_seed(1)
    for tensor in network.parameters():
        torch.nn.init.normal_(tensor, generator=generator)
    return graph, network, torch.randn(2, *shape, generator=generator)


@pytest.mark.parametrize("name", CASES)
def test_an_op_computes_what_pytorch_does(name):
    graph, network, x = built(name)
    expected = CASES[name][2](network.block0, x.clone())
    found = network(x)
    assert tuple(found.shape[1:]) == tuple(graph.output)
    if name in EXACT:
        assert torch.equal(found, expected)
    else:
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_the_state_dict_of_an_op_is_the_one_foretold(name):
    graph, network, _ = built(name)
    found = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    assert list(weights(graph).state_dict.items()) == list(found.items())


@pytest.mark.parametrize("name", CASES)
def test_torchinfo_counts_an_op_as_foretold(name):
    graph, network, x = built(name)
    found = torchinfo.summary(network, input_data=x[:1], verbose=0)
    cost = total(graph)
    assert (found.total_params, found.total_mult_adds) == (cost.params, cost.torchinfo_mult_adds)


@pytest.mark.parametrize("name", CASES)
def test_an_op_starts_as_declared(name):
    graph, _, _ = built(name)
    network = build_module(graph, device="meta").to_empty(device="cpu")
    network.init_weights()
    for call in graph.calls:
        for node, path in call.layers:
            for tensor in node.op.tensors():
                key = tensor_key(path, tensor.name)
                found = network.state_dict()[key]
                if isinstance(tensor.initial, float):
                    assert torch.equal(found, torch.full_like(found, tensor.initial)), key
                else:
                    assert len(found.unique()) == found.numel(), key


@pytest.mark.parametrize("name", CASES)
def test_an_op_behind_a_convolution_trains_whatever_runs_in_place(name):
    """The gradient is that of the same network with nothing in place."""
    shape, record, _ = CASES[name]

    def behind(b, x):
        return record(b, b.apply("first", ops.Conv(shape[0], shape[0], 1), x))

    network = build_module(graph_of(body_of(behind, shape)[0]), seed=0).double()
    x = torch.randn(2, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    gradients = []
    for in_place in (None, False):
        for each in network.modules():
            if in_place is False and hasattr(each, "inplace"):
                each.inplace = False
        torch.manual_seed(3)
        gradients.append(torch.autograd.grad(network(x).square().sum(), network.parameters()))
    for found, expected in zip(*gradients, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ops.activation.KINDS)
def test_an_activation_may_be_followed_by_one_in_place(kind):
    """What a kind says that its backward pass reads is what PyTorch reads."""

    def record(b, x):
        y = b.apply("first", ops.Conv(4, 4, 1), x)
        for role in ("second", "third"):
            y = b.apply(role, ops.Activation(kind), y)
        return b.apply("last", ops.Activation("relu"), y)

    network = build_module(graph_of(body_of(record, (4, 5, 5))[0]), seed=0).double()
    x = torch.randn(2, 4, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    found = torch.autograd.grad(network(x).square().sum(), network.parameters())
    for each in network.modules():
        if hasattr(each, "inplace"):
            each.inplace = False
    expected = torch.autograd.grad(network(x).square().sum(), network.parameters())
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_nobody_overwrites_a_piece_of_a_map_that_others_read():
    def record(b, x):
        y = b.apply("conv", ops.Conv(4, 4, 1), x)
        left = b.apply("act", ops.Activation("relu"), b.apply("", ops.Narrow(0, 2), y))
        return b.apply("", ops.Concat(), left, y)

    network = build_module(graph_of(body_of(record, (4, 5, 5))[0]), seed=0)
    x = torch.randn(2, 4, 5, 5)
    y = network.block0.conv(x)
    assert torch.equal(network(x), torch.cat([y[:, :2].relu(), y], 1))
    assert not network.block0.act.inplace


def test_nobody_overwrites_what_dropout_passes_on_in_evaluation():
    def record(b, x):
        y = b.apply("conv", ops.Conv(4, 4, 1), x)
        kept = b.apply("act", ops.Activation("relu"), b.apply("drop", ops.DropPath(0.5), y))
        return b.apply("", ops.Add(), kept, y)

    network = build_module(graph_of(body_of(record, (4, 5, 5))[0]), seed=0).eval()
    x = torch.randn(2, 4, 5, 5)
    y = network.block0.conv(x)
    assert torch.equal(network(x), y.relu() + y)


def test_drop_path_drops_as_torchvision_does():
    from torchvision.ops import stochastic_depth

    _, network, x = built("drop path")
    x = torch.cat([x] * 8)
    torch.manual_seed(0)
    found = network.train()(x)
    torch.manual_seed(0)
    assert torch.equal(found, stochastic_depth(x, 0.5, "row"))
    assert {bool(each.any()) for each in found} == {True, False}


def a_unit(b, x, *, channels, drop_path_rate):
    """Half of the map goes on, the other half is worked on, and both are shuffled: a number in `forward` is a name."""
    left = b.apply("", ops.Narrow(0, channels // 2), x)
    right = b.apply("", ops.Narrow(channels // 2, channels - channels // 2), x)
    y = b.apply("conv", ops.Conv(channels // 2, channels // 2, 3, padding=1), right)
    y = b.apply("drop", ops.DropPath(drop_path_rate), b.apply("scale", ops.LayerScale(channels // 2, 1e-6), y))
    return b.apply("", ops.ChannelShuffle(2), b.apply("", ops.Concat(), left, b.apply("", ops.Add(), right, y)))


def test_numbers_stay_names_in_the_class_and_a_schedule_makes_no_class_per_block():
    units = [body_of(a_unit, (8, 5, 5), channels=8, drop_path_rate=rate)[0] for rate in (0.0, 0.1, 0.2)]
    text = source(graph_of(*units)).text
    assert text.count("class Block") == 1
    assert "    def __init__(self, channels: int, drop_path_rate: float = 0.0) -> None:\n" in text
    assert "        self.channels = channels\n" in text
    assert "            [self.channels // 2, self.channels - self.channels // 2],\n" in text
    assert "self.block0 = Block(8)\n" in text
    assert "self.block2 = Block(8, drop_path_rate=0.2)\n" in text
    assert "nn.init.constant_(module.scale, 1e-06)" in text


@pytest.mark.parametrize("tool", [["check", "--select", "E4,E7,E9,F,I"], ["format", "--check"]], ids=" ".join)
def test_emitted_source_of_every_op_is_as_ruff_writes_it(tool, tmp_path):
    units = [body_of(a_unit, (8, 5, 5), channels=8, drop_path_rate=0.1)[0]]
    (tmp_path / "unit.py").write_text(source(graph_of(*units)).text)
    for number, (shape, record, _) in enumerate(CASES.values()):
        text = source(graph_of(body_of(record, shape)[0])).text
        (tmp_path / f"case{number}.py").write_text(text)
    command = [sys.executable, "-m", "ruff", *tool, "--isolated", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("op", "shapes", "message"),
    [
        (ops.Narrow(4, 5), ((8, 5, 5),), "op takes channels 4 to 9 of a map that has 8"),
        (ops.ChannelShuffle(3), ((8, 5, 5),), "op shuffles 3 groups of 8 channels"),
        (ops.SpaceToDepth(2), ((8, 5, 6),), "op takes blocks of 2x2 of a map of 5x6"),
        (ops.Softmax(3), ((8, 1, 1),), "op stacks 3 branches in 8 channels"),
        (ops.Concat(), ((8, 5, 5), (8, 5, 6)), "op takes inputs that differ in their channels alone, and finds 8x5x5"),
        (ops.Scale(), ((8, 5, 5), (4, 1, 1)), "op takes inputs whose sides are equal or 1, and finds 8x5x5 and 4x1x1"),
        (ops.Subtract(), ((8, 5, 5), (8, 1, 1)), "op takes inputs of one shape, and finds 8x5x5 and 8x1x1"),
    ],
)
def test_what_does_not_fit_an_op_is_refused(op, shapes, message):
    from archcompiler.record.recorder import Recorder, Value

    recorder = Recorder(shapes[0], {})
    recorder.apply("op", op, *(Value(0, shape) for shape in shapes))
    assert [fault.message.startswith(message) for fault in recorder.faults] == [True]


def test_every_op_is_a_case():
    recorded = {type(node.op) for shape, record, _ in CASES.values() for node in body_of(record, shape)[0].nodes}
    elsewhere = {ops.BatchNorm, ops.BlurPool, ops.Subsample, ops.PadChannels, ops.AsSequence, ops.AsMap, ops.Flatten}
    elsewhere |= {ops.SequenceConv, ops.Dropout, ops.Add}
    assert recorded | elsewhere == set(ops.OPS.values())
    assert op_cases.EXACT.keys().isdisjoint(op_cases.CLOSE)
