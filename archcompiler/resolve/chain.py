"""Read a spec and everything that it extends, base first, each checked against the schema on its own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from archcompiler.diagnostics import Diagnostic, Label, SpecError
from archcompiler.resolve.settings import settings_document
from archcompiler.schema.check import partial_faults
from archcompiler.schema.language import canonical_document
from archcompiler.shipped import shipped_spec, spec_names
from archcompiler.span import Span
from archcompiler.syntax.parse import read
from archcompiler.tree import Entry, Mapping, Scalar

LONGEST_CHAIN = 64


@dataclass(frozen=True, slots=True)
class Chain:
    """The canonical documents of a spec, base first, and the path of the spec itself."""

    path: str
    documents: tuple[Mapping, ...]


def read_chain(spec: str | os.PathLike[str], settings: Iterable[str]) -> Chain:
    """Read a path or shipped name, its bases, and the settings over them; SpecError with the faults of all files."""
    path = locate(spec)
    documents: list[Mapping] = []
    faults: list[Diagnostic] = []
    seen: list[tuple[str, Span | None]] = [(path, None)]
    while True:
        document, found = _read_one(seen[-1][0], first=len(seen) == 1)
        faults += found
        documents.append(document)
        base = document.get("extends")
        if not isinstance(base, Scalar) or not isinstance(base.value, str):
            break
        base_path, fault = _find_base(base.value, base.span, seen)
        if fault or base_path is None:
            faults += [fault] if fault else []
            break
        seen.append((base_path, base.span))
    if faults:
        raise SpecError(faults)
    overlays = [settings_document(settings)] if settings else []
    return Chain(path, (*(with_name_table(document) for document in reversed(documents)), *overlays))


def locate(spec: str | os.PathLike[str]) -> str:
    """Return the file of a path or shipped name; SpecError (unreadable) with the nearest names where there is none."""
    text = os.fspath(spec)
    shipped = shipped_spec(text)
    if shipped and not os.path.lexists(text):
        return _shown(shipped)
    if os.path.lexists(text):
        return text
    near = get_close_matches(text, list(spec_names()), n=3, cutoff=0.5)
    help = f"did you mean {' or '.join(near)}?" if near else "`archc list` names the shipped specs"
    place = Span(text, 1, 1, 1, 1)
    raise SpecError([Diagnostic("R009", f"no file and no shipped spec {text!r}", place, help)], unreadable=True)


def with_name_table(document: Mapping) -> Mapping:
    """Return the document with the table that its `names` extends laid under them."""
    names = document.get("names")
    if not isinstance(names, Mapping) or not isinstance(names.get("extends"), Scalar):
        return document
    table = names.get("extends")
    if not isinstance(table, Scalar) or not isinstance(table.value, str):
        return document
    path, fault = _find_base(table.value, table.span, [(document.span.path, None)])
    if fault or path is None:
        raise SpecError([fault] if fault else [])
    inherited = with_name_table(read(path)).get("names")
    if not isinstance(inherited, Mapping):
        raise SpecError([Diagnostic("S003", f"{path} holds no `names`", table.span, "name a table of module names")])
    own = {key: entry for key, entry in names.entries.items() if key != "extends"}
    entry = Entry(document.entries["names"].key_span, Mapping({**inherited.entries, **own}, names.span))
    return Mapping({**document.entries, "names": entry}, document.span)


def _read_one(path: str, *, first: bool) -> tuple[Mapping, list[Diagnostic]]:
    try:
        document = read(path)
    except SpecError as error:
        if first:
            raise
        return Mapping({}, Span(path, 1, 1, 1, 1)), list(error.diagnostics)
    faults = partial_faults(document)
    return (document, faults) if faults else (canonical_document(document), [])


def _find_base(name: str, span: Span, seen: list[tuple[str, Span | None]]) -> tuple[str | None, Diagnostic | None]:
    """Return the file that `extends` names, or what is wrong with it."""
    path = _base_path(name, seen[-1][0])
    if path is None:
        near = get_close_matches(name, list(spec_names()), n=3, cutoff=0.5)
        help = f"did you mean {' or '.join(near)}?" if near else "give a shipped name or a path relative to this file"
        return None, Diagnostic("R001", f"no base {name!r}", span, help)
    known = [os.path.realpath(known) for known, _ in seen]
    if os.path.realpath(path) in known:
        return None, _cycle([known for known, _ in seen], path, span, [label for _, label in seen])
    if len(seen) >= LONGEST_CHAIN:
        return None, Diagnostic("R002", f"a chain of more than {LONGEST_CHAIN} bases", span, "extend a nearer base")
    return path, None


def _cycle(paths: list[str], again: str, span: Span, spans: list[Span | None]) -> Diagnostic:
    start = [os.path.realpath(path) for path in paths].index(os.path.realpath(again))
    trail = " -> ".join([*paths[start:], again])
    labels = tuple(Label(place, "extended from here") for place in spans[start + 1 :] if place)
    return Diagnostic("R002", f"the spec extends itself: {trail}", span, "remove one `extends` of the circle", labels)


def _base_path(name: str, from_path: str) -> str | None:
    beside = Path(from_path).parent / name
    for candidate in (beside, beside.with_name(f"{beside.name}.yaml")):
        if "\0" not in name and candidate.is_file():
            return _shown(candidate)
    shipped = shipped_spec(name)
    return _shown(shipped) if shipped else None


def _shown(path: Path) -> str:
    """Return a path as a person would type it: relative where it lies below the working folder."""
    absolute = os.path.abspath(path)
    below = os.getcwd() + os.sep
    return absolute[len(below) :] if absolute.startswith(below) else absolute
