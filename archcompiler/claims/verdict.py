"""Hold each claim of a spec against its graph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

from archcompiler.claims.measure import Subject, measure
from archcompiler.claims.printed import ROUNDING, Printed, parse_printed
from archcompiler.claims.rule import judge_rule
from archcompiler.diagnostics import Diagnostic
from archcompiler.graph.ir import Graph
from archcompiler.record.fields import Fields
from archcompiler.resolve import Spec
from archcompiler.tree import Mapping, Sequence

Measured = Union[int, str, None]

_OPERATIONS = ("macs", "flops", "torchinfo_mult_adds", "activations")
_GOES_WITH = {
    "policy": ("params", *_OPERATIONS),
    "batch": _OPERATIONS,
    "block": ("params", "depth", *_OPERATIONS),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One claim: what is printed and where, what is measured, and the fault where the two do not go together.

    Of a rule, what it asks for is printed and the rows that are built are measured.
    `known` is the reason of a disagreement that the spec itself states and that still holds.
    """

    subject: Subject
    source: str
    printed: str
    measured: Measured
    known: str | None
    fault: Diagnostic | None

    @property
    def quantity(self) -> str:
        """What is printed, with the stage and the batch where the claim names them."""
        return str(self.subject)

    @property
    def policy(self) -> str:
        """What is counted."""
        return self.subject.policy


def verdicts(spec: Spec, graph: Graph) -> tuple[Verdict, ...]:
    """Return the verdict on every claim of a spec, in the order written."""
    return tuple(_verdict(Fields(claim), graph) for claim in _claims(spec))


def _claims(spec: Spec) -> Iterator[Mapping]:
    claims = spec.document.get("claims")
    items = claims.items if isinstance(claims, Sequence) else ()
    return (item for item in items if isinstance(item, Mapping))


def _verdict(claim: Fields, graph: Graph) -> Verdict:
    if claim.has("rule"):
        asked, built, fault = judge_rule(claim, graph)
        return Verdict(Subject("rule"), _source(claim), asked, built, None, fault)
    subject, printed = _subject(claim), claim.text("printed")
    measured = measure(graph, subject)
    known, fault = _judge(claim, printed, measured)
    return Verdict(subject, _source(claim), printed, measured, known, fault)


def _subject(claim: Fields) -> Subject:
    return Subject(
        claim.text("quantity"),
        claim.text("stage") if claim.has("stage") else None,
        claim.text("policy") if claim.has("policy") else "all",
        claim.integer("batch") if claim.has("batch") else 1,
        claim.integer("block") if claim.has("block") else None,
    )


def _source(claim: Fields) -> str:
    """Return where the figure stands: `arXiv:1512.03385 table 1`, or the section or figure that `table` names."""
    table = claim.text("table") if claim.has("table") else ""
    word = "table " if table[:1].isdigit() else ""
    return f"{claim.text('source')} {word}{table}".rstrip()


def _judge(claim: Fields, printed: str, measured: Measured) -> tuple[str | None, Diagnostic | None]:
    """Return the reason of a known disagreement, and what is wrong with the claim."""
    misplaced = _misplaced(claim, measured)
    if misplaced or measured is None:
        return None, misplaced
    figure = parse_printed(printed) if isinstance(measured, int) else None
    agrees = _becomes(figure, measured, "half_up") if figure else printed == measured
    if claim.has("disagrees"):
        note = claim.union("disagrees")
        still = not agrees and _still(note, figure, measured)
        return (note.text("reason"), None) if still else (None, _stale(claim, note, measured, agrees=agrees))
    return None, None if agrees else _failed(claim, printed, figure, measured)


def _misplaced(claim: Fields, measured: Measured) -> Diagnostic | None:
    """Return what a claim says that its quantity has not, or lacks."""
    quantity = claim.text("quantity")
    for key, quantities in _GOES_WITH.items():
        if claim.has(key) and quantity not in quantities:
            message = f"`{key}` says nothing about {quantity}"
            return Diagnostic("C003", message, claim.span(key), f"it goes with {', '.join(quantities)}")
    if measured is None:
        place = next(claim.span(key) for key in ("block", "stage", "quantity") if claim.has(key))
        block = ", and a block that it has" if claim.has("block") else ""
        message = f"this quantity needs the name of a stage of the network{block}"
        return Diagnostic("C003", message, place, "give `stage`")
    return None


def _becomes(figure: Printed | None, measured: int | str, how: str) -> bool:
    return figure is not None and isinstance(measured, int) and figure.is_measured(measured, how)


def _still(note: Fields, figure: Printed | None, measured: int | str) -> bool:
    """Tell whether a figure comes from the measured one by the rounding named, or else from the one noted."""
    how = note.text("how")
    noted = note.text("measured") if note.has("measured") else str(measured) if how in ROUNDING else ""
    if noted != str(measured) or (how == "approximate" and not (figure and figure.approximate)):
        return False
    return how not in ROUNDING or _becomes(figure, measured, how)


def _stale(claim: Fields, note: Fields, measured: int | str, *, agrees: bool) -> Diagnostic:
    how = note.text("how").replace("_", " ")
    found = "the printed figure is right" if agrees else f"{_text(measured)} is not what it says ({how})"
    help = f"say how {_text(measured)} disagrees, or remove `disagrees`"
    return Diagnostic("C002", f"the note on a disagreement is stale: {found}", claim.span("disagrees"), help)


def _failed(claim: Fields, printed: str, figure: Printed | None, measured: int | str) -> Diagnostic:
    rounded = f", which rounds to {figure.text_of(measured)}" if figure and isinstance(measured, int) else ""
    message = f"{printed} is printed, {_text(measured)} is measured{rounded}"
    help = "mend the spec or the figure; a paper's own slip is said by `disagrees`, with its reason"
    return Diagnostic("C001", message, claim.span("printed"), help)


def _text(measured: int | str) -> str:
    return f"{measured:,}" if isinstance(measured, int) else measured
