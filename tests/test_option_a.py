"""Zero-padded identity shortcuts (He et al., arXiv:1512.03385, section 4.2, option A) against a plain reference."""

import peers
import pytest

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")

SPEC = """
archc: 1
name: option_a
input: {{channels: 3, size: {size}}}
stem: {{type: conv3x3, channels: {channels[0]}, bias: {bias}}}
defaults: {{block: basic, bias: {bias}, shortcut: {{type: zero_pad, pad: {pad}, subsample: {subsample}}}}}
stages:
{stages}
head: {{pool: {pool}, classes: 10}}
names: names/torchvision
"""
CIFAR = {"blocks": [3, 3, 3], "channels": [16, 32, 64], "size": 32}
ODD = {"blocks": [2, 1, 2], "channels": [5, 8, 15], "size": 17}
"""Odd differences of channels and odd maps: what halves and roundings are made of."""
WITHOUT_PADDING = {"blocks": [1, 2, 1], "channels": [8, 8, 8], "size": 20}
"""Subsampled, and nothing to pad."""
FOUR_STAGES = {"channels": [16, 32, 64, 128], "bias": True, "window": 8, "size": 64}
FOUR_STAGES_PARAMETERS = {
    (8, 8, 8, 8): 3_049_962,
    (6, 6, 6, 6): 2_263_722,
    (3, 3, 3, 3): 1_084_362,
    (4, 5, 7, 4): 1_718_442,
}


def _reference(blocks, channels, *, pad="end", subsample="slice", bias=False, window=None, **_):
    """Return the network in plain torch, with torchvision's names."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    def shortcut(x, y):
        stride = -(-x.shape[2] // y.shape[2])
        if stride != 1:
            x = F.max_pool2d(x, 1, stride) if subsample == "slice" else F.avg_pool2d(x, stride)
        missing = y.shape[1] - x.shape[1]
        front = missing // 2 if pad == "both" else 0
        zeros = [torch.zeros(len(x), count, *x.shape[2:]) for count in (front, missing - front)]
        return torch.cat([zeros[0], x, zeros[1]], dim=1)

    class Block(nn.Module):
        def __init__(self, arriving, leaving, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(arriving, leaving, 3, stride, 1, bias=bias)
            self.bn1 = nn.BatchNorm2d(leaving)
            self.conv2 = nn.Conv2d(leaving, leaving, 3, 1, 1, bias=bias)
            self.bn2 = nn.BatchNorm2d(leaving)

        def forward(self, x):
            y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            return F.relu(y + shortcut(x, y))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, channels[0], 3, 1, 1, bias=bias)
            self.bn1 = nn.BatchNorm2d(channels[0])
            arriving = channels[0]
            for number, (count, leaving) in enumerate(zip(blocks, channels, strict=True), 1):
                first = Block(arriving, leaving, 1 if number == 1 else 2)
                rest = [Block(leaving, leaving, 1) for _ in range(count - 1)]
                self.add_module(f"layer{number}", nn.Sequential(first, *rest))
                arriving = leaving
            self.fc = nn.Linear(arriving, 10)

        def forward(self, x):
            x = F.relu(self.bn1(self.conv1(x)))
            for number in range(1, len(blocks) + 1):
                x = self.get_submodule(f"layer{number}")(x)
            x = F.avg_pool2d(x, window) if window else F.adaptive_avg_pool2d(x, 1)
            return self.fc(x.flatten(1))

    return peers.randomised(Network(), seed=2)


def _spec(tmp_path, blocks, channels, size, *, pad="end", subsample="slice", bias=False, window=None):
    rows = [
        f"  layer{number}: {{blocks: {count}, channels: {leaving}, stride: {1 if number == 1 else 2}}}"
        for number, (count, leaving) in enumerate(zip(blocks, channels, strict=True), 1)
    ]
    fields = {"size": size, "channels": channels, "bias": str(bias).lower(), "pad": pad, "subsample": subsample}
    pool = f"{{window: {window}}}" if window else "global"
    path = tmp_path / "option_a.yaml"
    path.write_text(SPEC.format(**fields, stages="\n".join(rows), pool=pool), encoding="utf-8")
    return path


def _assert_same(reference, network, size):
    assert peers.layout(network) == peers.layout(reference)
    images = peers.random_images(2, 3, size, size)
    assert peers.output(network, images).equal(peers.output(reference, images))


@pytest.mark.parametrize(("name", "blocks"), {"resnet20": 3, "resnet32": 5, "resnet56": 9, "resnet110": 18}.items())
def test_shipped_cifar_networks_are_option_a(name, blocks):
    reference = _reference([blocks] * 3, CIFAR["channels"])
    _assert_same(reference, archcompiler.build(f"cifar/{name}", weights=reference.state_dict()), 32)


@pytest.mark.parametrize("subsample", ["slice", "average"])
@pytest.mark.parametrize("pad", ["end", "both"])
@pytest.mark.parametrize("shape", [CIFAR, ODD, WITHOUT_PADDING], ids=["cifar", "odd channels", "no padding"])
def test_padding_and_subsampling_are_the_references(tmp_path, shape, pad, subsample):
    if subsample == "average" and shape is ODD:
        shape = {**shape, "size": 16}  # an average has no whole window at the edge of an odd map
    reference = _reference(**shape, pad=pad, subsample=subsample)
    spec = _spec(tmp_path, **shape, pad=pad, subsample=subsample)
    _assert_same(reference, archcompiler.build(spec, weights=reference.state_dict()), shape["size"])


def test_an_average_that_does_not_fit_an_odd_map_is_refused(tmp_path):
    with pytest.raises(archcompiler.SpecError, match=r"option_a\.yaml:\d+:\d+"):
        archcompiler.build(_spec(tmp_path, **ODD, subsample="average"))


def test_where_the_zeros_stand_and_which_positions_stay_change_the_function_and_no_weight(tmp_path):
    """The four kinds share every key and shape, and no two of them compute the same."""
    reference = _reference(**CIFAR)
    images = peers.random_images(2, 3, 32, 32)
    kinds = [(pad, subsample) for pad in ("end", "both") for subsample in ("slice", "average")]
    outputs = []
    for pad, subsample in kinds:
        spec = _spec(tmp_path, **CIFAR, pad=pad, subsample=subsample)
        outputs.append(peers.output(archcompiler.build(spec, weights=reference.state_dict()), images))
    assert not any(a.allclose(b) for index, a in enumerate(outputs) for b in outputs[:index])


def test_gradients_of_option_a_are_the_references():
    reference = _reference(**CIFAR)
    network = archcompiler.build("cifar/resnet20", weights=reference.state_dict())
    images = peers.random_images(4, 3, 32, 32)
    for each in (reference, network):
        each.train()(images).square().mean().backward()
    for (name, expected), found in zip(reference.named_parameters(), network.parameters(), strict=True):
        assert (found.grad - expected.grad).abs().max() <= 1e-6 * expected.grad.abs().max(), name


@pytest.mark.parametrize(("blocks", "params"), FOUR_STAGES_PARAMETERS.items(), ids=str)
def test_four_stages_with_bias_and_a_windowed_pool(tmp_path, blocks, params):
    shape = {**FOUR_STAGES, "blocks": blocks}
    reference = _reference(**shape)
    spec = _spec(tmp_path, **shape)
    assert archcompiler.cost(spec).params == peers.parameter_count(reference) == params
    _assert_same(reference, archcompiler.build(spec, weights=reference.state_dict()), 64)


def test_a_window_larger_than_the_map_is_found_at_the_heads_line(tmp_path):
    """The network of four stages as it was published, for images of 32 x 32: its last map is 4 x 4."""
    spec = _spec(tmp_path, **{**FOUR_STAGES, "blocks": (8, 8, 8, 8), "size": 32})
    line = spec.read_text("utf-8").splitlines().index("head: {pool: {window: 8}, classes: 10}") + 1
    with pytest.raises(archcompiler.SpecError) as raised:
        archcompiler.compile(spec)
    places = [diagnostic.span for diagnostic in raised.value.diagnostics]
    assert [place.line for place in places] == [line]
    with pytest.raises(RuntimeError, match=r"[Oo]utput size is too small"):
        _reference(**FOUR_STAGES, blocks=(1, 1, 1, 1))(peers.random_images(1, 3, 32, 32))


def test_zero_padding_cannot_take_channels_away(tmp_path):
    spec = _spec(tmp_path, [1, 1], [8, 4], 16)
    with pytest.raises(archcompiler.SpecError, match=r"8 channels to 4"):
        archcompiler.compile(spec)
