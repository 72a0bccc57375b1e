"""The numbers of a RegNet, as `archc new --regnet` takes them, and the spec that they give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Values
from typing import Union

from archcompiler.claims.regnet import Row, built_rows
from archcompiler.claims.rule import rule_of
from archcompiler.diagnostics import SpecError
from archcompiler.layout.format import formatted
from archcompiler.render.spec import document_yaml
from archcompiler.schema.check import partial_faults
from archcompiler.span import Span
from archcompiler.syntax.parse import parse_value
from archcompiler.tree import Entry, Mapping, Node, Plain, Scalar, Sequence, from_plain
from archcompiler.verbs import Usage

_PLACE = "<--regnet>"
_FORM = "depth=16,w0=48,wa=27.89,wm=2.09,group_width=8"
_SIZE = 224
_LARGEST_SIZE = 4096  # of an image that anybody computes on
_STEM: Plain = [{"conv": 32, "kernel": 3, "stride": 2}, {"norm": "batch"}, {"activation": "relu"}]
_SE: dict[str, Plain] = {"type": "se", "of": "block_input", "after": "conv2", "round": {"to": 1, "mode": "half_even"}}
"""RegNetY's excitation, but for its ratio (pycls/models/blocks.py)."""

_Tree = Union[Plain, Node, Values[str, "_Tree"]]


def regnet_text(name: str, numbers: str) -> str:
    """Return the text of a RegNet from `depth=16,w0=48,...`: its rows, and the claim that they follow from the numbers.

    Raises Usage where the numbers are no list of `key=value` or give more stages than an image can be halved, SpecError
    with what the schema has against them.
    """
    rule: dict[str, _Tree] = {"name": "regnet", **_numbers(numbers)}
    defaults: dict[str, _Tree] = {"block": "bottleneck", "stride": 2}
    if "se" in rule:
        defaults["attention"] = {**_SE, "ratio": rule.pop("se")}
    document: dict[str, _Tree] = {
        "archc": 1,
        "name": name,
        "description": f"RegNet{'Y' if 'attention' in defaults else 'X'} of {numbers} (arXiv:2003.13678).",
        "input": {"channels": 3, "size": _SIZE},
        "stem": {"steps": _STEM},
        "defaults": defaults,
        "stages": {},
        "head": {"classes": 1000},
    }
    claim = _mapping({"source": "arXiv:2003.13678", "table": "section 3.3", "rule": rule})
    document["claims"] = Sequence((claim,), claim.span)
    if faults := partial_faults(_mapping(document)):
        raise SpecError(faults)
    rows = built_rows(rule_of(_mapping(rule)))
    document["input"] = {"channels": 3, "size": _size(len(rows))}
    group_width = Counter(row.group_width for row in rows).most_common(1)[0][0]
    defaults["bottleneck_width"] = group_width
    document["stages"] = {f"stage{number}": _stage(row, group_width) for number, row in enumerate(rows, 1)}
    return formatted(document_yaml(_mapping(document)), _PLACE)


def _size(stages: int) -> int:
    """Return the side of the image: 224, or where that is halved too often, the next one that every stride divides."""
    step = 1 << (stages + 1)  # the stem strides too
    size = max(2 * step, -(-_SIZE // step) * step)  # a norm of a single position would see one value
    if size > _LARGEST_SIZE:
        raise Usage(
            f"--regnet: the numbers give {stages} stages, each of which halves the map; a larger wm gives fewer"
        )
    return size


def _numbers(text: str) -> dict[str, _Tree]:
    """Return the numbers of `key=value,key=value` as YAML reads them."""
    found: dict[str, _Tree] = {}
    for part in text.split(","):
        key, equals, value = part.strip().partition("=")
        if not equals:
            raise Usage(f"--regnet: expected {_FORM}[,se=0.25], found {part.strip()!r}")
        if key in found:
            raise Usage(f"--regnet: `{key}` is given twice")
        found[key] = parse_value(value, f"<--regnet {part.strip()}>")
    return found


def _mapping(values: Values[str, _Tree]) -> Mapping:
    """Return values, of which some have been read already, as a tree."""
    place = Span(_PLACE, 1, 1, 1, 1)
    return Mapping({key: Entry(place, _node(value, place)) for key, value in values.items()}, place)


def _node(value: _Tree, place: Span) -> Node:
    if isinstance(value, (Scalar, Sequence, Mapping)):
        return value
    return _mapping(value) if isinstance(value, Values) else from_plain(value, place)


def _stage(row: Row, group_width: int) -> dict[str, _Tree]:
    stage: dict[str, _Tree] = {"blocks": row.blocks, "channels": row.channels}
    stage |= {"cardinality": row.groups} if row.groups > 1 else {}
    return stage if row.group_width == group_width else {**stage, "bottleneck_width": row.group_width}
