"""The body of a `forward` method: nested calls, cut into statements where a reader would cut them."""

from __future__ import annotations

from collections import Counter
from itertools import count

from archcompiler.backends.pytorch.layout import LINE_LENGTH, Code, filled, lines, one_line
from archcompiler.backends.pytorch.members import Step

_INDENT = "        "


def forward_lines(steps: list[Step]) -> list[str]:
    """Return the statements: each ends at an activation, a stage or a value that is used twice, and fits its line."""
    if not steps:
        return [f"{_INDENT}return x"]
    cuts = _natural_cuts(steps)
    while True:
        statements, too_long = _statements(steps, cuts)
        if too_long is None:
            return statements
        cuts.add(too_long)


def _natural_cuts(steps: list[Step]) -> set[int]:
    """Return the steps whose value gets a name."""
    uses = Counter(value for step in steps for value in step.inputs)
    cuts = {index for index, step in enumerate(steps) if uses[index + 1] != 1 or step.ends_line or step.pieces != 1}
    return cuts | {len(steps) - 1}


def _statements(steps: list[Step], cuts: set[int]) -> tuple[list[str], int | None]:
    """Return the lines of all statements, and the step to cut at where one of them is too long."""
    last_read = _last_reads(steps, cuts)
    names: dict[int, str] = {0: "x"}
    codes: dict[int, Code] = {}
    statements: list[str] = []
    for index, step in enumerate(steps):
        if not step.pieces:
            continue
        operands = [names.get(value) or _operand(codes[value], steps[value - 1], step, value) for value in step.inputs]
        code = filled(step.expression, operands)
        if index not in cuts:
            codes[index + 1] = code
            continue
        live = {name for value, name in names.items() if last_read[value] >= index + step.pieces}
        given = _names(range(index + 1, index + 1 + step.pieces), last_read, live)
        before = "return " if index == len(steps) - 1 else f"{', '.join(given.values())} = "
        inlined = [value - 1 for value in step.inputs if value not in names]
        if len(f"{_INDENT}{before}{one_line(code)}") > LINE_LENGTH and inlined:
            return [], max(inlined, key=lambda each: len(one_line(codes[each + 1])))
        statements += lines(code, _INDENT, before)
        names = {value: known for value, known in names.items() if known not in given.values()} | given
    return statements, None


def _names(values: range, last_read: dict[int, int], live: set[str]) -> dict[int, str]:
    """Return a name for each value that a statement gives: a free one, or `_` where nothing reads it."""
    given: dict[int, str] = {}
    for value in values:
        unread = last_read[value] < 0 and len(values) > 1
        given[value] = "_" if unread else _free({*live, *given.values()})
    return given


def _operand(code: Code, of: Step, reader: Step, value: int) -> str:
    """Return an expression as an operand: in parentheses where it binds less tightly than its place asks for."""
    needed = reader.binds.first if value == reader.inputs[0] else reader.binds.others
    return f"({one_line(code)})" if of.binds.itself < needed else one_line(code)


def _last_reads(steps: list[Step], cuts: set[int]) -> dict[int, int]:
    """Return, for every value, the step of the last statement that reads it: inlined steps run with their reader."""
    runs_at = list(range(len(steps)))
    for index in reversed(range(len(steps))):
        if index not in cuts:
            runs_at[index] = next(runs_at[later] for later, step in enumerate(steps) if index + 1 in step.inputs)
    reads = dict.fromkeys(range(len(steps) + 1), -1)
    for index, step in enumerate(steps):
        for value in step.inputs:
            reads[value] = max(reads[value], runs_at[index])
    return reads


def _free(live: set[str]) -> str:
    candidates = (("x", "out", "y")[i] if i < 3 else f"out{i - 1}" for i in count())
    return next(name for name in candidates if name not in live)
