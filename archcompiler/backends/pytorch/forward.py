"""The body of a `forward` method: nested calls, cut into statements where a reader would cut them."""

from __future__ import annotations

from collections import Counter
from itertools import count

from archcompiler.backends.pytorch.layout import LINE_LENGTH
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
            return [_INDENT + statement for statement in statements]
        cuts.add(too_long)


def _natural_cuts(steps: list[Step]) -> set[int]:
    """Return the steps whose value gets a name."""
    uses = Counter(value for step in steps for value in step.inputs)
    cuts = {index for index, step in enumerate(steps) if uses[index + 1] > 1 or step.ends_line}
    return cuts | {len(steps) - 1}


def _statements(steps: list[Step], cuts: set[int]) -> tuple[list[str], int | None]:
    """Return the statements, and the step to cut at where one of them is too long."""
    last_read = _last_reads(steps, cuts)
    names: dict[int, str] = {0: "x"}
    texts: dict[int, str] = {}
    statements = []
    for index, step in enumerate(steps):
        operands = [names.get(value) or _operand(texts[value], steps[value - 1], step, value) for value in step.inputs]
        text = step.expression.format(*operands) if "{}" in step.expression else f"{step.expression}({operands[0]})"
        if index not in cuts:
            texts[index + 1] = text
            continue
        last = index == len(steps) - 1
        live = {name for value, name in names.items() if last_read[value] > index}
        name = _free(live)
        statement = f"return {text}" if last else f"{name} = {text}"
        inlined = [value - 1 for value in step.inputs if value not in names]
        if len(_INDENT + statement) > LINE_LENGTH and inlined:
            return [], max(inlined, key=lambda each: len(texts[each + 1]))
        statements.append(statement)
        names = {value: known for value, known in names.items() if known != name} | {index + 1: name}
    return statements, None


def _operand(text: str, of: Step, reader: Step, value: int) -> str:
    """Return an expression as an operand: in parentheses where it binds less tightly than its place asks for."""
    needed = reader.binds.first if value == reader.inputs[0] else reader.binds.others
    return f"({text})" if of.binds.itself < needed else text


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
