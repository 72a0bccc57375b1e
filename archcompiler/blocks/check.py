"""Every fault of a block document that its text alone shows, each at its line and column, all at once.

Nothing is run: names are looked up, and expressions are typed, as `schemas/steps.yaml` describes the steps.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Map
from collections.abc import Sequence as Items
from dataclasses import replace
from functools import cache, partial

from archcompiler.blocks.definitions import absent_fields, definition_faults
from archcompiler.blocks.document import CONTEXT, LENT, steps_below, words_at
from archcompiler.blocks.document import declared_fields as declared_fields
from archcompiler.blocks.expression import ExpressionError, names_of, parsed
from archcompiler.blocks.lets import LetOrder
from archcompiler.blocks.library import Library, library
from archcompiler.blocks.names import ARRIVING, Bound, Scope, reserved
from archcompiler.blocks.roles import role_faults
from archcompiler.blocks.typecheck import Text, Typecheck, near
from archcompiler.blocks.types import CONDITION, MAP, MAPS, NUMBER, Json, Type, field_type, object_type
from archcompiler.diagnostics import Diagnostic
from archcompiler.resolve import Spec
from archcompiler.resolve.culprits import with_culprits
from archcompiler.resolve.extending import laid_layers, own_blocks
from archcompiler.schema.canonical import step_kind
from archcompiler.schema.check import field_faults
from archcompiler.schema.language import GROUPS, language, read_schema
from archcompiler.span import Span
from archcompiler.tree import Entry, Mapping, Node, Scalar, Sequence, mapping_at, plain

Layers = Items[Mapping]
_POLICIES = ("shortcut", "attention")
"""The kinds of documents that run for a step of another: what they read, the step says or the block has."""
_SPLIT = "split"
"""The kind of step that gives several maps."""
_OF_NESTED = ("block", "from", "as", "role")
_MOST_LETS = 20
"""Names that lean on each other, one behind the other: computing them takes Python's stack."""
_READ_BY_THE_BLOCK = {"attention": ("after",)}
"""Fields that no step of the document itself reads."""


def document_faults(tree: Mapping, kind: str, name: str, fields: Json, library: Library) -> list[Diagnostic]:
    """Return the faults of a document as it is parsed, beside those of the schema.

    `fields` are its fields by name, what the shared definitions say of each included.
    """
    return _in_order(_Document(tree, kind, name, fields, library).faults())


def _in_order(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return sorted(dict.fromkeys(found), key=lambda fault: (fault.span.path, fault.span.line, fault.span.column))


def block_faults(tree: Mapping, layers: Layers, name: str, library: Library) -> list[Diagnostic]:
    """Return the faults of a block that is made of some documents, base first, each at the edit that makes it one."""
    faults = document_faults(tree, "block", name, declared_fields(tree), library)

    def check(changed: Layers) -> list[Diagnostic]:
        found: list[Diagnostic] = []
        whole = laid_layers(changed, found)
        return [*found, *document_faults(whole, "block", name, declared_fields(whole), library)]

    def layer_of(span: Span) -> int | None:
        return next((number for number, layer in enumerate(layers) if _holds(layer.span, span)), None)

    return with_culprits(faults, layers, check, layer_of) if len(layers) > 1 else faults


def _holds(around: Span, span: Span) -> bool:
    start, end = (around.line, around.column), (around.end_line, around.end_column)
    return around.path == span.path and start <= (span.line, span.column) <= end


def steps_faults(steps: Node | None, library: Library) -> list[Diagnostic]:
    """Return the faults of the steps of a stem, transition or head of a spec, which has no fields."""
    if not isinstance(steps, Sequence):
        return []
    tree = Mapping({"steps": Entry(steps.span, steps)}, steps.span)
    return document_faults(tree, "steps", "", {}, library)


def blocks_in(tree: Mapping) -> list[str]:
    """Return the names of the blocks inside a block."""
    steps = tree.get("steps")
    below = steps_below(steps) if isinstance(steps, Sequence) else ()
    return [name for step in below if "block" in step.entries for name in words_at(step, "block")]


def spec_faults(spec: Spec) -> list[Diagnostic]:
    """Return the faults of the blocks of a spec's own, and of the steps of its stem, transitions and head."""
    known, layers = library(spec), own_blocks(spec.documents, [])
    found = [
        block_faults(entry.value, layers[name].layers if name in layers else (), name, known)
        for name, entry in spec.section("blocks").entries.items()
        if isinstance(entry.value, Mapping)
    ]
    transitions = (stage.transition for stage in spec.stages if stage.transition)
    said = (spec.section("stem"), *transitions, spec.section("head"))
    steps = [_copied(part.entries["steps"].value) for part in said if "steps" in part.entries]
    found += [steps_faults(each, known) for each in steps]  # what is checked is not taken for read: it is a copy
    return _in_order(fault for faults in found for fault in faults)


def _copied(node: Node) -> Node:
    if isinstance(node, Mapping):
        entries = {key: Entry(entry.key_span, _copied(entry.value)) for key, entry in node.entries.items()}
        return Mapping(entries, node.span)
    return replace(node, items=tuple(map(_copied, node.items))) if isinstance(node, Sequence) else node


class _Document:
    """One document being checked: `_scope` is that of the step at which the walk has arrived."""

    def __init__(self, tree: Mapping, kind: str, name: str, fields: Json, library: Library) -> None:
        self._tree, self._kind, self._name, self._fields, self._library = tree, kind, name, fields, library
        self._found: list[Diagnostic] = []
        types = {key: field_type(own) for key, own in fields.items()}
        steps = tree.get("steps")
        self._steps = steps if isinstance(steps, Sequence) else Sequence((), tree.span)
        later = frozenset(name for step in steps_below(self._steps) for name, *_ in _bindings(step))
        self._scope = Scope(_given(kind), types, absent_fields(fields), later=later, declares=kind != "steps")

    def faults(self) -> list[Diagnostic]:
        """Return every fault."""
        self._check_class()
        elsewhere = partial(self._library.field_elsewhere, self._kind, self._name)
        self._found += definition_faults(mapping_at(self._tree, "fields"), self._kind, self._fields, elsewhere)
        self._check_lets()
        self._walk(self._steps)
        self._found += role_faults(self._steps, lambda name: self._document_of(name).get("steps"))
        self._found += [] if self._found else self._unread()
        return self._found

    def reads_around(self) -> set[str]:
        """Return the names that the document reads of the block around it."""
        self.faults()
        of_its_own = {name for step in steps_below(self._steps) for name, *_ in _bindings(step)}
        reads = self._scope.reads | ({"stride"} if self._kind == "shortcut" else set())
        reads = reads - self._fields.keys() - self._scope.lets.keys() - of_its_own
        return reads - ARRIVING.keys() - {*CONTEXT, "branch"}

    def _report(self, code: str, message: str, span: Span, help: str | None = None) -> None:
        self._found.append(Diagnostic(code, message, span, help))

    def _check_class(self) -> None:
        said = self._tree.get("class")
        if isinstance(said, Scalar) and said.value in ("None", "True", "False"):
            self._report("B008", f"`{said.value}` is a word of Python, and no class has it", said.span)

    # --- let ---

    def _check_lets(self) -> None:
        """Type what `let` names, each behind those that it reads; they end where they lean on each other."""
        lets = mapping_at(self._tree, "let").entries
        for name, entry in lets.items():
            if taken := (None if name in self._fields else reserved(name)):
                self._report("B008", f"`{name}` is {taken}", entry.key_span, "give it another name")
        self._scope.lets = dict.fromkeys(lets)
        order = LetOrder({name: self._leans_on(name, lets) for name in lets})
        for name in order:
            self._check_let(name, lets[name])
        for circle in order.circles:
            self._report("B009", f"{_in_a_circle(circle)} in `let`", lets[circle[0]].key_span, _NO_CIRCLE)
        if order.deepest > _MOST_LETS:
            message = f"`{order.last}` leans on {order.deepest} names, one behind the other"
            help = f"{_MOST_LETS} at most: compute more in one of them"
            self._report("B009", message, lets[order.last].key_span, help)

    def _leans_on(self, name: str, lets: Map[str, Entry]) -> set[str]:
        """Return the names of `let` that one needs; where the field of its name is missing, its alternative is said."""
        value = lets[name].value
        others = self._fields.get(name, {}).get("alternatives", ()) if name in self._fields else ()
        try:
            names = names_of(parsed(value.value)) if isinstance(value, Scalar) and isinstance(value.value, str) else []
        except ExpressionError:
            return set()
        return {each for each in names if each in lets and each not in others}

    def _check_let(self, name: str, entry: Entry) -> None:
        self._scope.within = name
        wanted = self._scope.fields.get(name)
        self._scope.lets[name] = self._let_type(name, entry.value, wanted)
        self._scope.within = ""

    def _let_type(self, name: str, node: Node, wanted: Type | None) -> Type | None:
        if not isinstance(node, Scalar):
            return None
        if not isinstance(node.value, str):
            return CONDITION if isinstance(node.value, bool) else NUMBER if node.value is not None else None
        text = Text(node, self._found)
        tree = text.parsed()
        if tree is None:
            return None
        check = Typecheck(text, self._scope)
        if wanted:
            check.check(tree, wanted, f"`{name}`", self._fields[name])
        return wanted or check.type_of(tree)

    # --- steps ---

    def _walk(self, steps: Node | None) -> None:
        piece: set[str] = set()  # the last one of a split, which the step behind takes where it names no other map
        for step in steps.items if isinstance(steps, Sequence) else ():
            kind = step_kind(step)
            if kind and isinstance(step, Mapping):
                self._scope.reads |= piece if _takes_what_runs(kind, step) else set()
                self._step(kind, step)
                piece = {name for name, *_ in [*_bindings(step)][-1:] if kind == _SPLIT}
        self._scope.reads |= piece

    def _step(self, kind: str, step: Mapping) -> None:
        """Check what a step reads, then what it runs, then give names to what it makes."""
        properties = _properties(kind)
        for key, entry in step.entries.items():
            if key in properties:
                self._key(kind, key, entry.value, properties[key])
        special: dict[str, Callable[[Mapping], None]] = {
            "block": self._nested,
            "if": self._branches,
            "repeat": self._turns,
            "shortcut": self._policy_step,
            "attention": self._policy_step,
        }
        if kind in special:
            special[kind](step)
        self._check_pieces(kind, step)
        for name, type_, span in _bindings(step):
            if name != _index_of(step):
                self._bind(name, type_, span)

    def _key(self, kind: str, key: str, node: Node, described: Json) -> None:
        """Check the value of one key of a step, by what the schema says of it."""
        if "x-union" in described:
            self._union(key, node, str(described["x-union"]))
        elif key == "from" or (key == kind and _names_maps(described)):
            named = described.get("items", described)["pattern"]
            self._operands(key, node, replace(MAP, maps=key != "from"), named)
        elif key not in GROUPS and _is_computed(described):
            self._computed(key, node, described)

    def _computed(self, key: str, node: Node, described: Json) -> None:
        if isinstance(node, Sequence):
            for item in node.items:
                self._computed(key, item, described.get("items", {}))
        elif isinstance(node, Scalar) and isinstance(node.value, str):
            wanted = field_type(described, computed=True)
            alone = wanted and (wanted.number or wanted.condition or wanted.has_words)
            self._expression(node, wanted if alone or not wanted else wanted.item or wanted, f"`{key}`", described)

    def _expression(self, node: Scalar, wanted: Type | None, what: str, bounds: Json) -> None:
        """Check the expression that a text is; `$NAME` reads a name too."""
        text = Text(node, self._found, shift=int(str(node.value).startswith("$")))
        tree = text.parsed()
        if tree is None:
            return
        check = Typecheck(text, self._scope)
        if wanted is None:
            check.type_of(tree)
        else:
            check.check(tree, wanted, what, bounds)

    def _union(self, key: str, node: Node, union: str) -> None:
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.startswith("$"):
            self._expression(node, object_type(union), f"`{key}`", {})

    def _operands(self, key: str, node: Node, wanted: Type, named: str) -> None:
        """Check names of maps; what a repeat collected can stand where several maps are joined.

        What has not the form of a name, `named`, the schema has told.
        """
        for item in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(item, Scalar) and isinstance(item.value, str) and re.fullmatch(named, item.value):
                self._expression(item, wanted, f"`{key}`", {})

    def _branches(self, step: Mapping) -> None:
        """Check both branches: what both name is there behind them, what one names may not be."""
        test = self._condition(step.get("if"))
        branches = []
        for key, holds in (("then", True), ("else", False)):
            with self._scope.branch() as named:
                if test is None:
                    self._walk(step.get(key))
                else:
                    with Typecheck(Text(test[0], []), self._scope).narrowed(test[1], holds=holds):
                        self._walk(step.get(key))
            branches.append(named)
        self._scope.merge(*branches)

    def _condition(self, node: Node | None) -> tuple[Scalar, ast.expr] | None:
        """Return a condition that can be read."""
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            return None
        try:
            return node, parsed(node.value)
        except ExpressionError:
            return None

    def _turns(self, step: Mapping) -> None:
        """Check the steps of a repeat, which may run no time; its index is read in them only."""
        index, entry = _index_of(step), step.entries.get("index")
        with self._scope.branch() as named:
            if index and entry:
                self._bind(index, NUMBER, entry.value.span, is_index=True)
            self._walk(step.get("steps"))
        named.pop(index, None)
        count = plain(step.entries["repeat"].value)
        runs = isinstance(count, int) and count > 0
        self._scope.merge(named, *(() if runs else ({},)))

    def _bind(self, name: str, type_: Type, span: Span, *, is_index: bool = False) -> None:
        """Give a name to what a step made."""
        known = self._scope.values.get(name)
        taken = self._scope.taken(name)
        if taken is None and known and (is_index or known.type != type_):
            taken = "the name of something else already"
        if taken:
            self._report("B008", f"`{name}` is {taken}", span, "give it another name")
        if not (taken and self._scope.has(name)):  # what reads it is no second fault
            self._scope.bind(name, Bound(type_))

    def _check_pieces(self, kind: str, step: Mapping) -> None:
        """Check that there is a name for each map that a step gives, and no other."""
        said, names = step.entries[kind].value, step.get("as")
        given = len(names.items) if isinstance(names, Sequence) else int(names is not None)
        count = len(said.items) if isinstance(said, Sequence) else plain(said)
        count = count if kind == _SPLIT else 1
        if names and isinstance(count, int) and given != count:
            message = f"{given} {'name' if given == 1 else 'names'} for {count} {'map' if count == 1 else 'maps'}"
            self._report("B016", message, names.span, "give each map a name")

    # --- documents that a step runs ---

    def _policy_step(self, step: Mapping) -> None:
        """Check that what a shortcut or an attention reads is said by the step, or is there in the block."""
        for policy in _POLICIES:
            value = step.get(policy)
            if value is not None:
                self._check_policy(policy, step, value)
        at = step.get("at")
        for place in at.items if isinstance(at, Sequence) else (at,):
            if isinstance(place, Scalar) and isinstance(place.value, str):
                self._check_attention_place(place.value, place.span)

    def _variants(self, policy: str, node: Node) -> list[str]:
        """Return which documents a value of a step may mean."""
        documents = [name for name, own in _documents(policy).items() if own]
        said = node.get("type") if isinstance(node, Mapping) else node
        word = said.value if isinstance(said, Scalar) else None
        if isinstance(word, str) and word.startswith("$"):
            narrowed = self._scope.narrowed.get(word[1:])
            return [name for name in documents if narrowed is None or name in narrowed.variants]
        return [name for name in documents if name == word]

    def _check_policy(self, policy: str, step: Mapping, value: Node) -> None:
        variants = self._variants(policy, value)
        reads = {name for variant in variants for name in _reads_of(policy, variant)} - step.entries.keys()
        there = {*self._scope.fields, *self._scope.lets}
        self._scope.reads |= reads & there
        if lacking := sorted(reads - there - {*LENT}):
            names = " and ".join(f"`{name}`" for name in lacking)
            of_which = variants[0] if len(variants) == 1 else "that a spec may choose"
            message = f"the {policy} {of_which} reads {names}: neither a field here, nor said by the step"
            help = (
                f"declare it, as in `fields: {{{lacking[0]}: {{}}}}`, or say it in the step, as in `{lacking[0]}: ...`"
            )
            self._report("B003", message, value.span, help)

    def _check_attention_place(self, place: str, span: Span) -> None:
        places = read_schema("architecture.json")["$defs"]["attention.any"]["properties"]["after"]["enum"]
        if place not in places:
            known = [each for each in places if each]
            self._report("B005", f"no attention stands after `{place}`", span, near(place, known))

    def _nested(self, step: Mapping) -> None:
        """Check a block inside this one: that there is such a block, no circle, and its fields."""
        said = step.get("block")
        if not isinstance(said, Scalar) or not isinstance(said.value, str):
            return
        blocks = {*self._library.own, *language().blocks}
        if said.value == self._name and self._kind == "block":
            self._report("B009", f"`{said.value}` stands inside itself", said.span, "a block inside it is another one")
        elif said.value not in blocks:
            self._report("B010", f"there is no block `{said.value}`", said.span, near(said.value, blocks))
        else:
            if self._kind == "block" and (circle := self._way_back(said.value)):
                self._report("B009", _in_a_circle(circle), said.span, "a block inside it is another one")
            self._checkdeclared_fields(said, step)

    def _way_back(self, name: str) -> list[str]:
        """Return the blocks on the way from a nested block to this one; none where there is no way."""
        ways, seen = [[self._name, name]], {name}
        while ways:
            way = ways.pop()
            for inner in blocks_in(self._document_of(way[-1])):
                if inner == self._name:
                    return way
                if inner not in seen:
                    seen.add(inner)
                    ways.append([*way, inner])
        return []

    def _document_of(self, name: str) -> Mapping:
        known = name in self._library.own or name in language().blocks
        return self._library.document("block", name).tree if known else Mapping({}, self._tree.span)

    def _checkdeclared_fields(self, block: Scalar, step: Mapping) -> None:
        """Check what a step says of the fields of the block inside."""
        fields = declared_fields(self._document_of(str(block.value)))
        said = {key: entry for key, entry in step.entries.items() if key not in _OF_NESTED}
        for key, entry in said.items():
            if key not in fields:
                self._report("B010", f"block {block.value} has no field `{key}`", entry.key_span, near(key, fields))
            else:
                self._field_value(key, entry, fields[key])
        groups = {frozenset((key, *own.get("alternatives", ()))): own for key, own in fields.items()}
        for group, own in groups.items():
            given = [key for key in said if key in group]
            if own.get("required") and not given and not any("default" in fields.get(each, {}) for each in group):
                wanted = " or ".join(f"`{each}`" for each in sorted(group))
                message = f"block {block.value} needs {wanted}: of the block around it, it sees what the step says"
                self._report("B010", message, block.span, f"as in `{min(group)}: ...`")
            elif len(given) > 1:
                message = f"{' and '.join(f'`{key}`' for key in given)} are alternatives"
                self._report("B010", message, said[given[-1]].key_span, "say one of them")

    def _field_value(self, key: str, entry: Entry, described: Json) -> None:
        """Check a value that a step gives to a field of a block inside."""
        wanted = field_type(described)
        node = entry.value
        is_text = isinstance(node, Scalar) and isinstance(node.value, str)
        if isinstance(node, Scalar) and is_text and (not (wanted and wanted.object) or str(node.value).startswith("$")):
            self._expression(node, wanted, f"`{key}`", described)
        else:
            self._found += field_faults(key, described, entry)

    # --- what nothing reads ---

    def _unread(self) -> Iterator[Diagnostic]:
        """Yield a warning for each field and name that nothing reads, which is known where nothing else is wrong."""
        reads = {*self._scope.reads, *_READ_BY_THE_BLOCK.get(self._kind, ())}
        for key in ("fields", "let"):
            for name, entry in mapping_at(self._tree, key).entries.items():
                if name not in reads:
                    kind = "field" if key == "fields" else "name"
                    yield _unread(f"nothing reads the {kind} `{name}`", entry.key_span)
        for step in steps_below(self._steps):
            for name, _, span in _bindings(step):
                if name not in reads:
                    yield _unread(f"nothing reads `{name}`", span)


def _takes_what_runs(kind: str, step: Mapping) -> bool:
    """Tell whether a step takes the map that the step before it gave; one that joins several names takes these."""
    described, joined = _properties(kind)[kind], step.entries[kind].value
    names_all = isinstance(joined, Sequence) and len(joined.items) > 1 and _names_maps(described)
    return kind == "shortcut" or not ("from" in step.entries or names_all)


def _names_maps(described: Json) -> bool:
    return "pattern" in described.get("items", {})


def _properties(kind: str) -> Json:
    """Return what the schema says of the keys of a step."""
    found: Json = read_schema("architecture.json")["$defs"][f"step.{kind}"]["properties"]
    return found


_NO_CIRCLE = "compute one of them without the others"


def _unread(message: str, span: Span) -> Diagnostic:
    return Diagnostic("B014", message, span, "read it in a step, or leave it out", severity="warning")


def _given(kind: str) -> dict[str, Type]:
    """Return what a kind of document can read beside its fields."""
    found = {name: type_ for name, type_ in ARRIVING.items() if name != "x"} | {"x": MAP}
    if kind in ("block", *_POLICIES):
        found |= dict.fromkeys(CONTEXT, NUMBER)
    if kind in _POLICIES:
        properties = _properties(kind)
        free = {key: own for key, own in properties.items() if key not in (*_POLICIES, "from", "as", "at")}
        said = {key: field_type(own, computed=True) for key, own in free.items()}
        found |= {key: type_ for key, type_ in said.items() if type_}
    return found | ({"branch": MAP} if kind == "shortcut" else {})


@cache
def _reads_of(policy: str, variant: str) -> set[str]:
    """Return what a shipped policy reads of the block around it; the identity asks whether the block strides."""
    shipped = Library(language())
    tree = shipped.document(policy, variant).tree
    return _Document(tree, policy, variant, declared_fields(tree), shipped).reads_around()


def _documents(policy: str) -> dict[str, bool]:
    """Return the variants of a policy, and whether each is described by a document; `none` is not."""
    return {name: name != "none" for name in language().unions[policy].variants}


def _bindings(step: Mapping) -> Iterator[tuple[str, Type, Span]]:
    """Yield the names that a step gives, with what each stands for and where it is written."""
    for key, type_ in (("as", MAP), ("index", NUMBER), ("collect", MAPS)):
        node = step.get(key)
        for item in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(item, Scalar) and isinstance(item.value, str):
                yield item.value, type_, item.span


def _index_of(step: Mapping) -> str:
    node = step.get("index")
    return str(node.value) if isinstance(node, Scalar) and isinstance(node.value, str) else ""


def _is_computed(described: Json) -> bool:
    """Tell whether a text under a key is an expression: where a number or a condition stands, one may be computed."""
    types = described.get("type", [])
    mixed = "string" in types and not {"number", "integer", "boolean"}.isdisjoint(types)
    return "x-expression" in described or mixed or ("items" in described and _is_computed(described["items"]))


def _in_a_circle(names: list[str]) -> str:
    if len(names) == 1:
        return f"`{names[0]}` leans on itself"
    return f"`{names[0]}` leans on {', which leans on '.join(f'`{name}`' for name in [*names[1:], names[0]])}"
