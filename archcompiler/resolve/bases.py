"""Which file a name means: a path, a shipped spec or table, or what `extends` says in another file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches

from archcompiler.diagnostics import Diagnostic, Label, SpecError
from archcompiler.limits import current, mend
from archcompiler.shipped import shipped_names, shipped_spec, spec_names
from archcompiler.span import Span
from archcompiler.syntax.files import DISK, Files, as_typed, is_allowed, near_file

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Link:
    """One file of a chain, and the place whose `extends` names it; None for the first."""

    path: str
    named_at: Span | None = None


@contextmanager
def opened(spec: str, files: Files) -> Iterator[tuple[str, Files]]:
    """Yield the path of a spec and the files that it is of: others where, on the disk, its name is `REV:path`."""
    if files is DISK and ":" in spec[1:-1] and not os.path.lexists(spec):
        from archcompiler.git.named import revision_of  # seldom needed, and it imports subprocess

        with revision_of(spec) as found:
            yield found
    else:
        yield spec, files


def locate(spec: str | os.PathLike[str], files: Files) -> str:
    """Return the file of a path or shipped name; SpecError (unreadable) with the nearest names where there is none."""
    text = os.fspath(spec)
    place = Span(text, 1, 1, 1, 1)
    is_there = os.path.lexists(text) or files.is_file(text)
    shipped = shipped_spec(text)
    if shipped and not is_there:
        return as_typed(shipped)
    if not is_allowed(text):
        raise SpecError([_outside(text, place)], unreadable=True)
    if is_there:
        return text
    beside = near_file(text) if text.endswith(_SUFFIXES) and is_allowed(os.path.dirname(text) or ".") else None
    near = f"did you mean {beside}?" if beside else _near(text)
    help = near or "`archc list` names the shipped specs"
    raise SpecError([Diagnostic("R009", f"no file and no shipped spec {text!r}", place, help)], unreadable=True)


def find_base(name: str, span: Span, chain: Sequence[Link], files: Files) -> Link:
    """Return the file that `extends` in a chain's last file names; SpecError where there is none, or a circle."""
    path = base_path(name, chain[-1].path, files)
    if not is_allowed(path or os.path.join(os.path.dirname(chain[-1].path), name)):
        raise SpecError([_outside(name, span)])
    if path is None:
        help = _near(name) or "give a shipped name, or a path relative to this file"
        raise SpecError([Diagnostic("R001", f"no base {name!r}", span, help)])
    known = [os.path.realpath(link.path) for link in chain]
    if os.path.realpath(path) in known:
        raise SpecError([_circle(chain[known.index(os.path.realpath(path)) :], path, span, files)])
    if len(chain) >= current().bases:
        message = f"a chain of more than {current().bases} files"
        raise SpecError([Diagnostic("R002", message, span, f"extend a nearer base; {mend('bases')}")])
    return Link(path, span)


def read_link(link: Link, files: Files) -> bytes:
    """Return what is in a file of a chain; where a base has no text, SpecError at the place that names it."""
    try:
        return files.read(link.path)
    except SpecError as error:
        if error.unreadable and link.named_at:
            fault = error.diagnostics[0]
            message = f"{files.shown(link.path)}: {fault.message}"
            raise SpecError([replace(fault, message=message, span=link.named_at)]) from None
        raise


def _outside(name: str, span: Span) -> Diagnostic:
    roots = ", ".join(current().roots)
    help = "give a shipped name, or a path below that folder"
    return Diagnostic("R011", f"{name!r} leads out of the allowed folder {roots}", span, help)


def _circle(circle: Sequence[Link], again: str, span: Span, files: Files) -> Diagnostic:
    trail = " -> ".join(files.shown(path) for path in [*(link.path for link in circle), again])
    labels = tuple(Label(link.named_at, "extended from here") for link in circle[1:] if link.named_at)
    return Diagnostic("R002", f"the file extends itself: {trail}", span, "remove one `extends` of the circle", labels)


def base_path(name: str, from_path: str, files: Files) -> str | None:
    """Return the file that `extends` in another file names: beside that file, or shipped; None where there is none."""
    if "\0" in name:
        return None
    beside = os.path.join(os.path.dirname(from_path), name)
    for candidate in (beside, f"{beside}.yaml"):
        if files.is_file(candidate):
            return as_typed(candidate)
    shipped = shipped_spec(name)
    return as_typed(shipped) if shipped else None


def _near(name: str) -> str | None:
    known = list(shipped_names() if name.startswith("names") else spec_names())
    near = get_close_matches(name, known, n=1, cutoff=0.95) or _same_end(name, known)
    near = near or get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else None


def _same_end(name: str, known: Iterable[str]) -> list[str]:
    """Return the names whose last part is this one's, or else three that begin so: of its folder first, timm's last."""
    wanted, folder = _last_part(name), name.rpartition("/")[0].lower()
    ordered = sorted(known, key=lambda found: (found.rpartition("/")[0] != folder, found.startswith("timm/")))
    begun = [found for found in ordered if wanted and _last_part(found).startswith(wanted)]
    return [found for found in begun if _last_part(found) == wanted] or begun[:3]


def _last_part(name: str) -> str:
    """Return the last part of a name in small letters, without what people leave out or write otherwise."""
    return name.rpartition("/")[2].lower().removesuffix(".yaml").replace("-", "").replace("_", "")
