"""What git runs on one file: an external diff, and a text converter. They never fail, because git would die of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archcompiler.diagnostics import SpecError

if TYPE_CHECKING:
    from archcompiler.graph.ir import Graph
    from archcompiler.resolve import Spec


def driver(arguments: Sequence[str], *, colour: bool) -> str:
    """Return what a change of one file does; of what is no spec, or no sound one, the lines that differ.

    The arguments are git's: path, then file, object and mode of the old and of the new side, and where the file was
    renamed its new path. The old side is a temporary file, so that bases are looked up where the text stood.
    """
    from archcompiler.render.excerpt import visible

    if len(arguments) < 7:
        return f"* Unmerged path {' '.join(arguments)}"
    path, *sides = arguments
    paths = path, sides[6] if sides[6:] else path
    texts = _text(sides[0]), _text(sides[3])
    colour = colour or _is_paged()
    try:
        said = _said(paths, texts, (sides[1], sides[4]), colour=colour)
    except Exception as error:  # whatever it is, git must not die of it
        said = _fault(error)
    if said is None:
        return _lines(paths, texts, colour=colour)
    title = _painted(visible(f"diff --archc a/{paths[0]} b/{paths[1]}"), "1", colour=colour)
    return "\n".join([title, said[1], *([] if said[0] else [_lines(paths, texts, colour=colour)])])


def textconv(file: str) -> str:
    """Return a file as it is, and where it is a sound spec what its parts cost below it, as a comment."""
    text = _text(file)
    rows = ""
    try:
        rows = _rows(file, text or b"")
    except Exception as error:  # whatever it is, git must not die of it
        rows = _fault(error)[1]
    commented = [f"# {line}".rstrip() for line in rows.splitlines()]
    return "\n".join([_decoded(text or b"").rstrip("\n"), *commented])


def _said(
    paths: tuple[str, str], texts: tuple[bytes | None, bytes | None], oids: tuple[str, str], *, colour: bool
) -> tuple[bool, str] | None:
    """Return what is said of a change, and whether that is enough without its lines; None where it is of no spec."""
    from archcompiler.git.process import Objects
    from archcompiler.git.repository import repository_of
    from archcompiler.resolve.references import references
    from archcompiler.review.history import History, load_text

    if not any(text and references(text).is_spec for text in texts):
        return None
    repository = repository_of(".")
    with Objects(repository.root) as objects:
        states = History(repository, objects, paths[1]).pair(*oids)
        if paths[0] != paths[1]:
            states = History(repository, objects, paths[0]).of(oids[0]), states[1]
        specs = [
            load_text(path, text, tries, path) if text else None
            for path, text, tries in zip(paths, texts, states, strict=True)
        ]
    return _compared(specs[0], specs[1], colour=colour)


def _compared(old: Spec | None, new: Spec | None, *, colour: bool) -> tuple[bool, str]:
    from archcompiler.analyses.cost import total
    from archcompiler.compare.rules import Impact
    from archcompiler.compare.specs import compare_specs
    from archcompiler.lower.network import lower
    from archcompiler.render.diff_text import diff_text
    from archcompiler.render.review_words import cost_text

    if old and new:
        diff = compare_specs(old, new)
        return diff.impact > Impact.COSMETIC, diff_text(diff, colour=colour)
    spec = new or old
    if spec is None:
        return True, ""
    return False, f"{'added' if new else 'removed'}: {cost_text(total(lower(spec)))}"


def _rows(file: str, text: bytes) -> str:
    from archcompiler.git.process import Objects
    from archcompiler.git.repository import repository_of
    from archcompiler.lower.network import lower
    from archcompiler.resolve.references import references
    from archcompiler.review.history import History, load_text

    if not references(text).is_spec:
        return ""
    repository = repository_of(".")
    oid = repository.object_name(text)
    with Objects(repository.root) as objects:
        histories = [
            (path, History(repository, objects, path)) for path in _candidates(repository.working_files(), file)
        ]
        path, history = next((each for each in histories if each[1].has(oid)), histories[0])
        graph = lower(load_text(path, text, history.of(oid), path))
    return _cost_rows(graph)


def _cost_rows(graph: Graph) -> str:
    from archcompiler.analyses.cost import by_part, total
    from archcompiler.compare.hashes import checkpoint_hash, function_hash
    from archcompiler.compare.reading import Reading
    from archcompiler.render.review_words import cost_text

    reading = Reading(graph)
    lines = [f"{row.name}: {cost_text(row.cost)}" for row in by_part(graph)]
    return "\n".join([*lines, f"total: {cost_text(total(graph))}", function_hash(reading), checkpoint_hash(reading)])


def _candidates(files: Sequence[str], file: str) -> list[str]:
    """Return the paths in the repository that a file may be of: git gives a temporary one the name of the original."""
    name = os.path.basename(file)
    return [file] if file in files else [path for path in files if os.path.basename(path) == name] or [name]


def _lines(paths: tuple[str, str], texts: tuple[bytes | None, bytes | None], *, colour: bool) -> str:
    from archcompiler.git.process import differing_lines
    from archcompiler.render.excerpt import visible

    names = [
        "/dev/null" if text is None else visible(f"{side}/{path}")
        for side, path, text in zip("ab", paths, texts, strict=True)
    ]
    hunks = differing_lines(texts[0] or b"", texts[1] or b"", colour=colour)
    titles = (_painted(f"{mark} {name}", "1", colour=colour) for mark, name in zip(("---", "+++"), names, strict=True))
    return "\n".join([*titles, hunks]) if hunks else ""


def _fault(error: Exception) -> tuple[bool, str]:
    from archcompiler.render.excerpt import visible

    if isinstance(error, SpecError):
        return False, "\n".join(visible(f"{each.span}: {each.code} {each.message}") for each in error.diagnostics)
    return False, visible(f"archc: {type(error).__name__}: {error}")


def _text(file: str) -> bytes | None:
    """Return what is in a file; None where there is none."""
    try:
        with open(file, "rb") as opened:
            return None if file == os.devnull else opened.read()
    except OSError:
        return None


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _painted(text: str, style: str, *, colour: bool) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if colour else text


def _is_paged() -> bool:
    """Tell whether git shows what is printed through a pager, and wants colours there."""
    from archcompiler.git.process import GitError, git

    if os.environ.get("GIT_PAGER_IN_USE") != "true" or os.environ.get("NO_COLOR"):
        return False
    try:
        return git(".", "config", "--get-colorbool", "color.diff", "true").strip() == b"true"
    except GitError:
        return False
