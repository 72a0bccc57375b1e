"""A resolved spec as YAML in canonical form, and where each of its values came from."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import yaml

from archcompiler.render.excerpt import visible
from archcompiler.render.room import columns
from archcompiler.render.table import table
from archcompiler.resolve import Spec
from archcompiler.schema.canonical import filled
from archcompiler.schema.language import language
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.syntax.scalars import read_plain
from archcompiler.tree import Mapping, Node, Path, Scalar, Sequence, plain, walk

_BLOCK_STYLE = ("", "stages", "names", "claims")
_WIDTH = 2**16
_STEP = 4  # columns
_LONGEST_SHOWN = 60  # characters of a value beside its origin
_REPRESENTER = yaml.SafeDumper(StringIO())


def spec_yaml(spec: Spec) -> str:
    """Return the spec as YAML that stands alone: every value written out, one row a stage where there is room."""
    return _fitting(spec.document, columns()).rstrip("\n")


def _fitting(document: Mapping, room: int | None) -> str:
    """Return a document in so many columns; PyYAML breaks a line behind what crosses its width: narrower are tried."""
    text = document_yaml(document)
    if room is None or max(map(len, text.splitlines())) <= room:
        return text
    tried = (_serialized(_node(document, ""), width) for width in range(room, room // 2, -_STEP))
    return min(tried, key=lambda text: sum(len(line) > room for line in text.splitlines()))


def document_yaml(document: Mapping) -> str:
    """Return a document as YAML, one row a stage."""
    return _serialized(_node(document, ""))


def origin_rows(spec: Spec) -> Iterator[tuple[str, Node, Span, tuple[Node, ...]]]:
    """Yield each value's address, the value, where it was written, and the values that it hides."""
    for path, entry in walk(spec.document):
        if not isinstance(entry.value, Mapping):
            yield _address(path), entry.value, entry.value.span, entry.shadows


def origins_table(spec: Spec) -> str:
    """Return one row a value: `stages.layer3.blocks  9  my.yaml:5:22  over 6 of resnet50.yaml:12:12`."""
    rows = [
        [address, _short(value), _place(span), "; ".join(f"{_short(node)} of {_place(node.span)}" for node in hidden)]
        for address, value, span, hidden in origin_rows(spec)
    ]
    return table(["value", "is", "written at", "instead of"], rows)


def origins_document(spec: Spec) -> dict[str, object]:
    """Return the same as data."""
    return {
        "format_version": 1,
        "name": spec.name,
        "values": [
            {
                "address": address,
                "value": plain(value),
                "origin": _place(span),
                "instead_of": [{"value": plain(node), "origin": _place(node.span)} for node in hidden],
            }
            for address, value, span, hidden in origin_rows(spec)
        ],
    }


def _node(node: Node, key: str) -> yaml.Node:
    if isinstance(node, Mapping):
        short = _shorthand(node)
        if short is not None:
            return _scalar(short)
        pairs = [(_scalar(name), _node(entry.value, name)) for name, entry in node.entries.items()]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=key not in _BLOCK_STYLE)
    if isinstance(node, Sequence):
        items = [_node(item, "item") for item in node.items]
        return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=key not in _BLOCK_STYLE)
    return _scalar(node.value)


def _shorthand(node: Mapping) -> str | None:
    """Return the type of an object that says nothing else, or only what every object of the type is by default."""
    kind = node.get("type")
    if not isinstance(kind, Scalar):
        return None
    rest = [entry.value.span for name, entry in node.entries.items() if name != "type"]
    is_usual = not rest or (set(rest) == {SCHEMA_ORIGIN} and _is_by_default(node, str(kind.value)))
    return str(kind.value) if is_usual else None


def _is_by_default(node: Mapping, kind: str) -> bool:
    """Tell whether an object is what its type alone would be: the default of a field may say more than a type."""
    alone = Mapping({"type": node.entries["type"]}, node.span)
    unions = (name for name, union in language().unions.items() if kind in union.variants)
    return any(plain(filled(alone, union)) == plain(node) for union in unions)


def _scalar(value: object) -> yaml.ScalarNode:
    node = _REPRESENTER.represent_data(value)
    if not isinstance(node, yaml.ScalarNode):
        raise TypeError(f"{value!r} is no scalar")
    if isinstance(value, str) and (read_plain(value) != (value, None) or visible(value) != value):
        node.style = '"'
    return node


def _serialized(root: yaml.Node, width: int = _WIDTH) -> str:
    """Return a tree as YAML in which nothing is hidden: what a terminal would obey stands in double quotes, escaped."""
    text = str(yaml.serialize(root, Dumper=yaml.SafeDumper, width=width, allow_unicode=True))
    return "\n".join(map(visible, text.split("\n")))


def scalar_text(value: str) -> str:
    """Return a string as it stands in YAML, quoted where it would be read as something else."""
    text = _serialized(_scalar(value))
    return text.removesuffix("\n").removesuffix("\n...")


def _address(path: Path) -> str:
    return ".".join(str(part) for part in path)


def _place(span: Span) -> str:
    return "schema default" if span == SCHEMA_ORIGIN else str(span)


def _short(node: Node) -> str:
    """Return a value on one line, as a terminal may show it, cropped where it would push the next column away."""
    value = plain(node)
    text = "{...}" if isinstance(value, dict) else "null" if value is None else visible(str(value))
    text = text.lower() if isinstance(value, bool) else text
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
