"""The answers of `solve`: what was counted, the real solution, the legal integers around it, the lines to paste."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Union

from archcompiler.render.excerpt import visible
from archcompiler.render.room import folded
from archcompiler.render.table import Cell, table
from archcompiler.solve.budget import Budget
from archcompiler.solve.search import Point, Solution

Answers = Sequence[tuple[Union[int, None], Solution]]


@dataclass(frozen=True, slots=True)
class Question:
    """The field, the budget, and where its target comes from."""

    field: str
    budget: Budget
    target: int
    matched: str


def solve_text(question: Question, answers: Answers) -> str:
    """Return the question in words, one row an answer, and the lines to paste."""
    header = ("cardinality", "real", "nearest", "spends", "difference", "other neighbour", "spends", "difference")
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
            {"cardinality": cardinality, **asdict(found), "nearest": asdict(found.nearest) if found.nearest else None}
            for cardinality, found in answers
        ],
    }


def _words(question: Question) -> str:
    budget = question.budget
    what = "convolution weights" if budget.count == "conv" else "norms, biases and linear layers counted in"
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
            least = f": the nearest, {found.above.value}, spends {found.above.spent:,}" if found.above else ""
            lines.append(f"no legal value{at} stays within {question.target:,}{least}")
        elif not found.above:
            lines.append(f"no legal value{at} spends more than {question.target:,}: {found.below.value} comes nearest")
        if not found.steady:
            words = f"{question.budget.quantity}{at} neither only rise nor only fall with {question.field}"
            lines.append(f"{words}: other values may meet the budget too")
    return "\n".join(lines)


def _row(question: Question, cardinality: int | None, found: Solution) -> list[Cell]:
    nearest = found.nearest
    other = next((point for point in (found.below, found.above) if point and point != nearest), None)
    real = "" if found.real is None else f"{found.real:.3f}"
    first = _point(question, nearest) if nearest else ["no legal value", "", ""]
    second = _point(question, other) if other else ["", "", ""]
    return [str(cardinality or ""), real, *first, *second]


def _point(question: Question, point: Point) -> list[Cell]:
    difference = point.spent - question.target
    share = f" ({difference / question.target:+.2%})" if question.target else ""
    return [str(point.value), f"{point.spent:,}", f"{difference:+,}{share}"]


def _paste(question: Question, answers: Answers) -> str:
    """Return spec lines, one an answer."""
    lines = []
    *objects, name = question.field.split(".")
    for cardinality, found in answers:
        if found.nearest and found.below:
            said = f"{name}: {found.nearest.value}" + (f", cardinality: {cardinality}" if cardinality else "")
            text = f"{{{said}}}"
            for part in reversed(objects[1:]):
                text = f"{{{part}: {text}}}"
            lines.append(f"{objects[0]}: {text}" if objects else said)
    return "\n".join(lines)
