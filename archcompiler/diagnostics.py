"""What is wrong, as data: found by every stage of the pipeline, put into words by `render/`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as member
from typing import Literal

from archcompiler.span import Span
from archcompiler.tree import Plain

Severity = Literal["error", "warning", "note"]
"""An error is wrong, a warning is doubtful and fails with `--strict`, a note is worth knowing and never fails."""

CODES = {
    "Y001": "not well-formed YAML",
    "Y002": "duplicate key",
    "Y003": "a plain scalar that YAML 1.1 and 1.2 read differently",
    "Y004": "a key that is not a string",
    "Y005": "a tag",
    "Y006": "more than one document",
    "Y007": "an empty document",
    "Y008": "text that is not UTF-8",
    "Y009": "a merge key",
    "Y010": "aliases that expand beyond the limit",
    "Y011": "nesting beyond the limit",
    "Y012": "a file beyond the size limit",
    "Y013": "a file that cannot be read",
    "Y014": "a text that YAML cuts at a comma",
    "S001": "unknown key",
    "S002": "wrong type",
    "S003": "missing key",
    "S004": "a value that is not one of the allowed ones",
    "S005": "a number out of range",
    "S006": "a string of the wrong form",
    "S007": "alternatives given together",
    "B001": "text that is no expression",
    "B002": "an unknown name",
    "B003": "a field that is read and not declared",
    "B004": "a value of the wrong type",
    "B005": "a word that stands for nothing",
    "B006": "a function called wrongly",
    "B007": "a name that may have no value",
    "B008": "a name that is taken",
    "B009": "names that lean on each other",
    "B010": "a block inside a block that does not fit",
    "B011": "a role of two layers",
    "B012": "a field that is something else elsewhere",
    "B013": "a number that can never fit",
    "B014": "a name that nothing reads",
    "B015": "a definition of a field that says too little, or too much",
    "B016": "names for another number of maps",
    "B017": "a change of a step that the block does not have",
    "R001": "base not found",
    "R002": "a spec or block that extends itself",
    "R003": "a defaults entry that nothing uses",
    "R004": "a selector that matches no block",
    "R005": "null that removes nothing",
    "R006": "no place for a new stage or step",
    "R007": "a setting that cannot be applied",
    "R008": "names that clash",
    "R009": "unknown spec",
    "R010": "a value that overrides hide everywhere",
    "R011": "a path outside the allowed folders",
    "R012": "two blocks of one name",
    "G001": "cardinality does not divide the width",
    "G002": "an identity shortcut whose shape does not fit",
    "G003": "zero padding that would shrink the channels",
    "G004": "a window larger than its map",
    "G005": "norm groups do not divide the channels",
    "G006": "padding that keeps no map size",
    "G009": "a size that is no whole number",
    "G010": "attention at a place that the block lacks",
    "G011": "convolutions of a head that see more than one position",
    "G012": "an expression without a value",
    "G013": "a step on a map that meets a vector, or the other way round",
    "G014": "a layer that nothing reads",
    "M001": "a network beyond a limit",
    "C001": "a claim that does not hold",
    "C002": "a note on a disagreement that is stale",
    "C003": "a claim that speaks of nothing that is measured",
    "L001": "a name that nothing uses",
    "L002": "a key that has no effect",
    "L003": "a norm that sees one value",
    "L004": "a stride that does not divide its map",
    "L005": "a width that hardware pads",
    "L006": "the same network under another name",
    "L007": "a default written out",
    "L008": "a selector that overruns its stage",
    "L009": "a warning ignored that there is not",
    "L010": "a total width taken for the width of a group",
    "L011": "stages none of which strides",
    "L012": "a norm straight in front of another",
    "L013": "a pre-activation network that ends without its norm",
    "L014": "a dilation on a 1x1",
    "L015": "a block that hides a shipped one",
    "A001": "an accepted break that is stale",
    "A002": "an accepted break in hashes of another version",
    "D101": "the input has another shape",
    "D102": "the output has another shape",
    "D201": "weights are renamed",
    "D202": "weights have another shape",
    "D203": "weights are added",
    "D204": "weights are removed",
    "D301": "a layer has another stride",
    "D302": "a layer has another dilation",
    "D303": "a layer has another padding",
    "D304": "a pool is another",
    "D305": "an activation is another",
    "D306": "a norm is another",
    "D307": "zero channels stand elsewhere",
    "D308": "layers are connected otherwise",
    "D309": "a layer without weights is added, removed or another",
    "D401": "dropout is another",
    "D402": "weights start at other values",
    "D403": "running statistics follow at another rate",
    "D501": "the network is the same, written otherwise",
}
"""Every code and what it stands for; `archc explain CODE` says more, from `explain/pages/`."""

GROUPS = {
    "Y": "syntax",
    "S": "schema",
    "B": "blocks",
    "R": "resolution",
    "G": "shapes",
    "M": "limits",
    "C": "claims",
    "L": "lint",
    "A": "accepted differences",
    "D": "differences",
}
"""What finds a fault: the letter of its code."""


MOST_SHOWN = 100
"""Faults of one file that a text shows; a near name is sought for as many, since it takes time for each known name."""


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that matters, with a word on why."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of a file and the text to put in its place; an empty stretch is an insertion."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What mends a fault without changing what its writer meant: all of the edits, or none."""

    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that would fit in place of the one at `span`; what it changes in params and MACs, where that is known."""

    field: str
    value: Plain = member(hash=False)
    span: Span
    params: int | None = None
    macs: int | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault: its primary place, what was found against what was expected, and the way out.

    `notes` say what led to it, in order; a `fix` is there only where it is safe to apply unasked.
    """

    code: str
    message: str
    span: Span
    help: str | None = None
    labels: tuple[Label, ...] = ()
    severity: Severity = "error"
    notes: tuple[str, ...] = ()
    fix: Fix | None = None
    choices: tuple[Choice, ...] = ()

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"unregistered diagnostic code {self.code!r}")


class SpecError(Exception):
    """The faults of one or several specs; `unreadable` where no text could be had at all (exit 2).

    `spec` is the resolved spec where only its shapes are faulty, so that other values can be tried. As text it is what
    is `said`, else a line a fault.
    """

    def __init__(
        self,
        diagnostics: Iterable[Diagnostic],
        *,
        unreadable: bool = False,
        spec: object | None = None,
        said: str | None = None,
    ) -> None:
        self.diagnostics = tuple(diagnostics)
        self.unreadable = unreadable
        self.spec = spec
        super().__init__(said or "\n".join(f"{d.span}: {d.code} {d.message}" for d in self.diagnostics))

    def __reduce__(self) -> tuple[object, ...]:
        return (_restore_error, (self.diagnostics, self.unreadable, str(self)))


def _restore_error(diagnostics: tuple[Diagnostic, ...], unreadable: bool, said: str) -> SpecError:
    return SpecError(diagnostics, unreadable=unreadable, said=said)
