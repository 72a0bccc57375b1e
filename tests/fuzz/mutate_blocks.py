"""Break block documents; `archc validate` must say what is wrong with each, and record those with which nothing is.

    python tests/fuzz/mutate_blocks.py --inputs 20000 --keep DIR      a long run; what breaks it is kept in DIR

Input number N is always the same one, one in three of them the block of a spec's own. A document with no fault is
lowered in a network of one stage.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mutate import ROOT, TOKENS, Run, change, main

from archcompiler.blocks.check import declared_fields
from archcompiler.blocks.files import plain_document
from archcompiler.diagnostics import SpecError
from archcompiler.lower.network import lower
from archcompiler.resolve import load_spec
from archcompiler.schema.language import PART_KINDS
from archcompiler.syntax.files import DISK
from archcompiler.syntax.parse import parse
from archcompiler.tree import Scalar

NAME = re.compile(r"\b[a-z][a-z0-9_]*\b")
NUMBER = re.compile(r"\b[0-9]+(?:\.[0-9]+)?\b")
OPERATOR = re.compile(r" (?:\+|-|\*|/|//|%|==|!=|<|<=|>|>=|and|or) ")
OTHER_NUMBERS = ("0", "1", "2", "3", "7", "16", "-1", "0.5", "1000000000", "10000", "true", "1e-3")
EXPRESSIONS = (
    *("in_channels", "x.channels", "x.height", "block_index", "channels // 2", "channels / 3", "-channels", "not bias"),
    *("max(channels, 4)", "round(channels, 8, half_up)", "len(kernels)", "kernels[9]", "norm.groups", "bits(channels)"),
    *("[3, 1]", "same"),
    *("channels if stride == 1 else 2 * channels", "1 // (stride - 1)", "attention.reduction", "norm != none", "$norm"),
)
"""What is put in the place of a value."""
ROLES = ("conv1", "conv2", "conv3", "norm1", "act1", "act3", "aa", "shortcut1", "attention2", "repeat1", "if1", "add1")
SPEC = """\
archc: 1
name: net
input: {{channels: 4, size: 9}}
stem: none
blocks: {{{name}: made.yaml}}
stages: {{one: {{block: {name}, blocks: 2{fields}}}}}
head: {{pool: none, classes: 3}}
"""
HEADER = re.compile(rb"^(?:archc|block):.*\n", re.MULTILINE)
INLINE = b"""\
archc: 1
name: net
input: {channels: 4, size: 9}
stem: none
stages: {one: {block: mine, blocks: 2, channels: 8}}
head: {pool: none, classes: 3}
blocks:
  theirs: {extends: mine, description: The same.}
  mine:
"""


@dataclass
class BlockRun(Run):
    """What a run of blocks has seen: also how many documents were lowered, and how many fitted."""

    lowered: int = 0
    fitted: int = 0

    def __str__(self) -> str:
        return f"{super().__str__()}; {self.lowered:,} lowered, {self.fitted:,} of them into a network"

    def take_sound(self, path: Path) -> None:
        """Lower a sound document; shapes may not fit, and then it is told in words."""
        text = _spec_of(path.read_bytes())
        if text is None:
            return
        spec = path.with_name("net.yaml")
        spec.write_text(text, encoding="utf-8")
        loaded = load_spec(spec)
        self.lowered += 1
        try:
            lower(loaded)
            self.fitted += 1
        except SpecError as error:
            if not error.diagnostics:
                raise


@cache
def corpus() -> list[bytes]:
    """Return the documents that are broken: those shipped, blocks foremost, and those of the tests."""
    shipped = [ROOT / "specs" / f"{kind}s" for kind in PART_KINDS]
    blocks = [ROOT / "specs" / "blocks", ROOT / "tests" / "fuzz" / "blocks"]
    return [path.read_bytes() for folder in (*shipped, *blocks * 12) for path in sorted(folder.glob("*.yaml"))]


def mutant(number: int) -> bytes:
    """Return input number N: one of the documents with one to four changes."""
    chance = random.Random(number)
    text = chance.choice(corpus())
    for _ in range(chance.choice((1, 1, 1, 1, 2))):
        text = chance.choice(CHANGES)(text, chance)
    return (text if chance.randrange(3) else _inline(text))[: 1 << 16]


def _inline(text: bytes) -> bytes:
    return INLINE + b"".join(b"    " + line for line in HEADER.sub(b"", text).splitlines(keepends=True))


def _bytes(text: bytes, chance: random.Random) -> bytes:
    data = bytearray(text)
    change(data, chance)
    return bytes(data)


def _lines(text: bytes, chance: random.Random) -> bytes:
    lines = text.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    kind = chance.randrange(3)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines.insert(at, lines[other])
    return b"\n".join(lines)


def _swap(pattern: re.Pattern[str], others: tuple[str, ...] = ()):
    """Return a change that puts another match of a pattern, or one of some others, in the place of one."""

    def change(text: bytes, chance: random.Random) -> bytes:
        body = text.decode("utf-8", "surrogateescape")
        start = max(0, body.find("fields:") if chance.randrange(3) == 0 else body.find("steps:"))
        found = list(pattern.finditer(body, start))
        if not found:
            return text
        one, other = chance.choice(found), chance.choice(others) if others else chance.choice(found)[0]
        return (body[: one.start()] + other + body[one.end() :]).encode("utf-8", "surrogateescape")

    return change


def _token(text: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(TOKENS) + text[at:]


_VALUE = re.compile(r"(?<=: )[a-z0-9_.]+(?=[,}])")
CHANGES = (
    _bytes,
    _lines,
    _token,
    *[_swap(NAME)] * 3,
    *[_swap(NUMBER, OTHER_NUMBERS)] * 3,
    *[_swap(_VALUE, EXPRESSIONS)] * 3,
    *[_swap(_VALUE)] * 2,
    _swap(OPERATOR),
    _swap(re.compile(r"- \{[^\n]*\}")),
    *[_swap(re.compile(r"\b[a-z_]+[0-9]\b"), ROLES)] * 2,
)


def _spec_of(text: bytes) -> str | None:
    """Return the network of one stage with a block; None where the text is no block, or other documents'."""
    tree = parse(text, "made.yaml")
    if "stages" in tree.entries:
        return text.decode()
    said = tree.get("block")
    if not isinstance(said, Scalar):
        return None
    fields, given = declared_fields(plain_document("made.yaml", tree, DISK)), {}
    for name, own in fields.items():
        alternatives = {*own.get("alternatives", ())} & given.keys()
        if own.get("required") and "default" not in own and not alternatives:
            given[name] = {"channels": 8}.get(name, own["examples"][0])
    values = "".join(f", {name}: {str(value).lower()}" for name, value in given.items())
    return SPEC.format(name=said.value, fields=values)


if __name__ == "__main__":
    main(BlockRun(), mutant, __doc__)
