"""What a part, a block or a layer is, in a few words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from archcompiler.analyses.cost import Row
from archcompiler.graph.ir import Graph
from archcompiler.graph.ops import Op
from archcompiler.resolve import Spec, Stage
from archcompiler.tree import Mapping, Scalar, plain

_CAPITAL = re.compile("(?=[A-Z])")
_ENDS = ("channels", "features")
_UNSAID = {"stride": 1, "dilation": 1, "groups": 1, "padding": 0, "eps": None, "momentum": None}
"""Attributes of ops that are not said at these values, or (None) at any."""

_SHARED = frozenset(
    ("channels", "width", "bottleneck_width", "cardinality", "kernel", "stride", "padding", "dilation", "drop_path")
)
"""Fields of a block that have words of their own, or that most readers can do without."""


def with_words(rows: Iterable[Row], words: Iterable[str]) -> tuple[Row, ...]:
    """Return rows that say what each is."""
    return tuple(replace(row, words=said) for row, said in zip(rows, words, strict=True))


def part_words(spec: Spec) -> Iterator[str]:
    """Yield what a spec says of its stem, each stage and its head."""
    yield _section_words(spec.section("stem"))
    yield from map(_stage_words, spec.stages)
    yield _section_words(spec.section("head"))


def block_words(spec: Spec, graph: Graph) -> Iterator[str]:
    """Yield what a spec says of the stem, each block (and transition) and the head."""
    blocks = (block for stage in spec.stages for block in stage.blocks)
    for part in graph.parts:
        for call in part.calls:
            if part.kind != "stage":
                yield _section_words(spec.section(part.name))
            else:
                yield "transition" if call.kind == "transition" else _block_words(next(blocks))


def layer_words(graph: Graph) -> Iterator[str]:
    """Yield what each op is that is a module: `conv 64 -> 128, kernel 3, stride 2`."""
    named = (pair for call in graph.calls for pair in zip(call.body.nodes, call.paths, strict=True))
    return (_op_words(node.op) for node, path in named if path)


def _op_words(op: Op) -> str:
    """Return an op's kind and its attributes, those left out that are as usual."""
    values = {each.name: value for each, value in zip(op.attributes, op.values, strict=True)}
    kind = [str(values.pop("kind", "")), *(word.lower() for word in _CAPITAL.split(op.name) if word)]
    ends = [f"{values.pop(f'in_{of}')} -> {values.pop(f'out_{of}')}" for of in _ENDS if f"in_{of}" in values]
    said = {name.replace("_", " "): value for name, value in values.items() if not _is_usual(name, value)}
    words = (name if value is True else f"{name} {value}" for name, value in said.items())
    return ", ".join([" ".join(filter(None, [*kind, *ends])), *words])


def _is_usual(name: str, value: object) -> bool:
    return value in (None, False) or (name in _UNSAID and _UNSAID[name] in (None, value))


def _stage_words(stage: Stage) -> str:
    """Return a stage in a few words: `1 x basic 64 + 2 x bottleneck 256, 32x4d, stride 2, projection shortcut`."""
    if not stage.blocks:
        return "no blocks"
    runs = [(text, len(list(group))) for text, group in groupby(map(_block_words, stage.blocks))]
    blocks = " + ".join(f"{count} x {text}" for text, count in runs)
    first = stage.blocks[0]
    stride, shortcut = _value(first, "stride"), _kind(first, "shortcut").replace("_", " ").replace("none", "no")
    return ", ".join([blocks, *[f"stride {stride}"] * bool(stride), *[f"{shortcut} shortcut"] * bool(shortcut)])


def _block_words(fields: Mapping) -> str:
    """Return what sets a block apart: its kind, widths, and whatever is not as usual."""
    words = [f"{_value(fields, 'block')} {_value(fields, 'channels')}".strip()]
    if "bottleneck_width" in fields.entries:
        words.append(f"{_value(fields, 'cardinality')}x{_value(fields, 'bottleneck_width')}d")
    if "width" in fields.entries:
        groups = f" in {_value(fields, 'cardinality')} groups" if "cardinality" in fields.entries else ""
        words.append(f"width {_value(fields, 'width')}{groups}")
    words += [f"{key.replace('_', ' ')} {_value(fields, key)}" for key in _own_numbers(fields)]
    usual = {"kernel": "3", "dilation": "1"}
    words += [f"{key} {_value(fields, key)}" for key in usual if _value(fields, key) not in ("", usual[key])]
    kinds = {"norm": "batch", "activation": "relu", "attention": "none"}
    words += [f"{key} {_kind(fields, key)}" for key in kinds if _kind(fields, key) not in ("", kinds[key])]
    return ", ".join(words)


def _own_numbers(fields: Mapping) -> Iterator[str]:
    """Yield the fields that hold a number and that few blocks have, such as `growth`."""
    for key, entry in fields.entries.items():
        value = entry.value.value if isinstance(entry.value, Scalar) else None
        if key not in _SHARED and isinstance(value, (int, float)) and not isinstance(value, bool):
            yield key


def _section_words(section: Mapping) -> str:
    words = [_value(section, "type")]
    words += [f"{key} {_value(section, key)}" for key in ("channels", "classes") if key in section.entries]
    return ", ".join(words)


def _kind(fields: Mapping, key: str) -> str:
    value = fields.get(key)
    return _value(value, "type") if isinstance(value, Mapping) else ""


def _value(fields: Mapping, key: str) -> str:
    value = fields.get(key)
    return str(plain(value)) if isinstance(value, Scalar) else ""
