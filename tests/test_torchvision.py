"""torchvision's networks, from their specs: the same state dict, the same outputs and the same gradients."""

import peers
import pytest

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")

AT_FULL_SIZE = ["resnet/resnet50", "resnext/resnext50_32x4d"]
REPRESENTATIVES = sorted({*peers.representatives(peers.TORCHVISION), *AT_FULL_SIZE})

DILATED_LAYER4 = """
  layer4: {stride: 1, dilation: 2, override: {first: {dilation: 1}}}
"""
DILATED_LAYER3_AND_LAYER4 = """
  layer3: {stride: 1, dilation: 2, override: {first: {dilation: 1}}}
  layer4: {stride: 1, dilation: 4, override: {first: {dilation: 2}}}
"""
# torchvision's first block of a dilated stage keeps the dilation of the stage before it.
DILATED = {
    (False, False, True): DILATED_LAYER4,
    (False, True, True): DILATED_LAYER3_AND_LAYER4,
}


@pytest.fixture(scope="module", params=REPRESENTATIVES, ids=peers.short)
def pair(request):
    """A spec's name, torchvision's network with random weights and buffers, and ours with the same."""
    return request.param, *_pair(request.param, request.param)


def _pair(spec, constructor, **options):
    theirs = peers.torchvision_network(constructor, seed=3, **options)
    return theirs, archcompiler.build(spec, weights=theirs.state_dict())


def _variant(tmp_path, text):
    path = tmp_path / "variant.yaml"
    path.write_text(f"archc: 1\nname: variant\n{text}\n", encoding="utf-8")
    return path


def _train_step(network, images):
    """Return the gradients of a loss that every score takes part in, after one step in training mode."""
    import torch

    network.zero_grad()
    torch.manual_seed(4)  # of dropout and drop path
    scores = network.train()(images)
    torch.nn.functional.cross_entropy(scores, torch.arange(len(images))).backward()
    return {name: parameter.grad for name, parameter in network.named_parameters()}


def _assert_same_gradients(theirs, ours, images):
    expected, found = _train_step(theirs, images), _train_step(ours, images)
    assert list(found) == list(expected)
    for name, gradient in expected.items():
        largest = gradient.abs().max()
        assert largest > 0, f"the loss does not depend on {name}"
        assert (found[name] - gradient).abs().max() <= 1e-6 * largest, name


def _assert_same_output(theirs, ours, size):
    images = peers.random_images(2, 3, size, size)
    assert peers.output(ours, images).equal(peers.output(theirs, images))


@pytest.mark.parametrize("spec", peers.TORCHVISION, ids=peers.short)
def test_layers_are_torchvisions_by_key_shape_order_and_setting(spec):
    """The order of parameters is that by which optimizers number them and save their state."""
    import torch

    with torch.device("meta"):
        theirs = peers.torchvision_model(peers.short(spec))
    peers.assert_same_layers(archcompiler.build(spec, device="meta"), theirs)


def test_output_is_the_same_bit_for_bit(pair):
    spec, theirs, ours = pair
    _assert_same_output(theirs, ours, 224 if spec in AT_FULL_SIZE else peers.side(spec, 64))


def test_output_is_the_same_for_images_of_other_sizes(pair):
    spec, theirs, ours = pair
    images = peers.random_images(1, 3, peers.side(spec, 64) + 1, 97)
    assert peers.output(ours, images).equal(peers.output(theirs, images))


@pytest.mark.slow
def test_gradients_and_running_statistics_are_the_same(pair):
    spec, theirs, _ = pair
    ours = archcompiler.build(spec, weights=theirs.state_dict())
    side = peers.side(spec, 64)
    _assert_same_gradients(theirs, ours, peers.random_images(3, 3, side, side))
    found = dict(ours.named_buffers())
    assert all(found[name].equal(buffer) for name, buffer in theirs.named_buffers())


@pytest.mark.parametrize("replaced", DILATED, ids=str)
def test_stride_replaced_by_dilation_is_an_override_of_the_first_block(tmp_path, replaced):
    spec = _variant(tmp_path, f"extends: resnet/resnet50\nstages:{DILATED[replaced]}")
    theirs, ours = _pair(spec, "resnet50", replace_stride_with_dilation=list(replaced))
    assert peers.layout(ours) == peers.layout(theirs)
    _assert_same_output(theirs, ours, 96)
    _assert_same_gradients(theirs, ours, peers.random_images(3, 3, 64, 64))


def test_dilation_of_the_first_block_is_what_the_override_changes(tmp_path):
    """The same keys and shapes, another function: the case that only an output tells apart."""
    without = _variant(tmp_path, "extends: resnet/resnet50\nstages:\n  layer4: {stride: 1, dilation: 2}")
    theirs, ours = _pair(without, "resnet50", replace_stride_with_dilation=[False, False, True])
    assert peers.layout(ours) == peers.layout(theirs)
    images = peers.random_images(1, 3, 96, 96)
    assert not peers.output(ours, images).allclose(peers.output(theirs, images))


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_zero_init_is_torchvisions_zero_init_residual(tmp_path, name):
    """Initialised by either constructor: the same tensors are constant, and of the same value."""
    import torchvision

    spec = _variant(tmp_path, f"extends: resnet/{name}\ndefaults: {{zero_init: true}}")
    theirs = torchvision.models.get_model(name, weights=None, zero_init_residual=True)
    found, expected = _constants(archcompiler.build(spec, seed=0)), _constants(theirs)
    assert found == expected
    last_norm = "bn2" if name == "resnet18" else "bn3"
    zero = [key for key, value in found.items() if value == 0 and key.endswith("weight")]
    assert zero == [key for key in found if key.endswith(f"{last_norm}.weight")]


def test_zero_init_leaves_every_other_weight_as_it_was(tmp_path):
    spec = _variant(tmp_path, "extends: resnet/resnet18\ndefaults: {zero_init: true}")
    plain = archcompiler.build("resnet/resnet18", seed=5).state_dict()
    changed = {
        key for key, value in archcompiler.build(spec, seed=5).state_dict().items() if not value.equal(plain[key])
    }
    assert changed == {key for key in plain if key.endswith(".bn2.weight")}


def _constants(network):
    """Return the tensors that hold one value throughout, and that value."""
    return {
        key: tensor.flatten()[0].item()
        for key, tensor in network.state_dict().items()
        if (tensor == tensor.flatten()[0]).all()
    }
