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
    "pool": {"avg": "global", "gap": "global", "adaptive": "global", "adaptiveavgpool": "global"},
    "activation": {"swish": "silu", "leakyrelu": "leaky_relu", "linear": "none", "identity": "none"},
    "attention": {"squeezeexcitation": "se", "squeezeexcite": "se", "senet": "se"},
}
_FIELDS = {
    "groups": "cardinality",
    "base_width": "bottleneck_width",
    "width_per_group": "bottleneck_width",
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
_EXPANSION = "channels are those that leave the block, so there is no expansion: of a bottleneck, 4 times the width"


def meant_value(field: str, word: str, allowed: Iterable[str]) -> str | None:
    """Return the value of a field that a word of another library means: `BatchNorm2d` is `batch`."""
    known = set(allowed)
    plain = re.sub(r"[\W_]|[123]d$", "", word).lower()
    meant = plain if plain in known else _VALUES.get(field, {}).get(plain)
    return f"`{word}` is `{meant}` here" if meant in known else None


def meant_field(word: str, fields: Iterable[str]) -> str | None:
    """Return the field that a name of another library means: `groups` is `cardinality`."""
    if word == "expansion":
        return _EXPANSION
    meant = _FIELDS.get(word)
    return f"`{word}` is `{meant}` here" if meant in set(fields) else None
