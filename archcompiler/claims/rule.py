"""Hold the rows that a rule gives against the rows that are built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from archcompiler.claims.regnet import Row, Rule, built_rows, request_text, rows_text
from archcompiler.diagnostics import Diagnostic
from archcompiler.graph.ir import Body, Graph, Part
from archcompiler.graph.ops import Convolution
from archcompiler.graph.shape import sides
from archcompiler.record.fields import Fields
from archcompiler.schema.canonical import fill
from archcompiler.schema.language import language
from archcompiler.tree import Mapping


def judge_rule(claim: Fields, graph: Graph) -> tuple[str, str, Diagnostic | None]:
    """Return what the claim's rule asks for, what is built, and a fault where the rule gives other rows."""
    rule = rule_of(claim.union("rule").mapping)
    stages = [(part.name, row) for part in graph.parts if part.kind == "stage" for row in _rows(part)]
    built = rows_text([row for _, row in stages])
    differences = list(_differences(built_rows(rule), stages))
    if not differences:
        return request_text(rule), built, None
    help = "mend the rows or the numbers of the rule; `round` says how its widths are made to fit the groups"
    return request_text(rule), built, Diagnostic("C001", "; ".join(differences), claim.span("rule"), help)


def rule_of(mapping: Mapping) -> Rule:
    """Return the numbers of a valid `rule`, with the schema's defaults."""
    f = Fields(fill(mapping, language().objects["rule"]))
    return Rule(
        depth=f.integer("depth"),
        w0=f.integer("w0"),
        wa=f.number("wa"),
        wm=f.number("wm"),
        group_width=f.integer("group_width"),
        b=f.fraction("b"),
        round=f.text("round"),
    )


def _rows(part: Part) -> Iterator[Row]:
    """Yield one row for each run of equal blocks: a stage of different blocks is none that a rule gives."""
    sizes = [found for call in part.calls if (found := _sizes(call.body))]
    for (channels, width, groups), blocks in groupby(sizes):
        yield Row(len(list(blocks)), channels, width, groups)


def _sizes(body: Body) -> tuple[int, int, int] | None:
    """Return the channels that leave a block, and the channels and groups of its convolution with the widest kernel."""
    convs = [node.op for node in body.nodes if isinstance(node.op, Convolution)]
    if not convs:
        return None
    widest = max(convs, key=lambda conv: max(sides(conv.kernel)))
    return int(body.output[0]), int(widest.out_channels), int(widest.groups)


def _differences(given: Sequence[Row], built: Sequence[tuple[str, Row]]) -> Iterator[str]:
    if len(given) != len(built):
        yield f"the rule gives {len(given)} stages of equal blocks, {len(built)} are built"
        return
    for row, (name, found) in zip(given, built, strict=True):
        if row != found:
            yield f"the rule gives {rows_text([row])} for {name}, {rows_text([found])} is built"
