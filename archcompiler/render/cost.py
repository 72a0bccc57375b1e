"""The cost of networks: as a table, as markdown, as JSON (`schemas/output/cost.json`), as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace

from archcompiler.analyses.cost import Cost, Row, by_block, by_layer
from archcompiler.analyses.report import CostReport, cost_report
from archcompiler.backends.conventions import MACS, in_convention
from archcompiler.graph.ir import Graph
from archcompiler.graph.ops import Shape
from archcompiler.render.amounts import percent
from archcompiler.render.escape import markdown
from archcompiler.render.room import folded
from archcompiler.render.table import Cell, markdown_table, table
from archcompiler.render.words import block_words, layer_words, part_words, with_words
from archcompiler.resolve import Spec

FORMAT_VERSION = 1
_PERCENT = "    %"


@dataclass(frozen=True, slots=True)
class NetworkCost(CostReport):
    """What a network costs, in total and by stage, block and layer; as text, the table that `archc cost` prints."""

    graph: Graph
    spec: Spec | None
    convention: str

    @property
    def blocks(self) -> tuple[Row, ...]:
        """One row for the stem, each block (and transition) and the head."""
        return self.rows("block")

    @property
    def layers(self) -> tuple[Row, ...]:
        """One row for each layer that is a module, under its module path."""
        return self.rows("layer")

    def rows(self, by: str) -> tuple[Row, ...]:
        """Return the rows by `stage`, `block` or `layer`."""
        if by == "stage":
            return self.parts
        rows = (by_block if by == "block" else by_layer)(self.graph, self.batch)
        counted = in_convention(self.graph, list(rows), by, self.convention, self.batch)
        if by == "layer":
            return with_words(counted, layer_words(self.graph))
        return counted if self.spec is None else with_words(counted, block_words(self.spec, self.graph))

    def __str__(self) -> str:
        return cost_table(self, self.parts, "stage")


def network_cost(graph: Graph, spec: Spec | None, batch: int = 1, convention: str = MACS) -> NetworkCost:
    """Return what a graph costs, its MACs by a convention, with the words that the spec has for its rows."""
    report = cost_report(graph, batch)
    values = {field.name: getattr(report, field.name) for field in fields(report)}
    parts = in_convention(graph, report.parts, "stage", convention, batch)
    values["parts"] = parts if spec is None else with_words(parts, part_words(spec))
    values["total"] = replace(report.total, macs=sum(row.cost.macs for row in parts))
    return NetworkCost(**values, graph=graph, spec=spec, convention=convention)


def cost_table(report: NetworkCost, rows: Sequence[Row], by: str, others: Sequence[Row] = ()) -> str:
    """Return one network's rows under its name, what the others come to, the total, memory and receptive field."""
    return "\n".join([*_title(report), table(*_columns(report, rows, by, others)), "", *map(folded, _facts(report))])


def cost_markdown(report: NetworkCost, rows: Sequence[Row], by: str, others: Sequence[Row] = ()) -> str:
    """Return the same in markdown."""
    title, blank = map(markdown, _title(report))
    facts = "\n".join(f"- {markdown(fact)}" for fact in _facts(report))
    return "\n".join([title, blank, markdown_table(*_columns(report, rows, by, others)), "", facts])


def _title(report: NetworkCost) -> list[str]:
    asked = "" if report.convention == MACS else f", operations as {report.convention} counts them"
    return [folded(f"{report.name}  input {shape_text(report.input)}, batch {report.batch}{asked}", "  "), ""]


def _columns(
    report: NetworkCost, rows: Sequence[Row], by: str, others: Sequence[Row]
) -> tuple[list[str], list[list[Cell]]]:
    """Return a header and the lines below it, each count of the two that papers print beside its share of the total."""
    lines = [(row.name, row.words, row.output, row.cost) for row in rows]
    if others:
        lines.append((f"{len(others)} others", "", (), sum((row.cost for row in others), Cost())))
    lines.append(("total", "", report.output, report.total))
    body: list[list[Cell]] = [
        [name, words, shape_text(output), *_with_shares(cost, report.total)] for name, words, output, cost in lines
    ]
    return [by, "is", "output", "params", _PERCENT, _operations(report), _PERCENT, "activations"], body


def _with_shares(cost: Cost, of: Cost) -> list[Cell]:
    return [cost.params, _share(cost.params, of.params), cost.macs, _share(cost.macs, of.macs), cost.activations]


def _share(part: int, of: int) -> str:
    return f"{percent(part / of).removesuffix(' %'):>5}" if of else ""


def _operations(report: NetworkCost) -> str:
    return "MACs" if report.convention == MACS else report.convention


def _facts(report: CostReport) -> list[str]:
    memory = report.memory
    return [
        f"torchinfo mult-adds {report.total.torchinfo_mult_adds:,} (norms and biases counted in)",
        f"memory {_bytes(memory.parameters_bytes)} parameters + {_bytes(memory.peak_activation_bytes)} "
        f"activations at peak ({memory.dtype}, inference)",
        f"receptive field {report.receptive_field} pixels before the head",
    ]


def compare_table(
    reports: Sequence[NetworkCost], table: Callable[[Sequence[str], Iterable[Sequence[Cell]]], str] = table
) -> str:
    """Return one row a network."""
    rows: list[list[Cell]] = [
        [report.name, shape_text(report.input), *_counts(report.total), _bytes(report.memory.peak_activation_bytes)]
        for report in reports
    ]
    counts = ("params", _operations(reports[0]), "activations")
    return table(["network", "input", *counts, "peak memory"], rows)


def cost_document(report: NetworkCost) -> dict[str, object]:
    """Return one network as data."""
    return {
        "format_version": FORMAT_VERSION,
        "name": report.name,
        "input": list(report.input),
        "output": list(report.output),
        "convention": report.convention,
        **asdict(report.total),
        "memory": asdict(report.memory),
        "receptive_field": report.receptive_field,
        "stages": [costed_document(row) for row in report.parts],
    }


def costed_document(row: Row) -> dict[str, object]:
    """Return one part, block or layer with what it is, as data."""
    return {**row_document(row), "is": row.words}


def row_document(row: Row) -> dict[str, object]:
    """Return one part, block or layer as data."""
    return {"name": row.name, "kind": row.kind, "output": list(row.output), **asdict(row.cost)}


def cost_csv(named_rows: Iterable[tuple[str, Row]]) -> str:
    """Return one line a part, block or layer, each with its network's name."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["network", "name", "kind", "is", "output", *Cost.__dataclass_fields__])
    for network, row in named_rows:
        writer.writerow([network, row.name, row.kind, row.words, shape_text(row.output), *asdict(row.cost).values()])
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
