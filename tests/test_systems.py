"""The published systems as specs, against references written here in plain torch: same shapes, counts and outputs."""

import peers
import pytest

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")


def _residual(path, shortcut):
    """Return the ReLU of the sum of a path and its shortcut."""
    import torch
    from torch import nn

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.path, self.shortcut = path, shortcut

        def forward(self, x):
            return torch.relu(self.path(x) + self.shortcut(x))

    return Residual()


def _conv(arriving, leaving, kernel, *, act=True, **options):
    """Return a convolution that keeps the map at stride 1, its batch norm and, unless told otherwise, a ReLU."""
    from torch import nn

    conv = nn.Conv2d(arriving, leaving, kernel, padding=kernel // 2, **options)
    return [conv, nn.BatchNorm2d(leaving), *([nn.ReLU()] if act else [])]


def _projection(arriving, leaving, stride):
    from torch import nn

    if stride == 1 and arriving == leaving:
        return nn.Identity()
    return nn.Sequential(*_conv(arriving, leaving, 1, act=False, stride=stride, bias=False))


def _system_a(blocks, cardinality=32, width_per_group=4):
    from torch import nn

    def block(arriving, width, stride):
        path = [
            *_conv(arriving, width, 1, stride=stride, bias=False),
            *_conv(width, width, 3, groups=cardinality, bias=False),
            *_conv(width, 2 * width, 1, act=False, bias=False),
        ]
        return _residual(nn.Sequential(*path), _projection(arriving, 2 * width, stride))

    layers = [*_conv(3, 64, 7, stride=2), nn.MaxPool2d(3, 2, 1)]
    arriving, width = 64, cardinality * width_per_group
    for count, stride in zip(blocks, (1, 2, 2, 2), strict=True):
        for index in range(count):
            layers.append(block(arriving, width, 1 if index else stride))
            arriving = 2 * width
        width *= 2
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(arriving, 10))


def _system_c(asked):
    import torch.nn.functional as F
    from torch import nn

    class Padded(nn.Module):
        """Zero channels behind the others, then every `stride`-th position."""

        def __init__(self, missing, stride):
            super().__init__()
            self.missing, self.stride = missing, stride

        def forward(self, x):
            return F.max_pool2d(F.pad(x, (0, 0, 0, 0, 0, self.missing)), 1, self.stride)

    def block(arriving, leaving, stride):
        path = [*_conv(arriving, leaving, 3, stride=stride), *_conv(leaving, leaving, 3, act=False)]
        return _residual(nn.Sequential(*path), Padded(leaving - arriving, stride))

    layers, arriving = _conv(3, 16, 3), 16
    for more, leaving, stride in zip(asked, (16, 32, 64, 128), (1, 2, 2, 2), strict=True):
        layers.append(block(arriving, leaving, stride))
        layers += [block(leaving, leaving, 1) for _ in range(more)]
        arriving = leaving
    return nn.Sequential(*layers, nn.AvgPool2d(8), nn.Flatten(), nn.Linear(128, 10))


def _mnist_cnn():
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Flatten(),
        *(nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def _system_e(blocks):
    from torch import nn

    def block(arriving, channels, stride):
        width = 32 * int(4 * channels / 64)
        path = [
            *_conv(arriving, width, 1, groups=32, bias=False),
            *_conv(width, width, 3, stride=stride, groups=32, bias=False),
            *_conv(width, 4 * channels, 1, act=False, bias=False),
        ]
        return _residual(nn.Sequential(*path), _projection(arriving, 4 * channels, stride))

    layers, arriving = _conv(3, 64, 3, bias=False), 64
    for count, channels, stride in zip(blocks, (64, 128, 256, 512), (1, 2, 2, 2), strict=True):
        for index in range(count):
            layers.append(block(arriving, channels, 1 if index else stride))
            arriving = 4 * channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(arriving, 100))


SYSTEMS = {
    "a_resnext50_32x4d": (_system_a, (3, 4, 6, 3)),
    "a_resnext50_8x14d": (_system_a, (3, 4, 6, 3), 8, 14),
    "a_resnext101_32x4d": (_system_a, (3, 4, 23, 3)),
    "a_resnext152_32x4d": (_system_a, (3, 8, 36, 3)),
    "c_n7": (_system_c, (7, 7, 7, 7)),
    "c_n5": (_system_c, (5, 5, 5, 5)),
    "c_r18": (_system_c, (2, 2, 2, 2)),
    "c_r34": (_system_c, (3, 4, 6, 3)),
    "c_mnist_cnn": (_mnist_cnn,),
    "e_resnext50_32x4d": (_system_e, (3, 4, 6, 3)),
    "e_resnext101_32x4d": (_system_e, (3, 4, 23, 3)),
    "e_resnext152_32x4d": (_system_e, (3, 4, 36, 3)),
}


@pytest.fixture(scope="module", params=SYSTEMS)
def system(request):
    """A system's name, its reference with random weights and buffers, and ours with the same, taken in order."""
    construct, *arguments = SYSTEMS[request.param]
    reference = peers.filled(lambda: construct(*arguments), seed=4)
    keys = archcompiler.build(f"systems/{request.param}", device="meta").state_dict()
    weights = dict(zip(keys, reference.state_dict().values(), strict=True))
    return request.param, reference, archcompiler.build(f"systems/{request.param}", weights=weights)


def test_every_system_that_is_shipped_has_a_reference():
    assert {spec for spec in peers.SHIPPED if spec.startswith("systems/")} == {f"systems/{name}" for name in SYSTEMS}


def test_parameters_have_the_same_shapes_in_the_same_order(system):
    _, reference, network = system
    assert [shape for _, *shape in peers.layout(network)] == [shape for _, *shape in peers.layout(reference)]


def test_output_is_the_same_bit_for_bit(system):
    name, reference, network = system
    channels, size, _ = archcompiler.cost(f"systems/{name}").input
    images = peers.random_images(2, channels, min(size, 64), min(size, 64))
    assert peers.output(network, images).equal(peers.output(reference, images))


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_count_is_that_of_the_reference(name):
    import torch

    construct, *arguments = SYSTEMS[name]
    report = archcompiler.cost(f"systems/{name}")
    with torch.device("meta"):
        reference = construct(*arguments)
    images = (1, *report.input)
    assert peers.torchinfo_totals(reference, images) == (report.params, report.total.torchinfo_mult_adds)
    assert peers.torch_macs(reference, images) == report.macs


FORMS = {
    "32 paths, identity": ("resnext/resnext50_32x4d", "layer1.1"),
    "32 paths, projection": ("resnext/resnext50_32x4d", "layer2.0"),
    "8 paths, stride on the first 1x1": ("systems/a_resnext50_8x14d", "layer2.0"),
}


@pytest.mark.parametrize(("spec", "path"), FORMS.values(), ids=FORMS)
def test_three_forms_of_a_resnext_block_compute_the_same(spec, path):
    """ResNeXt (arXiv:1611.05431), Figure 3: separate paths summed, paths concatenated early, grouped convolution."""
    import torch

    network = peers.randomised(archcompiler.build(spec, device="meta").to_empty(device="cpu"), seed=5).double().eval()
    block = network.get_submodule(path)
    x = peers.random_images(2, block.conv1.in_channels, 9, 9).double()
    with torch.no_grad():
        shortcut = block.downsample(x) if hasattr(block, "downsample") else x
        narrow = [_path(block, x, group) for group in range(block.conv2.groups)]
        summed = sum(_expand(block, y, group) for group, y in enumerate(narrow))
        concatenated = torch.conv2d(torch.cat(narrow, dim=1), block.conv3.weight)
        expected = block(x)
        for form in (summed, concatenated):
            assert torch.relu(block.bn3(form) + shortcut).allclose(expected, rtol=1e-9, atol=1e-9)
        swapped = sum(_expand(block, y, group) for group, y in enumerate(reversed(narrow)))
        assert not torch.relu(block.bn3(swapped) + shortcut).allclose(expected, rtol=1e-3, atol=1e-3)


def _path(block, x, group):
    """Return what one path of form (a) computes up to its last convolution, of the weights that are its share."""
    import torch
    import torch.nn.functional as F

    share = block.conv2.out_channels // block.conv2.groups
    rows = slice(group * share, (group + 1) * share)

    def norm(y, bn):
        return F.batch_norm(y, bn.running_mean[rows], bn.running_var[rows], bn.weight[rows], bn.bias[rows], eps=bn.eps)

    y = torch.conv2d(x, block.conv1.weight[rows], stride=block.conv1.stride)
    y = torch.relu(norm(y, block.bn1))
    y = torch.conv2d(y, block.conv2.weight[rows], stride=block.conv2.stride, padding=1)
    return torch.relu(norm(y, block.bn2))


def _expand(block, y, group):
    """Return what one path of form (a) adds to the block: its columns of the last 1x1 convolution."""
    import torch

    return torch.conv2d(y, block.conv3.weight[:, group * y.shape[1] : (group + 1) * y.shape[1]])
