"""The answers of `solve`: what was counted, the real solution, the legal integers around it, the lines to paste."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Union

from archcompiler.render.excerpt import visible
from archcompiler.render.room import folded
from archcompiler.render.table import Cell, table
from archcompiler.solve.budget import Budget
from archcompiler.solve.scale import Multiplier
from archcompiler.solve.search import Point, Solution

_COUNTED = {
    (True, "conv"): "convolution weights",
    (True, "all"): "norms, biases and linear layers counted in",
    (False, "conv"): "of convolutions",
    (False, "all"): "of convolutions and linear layers",
}
"""What is counted, of parameters and of operations, which norms and biases have none of."""
_MANY = 10
"""Times the target from which on a difference is no share of it any more."""

Answers = Sequence[tuple[Union[int, None], Solution]]


@dataclass(frozen=True, slots=True)
class Question:
    """The fields, the budget, and where its target comes from."""

    scale: Multiplier
    budget: Budget
    target: int
    matched: str

    @property
    def field(self) -> str:
        """The fields as text."""
        return ", ".join(self.scale.fields)


def solve_text(question: Question, answers: Answers) -> str:
    """Return the question in words, one row an answer, and the lines to paste."""
    header = (
        "cardinality",
        "multiplier" if len(question.scale.fields) > 1 else "real",
        "nearest",
        "spends",
        "difference",
        "other neighbour",
        "spends",
        "difference",
    )
    rows = [_row(question, cardinality, found) for cardinality, found in answers]
    paragraphs = [_words(question), table(header, rows), _misfits(question, answers), _paste(question, answers)]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def solve_document(question: Question, answers: Answers) -> dict[str, object]:
    """Return the same as data."""
    return {
        "format_version": 1,
        "field": question.field,
        "budget": asdict(question.budget),
        "target": question.target,
        "answers": [
            {
                "cardinality": cardinality,
                "below": _point_document(question, found.below),
                "above": _point_document(question, found.above),
                "real": found.real,
                "steady": found.steady,
                "nearest": _point_document(question, found.nearest),
            }
            for cardinality, found in answers
        ],
    }


def _point_document(question: Question, point: Point | None) -> dict[str, object] | None:
    if point is None:
        return None
    return {
        **asdict(point),
        "values": dict(zip(question.scale.fields, question.scale.values(point.value), strict=True)),
    }


def _words(question: Question) -> str:
    budget = question.budget
    what = _COUNTED[budget.quantity == "params", budget.count]
    block = f"block {budget.block}" if budget.block is not None else "the first identity block"
    where = {"network": "the network", "stage": f"stage {budget.stage}", "block": f"{block} of {budget.stage}"}
    return folded(
        f"{question.field} for {question.target:,} {budget.quantity} over {where[budget.over]} "
        f"({what}), as {visible(question.matched)}"
    )


def _misfits(question: Question, answers: Answers) -> str:
    """Return a line for each answer in which no legal value spends so much or so little, or that others may join."""
    lines = []
    for cardinality, found in answers:
        at = f" at cardinality {cardinality}" if cardinality else ""
        if not found.below:
            least = (
                f": the nearest, {_values(question, found.above)}, spends {found.above.spent:,}" if found.above else ""
            )
            lines.append(f"no legal value{at} stays within {question.target:,}{least}")
        elif not found.above:
            nearest = f"{_values(question, found.below)} comes nearest"
            lines.append(f"no legal value{at} spends more than {question.target:,}: {nearest}")
        if not found.steady:
            words = f"{question.budget.quantity}{at} neither only rise nor only fall with {question.field}"
            lines.append(f"{words}: other values may meet the budget too")
    return "\n".join(lines)


def _row(question: Question, cardinality: int | None, found: Solution) -> list[Cell]:
    nearest = found.nearest
    other = next((point for point in (found.below, found.above) if point and point != nearest), None)
    real = "" if found.real is None else f"{found.real / question.scale.largest:.3f}"
    first = _point(question, nearest) if nearest else ["no legal value", "", ""]
    second = _point(question, other) if other else ["", "", ""]
    return [str(cardinality or ""), real, *first, *second]


def _point(question: Question, point: Point) -> list[Cell]:
    difference = point.spent - question.target
    return [_values(question, point), f"{point.spent:,}", f"{difference:+,}{_share(point.spent, question.target)}"]


def _values(question: Question, point: Point) -> str:
    return ", ".join(map(str, question.scale.values(point.value)))


def _share(spent: int, target: int) -> str:
    if not target:
        return ""
    times = spent / target
    return f" ({times:,.0f} times)" if times >= _MANY else f" ({times - 1:+.2%})"


def _paste(question: Question, answers: Answers) -> str:
    """Return spec lines, one an answer."""
    return "\n".join(
        _flow(_document(question.scale, found.nearest.value, cardinality)).removeprefix("{").removesuffix("}")
        for cardinality, found in answers
        if found.nearest and found.below
    )


def _document(scale: Multiplier, value: int, cardinality: int | None) -> dict[str, Any]:
    """Return what a spec says that has the values."""
    document: dict[str, Any] = {}
    for field, own in zip(scale.fields, scale.values(value), strict=True):
        *objects, name = field.split(".")
        inner = document
        for part in objects:
            inner = inner.setdefault(part, {})
        inner[name] = own
        if cardinality:
            inner["cardinality"] = cardinality
    return document


def _flow(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return f"{{{', '.join(f'{key}: {_flow(inner)}' for key, inner in value.items())}}}"
