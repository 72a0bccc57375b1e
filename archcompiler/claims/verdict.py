"""Hold each claim of a spec against its graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

from archcompiler.claims.measure import Subject, measure
from archcompiler.claims.printed import ROUNDING, Printed, parse_printed
from archcompiler.diagnostics import Diagnostic
from archcompiler.graph.ir import Graph
from archcompiler.record.fields import Fields
from archcompiler.resolve import Spec
from archcompiler.span import Span
from archcompiler.tree import Mapping, Sequence

Measured = Union[int, str, None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One claim: what is printed and where, what is measured, and the fault where the two do not go together.

    `known` is the reason of a disagreement that the spec itself states and that still holds.
    """

    quantity: str
    source: str
    policy: str
    printed: str
    measured: Measured
    known: str | None
    fault: Diagnostic | None


def verdicts(spec: Spec, graph: Graph) -> tuple[Verdict, ...]:
    """Return the verdict on every claim of a spec, in the order written."""
    return tuple(_verdict(Fields(claim), graph) for claim in _claims(spec))


def _claims(spec: Spec) -> Iterator[Mapping]:
    claims = spec.document.get("claims")
    items = claims.items if isinstance(claims, Sequence) else ()
    return (item for item in items if isinstance(item, Mapping))


def _verdict(claim: Fields, graph: Graph) -> Verdict:
    subject, printed = _subject(claim), claim.text("printed")
    measured = measure(graph, subject)
    known, fault = _judge(claim, printed, measured)
    return Verdict(str(subject), _source(claim), subject.policy, printed, measured, known, fault)


def _subject(claim: Fields) -> Subject:
    return Subject(
        claim.text("quantity"),
        claim.text("stage") if claim.has("stage") else None,
        claim.text("policy") if claim.has("policy") else "all",
        claim.integer("batch") if claim.has("batch") else 1,
    )


def _source(claim: Fields) -> str:
    """Return where the figure stands: `arXiv:1512.03385 table 1`, or the section or figure that `table` names."""
    table = claim.text("table") if claim.has("table") else ""
    word = "table " if table[:1].isdigit() else ""
    return f"{claim.text('source')} {word}{table}".rstrip()


def _judge(claim: Fields, printed: str, measured: Measured) -> tuple[str | None, Diagnostic | None]:
    """Return the reason of a known disagreement, and what is wrong with the claim."""
    span = claim.span("printed")
    if measured is None:
        place = claim.span("stage") if claim.has("stage") else claim.span("quantity")
        return None, Diagnostic("C003", "this quantity needs the name of a stage of the network", place, "give `stage`")
    figure = parse_printed(printed)
    if isinstance(measured, str) or figure is None:
        holds = printed == str(measured)
        return None, None if holds else _failed(printed, str(measured), span)
    if claim.has("disagrees"):
        return _judge_disagreement(claim.union("disagrees"), figure, measured, claim.span("disagrees"))
    return None, None if figure.is_measured(measured) else _failed(printed, f"{measured:,}", span, figure, measured)


def _judge_disagreement(
    note: Fields, figure: Printed, measured: int, span: Span
) -> tuple[str | None, Diagnostic | None]:
    """Return the note's reason while the claim disagrees in the way that it says; else that the note is stale."""
    agrees = figure.is_measured(measured)
    if not agrees and _still(note, figure, measured):
        return note.text("reason"), None
    how = note.text("how").replace("_", " ")
    found = "the printed figure is right" if agrees else f"{measured:,} is not what it says of {how} figures"
    help = f"say how {measured:,} disagrees, or remove `disagrees`"
    return None, Diagnostic("C002", f"the note on a disagreement is stale: {found}", span, help)


def _still(note: Fields, figure: Printed, measured: int) -> bool:
    """Tell whether a figure comes from the measured one by the rounding named, or else from the one noted."""
    how = note.text("how")
    noted = note.text("measured") if note.has("measured") else str(measured) if how in ROUNDING else ""
    if noted != str(measured) or (how == "approximate" and not figure.approximate):
        return False
    return how not in ROUNDING or figure.is_measured(measured, how)


def _failed(
    printed: str, measured: str, span: Span, figure: Printed | None = None, count: int | None = None
) -> Diagnostic:
    rounded = f", which rounds to {figure.text_of(count)}" if figure and count is not None else ""
    help = "mend the spec or the figure; a paper's own slip is said by `disagrees`, with its reason"
    return Diagnostic("C001", f"{printed} is printed, {measured} is measured{rounded}", span, help)
