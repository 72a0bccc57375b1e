"""What a text says of itself before it is checked: whether it is a spec at all, and which files it is laid over."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archcompiler.diagnostics import SpecError
from archcompiler.resolve.name_tables import is_table
from archcompiler.resolve.own_blocks import file_of, is_part
from archcompiler.syntax.parse import parse
from archcompiler.tree import Mapping, Node, Scalar, mapping_at

SUFFIXES = (".yaml", ".yml")
_MAY_SAY_ARCHC = re.compile(rb"""^(?:\xef\xbb\xbf)?(?:["']?archc["']?[ \t]*:|\{)""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class References:
    """What a text is: a spec, a table of names or document of a block, or neither; its name, and those of its files."""

    is_spec: bool = False
    is_table: bool = False
    name: str = ""
    files: tuple[str, ...] = ()


def references(text: bytes) -> References:
    """Return what a text says of itself. The key `archc` makes a spec of it; most other YAML is not even parsed."""
    if not _MAY_SAY_ARCHC.search(text):
        return References()
    try:
        document = parse(text, "")
    except SpecError:
        return References(is_spec=True)  # and a faulty one, as resolving says
    if "archc" not in document.entries:
        return References()
    names = document.get("names")
    table = names.get("extends") if isinstance(names, Mapping) else names
    blocks = [file_of(entry.value) for entry in mapping_at(document, "blocks").entries.values()]
    alone = is_table(document) or is_part(document)
    base = None if is_part(document) else document.get("extends")  # a block extends one by its name, which a spec knows
    files = tuple(name for name in map(_text, (base, table, *blocks)) if name)
    return References(not alone, alone, _text(document.get("name")), files)


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
