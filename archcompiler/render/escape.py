"""Strings of a spec inside other formats: nothing that a spec says can act as markup there."""

from __future__ import annotations

import re

from archcompiler.render.excerpt import visible

# A `_` within a word is no emphasis, and what `~1` begins no strike-through, since no `~` can end it.
_MARKUP = re.compile(r"[\\`*\[\]<>|$&]|~(?!\d)|(?<![^\W_])_|_(?![^\W_])")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Markdown(str):
    """A text that is markdown already, such as a link that archcompiler wrote."""

    __slots__ = ()


def markdown(text: str) -> str:
    """Return a text that markdown shows as it is, on one line: no link, image, tag or cell of a table begins in it."""
    return text if isinstance(text, Markdown) else _MARKUP.sub(r"\\\g<0>", visible(text))


def xml(text: str) -> str:
    """Return a text on one line, of the characters that XML 1.0 has; what is none shows as U+FFFD."""
    return _NO_XML.sub("\ufffd", visible(text))
