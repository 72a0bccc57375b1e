"""`build --summary`: what each stage says, torchinfo's table, and whether both counts agree."""

from __future__ import annotations

from itertools import groupby

from archcompiler.analyses.report import CostReport
from archcompiler.claims.check import Checked
from archcompiler.render.check import check_table, claim_document
from archcompiler.render.cost import cost_document, shape_text
from archcompiler.render.excerpt import visible
from archcompiler.render.table import Cell, table
from archcompiler.resolve import Spec, Stage
from archcompiler.tree import Mapping, Scalar, plain


def summary_text(spec: Spec, report: CostReport, torchinfo_table: str, checked: Checked) -> str:
    """Return the whole page."""
    pages = [f"{report.name}\n{visible(spec.description)}".rstrip(), stage_table(spec, report), torchinfo_table]
    pages += [check_table([checked])] if checked.claims else []
    return "\n\n".join([*pages, agreement(checked)])


def stage_table(spec: Spec, report: CostReport) -> str:
    """Return one row a part: what the spec says of it, the shape that leaves, what it costs."""
    stages = {stage.name: stage for stage in spec.stages}
    rows: list[list[Cell]] = []
    for row in report.parts:
        said = stage_text(stages[row.name]) if row.name in stages else _section_text(spec.section(row.name))
        rows.append([row.name, said, shape_text(row.output), row.cost.params, row.cost.macs])
    rows.append(["total", "", shape_text(report.output), report.total.params, report.total.macs])
    return table(["part", "is", "output", "params", "MACs"], rows)


def stage_text(stage: Stage) -> str:
    """Return a stage in a few words: `1 x basic 64 + 2 x bottleneck 256, 32x4d, stride 2, projection shortcut`."""
    if not stage.blocks:
        return "no blocks"
    runs = [(text, len(list(group))) for text, group in groupby(map(_block_text, stage.blocks))]
    blocks = " + ".join(f"{count} x {text}" for text, count in runs)
    first = stage.blocks[0]
    shortcut = _kind(first, "shortcut").replace("_", " ").replace("none", "no")
    return f"{blocks}, stride {_value(first, 'stride')}, {shortcut} shortcut"


def _block_text(fields: Mapping) -> str:
    """Return what sets a block apart: its kind, widths, and whatever is not as usual."""
    words = [f"{_value(fields, 'block')} {_value(fields, 'channels')}"]
    if "bottleneck_width" in fields.entries:
        words.append(f"{_value(fields, 'cardinality')}x{_value(fields, 'bottleneck_width')}d")
    if "width" in fields.entries:
        words.append(f"width {_value(fields, 'width')} in {_value(fields, 'cardinality')} groups")
    usual = {"kernel": "3", "dilation": "1"}
    words += [f"{key} {_value(fields, key)}" for key in usual if _value(fields, key) not in ("", usual[key])]
    kinds = {"norm": "batch", "activation": "relu", "attention": "none"}
    words += [f"{key} {_kind(fields, key)}" for key in kinds if _kind(fields, key) not in ("", kinds[key])]
    return ", ".join(words)


def agreement(checked: Checked) -> str:
    """Return two lines that say whether analysis and torchinfo count the same."""
    lines = []
    for name, key in (("parameters", "params"), ("mult-adds", "torchinfo_mult_adds")):
        ours, theirs = checked.analysis[key], checked.torchinfo[key]
        lines.append(f"{name}: analysis {ours:,} {'=' if ours == theirs else 'DIFFERS FROM'} torchinfo {theirs:,}")
    return "\n".join(lines)


def summary_document(report: CostReport, checked: Checked) -> dict[str, object]:
    """Return the same as data."""
    return {
        **cost_document(report),
        "torchinfo": checked.torchinfo,
        "agrees": checked.agrees,
        "claims": [claim_document(claim) for claim in checked.claims],
    }


def _section_text(section: Mapping) -> str:
    words = [_value(section, "type")]
    words += [f"{key} {_value(section, key)}" for key in ("channels", "classes") if key in section.entries]
    return ", ".join(words)


def _kind(fields: Mapping, key: str) -> str:
    value = fields.get(key)
    return _value(value, "type") if isinstance(value, Mapping) else ""


def _value(fields: Mapping, key: str) -> str:
    value = fields.get(key)
    return str(plain(value)) if isinstance(value, Scalar) else ""
