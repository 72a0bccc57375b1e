"""Which edit of a deriving file makes the lines of its base faulty: the fault stands there, where it can be mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.span import Span
from archcompiler.tree import Entry, Mapping, Path, walk

Documents = Sequence[Mapping]
Check = Callable[[Documents], Iterable[Diagnostic]]
Key = tuple[str, Span]
_NO_EDITS = ("archc", "name", "description", "extends", "claims", "ignore")
_MOST_TRIED = 64  # edits, each of which costs resolving the whole spec anew
_MOST_SHOWN = 4  # of the lines of a base that one edit makes faulty


def with_culprits(
    faults: Iterable[Diagnostic], documents: Documents, check: Check, of: Callable[[Span], int | None] | None = None
) -> list[Diagnostic]:
    """Return the faults, base first among `documents`: those of a base's lines at the edit without which they are none.

    `check` returns the faults that documents have; `of` says which of these a place is of, where no file says it.
    """
    paths = [document.span.path for document in documents]
    search = _Search(documents, check, of or (lambda span: paths.index(span.path) if span.path in paths else None))
    groups: dict[Key | Diagnostic, tuple[Entry | None, list[Diagnostic]]] = {}
    for fault in faults:
        edit = search.culprit(fault) if fault.severity == "error" or of else None
        alike = (fault.code, edit.value.span) if edit and not fault.code.startswith("G") else fault
        groups.setdefault(alike, (edit, []))[1].append(fault)
    return [_at_edit(group, edit, documents) for edit, group in groups.values()]


def key_of(fault: Diagnostic) -> Key:
    """Return what tells a fault from others."""
    return fault.code, fault.span


class _Search:
    """Takes one edit after another out of the deriving files, and sees which faults are gone."""

    def __init__(self, documents: Documents, check: Check, of: Callable[[Span], int | None]) -> None:
        self._documents, self._check, self._of = documents, check, of
        self._known: dict[tuple[int, Path], set[Key]] = {}

    @cached_property
    def _faults(self) -> set[Key]:
        return {key_of(fault) for fault in self._check(self._documents)}

    def culprit(self, fault: Diagnostic) -> Entry | None:
        """Return the innermost edit above the file of a fault without which there is no such fault, and no new one."""
        own = self._of(fault.span)
        if own is None:
            return None
        for index in range(len(self._documents) - 1, own, -1):
            edits = {key: each for key, each in self._documents[index].entries.items() if key not in _NO_EDITS}
            if found := self._within(index, (), edits, key_of(fault)):
                return found
        return None

    def _within(self, index: int, path: Path, entries: dict[str, Entry], fault: Key) -> Entry | None:
        for key, entry in entries.items():
            if len(self._known) > _MOST_TRIED:
                return None
            if fault not in (left := self._without(index, (*path, key))) and left <= self._faults:
                below = entry.value.entries if isinstance(entry.value, Mapping) else {}
                return self._within(index, (*path, key), below, fault) or entry
        return None

    def _without(self, index: int, path: Path) -> set[Key]:
        if (index, path) not in self._known:
            document = without(self._documents[index], [path])
            changed = [*self._documents[:index], document, *self._documents[index + 1 :]]
            self._known[index, path] = {key_of(fault) for fault in self._check(changed)}
        return self._known[index, path]


def without(mapping: Mapping, paths: Iterable[Path]) -> Mapping:
    """Return a mapping without the entries at some paths; the others keep their order."""
    below: dict[str, list[Path]] = {}
    for first, *rest in paths:
        below.setdefault(str(first), []).append(tuple(rest))
    entries = {}
    for key, entry in mapping.entries.items():
        if () in below.get(key, ()):
            continue
        if key in below and isinstance(entry.value, Mapping):
            entry = replace(entry, value=without(entry.value, below[key]))
        entries[key] = entry
    return Mapping(entries, mapping.span)


def _at_edit(faults: Sequence[Diagnostic], edit: Entry | None, documents: Documents) -> Diagnostic:
    """Return one fault for those that one edit makes, with the lines of the base that it makes faulty."""
    first = faults[0]
    if edit is None:
        return first
    more = f", and {len(faults) - 1} more like it" if len(faults) > 1 else ""
    labels = tuple(Label(fault.span, f"in the base: {fault.message}") for fault in faults[:_MOST_SHOWN])
    others = tuple(label for label in first.labels if label.span != edit.value.span)
    message = f"{first.message}{more}"
    help = first.help
    if first.code in ("S001", "B014"):
        help = _removals(faults, documents)
    elif first.code == "S003":
        help = "; ".join(dict.fromkeys((fault.help or "").removesuffix(".") for fault in faults))
    return replace(first, message=message, span=edit.value.span, labels=(*labels, *others), help=help, fix=None)


def _removals(faults: Iterable[Diagnostic], documents: Documents) -> str:
    """Return the nulls that take out of a variant what its base says and it cannot have."""
    places: dict[str, list[str]] = {}
    for *above, key in (path for fault in faults for path in _paths(fault.span, documents)):
        places.setdefault(str(key), []).append(".".join(map(str, above[1:] if above[0] == "stages" else above)))
    nulls = (f"`{key}: null` in {', '.join(dict.fromkeys(where))}" for key, where in places.items())
    return f"write {'; '.join(nulls)}, or leave this edit out"


def _paths(span: Span, documents: Documents) -> Iterator[Path]:
    for document in documents:
        if document.span.path == span.path:
            yield from (path for path, entry in walk(document) if entry.key_span == span and len(path) > 1)
