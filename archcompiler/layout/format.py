"""The way from a text to its canonical text, with the proof that nothing was lost on it."""

from __future__ import annotations

import json

from archcompiler.diagnostics import SpecError
from archcompiler.layout.items import Group
from archcompiler.layout.order import put_in_order
from archcompiler.layout.read import read_items
from archcompiler.layout.write import written
from archcompiler.syntax.parse import parse
from archcompiler.syntax.source import checked
from archcompiler.tree import Mapping, plain


class LayoutRefused(Exception):
    """A text that would not say the same in its canonical form."""


def formatted(text: str | bytes, path: str) -> str:
    """Return a spec in canonical layout: values, order of stages and selectors, and comments stay.

    Raises SpecError where the text is not well-formed, LayoutRefused where anything would be lost (a bug of ours).
    """
    before = parse(text, path)
    root, has_aliases = read_items(checked(text, path))
    if root.items and not has_aliases:  # an alias must stay behind its anchor
        put_in_order(root)
    comments = sorted(_comments(root))
    result = written(root)
    if not _says(result, before, comments, path):
        raise LayoutRefused(f"{path}: its canonical layout would not say the same; please report this file")
    return result


def _says(text: str, spec: Mapping, comments: list[str], path: str) -> bool:
    """Tell whether a text has the values of a spec, in any order of keys, and these comments."""
    try:
        values = plain(parse(text, path))
    except SpecError:
        return False
    again = _comments(read_items(checked(text, path))[0])
    return _comparable(values) == _comparable(plain(spec)) and sorted(again) == comments


def _comparable(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _comments(group: Group) -> list[str]:
    found = [text for text in group.below if text]
    for item in group.items:
        found += [*filter(None, item.above), *item.beside]
        found += _comments(item.value) if isinstance(item.value, Group) else []
    return found
