"""Re-parameterised networks: what libraries make of theirs, the same output, and the exact conditions for folding."""

import json
import random

import peers
import pytest
import torch
from op_cases import body_of, graph_of

import archcompiler
from archcompiler.backends.pytorch.folding import folded_module
from archcompiler.backends.pytorch.module import build_module
from archcompiler.cli import main
from archcompiler.compare.hashes import function_hash
from archcompiler.compare.reading import Reading
from archcompiler.graph import ops
from archcompiler.reparameterize.rewrite import reparameterized

NORM = ops.BatchNorm(8)


# --- libraries ---

REPARAMETERIZED = [spec for spec in peers.SHIPPED if spec.startswith(("timm/repvgg", "timm/mobileone", "timm/repvit"))]
"""The shipped networks whose table of names has the paths of timm's `reparameterize_model`."""


@pytest.mark.parametrize("spec", REPARAMETERIZED, ids=peers.short)
def test_keys_and_shapes_are_those_of_timms_reparameterised_network(spec):
    """timm registers `reparam_conv` behind an attention where it makes it, and in front of it where it loads it."""
    import timm
    from timm.utils.model import reparameterize_model

    with torch.device("meta"):
        theirs = reparameterize_model(timm.create_model(peers.short(spec)))
    ours = archcompiler.build(spec, device="meta", reparameterize=True)
    assert sorted(peers.layout(ours), key=str) == sorted(peers.layout(theirs), key=str)
    if not any("attn" in key for key in ours.state_dict()):
        assert peers.layout(ours) == peers.layout(theirs)


@pytest.mark.parametrize("name", ["repvgg_a0", "mobileone_s0", "repvit_m1", "repvit_m0_9"])
def test_weights_and_output_are_those_of_timms_reparameterised_network(name):
    """timm computes in float32, so that its weights differ by rounding."""
    import timm
    from timm.utils.model import reparameterize_model

    before = peers.filled(lambda: timm.create_model(name), seed=7).eval()
    theirs = reparameterize_model(before)
    ours = archcompiler.build(f"timm/{name}", weights=before.state_dict(), reparameterize=True)
    for key, tensor in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[key], tensor, rtol=0, atol=1e-6)
    images = peers.random_images(2, 3, 61, 75)
    close(peers.output(ours, images), peers.output(before, images))
    ours.load_state_dict(theirs.state_dict())
    assert peers.output(ours, images).equal(peers.output(theirs, images))


@pytest.mark.parametrize("spec", ["resnet/resnet18", "torchvision/densenet121", "torchvision/mobilenet_v3_small"])
def test_a_norm_folds_into_the_convolution_in_front_of_it_as_torch_folds_it(spec):
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    before = peers.torchvision_network(spec, seed=3).eval()
    found = reparameterized(archcompiler.compile(spec))
    ours = archcompiler.build(spec, weights=before.state_dict(), reparameterize=True)
    assert len(found.folded) > 10
    for folded in found.folded:
        conv, norm = (before.get_submodule(layer.path) for layer in folded.layers)
        theirs = fuse_conv_bn_eval(conv, norm)
        assert folded.path == folded.layers[0].path
        torch.testing.assert_close(ours.get_submodule(folded.path).weight, theirs.weight, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(ours.get_submodule(folded.path).bias, theirs.bias, rtol=1e-5, atol=1e-6)
    images = peers.random_images(2, 3, 61, 75)
    close(peers.output(ours, images), peers.output(before, images))


def net(steps, names="{block: own}"):
    """Return a spec of one block of its own."""
    return f"""\
archc: 1
name: net
input: {{channels: 8, size: 16}}
stem: none
stages: {{a: {{block: own, blocks: 1, channels: 8}}}}
head: {{classes: 5}}
blocks:
  own:
    description: A block of a test.
    fields: {{channels: {{}}, norm: {{}}, activation: {{}}}}
    steps: {steps}
names: {names}
"""


BRANCHES = """[{conv: channels}, {norm: $norm, as: wide}, {conv: channels, kernel: 1, from: x}, {norm: $norm},
      {add: wide}, {activation: $activation}]"""


def test_a_ghost_module_of_repghost_folds_its_norm_alone_into_its_depthwise_convolution():
    from timm.models.repghost import RepGhostModule

    theirs = peers.randomised(RepGhostModule(8, 8), seed=5).eval()
    spec = net("""[{conv: channels, kernel: 1}, {norm: $norm}, {activation: $activation, as: wide},
      {conv: channels, cardinality: channels}, {norm: $norm, as: cheap}, {norm: $norm, from: wide}, {add: cheap},
      {activation: $activation}]""")
    names = {"conv1": "primary_conv.0", "norm1": "primary_conv.1", "conv2": "cheap_operation.0"}
    names |= {"norm2": "cheap_operation.1", "norm3": "fusion_bn.0"}
    before = archcompiler.build(spec)
    for role, path in names.items():
        before.own.get_submodule(role).load_state_dict(theirs.get_submodule(path).state_dict())
    ours = archcompiler.build(spec, weights=before.state_dict(), reparameterize=True).own.conv2
    theirs.reparameterize()
    torch.testing.assert_close(ours.weight, theirs.cheap_operation.weight)
    torch.testing.assert_close(ours.bias, theirs.cheap_operation.bias)


# --- names ---


def test_a_convolution_stays_where_it_was_unless_the_table_of_names_has_a_path():
    paths = {
        "{block: own}": "own.conv1",
        "{block: own, conv1.reparameterized: deep.conv}": "own.deep.conv",
        "{block: own, conv1: {path: a, reparameterized: b}}": "own.b",
        "{block: own, blocks: {own: {conv1.reparameterized: c}}}": "own.c",
        "{block: own, conv1: d.conv, norm1: d.norm, conv1.reparameterized: d}": "own.d",
    }
    for names, path in paths.items():
        network = archcompiler.build(net(BRANCHES, names), device="meta", reparameterize=True)
        assert [key for key in network.state_dict() if "own" in key] == [f"{path}.weight", f"{path}.bias"]


FAULTY_NAMES = {
    "{block: own, conv1.reparameterized: act1}": "5:10: error[R008]: the path `own.act1` names 2 different layers",
    "{block: own, conv1.reparameterized: train}": "13:44: error[R008]: `train` is an attribute of every PyTorch module",
    "{block: own, conv1.reparameterized: 'a.{slot}'}": "13:44: error[S006]: ",
}


@pytest.mark.parametrize("names", FAULTY_NAMES)
def test_a_path_that_the_reparameterised_network_cannot_have_is_a_fault_of_the_table(names):
    with pytest.raises(archcompiler.SpecError) as caught:
        archcompiler.load(net(BRANCHES, names))
    assert f"<text>:{FAULTY_NAMES[names]}" in str(caught.value)


def test_a_path_for_what_is_no_convolution_has_no_effect(tmp_path, archc):
    path = tmp_path / "net.yaml"
    path.write_text(net(BRANCHES, "{block: own, norm1.reparameterized: a, conv1.reparameterized: b}"))
    said = archc("validate", path).stdout
    assert "warning[L001]: no layer of this network has the role `norm1.reparameterized`" in said
    assert said.count("L001") == 1


# --- the command ---


@pytest.fixture
def trained(tmp_path):
    """Return a spec, its weights and their path, and a function that runs `archc build --reparameterize` on these."""
    from safetensors.torch import save_file

    spec = tmp_path / "net.yaml"
    spec.write_text(net(BRANCHES, "{block: own, conv1.reparameterized: fused}"))
    network = peers.randomised(archcompiler.build(spec), seed=3)
    save_file(network.state_dict(), tmp_path / "trained.safetensors")
    return spec, network


def reparameterize(spec, *arguments):
    return main(["build", str(spec), "--reparameterize", *map(str, arguments)])


def test_the_command_writes_weights_and_source_of_one_network(trained, tmp_path, capsys):
    spec, network = trained
    weights, source = tmp_path / "fused.safetensors", tmp_path / "fused.py"
    assert reparameterize(spec, "--weights", tmp_path / "trained.safetensors", "-o", weights) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "built net on cpu: 629 parameters, 147,496 MACs"
    assert said[1] == f"weights: {len(network.state_dict())} kept, 0 reshaped, 0 missing, 0 unexpected"
    assert said[2] == "re-parameterised: 1 layers stand for 4"
    assert float(said[3].split()[4]) < 1e-6
    assert said[4] == f"wrote {weights}"
    assert reparameterize(spec, "-o", source) == 0
    scope = {"__name__": "fused"}
    exec(source.read_text(), scope)
    fused = scope["Net"]()
    from safetensors.torch import load_file

    fused.load_state_dict(load_file(weights))
    images = peers.random_images(2, 8, 16, 16)
    close(peers.output(fused, images), peers.output(network, images))
    assert "own.fused.weight" in fused.state_dict()


def test_a_file_of_weights_is_overwritten_by_force_only(trained, tmp_path, archc):
    target = tmp_path / "fused.safetensors"
    target.write_text("mine")
    refused = archc("build", trained[0], "--reparameterize", "-o", target)
    assert (refused.returncode, target.read_text()) == (2, "mine")
    assert refused.stderr == f"archc: {target} exists: give --force to overwrite it, or another name\n"
    assert archc("build", trained[0], "--reparameterize", "-o", target, "--force").returncode == 0
    assert target.read_bytes()[8:9] == b"{"


def test_what_is_not_folded_is_said_by_reason(capsys):
    assert main(["build", "timm/resnetv2_18", "--reparameterize", "--device", "meta"]) == 0
    said = capsys.readouterr()
    assert "re-parameterised: 8 layers stand for 16\n" in said.out
    assert "  not folded: stages.0.blocks.0.norm1, stages.0.blocks.1.norm1" in said.out
    assert "6 more: no convolution stands next to it" in said.out
    assert "differ by" not in said.out
    assert "-o FILE.safetensors  the weights" in said.err


def test_as_data_each_folded_layer_is_there_with_those_before_it(trained, capsys):
    assert reparameterize(trained[0], "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)["reparameterized"]
    assert found["folded"] == [{"layer": "own.fused", "of": ["own.conv1", "own.norm1", "own.conv2", "own.norm2"]}]
    assert found["not_folded"] == []
    assert found["difference"]["largest"] < 1e-6 * found["difference"]["of"]


def test_weights_that_give_no_numbers_are_told_as_that(trained, tmp_path, capsys):
    from safetensors.torch import save_file

    state = trained[1].state_dict()
    state["own.conv1.weight"].fill_(float("nan"))
    save_file(state, tmp_path / "broken.safetensors")
    assert reparameterize(trained[0], "--weights", tmp_path / "broken.safetensors", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["reparameterized"]["difference"] == {"largest": None, "of": None}


def test_cost_counts_the_reparameterised_network(capsys):
    assert main(["cost", "timm/repvgg_a0", "--reparameterize", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    network = archcompiler.build("timm/repvgg_a0", device="meta", reparameterize=True)
    assert found["params"] == peers.parameter_count(network)
    assert found["macs"] == peers.torch_macs(network, (1, 3, 224, 224))


def test_the_module_says_what_became_of_the_weights_that_were_given(trained):
    spec, network = trained
    weights = {key: tensor for key, tensor in network.state_dict().items() if "norm1" not in key}
    made = archcompiler.build(spec, weights=weights, partial=True, reparameterize=True)
    assert made.weights_report.missing[0] == "own.norm1.weight"
    assert not hasattr(archcompiler.build(spec, reparameterize=True), "weights_report")


def test_the_dtype_stays(trained):
    made = archcompiler.build(trained[0], dtype=torch.bfloat16, reparameterize=True)
    assert {tensor.dtype for tensor in made.state_dict().values()} == {torch.bfloat16}


# --- when a layer folds ---


def conv(kernel=3, **options):
    options = {"padding": kernel // 2 if isinstance(kernel, int) else 0, **options}
    return ops.Conv(8, 8, kernel, **options)


def chain(*layers):
    """Record layers one behind the other."""

    def record(b, x):
        for number, op in enumerate(layers):
            x = b.apply(f"layer{number}", op, x)

    return record


def branches(*layers, join=None):
    """Record the sum of what layers make of one map; None is the map itself."""

    def record(b, x):
        made = [b.apply(f"layer{number}", op, x) if op else x for number, op in enumerate(layers)]
        total = made[0]
        for each in made[1:]:
            total = b.apply("", join or ops.Add(), total, each)

    return record


def forked(b, x):
    y = b.apply("conv", conv(), x)
    b.apply("", ops.Add(), b.apply("norm", NORM, y), b.apply("act", ops.Activation("relu"), y))


def twice_read(b, x):
    y = b.apply("norm", NORM, x)
    b.apply("", ops.Add(), b.apply("conv", conv(1), y), b.apply("act", ops.Activation("relu"), y))


def of_two_maps(b, x):
    y = b.apply("act", ops.Activation("relu"), x)
    b.apply("", ops.Add(), b.apply("conv1", conv(), x), b.apply("conv2", conv(), y))


RELU = ops.Activation("relu")
PADDED = "the convolution behind it pads the map"
ALONE = "no convolution stands next to it"
DIFFER = "the convolutions that are added differ in groups or stride, or do not lie on the map alike"
CASES = {
    "norm behind": (chain(conv(), NORM), ["Conv"], []),
    "norm behind, through dropout": (chain(conv(), ops.Dropout(0.1), NORM), ["Conv"], []),
    "norm in front of 1x1": (chain(NORM, conv(1)), ["Conv"], []),
    "norm in front, unpadded": (chain(NORM, conv(3, padding=0)), ["Conv"], []),
    "norm in front, padded": (chain(NORM, conv()), ["BatchNorm", "Conv"], [PADDED]),
    "norm in front, padded as TensorFlow does": (chain(NORM, conv(padding="tf_same")), ["BatchNorm", "Conv"], [PADDED]),
    "padding in between": (chain(NORM, ops.Pad(1, 1, 1, 1), conv(1)), ["BatchNorm", "Pad", "Conv"], [ALONE]),
    "scale in front, padded": (chain(ops.LayerScale(8, 1e-6), conv()), ["Conv"], []),
    "norms on both sides": (chain(NORM, conv(1), NORM), ["Conv"], []),
    "two convolutions": (chain(conv(1), NORM, conv(1)), ["Conv", "Conv"], []),
    "constants": (chain(conv(), ops.ConstantScale(0.5), ops.ScalarScale(1), ops.ScalarShift(0)), ["Conv"], []),
    "layer scale of a map": (chain(conv(), ops.LayerScale(8, 1e-6, is_map=True)), ["Conv"], []),
    "channels last": (
        chain(ops.Permute("last"), ops.Linear(8, 8), ops.LayerScale(8, 1e-6, last=True), ops.Permute("first")),
        ["Permute", "Linear", "Permute"],
        [],
    ),
    "weights that are no kernel": (
        chain(ops.StandardisedConv(8, 8, 1), NORM),
        ["StandardisedConv", "BatchNorm"],
        [ALONE],
    ),
    "a constant alone": (chain(RELU, ops.ConstantScale(0.5)), ["Activation", "ConstantScale"], []),
    "activation between": (chain(conv(), RELU, NORM), ["Conv", "Activation", "BatchNorm"], [ALONE]),
    "group norm": (
        chain(conv(), ops.GroupNorm(8, groups=2)),
        ["Conv", "GroupNorm"],
        ["it takes mean and variance of the map at hand"],
    ),
    "grouped": (chain(conv(groups=4), NORM), ["Conv"], []),
    "norm in front of groups": (chain(NORM, conv(1, groups=4)), ["Conv"], []),
    "kernels of two sizes": (branches(conv(5), conv(3), conv(1)), ["Conv"], []),
    "the largest last": (branches(conv(1), conv(5)), ["Conv"], []),
    "rectangles": (branches(conv(), conv((1, 3), padding=(0, 1)), conv((3, 1), padding=(1, 0))), ["Conv"], []),
    "rectangles that cross": (
        branches(conv((1, 3), padding=(0, 1)), conv((3, 1), padding=(1, 0))),
        ["Conv", "Conv", "Add"],
        [DIFFER],
    ),
    "strided": (branches(conv(stride=2), conv(1, stride=2)), ["Conv"], []),
    "difference": (branches(conv(), conv(1), join=ops.Subtract()), ["Conv"], []),
    "with the map": (branches(conv(), None), ["Conv"], []),
    "with a norm": (branches(conv(), NORM), ["Conv"], []),
    "with a norm, in groups": (branches(conv(groups=4), NORM), ["Conv"], []),
    "with a norm, depthwise": (branches(NORM, conv(groups=8)), ["Conv"], []),
    "norms alone": (branches(NORM, None), ["BatchNorm", "Add"], [ALONE]),
    "dilated": (branches(conv(dilation=2, padding=2), conv(1), None), ["Conv"], []),
    "dilations that differ": (branches(conv(dilation=2, padding=2), conv()), ["Conv", "Conv", "Add"], [DIFFER]),
    "dilation that makes them equal": (
        branches(conv(5), conv(dilation=2, padding=2)),
        ["Conv", "Conv", "Add"],
        [DIFFER],
    ),
    "groups that differ": (branches(conv(), conv(groups=8)), ["Conv", "Conv", "Add"], [DIFFER]),
    "off the middle": (
        branches(conv(2, padding=1, stride=2), conv(1, stride=2)),
        ["Conv", "Conv", "Add"],
        [DIFFER],
    ),
    "of two maps": (of_two_maps, ["Activation", "Conv", "Conv", "Add"], []),
    "map read elsewhere": (
        forked,
        ["Conv", "BatchNorm", "Activation", "Add"],
        ["the convolution in front of it is read by other layers too"],
    ),
    "norm read elsewhere": (
        twice_read,
        ["BatchNorm", "Conv", "Activation", "Add"],
        ["several layers read what it gives"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_layer_folds_exactly_where_the_output_stays(name):
    record, kept, reasons = CASES[name]
    body, faults = body_of(record, (8, 9, 9))
    assert faults == []
    found = reparameterized(graph_of(body))
    (call,) = found.graph.calls
    assert [node.op.name for node in call.body.nodes] == kept
    assert [each.reason for each in found.kept] == reasons
    compute_alike(graph_of(body))


def compute_alike(graph, seed=0):
    """Check in float64 that a graph and its re-parameterised form compute the same, all weights random."""
    before = peers.randomised(build_module(graph, dtype=torch.float64), seed)
    after = folded_module(before, reparameterized(graph))
    images = peers.random_images(2, *graph.input).double()
    with torch.inference_mode():
        outputs = before.eval()(images), after.eval()(images)
    torch.testing.assert_close(outputs[1], outputs[0], rtol=1e-10, atol=1e-10)


def close(found, wanted):
    """Check that outputs differ by rounding alone."""
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5 * float(wanted.abs().max()))


LAYERS = [
    *(conv(), conv(1), conv(5), conv(groups=4), conv(1, groups=4), conv(groups=8), conv(bias=True)),
    *(conv(dilation=2, padding=2), conv((1, 3), padding=(0, 1)), NORM, NORM, ops.LayerScale(8, 1e-6)),
    *(ops.ConstantScale(-0.5), ops.ScalarShift(0, is_vector=True), ops.Dropout(0.2), RELU, ops.GroupNorm(8)),
]


def tangled(seed):
    """Return a body of random layers and sums on earlier values, all of which leave."""
    choose = random.Random(seed)

    def record(b, x):
        values, unread = [x], []
        for number in range(choose.randint(2, 12)):
            one, other = choose.choice(values[-4:]), choose.choice(values[-4:])
            is_sum = choose.random() < 0.4
            op = choose.choice([ops.Add(), ops.Subtract()]) if is_sum else choose.choice(LAYERS)
            inputs = (one, other) if is_sum else (one,)
            made = b.apply("" if is_sum else f"layer{number}", op, *inputs)
            unread = [value for value in unread if value not in inputs] + [made]
            values.append(made)
        if len(unread) > 1:
            b.apply("", ops.Concat(), *unread)

    return body_of(record, (8, 7, 7))[0]


@pytest.mark.parametrize("seed", range(100))
def test_random_graphs_compute_the_same(seed):
    compute_alike(graph_of(tangled(seed)), seed)


def test_a_linear_layer_takes_in_norms_and_other_linear_layers():
    def record(b, x):
        y = b.apply("before", ops.VectorBatchNorm(8 * 9), b.flatten(x))
        total = b.apply("", ops.Add(), b.apply("one", ops.Linear(72, 5), y), b.apply("two", ops.Linear(72, 5), y))
        b.apply("", ops.ConstantScale(0.5), b.apply("behind", ops.VectorBatchNorm(5), total))

    graph = graph_of(body_of(record, (8, 3, 3))[0])
    found = reparameterized(graph)
    assert [node.op.name for call in found.graph.calls for node in call.body.nodes] == [
        "Flatten",
        "VectorBatchNorm",
        "Linear",
    ]
    compute_alike(graph)


def test_what_is_left_of_repvgg_is_the_plain_network_of_its_paper():
    plain = archcompiler.compile("""\
archc: 1
name: plain
input: {channels: 3, size: 224}
stem: none
defaults: {block: conv, stride: 2, kernel: 3, bias: true, norm: none, shortcut: none}
stages:
  a: {blocks: 1,  channels: 48}
  b: {blocks: 2,  channels: 48}
  c: {blocks: 4,  channels: 96}
  d: {blocks: 14, channels: 192}
  e: {blocks: 1,  channels: 1280}
head: {classes: 1000}
""")
    folded = archcompiler.compile("timm/repvgg_a0", reparameterize=True)
    assert function_hash(Reading(folded)) == function_hash(Reading(plain))


def test_what_is_only_there_in_training_goes():
    spec = """\
archc: 1
name: net
input: {channels: 8, size: 16}
stem: none
defaults: {block: conv, shortcut: none, transition: {at: end, steps: [{dropout: 0.5}]}}
stages: {a: {blocks: 1, channels: 8}, b: {blocks: 1, channels: 8}}
head: {classes: 5, dropout: 0.5}
"""
    graph = archcompiler.compile(spec, reparameterize=True)
    kept = [node.op.name for call in graph.calls for node in call.body.nodes]
    assert kept == ["Conv", "Activation", "Conv", "Activation", "GridPool", "Flatten", "Linear"]
    compute_alike(archcompiler.compile(spec))


@pytest.mark.parametrize("spec", peers.SHIPPED)
def test_every_shipped_network_costs_no_more_and_loads_what_is_not_folded(spec):
    graph = archcompiler.compile(spec)
    found = reparameterized(graph)
    before, after = archcompiler.cost(graph), archcompiler.cost(found.graph)
    assert after.macs <= before.macs
    assert (found.graph.input, found.graph.output) == (graph.input, graph.output)
    again = reparameterized(found.graph)
    assert again.folded == ()
    assert again.kept == found.kept


FAMILIES = [
    "convnext_atto",
    "fasternet_t1",
    "ghostnet_050",
    "res2net50_48w_2s",
    "dpn48b",
    "cspresnet50",
    "starnet_s050",
]


@pytest.mark.parametrize("name", FAMILIES)
def test_networks_of_many_kinds_compute_the_same(name):
    before = peers.randomised(archcompiler.build(f"timm/{name}"), seed=11)
    after = archcompiler.build(f"timm/{name}", weights=before.state_dict(), reparameterize=True)
    images = peers.random_images(2, 3, 64, 96)
    close(peers.output(after, images), peers.output(before, images))
