"""What weighs a block's channels: squeeze and excitation, efficient channel attention."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from archcompiler.record.fault import ShapeFault, even_kernel, near_divisors, near_multiples
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value
from archcompiler.record.rounding import round_to

_ELSEWHERE = "let it stand after residual, conv1, conv2, input or sum, or give the block a shortcut"


def attend(b: Recorder, x: Value, f: Fields, *places: str) -> Value:
    """Return a map with its channels weighed, where the block's `attention` stands at one of these places."""
    if not _stands_at(f, places):
        return x
    attention = f.union("attention")
    gate = _GATES[attention.text("type")](b, x, attention)
    return b.scale(x, b.sigmoid("attention.gate", gate))


def _squeeze_and_excite(b: Recorder, x: Value, attention: Fields) -> Value:
    """Two 1x1 convolutions between fewer channels (SENet, arXiv:1709.01507, Figure 2)."""
    b.variant("SE")
    gate = b.grid_pool("attention.pool", x, 1) if attention.flag("squeeze") else x
    gate = b.conv("attention.reduce", gate, _reduced(b, x, attention), kernel=1, bias=True)
    gate = b.activation("attention.act", gate, attention.union("activation"))
    return b.conv("attention.expand", gate, x.channels, kernel=1, bias=True)


def _slide(b: Recorder, x: Value, attention: Fields) -> Value:
    """One kernel along the channels (ECA-Net, arXiv:1910.03151, section 3.2.3; its width by equation 12)."""
    b.variant("ECA")
    channels = int(x.channels)
    kernel = max(3, channels.bit_length() // 2 | 1) if attention.is_text("kernel") else attention.integer("kernel")
    if kernel % 2 == 0:
        fault = even_kernel(kernel, "channels", ("kernel",), {"kernel": [kernel - 1, kernel + 1]})
        b.refuse(replace(fault, within=attention))
    return b.channel_conv("attention.conv", b.grid_pool("attention.pool", x, 1), b.let("attention_kernel", kernel))


def check_attended(b: Recorder, f: Fields, place: str) -> None:
    """Refuse a block whose `attention` stands at a place that the block lacks."""
    if _stands_at(f, (place,)):
        message = f"attention after {place}, and there is no {place}"
        b.refuse(ShapeFault("G010", message, ("after",), _ELSEWHERE, within=f.union("attention")))


def _stands_at(f: Fields, places: tuple[str, ...]) -> bool:
    attention = f.union("attention") if f.has("attention") else None
    return attention is not None and attention.text("type") != "none" and attention.text("after") in places


def _reduced(b: Recorder, x: Value, attention: Fields) -> int:
    """Return the channels between the two convolutions: a share of the map's or of the block's input's."""
    whole = b.input.channels if attention.text("of") == "block_input" else x.channels
    key = "ratio" if attention.has("ratio") else "reduction"
    share = attention.fraction("ratio") if key == "ratio" else Fraction(1, int(attention.integer("reduction")))
    rounding = attention.union("round")
    to, mode = int(rounding.integer("to")), rounding.text("mode")
    width = round_to(share * int(whole), to, mode)
    if width is None:
        b.refuse(_no_width(attention, key, whole, share, to))
        return whole
    if mode == "exact" and share.numerator == 1:
        return whole // share.denominator
    return b.let("reduced_width", width)


def _no_width(attention: Fields, key: str, whole: int, share: Fraction, to: int) -> ShapeFault:
    said, wanted = attention.number(key), "whole number" if to == 1 else f"multiple of {to}"
    return ShapeFault(
        "G009",
        f"a {key} of {said:g} on {int(whole)} channels gives {float(int(whole) * share):g}, which is no {wanted}",
        (key,),
        f"or say how to round, as in `round: {{to: {to}, mode: half_even}}`",
        within=attention,
        fits={key: _fitting(key, int(whole), share, to)},
        number=whole,
    )


def _fitting(key: str, whole: int, share: Fraction, to: int) -> list[float]:
    """Return the reductions or ratios that make a width without rounding, the nearest first."""
    if share > 1:
        return [float(f"{width / whole:.6g}") for width in near_multiples(int(whole * share), to)]
    reductions = near_divisors(int(1 / share), whole // to) if whole % to == 0 else []
    return [float(f"{1 / number:.6g}") if key == "ratio" else number for number in reductions]


_GATES: dict[str, Callable[[Recorder, Value, Fields], Value]] = {"se": _squeeze_and_excite, "eca": _slide}
