"""Modules that PyTorch lacks, by the names of their classes; a network's source holds those that it uses."""

HELPERS = {
    "LayerNorm2d": '''class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels at each position of a map."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)
''',
    "BlurPool2d": '''class BlurPool2d(nn.Module):
    """A binomial blur of a map reflected at its border, and every stride-th position of that."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.register_buffer("blur", torch.empty(channels, 1, 3, 3), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        row = torch.tensor([0.25, 0.5, 0.25])
        self.blur.copy_(row[:, None] * row)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(x, self.blur, stride=self.stride, groups=x.shape[1])
''',
    "Subsample": '''class Subsample(nn.Module):
    """Every stride-th row and column."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :: self.stride, :: self.stride]
''',
    "PadChannels": '''class PadChannels(nn.Module):
    """Zero channels in front of and behind the map's own."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.before = before
        self.after = after

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, 0, 0, 0, self.before, self.after))
''',
    "Permute": '''class Permute(nn.Module):
    """A tensor with its axes in another order."""

    def __init__(self, *axes: int) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.axes)
''',
    "Conv2dSame": '''class Conv2dSame(nn.Conv2d):
    """A convolution padded as TensorFlow pads: for size / stride places, an odd one behind."""

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        pads: list[int] = []
        sizes = zip(x.shape[2:], self.kernel_size, self.stride, self.dilation)
        for size, kernel, stride, dilation in sizes:
            reach = (-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1
            pad = max(reach - size, 0)
            pads = [pad // 2, pad - pad // 2, *pads]
        return super()._conv_forward(F.pad(x, pads), weight, bias)
''',
    "Pool2dSame": '''class Pool2dSame(nn.Module):
    """A pool padded as TensorFlow pads: for size / stride places, an odd one behind."""

    def __init__(self, pool: nn.Module, value: float) -> None:
        super().__init__()
        self.pool = pool
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        pads: list[int] = []
        sizes = zip(x.shape[2:], self.pool.kernel_size, self.pool.stride)
        for size, kernel, stride in sizes:
            pad = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads = [pad // 2, pad - pad // 2, *pads]
        return self.pool(F.pad(x, pads, value=self.value))
''',
    "StandardisedConv2d": '''class StandardisedConv2d(nn.Conv2d):
    """A convolution with each of its kernels standardised."""

    def __init__(self, *sizes: int, eps: float = 1e-06, **options: int) -> None:
        super().__init__(*sizes, **options)
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        weight = F.batch_norm(
            self.weight.reshape(1, self.out_channels, -1),
            None,
            None,
            training=True,
            momentum=0.0,
            eps=self.eps,
        ).reshape_as(self.weight)
        return self._conv_forward(x, weight, self.bias)
''',
    "ScaledConv2d": '''class ScaledConv2d(nn.Conv2d):
    """A convolution with each of its kernels standardised and then scaled."""

    def __init__(
        self, *sizes: int, gain: float = 1.0, eps: float = 1e-06, **options: int
    ) -> None:
        super().__init__(*sizes, **options)
        self.eps = eps
        self.scale = gain * self.weight[0].numel() ** -0.5
        self.gain = nn.Parameter(torch.ones(self.out_channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        weight = F.batch_norm(
            self.weight.reshape(1, self.out_channels, -1),
            None,
            None,
            weight=(self.gain * self.scale).view(-1),
            training=True,
            momentum=0.0,
            eps=self.eps,
        ).reshape_as(self.weight)
        return self._conv_forward(x, weight, self.bias)
''',
    "StandardisedConv2dSame": '''class StandardisedConv2dSame(Conv2dSame, StandardisedConv2d):
    """A convolution with standardised kernels, padded as TensorFlow pads."""
''',
    "ScaledConv2dSame": '''class ScaledConv2dSame(Conv2dSame, ScaledConv2d):
    """A convolution with scaled standardised kernels, padded as TensorFlow pads."""
''',
    "GroupNormNoBias": '''class GroupNormNoBias(nn.GroupNorm):
    """Group normalisation that scales each channel and does not shift it."""

    def __init__(self, groups: int, channels: int, eps: float = 1e-05) -> None:
        super().__init__(groups, channels, eps)
        self.bias = None

    def reset_parameters(self) -> None:
        nn.init.ones_(self.weight)
''',
    "RMSNorm2d": '''class RMSNorm2d(nn.RMSNorm):
    """Division by the root mean square of the channels at each position of a map."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        x = F.rms_norm(x, self.normalized_shape, self.weight, self.eps)
        return x.permute(0, 3, 1, 2)
''',
    "SimpleNorm": '''class SimpleNorm(nn.Module):
    """Division of a map, whose channels stand last or first, by their deviation at each position."""

    def __init__(self, channels: int, eps: float = 1e-06, last: bool = False) -> None:
        super().__init__()
        self.eps = eps
        self.axis = -1 if last else 1
        self.shape = (-1,) if last else (-1, 1, 1)
        self.weight = nn.Parameter(torch.ones(channels))

    def reset_parameters(self) -> None:
        nn.init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        variance = torch.var(x, dim=self.axis, keepdim=True)
        return x * torch.rsqrt(variance + self.eps) * self.weight.view(self.shape)
''',
    "ResponseNorm": '''class ResponseNorm(nn.Module):
    """Global response normalisation of a map, whose channels stand last or first."""

    def __init__(self, channels: int, eps: float = 1e-06, last: bool = False) -> None:
        super().__init__()
        self.eps = eps
        self.channels_axis = -1 if last else 1
        self.positions = (1, 2) if last else (2, 3)
        self.shape = (1, 1, 1, -1) if last else (1, -1, 1, 1)
        self.weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def reset_parameters(self) -> None:
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        size = x.norm(p=2, dim=self.positions, keepdim=True)
        size = size / (size.mean(dim=self.channels_axis, keepdim=True) + self.eps)
        weight, bias = self.weight.view(self.shape), self.bias.view(self.shape)
        return x + torch.addcmul(bias, weight, x * size)
''',
    "EvoNorm2d": '''class EvoNorm2d(nn.Module):
    """A swish with a learned slope, divided by the standard deviation of a group."""

    def __init__(self, groups: int, channels: int, eps: float = 1e-05) -> None:
        super().__init__()
        self.groups = groups
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.v = nn.Parameter(torch.ones(channels))

    def reset_parameters(self) -> None:
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)
        nn.init.ones_(self.v)

    def forward(self, x: Tensor) -> Tensor:
        groups = x.unflatten(1, (self.groups, -1))
        variance = groups.var(dim=(2, 3, 4), unbiased=False, keepdim=True)
        deviation = (variance + self.eps).sqrt().expand(groups.shape).flatten(1, 2)
        x = x * (x * self.v[:, None, None]).sigmoid() / deviation
        return x * self.weight[:, None, None] + self.bias[:, None, None]
''',
    "FilterResponseNorm2d": '''class FilterResponseNorm2d(nn.Module):
    """Division by the root mean square of each channel, and a learned threshold."""

    def __init__(self, channels: int, eps: float = 1e-05) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.tau = nn.Parameter(torch.zeros(channels))

    def reset_parameters(self) -> None:
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)
        nn.init.zeros_(self.tau)

    def forward(self, x: Tensor) -> Tensor:
        square = x.square().mean(dim=(2, 3), keepdim=True)
        x = x * (square + self.eps).rsqrt()
        x = x * self.weight[:, None, None] + self.bias[:, None, None]
        return torch.maximum(x, self.tau[:, None, None])
''',
    "DropPath": '''class DropPath(nn.Module):
    """Leaves out all of a sample with probability `rate`, and scales the others up."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0.0:
            return x
        keep = 1.0 - self.rate
        kept = x.new_empty((len(x), *[1] * (x.ndim - 1))).bernoulli_(keep)
        return x * (kept.div_(keep) if keep > 0.0 else kept)
''',
    "SpaceToDepth": '''class SpaceToDepth(nn.Module):
    """Each block of positions as channels of one position, a position's channels together."""

    def __init__(self, block: int) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Tensor) -> Tensor:
        x = x.unflatten(3, (-1, self.block)).unflatten(2, (-1, self.block))
        return x.permute(0, 3, 5, 1, 2, 4).flatten(1, 3)
''',
    "SquaredReLU": '''class SquaredReLU(nn.Module):
    """The square of what is positive."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.square(F.relu(x))
''',
    "QuickGELU": '''class QuickGELU(nn.Module):
    """A sigmoid's approximation of GELU."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)
''',
}
