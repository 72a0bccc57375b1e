"""The body of a `forward` method: nested calls, cut into statements where a reader would cut them."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

from archcompiler.backends.pytorch.layout import LINE_LENGTH, filled, lines, one_line
from archcompiler.backends.pytorch.members import Step

_INDENT = "        "


def forward_lines(steps: list[Step]) -> list[str]:
    """Return the statements: each ends at an activation, a stage or a value that is used twice, and fits its line."""
    if not steps:
        return [f"{_INDENT}return x"]
    return _Statements(steps).written()


class _Text(NamedTuple):
    """An expression: how many characters it has, and which; these are left out where no line could hold them."""

    length: int
    text: str


class _Statements:
    """Writes steps into each other as far as a line goes.

    Where a statement is too long, the longest step in it gets a statement of its own, and writing begins again there:
    what stands before it stays as it is.
    """

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self._readers: dict[int, list[int]] = {}
        for index, step in enumerate(steps):
            for value in step.inputs:
                self._readers.setdefault(value, []).append(index)
        self._cuts = self._natural_cuts()
        self._texts: dict[int, _Text] = {}

    def written(self) -> list[str]:
        """Return the lines of the statements."""
        statements: dict[int, list[str]] = {}
        named: list[dict[int, str]] = [{0: "x"}]  # the values that have a name when each step begins
        while len(named) <= len(self._steps):
            index, names = len(named) - 1, named[-1]
            text = self._texts[index] = self._text(index, names)
            if index in self._cuts:
                given = self._names(index, names)
                start = "return " if index == len(self._steps) - 1 else f"{', '.join(given.values())} = "
                if self._inlined(index) and len(_INDENT + start) + text.length > LINE_LENGTH:
                    del named[self._cut(index) + 1 :]
                    continue
                statements[index] = self._lines(index, names, start)
                names = {value: known for value, known in names.items() if known not in given.values()} | given
            named += [names] * self._steps[index].pieces
        return [line for index in sorted(statements) for line in statements[index]]

    def _names(self, index: int, names: dict[int, str]) -> dict[int, str]:
        """Return a name for each value that a statement gives: a free one, or `_` for a piece that nothing reads."""
        last = index + self._steps[index].pieces - 1
        taken = {name for value, name in names.items() if self._is_read_behind(value, last)}
        given: dict[int, str] = {}
        for value in range(index + 1, last + 2):
            unread = last > index and value not in self._readers
            given[value] = "_" if unread else _free({*taken, *given.values()})
        return given

    def _lines(self, index: int, names: dict[int, str], start: str) -> list[str]:
        operands = [operand.text for operand in self._operands(index, names)]
        return lines(filled(self._steps[index].expression, operands), _INDENT, start)

    def _natural_cuts(self) -> set[int]:
        """Return the steps whose value gets a name."""
        steps = enumerate(self._steps)
        often = (i for i, step in steps if step.ends_line or step.pieces != 1 or not self._is_read_once(i + 1))
        return {*often, len(self._steps) - 1}

    def _is_read_once(self, value: int) -> bool:
        return len(self._readers.get(value, ())) == 1

    def _text(self, index: int, names: dict[int, str]) -> _Text:
        """Return what a step computes, with the steps in it that have no name."""
        form = one_line(self._steps[index].expression)
        operands = self._operands(index, names)
        length = len(form.format(*("" for _ in operands))) + sum(operand.length for operand in operands)
        is_held = length <= LINE_LENGTH or not self._inlined(index)
        return _Text(length, form.format(*(operand.text for operand in operands)) if is_held else "")

    def _operands(self, index: int, names: dict[int, str]) -> list[_Text]:
        step = self._steps[index]
        return [
            _Text(len(names[value]), names[value]) if value in names else self._operand(step, value)
            for value in step.inputs
        ]

    def _operand(self, reader: Step, value: int) -> _Text:
        """Return an expression as an operand: in parentheses where it binds less tightly than its place asks for."""
        text, of = self._texts[value - 1], self._steps[value - 1]
        needed = reader.binds.first if value == reader.inputs[0] else reader.binds.others
        return _Text(text.length + 2, f"({text.text})") if of.binds.itself < needed else text

    def _inlined(self, index: int) -> list[int]:
        """Return the steps that stand in the text of another."""
        return [value - 1 for value in self._steps[index].inputs if value and value - 1 not in self._cuts]

    def _cut(self, index: int) -> int:
        """Return the first of the steps that get statements of their own because a statement is too long.

        It is the longest step in it, and in turn the longest in that, while that is too long under any name.
        """
        while inlined := self._inlined(index):
            index = max(inlined, key=lambda each: self._texts[each].length)
            self._cuts.add(index)
            if len(f"{_INDENT}x = ") + self._texts[index].length <= LINE_LENGTH:
                break
        return index

    def _is_read_behind(self, value: int, index: int) -> bool:
        """Tell whether a later statement than that of a step reads a value; steps run with the one they stand in."""
        return any(self._runs_at(reader) > index for reader in reversed(self._readers.get(value, ())))

    def _runs_at(self, index: int) -> int:
        while index not in self._cuts:
            index = self._readers[index + 1][0]
        return index


def _free(live: set[str]) -> str:
    candidates = (("x", "out", "y")[i] if i < 3 else f"out{i - 1}" for i in count())
    return next(name for name in candidates if name not in live)
