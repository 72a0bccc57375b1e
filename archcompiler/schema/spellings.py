"""What other libraries call what this language has a word for: only to name it in the help of a fault."""

from __future__ import annotations

import re
from collections.abc import Iterable

_VALUES = {
    "norm": {
        "bn": "batch",
        "batchnorm": "batch",
        "gn": "group",
        "groupnorm": "group",
        "ln": "layer",
        "layernorm": "layer",
    },
    "block": {"basicblock": "basic", "bottleneckblock": "bottleneck", "resnext": "bottleneck", "convbnrelu": "conv"},
    "shortcut": {"a": "zero_pad", "b": "projection", "c": "projection_always", "conv": "projection", "pad": "zero_pad"},
    "pool": {
        "avg": "global average",
        "mean": "global average",
        "avgpool": "global average",
        "averagepool": "global average",
        "globalavgpool": "global",
        "gap": "global",
        "adaptive": "global",
        "adaptiveavgpool": "global",
    },
    "quantity": {
        "flops": "macs",
        "gflops": "macs",
        "madds": "macs",
        "multadds": "macs",
        "parameters": "params",
    },
    "activation": {"swish": "silu", "leakyrelu": "leaky_relu", "linear": "none", "identity": "none"},
    "attention": {"squeezeexcitation": "se", "squeezeexcite": "se", "senet": "se"},
}
"""Words by field, in small letters without `_`; several where two fields of one name have other words for it."""
_FIELDS = {
    "groups": "cardinality",
    "base_width": "bottleneck_width",
    "width_per_group": "bottleneck_width",
    "group_width": "bottleneck_width",
    "group_size": "bottleneck_width",
    "num_groups": "cardinality groups",
    "planes": "width",
    "mid_channels": "width",
    "out_channels": "channels",
    "out_chs": "channels",
    "filters": "channels",
    "num_blocks": "blocks",
    "depth": "blocks",
    "repeats": "blocks",
    "num_layers": "blocks",
    "strides": "stride",
    "norm_layer": "norm",
    "act_layer": "activation",
    "act": "activation",
    "kernel_size": "kernel",
    "num_classes": "classes",
    "downsample": "shortcut",
    "zero_init_residual": "zero_init",
    "attn": "attention",
    "se": "attention",
}
_IN_CHANNELS = "what arrives is known; the channels of the image are `input: {channels: 3}`"
_PHRASES = {
    "expansion": "`channels` leave the block: a bottleneck of width 64 with expansion 4 says `channels: 256`",
    "se_ratio": "write `attention: {type: se, ratio: 0.25}`, with `of: block_input` as RegNet and EfficientNet count",
    "rd_ratio": "write `attention: {type: se, ratio: 0.25}`",
    "in_chans": _IN_CHANNELS,
    "in_channels": _IN_CHANNELS,
    "in_planes": _IN_CHANNELS,
}
"""What to write where no one field is meant."""


def meant_value(field: str, word: str, allowed: Iterable[str]) -> str | None:
    """Return the value of a field that a word of another library means: `BatchNorm2d` is `batch`."""
    known = set(allowed)
    plain = re.sub(r"[\W_]|[123]d$", "", word).lower()
    meant = plain if plain in known else _VALUES.get(field, {}).get(plain, "")
    return next((f"`{word}` is `{name}` here" for name in meant.split() if name in known), None)


def meant_field(word: str, fields: Iterable[str]) -> str | None:
    """Return the field that a name of another library means: `groups` is `cardinality`."""
    known = set(fields)
    return next((f"`{word}` is `{name}` here" for name in names_of(word) if name in known), _PHRASES.get(word.lower()))


def names_of(word: str) -> list[str]:
    """Return what a name of any library is called here: itself first, then its fields here."""
    return [word.lower(), *_FIELDS.get(word.lower(), "").split()]
