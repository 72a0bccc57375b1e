"""Pre-activation and Wide ResNets against references in plain torch; SENet's and ResNet-C's and D's against timm's."""

import peers
import pytest

import archcompiler

pytestmark = pytest.mark.usefixtures("one_thread")


def _preact_block(kernels, widths, strides, *, pad=False):
    """Return norm-ReLU-convolution for each kernel; a shortcut that changes the shape starts behind the first ReLU."""
    import torch.nn.functional as F
    from torch import nn

    arriving, leaving, stride = widths[0], widths[-1], max(strides)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList()
            for kernel, step, before, behind in zip(kernels, strides, widths, widths[1:], strict=False):
                conv = nn.Conv2d(before, behind, kernel, step, kernel // 2, bias=False)
                self.layers.append(nn.Sequential(nn.BatchNorm2d(before), nn.ReLU(), conv))
            if not pad and (arriving != leaving or stride != 1):
                self.shortcut = nn.Conv2d(arriving, leaving, 1, stride, bias=False)

        def forward(self, x):
            y = x
            for layer in self.layers:
                y = layer(y)
            if x.shape == y.shape:
                return x + y
            active = self.layers[0][:2](x)
            if not pad:
                return y + self.shortcut(active)
            return y + F.pad(active[:, :, ::2, ::2], (0, 0, 0, 0, 0, leaving - arriving))

    return Block()


def _network(stem, arriving, stages, classes, *, inner=None, first=False, pad=False, kernels=(3, 3)):
    """Return stem, blocks, norm, ReLU, pool and classifier; `inner` narrows bottlenecks, whose `first` 1x1 strides."""
    from torch import nn

    layers = list(stem)
    for index, (count, leaving) in enumerate(stages):
        for number in range(count):
            stride = 2 if index and not number else 1
            if inner:
                widths = (arriving, leaving // inner, leaving // inner, leaving)
                strides = (stride, 1, 1) if first else (1, stride, 1)
                layers.append(_preact_block((1, 3, 1), widths, strides))
            else:
                widths = (arriving, *(leaving for _ in kernels))
                layers.append(_preact_block(kernels, widths, (stride, *(1 for _ in kernels[1:])), pad=pad))
            arriving = leaving
    end = (nn.BatchNorm2d(arriving), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(arriving, classes))
    return nn.Sequential(*layers, *end)


def _cifar(blocks, widths, classes=10, **options):
    from torch import nn

    stem = [nn.Conv2d(3, 16, 3, padding=1, bias=False)]
    return _network(stem, 16, [(blocks, width) for width in widths], classes, **options)


def _wide(depth, factor, classes=10, *, kernels=(3, 3), blocks=None):
    widths = [16 * factor, 32 * factor, 64 * factor]
    return _cifar(blocks or (depth - 4) // 6, widths, classes, kernels=kernels)


def _preact200():
    from torch import nn

    conv = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
    stem = [conv, nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    return _network(stem, 64, [(3, 256), (24, 512), (36, 1024), (3, 2048)], 1000, inner=4)


WIDE = [(40, 1), (40, 2), (40, 8), (28, 2), (28, 10), (28, 12), (22, 8), (22, 10), (16, 8), (16, 10)]
REFERENCES = {
    **{f"wide_resnet/wrn_{depth}_{factor}": (_wide, depth, factor) for depth, factor in WIDE},
    "wide_resnet/wrn_40_10": (_wide, 40, 10, 100),
    "wide_resnet/wrn_40_2_b13": (lambda: _wide(40, 2, kernels=(1, 3)),),
    "wide_resnet/wrn_40_2_b31": (lambda: _wide(40, 2, kernels=(3, 1)),),
    "wide_resnet/wrn_40_2_b311": (lambda: _wide(40, 2, kernels=(3, 1, 1)),),
    "wide_resnet/wrn_40_2_b131": (lambda: _wide(40, 2, kernels=(1, 3, 1)),),
    "wide_resnet/wrn_22_2_b313": (lambda: _wide(22, 2, kernels=(3, 1, 3)),),
    "wide_resnet/wrn_40_2_l1": (lambda: _wide(40, 2, kernels=(3,), blocks=12),),
    "wide_resnet/wrn_40_2_l4": (lambda: _wide(40, 2, kernels=(3, 3, 3, 3), blocks=3),),
    "cifar/preact_resnet110": (lambda: _cifar(18, [16, 32, 64], pad=True),),
    "cifar/preact_resnet164": (lambda: _cifar(18, [64, 128, 256], inner=4, first=True),),
    "cifar/preact_resnet1001": (lambda: _cifar(111, [64, 128, 256], inner=4, first=True),),
    "resnet/preact_resnet200": (_preact200,),
}
RUN = [
    "cifar/preact_resnet110",
    "cifar/preact_resnet164",
    "resnet/preact_resnet200",
    "wide_resnet/wrn_16_10",
    "wide_resnet/wrn_40_2",
    "wide_resnet/wrn_40_2_b13",
    "wide_resnet/wrn_40_2_l1",
    "wide_resnet/wrn_22_2_b313",
]


def test_every_shipped_network_of_these_families_has_a_reference():
    ours = {spec for spec in peers.SHIPPED if "/wrn_" in spec or "/preact_" in spec}
    assert ours == set(REFERENCES)


@pytest.mark.parametrize("spec", REFERENCES, ids=peers.short)
def test_shapes_order_and_counts_are_the_references(spec):
    import torch

    construct, *arguments = REFERENCES[spec]
    with torch.device("meta"):
        reference = construct(*arguments)
    network = archcompiler.build(spec, device="meta")
    assert [shape for _, *shape in peers.layout(network)] == [shape for _, *shape in peers.layout(reference)]
    report = archcompiler.cost(spec)
    assert report.params == peers.parameter_count(reference)
    assert report.macs == peers.torch_macs(reference, (1, *report.input))


@pytest.mark.parametrize("spec", RUN, ids=peers.short)
def test_output_is_the_references_bit_for_bit(spec):
    construct, *arguments = REFERENCES[spec]
    reference = peers.filled(lambda: construct(*arguments), seed=3)
    keys = archcompiler.build(spec, device="meta").state_dict()
    network = archcompiler.build(spec, weights=dict(zip(keys, reference.state_dict().values(), strict=True)))
    images = peers.random_images(2, 3, 32, 32)
    assert peers.output(network, images).equal(peers.output(reference, images))


TWINS = {"resnet/resnet50_b": "resnet50", "resnet/resnet50_c": "resnet50c", "resnet/resnet50_d": "resnet50d"}


@pytest.mark.parametrize(("spec", "name"), TWINS.items(), ids=TWINS.values())
def test_bag_of_tricks_networks_are_timms(spec, name):
    import timm

    theirs = peers.filled(lambda: timm.create_model(name, pretrained=False), seed=3)
    network = archcompiler.build(spec, weights=theirs.state_dict())
    assert peers.layout(network) == peers.layout(theirs)
    images = peers.random_images(2, 3, 64, 64)
    assert peers.output(network, images).equal(peers.output(theirs, images))


SENET = ["se_resnet50", "se_resnet101", "se_resnet152", "se_resnext50_32x4d", "se_resnext101_32x4d"]


@pytest.mark.parametrize("name", SENET)
def test_senets_counts_are_those_of_timms_port(name):
    """The port of the authors' models pads its max pool otherwise, so that only counts can be the same."""
    import timm
    import torch

    with torch.device("meta"):
        theirs = timm.create_model(f"legacy_{name.replace('_', '', 1)}", pretrained=False)
    report = archcompiler.cost(f"senet/{name}")
    assert report.params == peers.parameter_count(theirs)
    assert report.macs == peers.torch_macs(theirs, (1, *report.input))


def test_mobilenet_is_timms_bit_for_bit_with_its_activation():
    """The paper writes ReLU, timm has ReLU6; the weights are taken in order, since the keys are other ones."""
    import timm

    relu6 = "stem={steps: [{conv: 32, kernel: 3, stride: 2}, {norm: batch}, {activation: relu6}]}"
    spec = archcompiler.load("mobilenet/mobilenet_v1", settings=["defaults.activation=relu6", relu6])
    theirs = peers.filled(lambda: timm.create_model("mobilenetv1_100", pretrained=False), seed=3)
    keys = archcompiler.build(spec, device="meta").state_dict()
    weights = dict(zip(keys, theirs.state_dict().values(), strict=True))
    images = peers.random_images(2, 3, 64, 64)
    assert peers.output(archcompiler.build(spec, weights=weights), images).equal(peers.output(theirs, images))
