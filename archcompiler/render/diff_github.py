"""A comparison as GitHub's workflow commands: a note on every changed line that has an effect."""

from __future__ import annotations

from archcompiler.compare.model import Contribution, Diff
from archcompiler.compare.rules import Impact
from archcompiler.render import diff_words as words
from archcompiler.render.amounts import signed
from archcompiler.render.excerpt import visible
from archcompiler.render.github import workflow_command
from archcompiler.span import SCHEMA_ORIGIN, Span

_LEVELS = {Impact.COSMETIC: "notice", Impact.TRAINING: "notice"}


def diff_github(diff: Diff, *, both_sides: bool = True) -> str:
    """Return one workflow command for each edit that is not cosmetic, and one for the whole.

    Without `both_sides` what is gone is told at the head of the new file: the old one is not there to be annotated.
    """
    lines = [
        _edit(diff, each, index, both_sides=both_sides)
        for each in diff.contributions
        for index in each.changes
        if each.facts.impact
    ]
    title = f"{words.title(diff)}: {diff.impact.name}"
    whole = workflow_command(_level(diff.impact), Span(diff.new.path, 1, 1, 1, 1), title, words.total_line(diff))
    return "\n".join([*lines, whole]) if diff.impact else ""


def _edit(diff: Diff, each: Contribution, index: int, *, both_sides: bool) -> str:
    change = diff.changes[index]
    sides = (change.new, change.old) if both_sides else (change.new,)
    spans = [side.span for side in sides if side and side.span != SCHEMA_ORIGIN]
    costs = f"{signed(each.delta.params)} params, {signed(each.delta.macs)} MACs"
    effects = [f"therefore {e.part}: {words.effect_text(e)}" for e in each.effects if not e.direct]
    text = "\n".join([visible(words.change_text(change)), costs, *effects])
    place = spans[0] if spans else Span(diff.new.path, 1, 1, 1, 1)
    return workflow_command(_level(each.facts.impact), place, each.facts.impact.name, text)


def _level(impact: Impact) -> str:
    return _LEVELS.get(impact, "warning")
