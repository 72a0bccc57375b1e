"""A comparison for a person at a terminal, in 80 columns: the summary, then the stages, then the edits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcompiler.analyses.cost import Cost
from archcompiler.compare.edits import UNSEEN
from archcompiler.compare.model import Change, Contribution, Diff, PartPair
from archcompiler.compare.rules import Impact
from archcompiler.render import diff_words as words
from archcompiler.render.amounts import signed
from archcompiler.render.diff_weights import checkpoint_text, weights_text
from archcompiler.render.excerpt import visible
from archcompiler.render.table import Cell, table

_STYLES = {"~": "33", "+": "32", "-": "31", "dim": "2", "bold": "1"}
_IMPACTS = {
    Impact.COSMETIC: "1;32",
    Impact.TRAINING: "1;36",
    Impact.FUNCTION: "1;35",
    Impact.WEIGHTS: "1;31",
    Impact.INTERFACE: "1;31",
}
_WIDTH = 80
_WORD = r"(?:\S*\d (?:[kMG] )?[^\s\d]\S*|\S+)"
_MOST_EDITS = 20
"""Edits that the short form tells apart."""


def diff_text(diff: Diff, *, colour: bool, edits: bool = False) -> str:
    """Return the whole page; with `edits` all that is known of each edit, else a line for each."""
    page = _Page(diff, colour=colour)
    steps = page.edits() if edits else page.short_edits()
    pages = [page.summary(), page.findings(), page.facts(), page.parts(), steps, page.notes()]
    return "\n\n".join(text for text in pages if text)


def stat_text(diff: Diff, *, colour: bool) -> str:
    """Return one line: both networks, the impact, and what changed."""
    names = visible(words.title(diff))
    return f"{names}: {painted_impact(diff.impact, diff.impact.name, colour=colour)}, {words.total_line(diff)}"


def painted_impact(impact: Impact, text: str, *, colour: bool) -> str:
    """Return a text in the colour of an impact."""
    return f"\x1b[{_IMPACTS[impact]}m{text}\x1b[0m" if colour else text


class _Page:
    def __init__(self, diff: Diff, *, colour: bool) -> None:
        self._diff = diff
        self._colour = colour

    def summary(self) -> str:
        """Return both networks, the impact, what it means, and what changed."""
        diff = self._diff
        first = f"{visible(words.title(diff))}: {self._paint_impact(diff.impact, diff.impact.name)}"
        return "\n".join([first, words.MEANINGS[diff.impact], *_wrapped(words.total_line(diff), "  ")])

    def edits(self) -> str:
        """Return every edit with what it adds to those before it, where it is written, and what follows from it."""
        return "\n\n".join("\n".join(self._contribution(each)) for each in self._diff.contributions)

    def short_edits(self) -> str:
        """Return a line for each edit with what it adds to those before it, and the total of the lines."""
        steps = [(self._marked(each), each.delta) for each in self._diff.contributions]
        if not steps:
            return ""
        shown, left = steps[:_MOST_EDITS], steps[_MOST_EDITS:]
        if left:
            more = f"and {sum(len(edits) for edits, _ in left):,} more, which --edits tells apart"
            shown.append(([("", more)], sum((delta for _, delta in left), Cost())))
        if len(steps) > 1:
            shown.append(([("", "total")], self._diff.delta))
        return self._table(shown)

    def notes(self) -> str:
        """Return the edits that say nothing of the network, and what the marks mean, where there are any."""
        unseen = [change for change in self._diff.changes if change.address in UNSEEN]
        lines = [f"~ {words.addresses(unseen)}: no effect on the network"] if unseen else []
        lines += [words.LEGEND] if self._diff.contributions else []
        return "\n".join(self._paint("dim", line) for line in lines)

    def findings(self) -> str:
        """Return every finding with its rule and its places."""
        lines = []
        for found in self._diff.findings:
            title = f"{found.impact.name}[{found.rule}]"
            first, *more = _wrapped(f"{title}: {visible(words.finding_text(found))}", "  ")
            lines += [first.replace(title, self._paint_impact(found.impact, title), 1), *more]
            spans = [sight.span if sight else None for sight in (found.old, found.new)]
            places = words.places_text(spans[0], spans[1])
            lines += [self._paint("dim", f"  {visible(places)}")] if any(spans) else []
        return "\n".join(lines)

    def facts(self) -> str:
        """Return the three facts, and how far a position before the head sees."""
        diff = self._diff
        lines = []
        for name, said in (("weights", weights_text(diff)), ("checkpoint", checkpoint_text(diff))):
            for index, line in enumerate(said):
                first, *rest = _wrapped(f"{' ' * 11}{visible(line)}", " " * 11)
                lines += [f"{'' if index else name:11}{first[11:]}", *rest]
        lines += [f"function   {visible(words.function_text(diff))}", f"interface  {words.interface_text(diff)}"]
        old, new = diff.old.receptive_field, diff.new.receptive_field
        if old != new:
            lines.append(f"receptive field before the head: {old} -> {new} pixels")
        return "\n".join(lines)

    def parts(self) -> str:
        """Return each part before and after, where one differs."""
        if not any(pair.differs for pair in self._diff.parts):
            return ""
        header = ["", "part", "params", "", "MACs", ""]
        rows = [_row(pair) for pair in self._diff.parts]
        costs = self._diff.old.cost, self._diff.new.cost
        rows.append(["", "total", costs[0].params, costs[1].params, costs[0].macs, costs[1].macs])
        return table(header, rows)

    def _contribution(self, each: Contribution) -> Iterator[str]:
        """Yield the lines of edits that are made together, and of what follows from them."""
        changes = [self._diff.changes[index] for index in each.changes]
        for change in changes:
            yield from self._change(change)
        indent = "    "
        together = "together: " if len(changes) > 1 else ""
        field = f", receptive field {signed(each.receptive_field)}" if each.receptive_field else ""
        costs = f"{signed(each.delta.params)} params, {signed(each.delta.macs)} MACs"
        yield from _wrapped(f"{indent}{together}{costs}{field}", indent + "  ")
        for effect in each.effects:
            if not effect.direct:
                yield from _wrapped(f"{indent}therefore {effect.part}: {words.effect_text(effect)}", indent + "  ")

    def _change(self, change: Change) -> Iterator[str]:
        mark = words.MARKS[change.kind]
        lines = _wrapped(f"{mark} {visible(words.change_text(change))}", "    ")
        yield from (self._paint(mark, line) for line in lines)
        spans = [side.span if side else None for side in (change.old, change.new)]
        yield self._paint("dim", f"    {visible(words.places_text(spans[0], spans[1]))}")
        reach = words.reach_text(change)
        yield from (self._paint("dim", line) for line in _wrapped(f"    {visible(reach)}", "    ") if reach)

    def _marked(self, each: Contribution) -> list[tuple[str, str]]:
        """Return the mark and the text of each edit of a step."""
        changes = (self._diff.changes[index] for index in each.changes)
        return [(words.MARKS[change.kind], visible(words.change_text(change))) for change in changes]

    def _table(self, steps: list[tuple[list[tuple[str, str]], Cost]]) -> str:
        """Return a row for each edit, folded to the width; what several edits add together stands at the first."""
        costs = [(signed(delta.params), signed(delta.macs)) for _, delta in steps]
        widths = [max(len("together"), *(len(pair[column]) for pair in costs)) for column in (0, 1)]
        room = _WIDTH - len("~  ") - sum(len("  ") + width for width in widths)
        rows = []
        for (edits, _), pair in zip(steps, costs, strict=True):
            for index, (mark, text) in enumerate(edits):
                figures = pair if index == 0 else ("together", "together")
                for number, line in enumerate(_wrapped(text, "  ", room)):
                    shown = ("", "") if number else figures
                    rows.append(["" if number else mark, line, *map(str.rjust, shown, widths)])
        header = ["", "edit", *map(str.rjust, ("params", "MACs"), widths)]
        head, rule, *lines = table(header, rows).splitlines()
        return "\n".join([head, rule, *(self._paint(line[0], line) for line in lines)])

    def _paint_impact(self, impact: Impact, text: str) -> str:
        return painted_impact(impact, text, colour=self._colour)

    def _paint(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._colour and style in _STYLES else text


def _row(pair: PartPair) -> list[Cell]:
    """Return a part's row: its mark, and its parameters and MACs before and after."""
    old, new = pair.old, pair.new
    mark = "+" if old is None else "-" if new is None else "~" if pair.differs else ""
    name = new.name if new else old.name if old else ""
    params: list[Cell] = [row.cost.params if row else "" for row in (old, new)]
    macs: list[Cell] = [row.cost.macs if row else "" for row in (old, new)]
    return [mark, visible(name), *params, *macs]


def _wrapped(text: str, indent: str, width: int = _WIDTH) -> list[str]:
    """Return a text in lines of at most `width` columns, the first as it begins, the others indented.

    A number and its unit stay on one line.
    """
    lines, line = [], ""
    start = text[: len(text) - len(text.lstrip())]
    for word in re.findall(_WORD, text):
        longer = f"{line} {word}" if line else f"{start}{word}"
        if len(longer) > width and line:
            lines.append(line)
            line = f"{indent}{word}"
        else:
            line = longer
    return [*lines, line]
