"""Run a document once, on named numbers: each step is recorded, and shapes fall out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Protocol

from archcompiler.blocks.document import Document, steps_below
from archcompiler.blocks.expression import ExpressionError
from archcompiler.blocks.kinds import KINDS
from archcompiler.blocks.scope import Given, Scope
from archcompiler.blocks.step import Step
from archcompiler.record.fault import ShapeFault
from archcompiler.record.fields import Fields
from archcompiler.record.recorder import Recorder, Value
from archcompiler.schema.canonical import canonical, fill, filled
from archcompiler.schema.language import Field
from archcompiler.schema.language import Fields as FieldsOf
from archcompiler.span import SCHEMA_ORIGIN
from archcompiler.tree import Mapping, Node, Scalar, Sequence

ARRIVING = "x"
"""The name of what arrives at a document."""


class Library(Protocol):
    """Where the documents are that steps name."""

    def document(self, kind: str, name: str) -> Document:
        """Return the document of a kind and name."""

    def fields(self, block: str) -> FieldsOf:
        """Return the fields of a block."""


@dataclass(eq=False)
class Run:
    """One document being recorded: `prefix` stands in front of its roles, which count over the document.

    `attended` gets the places at which attention was recorded, those in a block inside that is handed it included;
    `turns` has the numbers of the repeats that are running.
    """

    recorder: Recorder
    library: Library
    scope: Scope
    prefix: str = ""
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    attended: set[str] = field(default_factory=set)
    turns: list[int] = field(default_factory=list)

    def document(self, x: Value) -> Value:
        """Record the whole document on what arrives, and return what leaves."""
        document = self.scope.document
        if document.adjective:
            self.recorder.variant(document.adjective)
        self.scope.bind(ARRIVING, x)
        return self._steps(document.steps, x)

    def branch(self, step: Step, x: Value, *, holds: bool) -> Value:
        """Record `then` or `else`, and count the layers of the other; without a branch the input passes on."""
        if not holds:
            self._skip(step.node.get("then"))
            return self._steps(step.node.get("else"), x)
        x = self._steps(step.node.get("then"), x)
        self._skip(step.node.get("else"))
        return x

    def repeat(self, step: Step, x: Value) -> Value:
        """Record the steps of a repeat; `index` names the number of the turn, `collect` the list of what each gave."""
        collected: list[Value] = []
        index = next(iter(step.words("index")), "")
        for turn in range(step.number("repeat")):
            self.scope.bind(index, turn)
            self.turns.append(turn + 1)
            x = self._steps(step.node.get("steps"), x)
            self.turns.pop()
            collected.append(x)
        for name in step.words("collect"):
            self.scope.bind(name, collected)
        return x

    def attend(self, step: Step, x: Value, places: tuple[str, ...]) -> Value:
        """Return a map with its channels weighed, where the block's attention stands at one of these places."""
        attention = step.union("attention")
        if attention.text("type") == "none" or attention.text("after") not in places:
            return x
        self.attended.add(attention.text("after"))
        return self.policy("attention", attention, {}, x)

    def policy(self, kind: str, fields: Fields, given: Given, x: Value) -> Value:
        """Record the document of a kind of shortcut or attention: it sees the fields of the block around it."""
        document = self.library.document(kind, fields.text("type"))
        scope = Scope(self.recorder, document, fields, given, outer=self.scope)
        return Run(self.recorder, self.library, scope, f"{self.prefix}{kind}.").document(x)

    def nested(self, step: Step, x: Value) -> Value:
        """Record a block inside a block: of the block around it, it sees what the step says."""
        name = str(step.words("block")[0])
        document, known = self.library.document("block", name), self.library.fields(name)
        said = step.given("block", "from", "as", "role")
        given = {key: (_object(value, known.get(key)), behind) for key, (value, behind) in said.items()}
        rest = {key: field for key, field in known.items() if key not in given}
        fields = Fields(fill(Mapping({}, document.tree.span), rest))
        scope = Scope(self.recorder, document, fields, given, values={"in_channels": x.channels})
        attended = self.attended if "attention" in given else set()
        if role := self.said_role(step):
            self.recorder.blocks[role] = name
            return Run(self.recorder, self.library, scope, f"{role}.", attended=attended).document(x)
        inner = Run(self.recorder, self.library, scope, self.prefix, self.counts, attended, [*self.turns])
        return inner.document(x)

    def said_role(self, step: Step) -> str:
        """Return the role that a step says, with the numbers of the turns that are running; "" for none."""
        said = "".join(step.words("role"))
        return said and f"{self.prefix}{said}{'_'.join(map(str, self.turns))}"

    def _steps(self, steps: Node | None, x: Value) -> Value:
        self.recorder.enter_steps()
        for node in steps.items if isinstance(steps, Sequence) else ():
            if isinstance(node, Mapping):
                x = self._step(node, x)
        self.recorder.leave_steps()
        return x

    def _step(self, node: Mapping, x: Value) -> Value:
        """Record one step on what the step before it gave, or on what it names by `from`."""
        self.recorder.count_step()
        written = self.scope.document.written[id(node)]
        step, kind = Step(self, written), written.kind
        around, self.recorder.blame = self.recorder.blame, step.blame
        try:
            start = step.operands("from")[0] if kind != "shortcut" and "from" in node.entries else x
            result = KINDS[kind].record(step, start) if step.takes(kind, start) else start
        except ExpressionError as error:
            step.refuse_expression(error)
            result = x
        finally:
            self.recorder.blame = around
        results = result if isinstance(result, list) else [result]
        if "as" in node.entries:
            for name, value in zip(written.words["as"], results, strict=False):
                self.scope.bind(name, value)
        return results[-1]

    def _skip(self, steps: Node | None) -> None:
        """Count the layers of steps that do not run: a role says the place of its layer in the document."""
        for step in steps_below(steps) if isinstance(steps, Sequence) else ():
            word = KINDS[self.scope.document.written[id(step)].kind].word
            if word and "role" not in step.entries:
                self.counts[word] += 1


def _object(value: object, field: Field | None) -> object:
    """Return the value of a field as the block has it: of a union, a word or an object as the whole object.

    An object that is whole is returned itself, so that what reads it is seen to read what the spec says.
    """
    if field is None or field.union is None:
        return value
    node: Node | None = Scalar(value, SCHEMA_ORIGIN) if isinstance(value, str) else None
    node = value.mapping if isinstance(value, Fields) else node
    whole = canonical(node, field.union) if node else None
    if not isinstance(whole, Mapping):
        return value
    complete = filled(whole, field.union)
    is_complete = isinstance(value, Fields) and complete.entries.keys() == value.mapping.entries.keys()
    return value if is_complete else Fields(complete)  # itself, so that what reads it is seen to


def check_attended(run: Run, fields: Fields) -> None:
    """Refuse attention at a place that the block lacks."""
    attention = fields.union("attention") if fields.has("attention") else None
    if attention is None or attention.text("type") == "none" or run.attended:
        return
    place = attention.text("after")
    others = [each for each in run.scope.document.attention_places if each not in (place, "shortcut")]
    message = f"attention after {place}, and there is no {place}"
    shortcut = ", or give the block a shortcut" if place == "shortcut" else ""
    help = f"let it stand after {', '.join(others[:-1])} or {others[-1]}{shortcut}" if len(others) > 1 else None
    run.recorder.refuse(ShapeFault("G010", message, ("after",), help, culprits=((attention.mapping, "after"),)))
