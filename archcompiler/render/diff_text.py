"""A comparison for a person at a terminal, in 80 columns: the impact, the edits, the facts, the parts, the total."""

from __future__ import annotations

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


def diff_text(diff: Diff, *, colour: bool) -> str:
    """Return the whole page; its last line is the total."""
    page = _Page(diff, colour=colour)
    pages = [page.title(), page.edits(), page.findings(), page.facts(), page.parts(), words.total_line(diff)]
    return "\n\n".join(text for text in pages if text)


class _Page:
    def __init__(self, diff: Diff, *, colour: bool) -> None:
        self._diff = diff
        self._colour = colour

    def title(self) -> str:
        """Return both names, the impact, and what it means."""
        diff = self._diff
        names = visible(f"{diff.old.name} -> {diff.new.name}")
        return f"{names}: {self._impact(diff.impact)}\n{words.MEANINGS[diff.impact]}"

    def edits(self) -> str:
        """Return every edit with what it adds to those before it."""
        diff = self._diff
        if not diff.changes:
            return ""
        lines = [self._paint("dim", words.LEGEND)]
        for each in diff.contributions:
            lines += self._contribution(each)
        unseen = [change for change in diff.changes if change.address in UNSEEN]
        if unseen:
            lines += ["", self._paint("dim", f"~ {words.addresses(unseen)}: no effect on the network")]
        return "\n".join(lines)

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
        """Return each part before and after, where one costs something else."""
        if all(pair.old and pair.new and pair.old.cost == pair.new.cost for pair in self._diff.parts):
            return ""
        header = ["", "part", "params", "", "MACs", ""]
        rows = [_row(pair) for pair in self._diff.parts]
        costs = self._diff.old.cost, self._diff.new.cost
        rows.append(["", "total", costs[0].params, costs[1].params, costs[0].macs, costs[1].macs])
        return table(header, rows)

    def _contribution(self, each: Contribution) -> Iterator[str]:
        """Yield the lines of edits that are made together, and of what follows from them."""
        changes = [self._diff.changes[index] for index in each.changes]
        yield ""
        for change in changes:
            yield from self._change(change)
        indent = "    "
        together = "together: " if len(changes) > 1 else ""
        field = f", receptive field {signed(each.receptive_field)}" if each.receptive_field else ""
        yield from _wrapped(f"{indent}{together}{self._costs(each.delta)}{field}", indent + "  ")
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

    def _costs(self, delta: Cost) -> str:
        return f"{signed(delta.params)} params, {signed(delta.macs)} MACs"

    def _impact(self, impact: Impact) -> str:
        return self._paint_impact(impact, impact.name)

    def _paint_impact(self, impact: Impact, text: str) -> str:
        return f"\x1b[{_IMPACTS[impact]}m{text}\x1b[0m" if self._colour else text

    def _paint(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._colour else text


def _row(pair: PartPair) -> list[Cell]:
    """Return a part's row: its mark, and its parameters and MACs before and after."""
    old, new = pair.old, pair.new
    mark = "+" if old is None else "-" if new is None else "~" if pair.differs else ""
    name = new.name if new else old.name if old else ""
    params: list[Cell] = [row.cost.params if row else "" for row in (old, new)]
    macs: list[Cell] = [row.cost.macs if row else "" for row in (old, new)]
    return [mark, visible(name), *params, *macs]


def _wrapped(text: str, indent: str) -> list[str]:
    """Return a text in lines of at most 80 columns, the first as it begins, the others indented."""
    lines, line = [], ""
    start = text[: len(text) - len(text.lstrip())]
    for word in text.split():
        longer = f"{line} {word}" if line else f"{start}{word}"
        if len(longer) > _WIDTH and line:
            lines.append(line)
            line = f"{indent}{word}"
        else:
            line = longer
    return [*lines, line]
