"""Modules that PyTorch lacks, emitted where a network uses them."""

LAYER_NORM = '''class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels at each position of a map."""

    def forward(self, x: Tensor) -> Tensor:
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)
'''

BLUR_POOL = '''class BlurPool2d(nn.Module):
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
'''

SUBSAMPLE = '''class Subsample(nn.Module):
    """Every stride-th row and column."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :: self.stride, :: self.stride]
'''

PAD_CHANNELS = '''class PadChannels(nn.Module):
    """Zero channels in front of and behind the map's own."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.before = before
        self.after = after

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, 0, 0, 0, self.before, self.after))
'''
