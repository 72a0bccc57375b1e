"""`archc cost --convention` counts as fvcore, thop, ptflops, torchinfo and PyTorch do: held against them."""

import contextlib
import io
import json
import logging
import warnings

import op_cases
import pytest

import archcompiler
from archcompiler.backends.conventions import CONVENTIONS
from archcompiler.backends.pytorch.module import build_module
from archcompiler.cli import main

SHIPPED = [
    "resnet/resnet18",
    "resnet/resnet50",
    "resnext/resnext50_32x4d",
    "vgg/vgg16",
    "cifar/resnet20",
    "regnet/regnety_400mf",
    "timm/ecaresnet50t",
    "timm/seresnet50",
    "mobilenet/mobilenet_v1",
    "timm/resnetblur50",
    "timm/resnet50d",
    "timm/resnetv2_50d_gn",
    "timm/convnextv2_atto",
    "timm/ghostnetv2_100",
    "timm/dpn48b",
    "timm/starnet_s050",
    "timm/fasternet_t0",
    "timm/cs3darknet_focus_s",
    "torchvision/densenet121",
    "torchvision/shufflenet_v2_x0_5",
    "torchvision/efficientnet_v2_s",
]
KINDS = ["relu", "relu6", "leaky_relu", "gelu", "silu", "sigmoid", "tanh"]
NORMS = ["batch", "{type: group, groups: 4}", "layer", "none"]
SMALL = """\
archc: 1
name: small
input: {{channels: 3, size: [33, 29]}}
stem: {{steps: [{{conv: 8, kernel: 3, stride: 2, bias: true}}, {{pool: max, kernel: 3, stride: 2, padding: 1}}]}}
defaults: {{block: basic, norm: {norm}, activation: {activation}, bias: {bias}}}
stages:
  a: {{blocks: 2, channels: 8, transition: {{at: end, steps: [{{pool: average, kernel: 2, stride: 2}}]}}}}
head: {{classes: 10, pool: {pool}, hidden: [12], dropout: 0.1}}
"""


@pytest.fixture(scope="module")
def tools():
    """Return what each tool counts of a network for an image of a shape."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fvcore asks for torch.jit.script, which this PyTorch deprecates
        import fvcore.nn
        import ptflops
        import thop
        import torch
        import torchinfo
        from torch.utils.flop_counter import FlopCounterMode

    def of_fvcore(net, shape):
        counter = fvcore.nn.FlopCountAnalysis(net, torch.zeros(1, *shape))
        return counter.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()

    def of_thop(net, shape):
        return thop.profile(net, inputs=(torch.zeros(1, *shape, device="meta"),), verbose=False)[0]

    def of_ptflops(net, shape):
        return ptflops.get_model_complexity_info(
            net, tuple(shape), as_strings=False, print_per_layer_stat=False, verbose=False
        )[0]

    def of_torchinfo(net, shape):
        return torchinfo.summary(net, input_size=(1, *shape), device="meta", verbose=0).total_mult_adds

    def of_torch(net, shape):
        with FlopCounterMode(display=False) as counter:
            net(torch.zeros(1, *shape, device="meta"))
        return counter.get_total_flops()

    counts = {"torchinfo": of_torchinfo, "fvcore": of_fvcore, "thop": of_thop, "ptflops": of_ptflops, "torch": of_torch}

    def count(tool, net, shape):
        quiet = contextlib.redirect_stdout(io.StringIO())
        with quiet, warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # tracing in fvcore, as above
            logging.disable(logging.CRITICAL)
            try:
                return int(counts[tool](net.eval(), shape))
            finally:
                logging.disable(logging.NOTSET)

    return count


def device(tool):
    """Return where a tool counts: fvcore traces, which PyTorch does not do on meta, where ptflops counts too much."""
    return "cpu" if tool in ("fvcore", "ptflops") else "meta"


def assert_counted(tools, tool, spec):
    net, shape = archcompiler.build(spec, device=device(tool)), archcompiler.compile(spec).input
    assert archcompiler.cost(spec, convention=tool).macs == tools(tool, net, shape)


@pytest.mark.parametrize("tool", CONVENTIONS)
@pytest.mark.parametrize("name", op_cases.EXACT | op_cases.CLOSE)
def test_every_op_is_counted_as_the_tool_counts_it(tools, name, tool):
    shape, record, _ = (op_cases.EXACT | op_cases.CLOSE)[name]
    graph = op_cases.graph_of(op_cases.body_of(record, shape)[0])
    found = archcompiler.cost(graph, convention=tool).macs
    assert found == tools(tool, build_module(graph, device=device(tool)), shape)


def small(norm="batch", activation="relu", bias="false", pool="global"):
    return SMALL.format(norm=norm, activation=activation, bias=bias, pool=pool)


@pytest.mark.slow
@pytest.mark.parametrize("tool", CONVENTIONS)
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_is_counted_as_the_tool_counts_it(tools, name, tool):
    assert_counted(tools, tool, name)


@pytest.mark.parametrize("tool", CONVENTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_activation_is_counted_as_the_tool_counts_it(tools, kind, tool):
    spec = small(activation=kind)
    assert_counted(tools, tool, spec)


@pytest.mark.parametrize("tool", CONVENTIONS)
@pytest.mark.parametrize("bias", ["true", "false"])
@pytest.mark.parametrize("norm", NORMS)
def test_every_norm_and_bias_is_counted_as_the_tool_counts_it(tools, norm, bias, tool):
    spec = small(norm=norm, bias=bias)
    assert_counted(tools, tool, spec)


@pytest.mark.parametrize("tool", CONVENTIONS)
@pytest.mark.parametrize("pool", ["global", "{window: 3}", "{grid: 2}", "none"])
def test_every_pool_is_counted_as_the_tool_counts_it(tools, pool, tool):
    spec = small(pool=pool)
    assert_counted(tools, tool, spec)


@pytest.mark.parametrize("tool", CONVENTIONS)
def test_parts_blocks_and_layers_add_up_and_a_batch_multiplies(tool):
    found = archcompiler.cost("timm/seresnet50", batch=3, convention=tool)
    once = archcompiler.cost("timm/seresnet50", convention=tool)
    for rows in (found.parts, found.blocks, found.layers):
        assert sum(row.cost.macs for row in rows) == found.macs == 3 * once.macs


def test_torchinfos_table_is_its_total():
    for name in SHIPPED:
        found = archcompiler.cost(name, convention="torchinfo")
        assert found.macs == found.total.torchinfo_mult_adds


def test_the_command_names_the_convention(capsys):
    assert main(["cost", "resnet/resnet50", "--convention", "fvcore"]) == 0
    said = capsys.readouterr().out
    assert "operations as fvcore counts them" in said
    assert "4,111,512,576" in said
    assert main(["cost", "resnet/resnet50", "--convention", "torch", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["convention"], document["macs"]) == ("torch", 2 * 4_089_184_256)
    assert main(["cost", "resnet/resnet18", "resnet/resnet50", "--convention", "thop"]) == 0
    assert "thop" in capsys.readouterr().out.splitlines()[0]
