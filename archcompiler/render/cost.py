"""The cost of networks: as a table, as JSON (`schemas/output/cost.json`), as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from archcompiler.analyses.cost import Cost, Row
from archcompiler.analyses.report import CostReport
from archcompiler.graph.ops import Shape
from archcompiler.render.table import Cell, table

FORMAT_VERSION = 1
_COUNTS = ("params", "MACs", "activations")


def cost_table(report: CostReport, rows: Sequence[Row], by: str) -> str:
    """Return one network's rows under its name, the total, memory and receptive field."""
    body: list[list[Cell]] = [[row.name, row.kind, shape_text(row.output), *_counts(row.cost)] for row in rows]
    body.append(["total", "", shape_text(report.output), *_counts(report.total)])
    memory = report.memory
    return "\n".join(
        [
            f"{report.name}  input {shape_text(report.input)}, batch {report.batch}",
            "",
            table([by, "kind", "output", *_COUNTS], body),
            "",
            f"torchinfo mult-adds {report.total.torchinfo_mult_adds:,} (norms and biases counted in)",
            f"memory {_bytes(memory.parameters_bytes)} parameters + {_bytes(memory.peak_activation_bytes)} "
            f"activations at peak ({memory.dtype}, inference)",
            f"receptive field {report.receptive_field} pixels before the head",
        ]
    )


def compare_table(reports: Iterable[CostReport]) -> str:
    """Return one row a network."""
    rows: list[list[Cell]] = [
        [report.name, shape_text(report.input), *_counts(report.total), _bytes(report.memory.peak_activation_bytes)]
        for report in reports
    ]
    return table(["network", "input", *_COUNTS, "peak memory"], rows)


def cost_document(report: CostReport) -> dict[str, object]:
    """Return one network as data."""
    return {
        "format_version": FORMAT_VERSION,
        "name": report.name,
        "input": list(report.input),
        "output": list(report.output),
        **asdict(report.total),
        "memory": asdict(report.memory),
        "receptive_field": report.receptive_field,
        "stages": [row_document(row) for row in report.parts],
    }


def row_document(row: Row) -> dict[str, object]:
    """Return one part, block or layer as data."""
    return {"name": row.name, "kind": row.kind, "output": list(row.output), **asdict(row.cost)}


def cost_csv(named_rows: Iterable[tuple[str, Row]]) -> str:
    """Return one line a part, block or layer, each with its network's name."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["network", "name", "kind", "output", *Cost.__dataclass_fields__])
    for network, row in named_rows:
        writer.writerow([network, row.name, row.kind, shape_text(row.output), *asdict(row.cost).values()])
    return text.getvalue().rstrip("\n")


def shape_text(shape: Shape) -> str:
    """Return a shape as people write it: 256x56x56."""
    return "x".join(str(side) for side in shape)


def _counts(cost: Cost) -> tuple[int, int, int]:
    return cost.params, cost.macs, cost.activations


def _bytes(count: int) -> str:
    """Return an amount of memory in the largest unit of which there is one; the smallest is MiB."""
    power, unit = next((found for found in ((40, "TiB"), (30, "GiB")) if count >= 2 ** found[0]), (20, "MiB"))
    return f"{count / 2**power:,.1f} {unit}"
