"""What weighs a block's channels: squeeze and excitation, efficient channel attention."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, ShapeFault, Value
from archcompiler.record.rounding import round_to
from archcompiler.span import SCHEMA_ORIGIN

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
        help = f"use kernel {kernel - 1} or {kernel + 1}"
        fault = ShapeFault(
            "G006", f"no padding keeps the channels under an even kernel of {kernel}", ("attention",), help
        )
        fault.span = attention.span("kernel")
        raise fault
    return b.channel_conv("attention.conv", b.grid_pool("attention.pool", x, 1), b.let("attention_kernel", kernel))


def check_attended(f: Fields, place: str) -> None:
    """Raise ShapeFault where the block's `attention` stands at a place that the block lacks."""
    if _stands_at(f, (place,)):
        fault = ShapeFault("G010", f"attention after {place}, and there is no {place}", ("attention",), _ELSEWHERE)
        fault.span = f.union("attention").span("after")
        raise fault


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
        raise _no_width(attention, key, int(whole), share, to)
    if mode == "exact" and share.numerator == 1:
        return whole // share.denominator
    return b.let("reduced_channels", width)


def _no_width(attention: Fields, key: str, whole: int, share: Fraction, to: int) -> ShapeFault:
    said, wanted = attention.number(key), "whole number" if to == 1 else f"multiple of {to}"
    fault = ShapeFault(
        "G009",
        f"a {key} of {said:g} on {whole} channels gives {float(whole * share):g}, which is no {wanted}",
        ("attention", "channels"),
        f"use a {key} that gives one, or say how to round, as in `round: {{to: {to}, mode: half_even}}`",
    )
    fault.span = None if attention.span(key) == SCHEMA_ORIGIN else attention.span(key)
    return fault


_GATES: dict[str, Callable[[Recorder, Value, Fields], Value]] = {"se": _squeeze_and_excite, "eca": _slide}
