"""What strides behind a convolution: a blur whose weights are no parameters and still always right, or an average."""

import copy
import pickle

import peers
import pytest

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")

SPEC = """\
archc: 1
name: net
input: {channels: 3, size: 64}
stem: {type: deep, width: 4, channels: 8}
defaults: {block: basic, anti_alias: %s}
stages:
  one: {blocks: 2, channels: 8, stride: 2}
  two: {block: bottleneck, blocks: 2, width: 4, channels: 16, stride: 2}
head: {classes: 3}
"""


@pytest.fixture
def spec(tmp_path):
    def write(kind, size=64):
        path = tmp_path / "net.yaml"
        path.write_text((SPEC % kind).replace("size: 64", f"size: {size}"), encoding="utf-8")
        return path

    return write


def blurs(network):
    return {name: tensor for name, tensor in network.named_buffers() if name.endswith("blur")}


def assert_binomial(network):
    """Three blurs: of the stem and of the first block of each stage."""
    import torch

    row = torch.tensor([1.0, 2.0, 1.0])
    expected = row[:, None] * row / 16
    found = blurs(network)
    assert {tuple(blur.shape) for blur in found.values()} == {(8, 1, 3, 3), (4, 1, 3, 3)}
    assert len(found) == 3
    assert all(torch.equal(blur.float(), expected.expand_as(blur)) for blur in found.values())


def from_meta(path):
    """Return a network whose memory comes late, as sharded training has it."""
    network = archcompiler.build(path, device="meta").to_empty(device="cpu")
    network.init_weights()
    return network


def one_weight(path):
    return dict([next(iter(archcompiler.build(path).state_dict().items()))])


WAYS = {
    "initialised": archcompiler.build,
    "with weights": lambda path: archcompiler.build(path, weights=archcompiler.build(path).state_dict()),
    "with some weights": lambda path: archcompiler.build(path, weights=one_weight(path), partial=True),
    "in half precision": lambda path: archcompiler.build(path).half(),
    "memory that comes late": from_meta,
    "copied": lambda path: copy.deepcopy(archcompiler.build(path)),
    "pickled": lambda path: pickle.loads(pickle.dumps(archcompiler.build(path))),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_weights_of_a_blur_are_right_however_a_network_comes_about(spec, way):
    assert_binomial(way(spec("blur")))


def test_the_weights_of_a_blur_are_no_parameters_and_no_part_of_the_state_dict(spec):
    kinds = [archcompiler.build(spec(kind), device="meta").state_dict().keys() for kind in ("none", "blur", "average")]
    assert kinds[0] == kinds[1] == kinds[2]
    params = {archcompiler.cost(spec(kind)).params for kind in ("none", "blur", "average")}
    assert len(params) == 1


@pytest.mark.parametrize("kind", ["blur", "average"])
def test_odd_maps_are_rounded_as_a_strided_convolution_rounds_them(spec, kind):
    """But for the average pool of the stem, which rounds down as timm does."""
    for size in (64, 75):
        outputs = [[part.output for part in archcompiler.cost(spec(each, size)).parts] for each in ("none", kind)]
        assert kind == "average" or outputs[0] == outputs[1]
        network = archcompiler.build(spec(kind, size), seed=0)
        peers.output(network, peers.random_images(2, 3, size, size))


def test_a_blur_keeps_what_is_constant_and_averages_a_checkerboard_away(spec):
    import torch

    blur = archcompiler.build(spec("blur")).get_submodule("one.0.aa")
    rows, columns = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    board = ((rows + columns) % 2).float().expand(1, 8, 8, 8)
    assert torch.equal(blur(torch.ones(1, 8, 8, 8)), torch.ones(1, 8, 4, 4))
    assert torch.equal(blur(board), torch.full((1, 8, 4, 4), 0.5))


def test_a_map_too_small_to_be_reflected_is_a_fault_at_the_stage(spec):
    with pytest.raises(archcompiler.SpecError) as caught:
        archcompiler.cost(spec("blur", 4))
    (fault, *_) = caught.value.diagnostics
    assert (fault.code, fault.span.line) == ("G004", 5)
    assert fault.message.endswith("its map is 1x1")
