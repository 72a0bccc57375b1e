"""The blocks of a spec's own, each laid over the block that it extends, or over that of its name in the spec's base.

What comes out is a plain document: nothing behind knows of extending.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from archcompiler.diagnostics import MOST_SHOWN, Diagnostic, Label
from archcompiler.limits import current, mend
from archcompiler.resolve.merge import merge, without_nulls
from archcompiler.resolve.role_edits import edited_steps
from archcompiler.schema.canonical import canonical_block
from archcompiler.schema.language import language
from archcompiler.shipped import shipped_spec
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.syntax.files import DISK, as_typed
from archcompiler.syntax.parse import parse
from archcompiler.tree import Entry, Mapping, Scalar, walk
from archcompiler.tree import Sequence as Items

_HEADER = ("archc", "block", "class", "description", "adjective")
"""What no block has of the one that it extends."""


@dataclass(frozen=True, slots=True, eq=False)
class OwnBlock:
    """A block of a spec's own as it is: `tree` says all of it, `layers` are the documents that do, base first."""

    key_span: Span
    layers: tuple[Mapping, ...]
    tree: Mapping


def own_blocks(documents: Iterable[Mapping], faults: list[Diagnostic]) -> dict[str, OwnBlock]:
    """Return the blocks that a chain of documents says, base first, and note the faults of laying them over others."""
    known: dict[str, OwnBlock] = {}
    for document in documents:
        said = document.get("blocks")
        if isinstance(said, Mapping):
            known = _Blocks(said, known, faults).laid()
        elif isinstance(said, Scalar) and said.value is None:
            faults += [] if known else [_removes_nothing("blocks", said.span)]
            known = {}
    return known


def plain_blocks(documents: Iterable[Mapping], faults: list[Diagnostic]) -> Mapping:
    """Return the same as the value of `blocks`, which extends nothing."""
    blocks = own_blocks(documents, faults)
    return Mapping({name: Entry(block.key_span, block.tree) for name, block in blocks.items()}, SCHEMA_ORIGIN)


def laid_layers(layers: Sequence[Mapping], faults: list[Diagnostic]) -> Mapping:
    """Return a block from the documents that say it, base first, and note the faults of laying them over each other."""
    tree = _laid(None, layers[0], faults)
    for layer in layers[1:]:
        tree = _laid(tree, layer, faults)
    return tree


class _Blocks:
    """The blocks that one document says, over those that it inherits."""

    def __init__(self, own: Mapping, inherited: dict[str, OwnBlock], faults: list[Diagnostic]) -> None:
        self._own, self._inherited, self._faults = own.entries, inherited, faults
        self._found: dict[str, OwnBlock | None] = {}
        self._way: list[str] = []
        self._values = 0

    def laid(self) -> dict[str, OwnBlock]:
        """Return every block."""
        blocks = dict(self._inherited)
        for name, entry in self._own.items():
            if isinstance(entry.value, Scalar) and entry.value.value is None:
                if blocks.pop(name, None) is None:
                    self._faults.append(_removes_nothing(name, entry.value.span))
            elif found := self.block(name):
                blocks[name] = found
        return blocks

    def block(self, name: str) -> OwnBlock | None:
        """Return a block of the document; None where it has no text that can be read, which is told elsewhere."""
        if name not in self._found:
            entry = self._own[name]
            if not isinstance(entry.value, Mapping) or "file" in entry.value.entries:
                return None
            other = self._inherited.get(name)
            is_known = other is not None and other.layers[-1].span == entry.value.span  # the same file
            self._found[name] = other if is_known else self._laid(name, entry, entry.value)
        return self._found[name]

    def _laid(self, name: str, entry: Entry, said: Mapping) -> OwnBlock:
        self._way.append(name)
        base = self._base(name, said) if "extends" in said.entries else self._inherited.get(name)
        self._way.pop()
        self._check_alone(name, entry)
        tree = _laid(base.tree if base else None, said, self._faults)
        if base and self._is_too_much(tree, said):
            base, tree = None, _laid(None, said, [])
        return OwnBlock(entry.key_span, (*(base.layers if base else ()), said), tree)

    def _is_too_much(self, tree: Mapping, said: Mapping) -> bool:
        """Tell whether blocks that are laid over others say more than a file may: each repeats what it extends."""
        limit = current().values
        if self._values <= limit:
            self._values += sum(1 for _ in walk(tree))
            if self._values > limit:
                message = f"the blocks that extend others have more than {limit} values in all"
                self._report("M001", message, said.span, mend("values"))
        return self._values > limit

    def _base(self, name: str, block: Mapping) -> OwnBlock | None:
        """Return the block that one extends: of its document, else of the base of that, else a shipped one."""
        said = block.entries["extends"].value
        base = said.value if isinstance(said, Scalar) else None
        if not isinstance(base, str):
            return None
        if base in self._way[:-1] or (base == name and base not in {**self._inherited, **language().blocks}):
            way = [*self._way[self._way.index(base) :], base]
            self._report("R002", f"the block extends itself: {' -> '.join(way)}", said.span, "remove one `extends`")
            return None
        is_own = base in self._own and base != name
        is_deep = len(self._way) > current().bases  # and deeper there is no looking
        found = None if is_deep else self.block(base) if is_own else self._inherited.get(base)
        if is_deep or (found and len(found.layers) >= current().bases):
            message = f"a chain of more than {current().bases} blocks"
            self._report("R002", message, said.span, f"extend a nearer block; {mend('bases')}")
            return None
        if found or is_own:
            return found
        if base in language().blocks:
            return _shipped(str(shipped_spec(f"blocks/{base}")), as_typed(str(shipped_spec(f"blocks/{base}"))))
        self._report("R001", f"there is no block `{base}` to extend", said.span, self._near(base, name))
        return None

    def _near(self, base: str, name: str) -> str:
        known = [each for each in {**self._own, **self._inherited, **language().blocks} if each != name]
        near = get_close_matches(base, known, n=2, cutoff=0.5) if len(self._faults) < MOST_SHOWN else []
        shipped = f"the shipped blocks are {', '.join(language().blocks)}"
        return f"did you mean {' or '.join(f'`{each}`' for each in near)}?" if near else shipped

    def _check_alone(self, name: str, entry: Entry) -> None:
        """Note a whole block under a name that the base has given to another one."""
        other, block = self._inherited.get(name), entry.value
        extends = block.get("extends") if isinstance(block, Mapping) else None
        is_whole = extends is not None or block.span.path != entry.key_span.path
        changes_it = isinstance(extends, Scalar) and extends.value == name
        if other and is_whole and not changes_it and other.layers[-1].span.path != block.span.path:
            message = f"`{name}` is a block of the base already, and this is another one"
            help = f"give it another name; to change that of the base, say here what differs, or `extends: {name}`"
            labels = (Label(other.key_span, "it is named here"),)
            self._faults.append(Diagnostic("R012", message, entry.key_span, help, labels))

    def _report(self, code: str, message: str, span: Span, help: str) -> None:
        self._faults.append(Diagnostic(code, message, span, help))


def _removes_nothing(name: str, span: Span) -> Diagnostic:
    return Diagnostic("R005", f"null removes `{name}`, which is not inherited", span, "remove this line")


def _laid(base: Mapping | None, over: Mapping, faults: list[Diagnostic]) -> Mapping:
    """Return a block laid over another: mappings by key, steps by role, or all of them where they are a list.

    One whose base is not there, which is told, goes on saying that it extends one.
    """
    extends = "extends" in over.entries
    is_lost = extends and base is None
    own = {key: entry for key, entry in over.entries.items() if is_lost or key != "extends"}
    steps = own.pop("steps") if isinstance(over.get("steps"), Mapping) else None
    alone = Mapping(own, over.span)
    if base is None:
        tree = without_nulls(alone, [] if is_lost else faults, {})
    else:
        kept = {key: entry for key, entry in base.entries.items() if not (extends and key in _HEADER)}
        tree = merge(Mapping(kept, base.span), alone, faults, {})
    if steps is None or not isinstance(steps.value, Mapping):
        return tree
    return _with_steps(tree, steps, steps.value, faults, is_lost="extends" in tree.entries)


def _with_steps(tree: Mapping, said: Entry, edits: Mapping, faults: list[Diagnostic], *, is_lost: bool) -> Mapping:
    """Return a block whose steps are changed: there are none where its base `is_lost`."""
    base = tree.get("steps")
    if isinstance(base, Items):
        steps = edited_steps(base, edits, faults)
        return Mapping({**tree.entries, "steps": Entry(said.key_span, steps)}, tree.span)
    if not is_lost:
        help = "write a list of steps; or say by `extends: NAME` which block's steps are meant"
        message = "this changes steps by their roles, and the block extends none that has steps"
        faults.append(Diagnostic("B017", message, said.key_span, help))
    return tree


@lru_cache(maxsize=16)
def _shipped(path: str, shown: str) -> OwnBlock:
    tree = canonical_block(parse(DISK.read(path), shown))
    assert isinstance(tree, Mapping)
    return OwnBlock(tree.span, (tree,), tree)
