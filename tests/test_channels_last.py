"""Maps whose channels stand last, between explicit permutes: what runs on them, and what is refused."""

import pytest
import torch

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")

SPEC = """
archc: 1
name: net
input: {{channels: 24, size: [14, 15]}}
stem: none
blocks:
  own:
    description: A block of its own.
    fields: {{channels: {{}}}}
    steps: {steps}
stages: {{one: {{block: own, blocks: 1, channels: 24}}}}
head: none
"""
CONVNEXT = """
      - {conv: channels, kernel: 7, cardinality: channels, bias: true}
      - {permute: last}
      - {norm: {type: layer, eps: 1.0e-6}}
      - {linear: 4 * in_channels}
      - {activation: gelu}
      - {linear: channels}
      - {permute: first}
      - {layer_scale: 1.0e-6, is_map: true}
      - {add: x}
"""


def network(tmp_path, steps):
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.format(steps=steps))
    return path


@torch.no_grad()
def test_the_block_of_torchvisions_convnext(tmp_path):
    from torchvision.models.convnext import CNBlock

    ours, theirs = archcompiler.build(network(tmp_path, CONVNEXT)).eval(), CNBlock(24, 1e-6, 0.0).eval()
    values = theirs.state_dict()
    for value in values.values():
        value.uniform_(-1, 1, generator=torch.Generator().manual_seed(value.numel()))
    theirs.load_state_dict(values)
    ours.load_state_dict(dict(zip(ours.state_dict(), values.values(), strict=True)))
    images = torch.randn(2, 24, 14, 15, generator=torch.Generator().manual_seed(0))
    assert torch.equal(ours(images), theirs(images))


@torch.no_grad()
def test_the_sizes_of_a_map_have_their_names_in_either_layout(tmp_path):
    steps = "[{permute: last, as: y}, {linear: y.channels + y.height + y.width}, {permute: first}]"
    images = torch.zeros(1, 24, 14, 15)
    assert archcompiler.build(network(tmp_path, steps))(images).shape == (1, 24 + 14 + 15, 14, 15)


@pytest.mark.parametrize(
    ("steps", "told"),
    {
        "a convolution": ("[{permute: last}, {conv: 8}]", "`conv` takes a map, and the channels-last map 14x15x24"),
        "a second permute": ("[{permute: last}, {permute: last}]", "`permute` takes a map, and the channels-last map"),
        "first, where they are": ("[{permute: first}]", "`permute` takes a channels-last map, and the map 24x14x15"),
        "a linear layer of a map": ("[{linear: 8}]", "takes a vector or a channels-last map, and the map 24x14x15"),
        "a batch norm": ("[{permute: last}, {norm: batch}]", "`norm: batch` takes a map, and the channels-last map"),
        "a map that leaves": ("[{permute: last}, {linear: 8}]", "the channels-last map 14x15x8 leaves"),
        "a sum of both": ("[{permute: last}, {linear: 24}, {add: x}]", "takes maps of one layout"),
        "a scale with sides": ("[{permute: last}, {layer_scale: 1, is_map: true}]", "and the map last"),
    }.values(),
)
def test_what_meets_the_other_layout_is_refused(tmp_path, steps, told):
    with pytest.raises(archcompiler.SpecError) as caught:
        archcompiler.load(network(tmp_path, steps))
    assert told in str(caught.value)
