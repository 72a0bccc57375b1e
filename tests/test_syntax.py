from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.span import Span
from archcompiler.syntax import compose
from archcompiler.syntax.parse import parse, parse_value, read
from archcompiler.syntax.slow_parser import SlowParser
from archcompiler.tree import Node, Scalar, Sequence, find, plain

SPEC = """\
# yaml-language-server: $schema=../../schemas/architecture.json
archc: 1                                   # language version
name: resnext50_32x4d
input: {channels: 3, size: [224, 224]}
stages:
  layer1: {blocks: 3, channels: 256,  bottleneck_width: 4,  stride: 1}
  layer2:
    blocks: 4
    override: {"3": {dilation: 2}, '1..4': {drop_path: 0.1}}
claims:
- {source: "arXiv:1611.05431", table: "1", quantity: params, printed: "25.0e6"}
"""

parsers = pytest.mark.parametrize("parser", [compose.Parser, SlowParser], ids=["libyaml", "python"])


def faults(text: str | bytes) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        parse(text, "x.yaml")
    assert caught.value.unreadable is False
    return caught.value.diagnostics


def cut(text: str, span: Span) -> str:
    """Return the text of a span of one line."""
    assert span.line == span.end_line
    return re.split(r"\r\n?|\n", text.removeprefix("\ufeff"))[span.line - 1][span.column - 1 : span.end_column - 1]


@parsers
def test_a_spec_is_read_as_written(parser: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "Parser", parser)
    spec = parse(SPEC, "x.yaml")
    assert plain(spec) == yaml.safe_load(SPEC)
    assert list(spec.entries) == ["archc", "name", "input", "stages", "claims"]
    assert cut(SPEC, find(spec, ("input", "size")).span) == "[224, 224]"
    assert cut(SPEC, find(spec, ("claims", 0)).span) == SPEC.splitlines()[-1][2:]
    assert (spec.span.line, spec.span.column, spec.span.end_line) == (2, 1, 11)
    assert find(spec, ("stages", "layer2")).span == Span("x.yaml", 8, 5, 9, 61)


FAULTS = [
    ("a: 1\nb: 2\na: 3\n", "Y002", (3, 1), "a"),
    ("a: {3: x}\n", "Y004", (1, 5), "3"),
    ("? [a, b]\n: c\n", "Y004", (1, 3), "["),
    ("a: &k x\n*k : 1\n", "Y004", (2, 1), "*k"),
    ("?\n: 1\n", "Y004", (1, 2), ""),
    ("a: !!python/object/apply:os.system ['true']\n", "Y005", (1, 4), "!!python/object/apply:os.system"),
    ("a: &x !!str 1\n", "Y005", (1, 7), "!!str"),
    ("a: !e!x 1\n", "Y005", (1, 4), "!"),
    ("a: 1\n---\nb: 2\n", "Y006", (2, 1), "---"),
    ("", "Y007", (1, 1), ""),
    ("# only this\n", "Y007", (1, 1), ""),
    (b"a: 1\nb: \xff\n", "Y008", (2, 4), ""),
    ("a: 1\n".encode("utf-16"), "Y008", (1, 1), ""),
    ("a: \0\n", "Y008", (1, 4), "\0"),
    ("a: \ud800\n", "Y008", (1, 4), "\ud800"),
    ("a: {<<: {b: 1}}\n", "Y009", (1, 5), "<<"),
    ("a: &x [*x]\n", "Y010", (1, 8), "*x"),
    ("a: 1234567890123456789\n", "S005", (1, 4), "1234567890123456789"),
    ("a: 1.0e+999\n", "S005", (1, 4), "1.0e+999"),
    ("- a\n", "S002", (1, 1), "- a"),
    ("a: *x\n", "Y001", (1, 4), "*x"),
    ("a: {blocks:3, b: 1}\n", "Y001", (1, 5), "blocks:3"),
    ("日本: 😀\n\tb: 1\n", "Y001", (2, 1), "\t"),
    ("a: [1, 2\n", "Y001", (1, 4), "["),
    ("a: {b: 1]\n", "Y001", (1, 9), "]"),
    ("a: 'b\nc: 1\n", "Y001", (1, 4), "'"),
    ("a: 1\nblocks:3\nc: 1\n", "Y001", (2, 1), "blocks:3"),
    ("blocks:3\nc: 1\n", "Y001", (2, 2), ":"),
    ("a:\n  b: 1\n c: 2\n", "Y001", (3, 2), "c"),
    ('a: "\x07"\n', "Y001", (1, 5), "\x07"),
    ("a: x\u2028b: 1\n", "Y001", (1, 5), "\u2028"),
]


@parsers
@pytest.mark.parametrize(("text", "code", "place", "marked"), FAULTS)
def test_a_fault_stands_where_it_is(
    text: str | bytes, code: str, place: tuple[int, int], marked: str, parser: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "Parser", parser)
    (fault,) = faults(text)
    assert (fault.code, (fault.span.line, fault.span.column)) == (code, place)
    if isinstance(text, str):
        assert cut(text, fault.span) == marked


HELPS = [
    ("a:\n\tb: 1\n", "use spaces"),
    ("a: 1\nblocks:3\nc: 1\n", "put a space after the colon: `blocks: 3`"),
    ("blocks:3\nc: 1\n", "put a space after the colon: `blocks: 3`"),
    ("a: {blocks:3}\n", "write `blocks: 3`"),
    ("a: {b: 1\n", "close it with `}`"),
    ('a: "b\n', 'close it with "'),
    ("a: {3: x}\n", "quote it: `'3'`"),
]


@pytest.mark.parametrize(("text", "mend"), HELPS)
def test_an_evident_cause_comes_with_its_mend(text: str, mend: str) -> None:
    assert faults(text)[0].help == mend


def test_all_faults_are_told_at_once_in_the_order_of_the_text() -> None:
    text = "a: on\nb: {c: 010, c: 1}\n3: !!int 4\nd: [\n"
    found = faults(text)
    assert [fault.code for fault in found] == ["Y003", "Y003", "Y002", "Y004", "Y005", "Y001"]
    assert cut(text, found[2].labels[0].span) == "c"
    assert found[2].labels[0].span.column == 5


@parsers
def test_columns_count_code_points(parser: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "Parser", parser)
    text = "\ufeff日本: {'\t😀': é, b: &x  ü }\r\nc: *x\r\n"
    spec = parse(text.encode(), "x.yaml")
    inner = spec.entries["日本"]
    assert (inner.key_span.column, inner.key_span.end_column) == (1, 3)
    assert cut(text, find(spec, ("日本", "\t😀")).span) == "é"
    assert cut(text, find(spec, ("日本", "b")).span) == "ü"
    assert cut(text, spec.entries["c"].key_span) == "c"
    assert (spec.span.end_line, spec.span.end_column) == (2, 6)


def test_a_block_scalar_ends_with_its_last_line() -> None:
    spec = parse("a: |\n  one\n  two\n\n# no part of it\nb: 1\n", "x.yaml")
    assert find(spec, ("a",)) == Scalar("one\ntwo\n", Span("x.yaml", 1, 4, 3, 6))


def test_aliases_are_followed() -> None:
    assert plain(parse("a: &x {b: 1}\nc: [*x, *x]\n", "x.yaml")) == {"a": {"b": 1}, "c": [{"b": 1}, {"b": 1}]}


BOMBS = {
    "laughs": ("Y010", "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 99))),
    "long string": ("Y010", f"a: &a '{'x' * 500_000}'\nb: [{'*a,' * 20}]\n"),
    "many values": ("Y010", f"a: [{'1,' * 100_001}]\n"),
    "flow depth": ("Y011", "[" * 100_000),
    "mapping depth": ("Y011", "a: " + "{a: " * 100_000),
    "block depth": ("Y011", "- " * 100_000),
    "alias depth": ("Y011", "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 200))),
    "size": ("Y012", "#" * (1 << 20) + "\n"),
    "long number": ("S005", "a: " + "9" * 1_000_000),
    "long base 60": ("Y003", "a: 1" + ":59" * 300_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(name: str) -> None:
    code, text = BOMBS[name]
    started = time.process_time()
    assert [fault.code for fault in faults(text)] == [code]
    assert time.process_time() - started < 5


def test_the_deepest_document_is_read() -> None:
    parse_value("[" * 100 + "]" * 100, "x")
    with pytest.raises(SpecError, match="Y011"):
        parse_value("[" * 101 + "]" * 101, "x")


@pytest.mark.parametrize(
    ("text", "value"), [("", None), ("9", 9), ("[1, {a: b}]", [1, {"a": "b"}]), ("'on'", "on"), ("x # y", "x")]
)
def test_a_set_value_is_typed_alike(text: str, value: object) -> None:
    assert plain(parse_value(text, "<--set a>")) == value


@pytest.mark.parametrize("make", ["missing", "directory", "fifo", "nul"])
def test_what_is_no_file_is_unreadable(make: str, tmp_path: Path) -> None:
    path = tmp_path / ("a\0" if make == "nul" else make)
    if make == "directory":
        path.mkdir()
    if make == "fifo":
        os.mkfifo(path)
    with pytest.raises(SpecError) as caught:
        read(path)
    assert caught.value.unreadable
    assert [(fault.code, fault.span.path) for fault in caught.value.diagnostics] == [("Y013", str(path))]


def test_a_file_is_read_up_to_the_size_limit(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(SPEC, encoding="utf-8")
    assert read(path).span.path == str(path)
    path.write_bytes(b"a: 1\n" + b"#" * (1 << 20))
    with pytest.raises(SpecError, match="Y012"):
        read(path)


yamlish = st.text(alphabet="ab:-[]{}'\"\n\t #&*!|>?,%01.eE_~<=@`\\uUx\r\ufeff\u2028é😀\0")


@given(st.one_of(st.text(), yamlish, st.binary()), st.sampled_from([compose.Parser, SlowParser]))
def test_any_text_is_a_spec_or_a_spec_error(text: str | bytes, parser: type) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compose, "Parser", parser)
        try:
            parse(text, "x.yaml")
        except SpecError as error:
            assert error.diagnostics  # noqa: PT017 - the property is that nothing else is raised


def scalars_of(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    children = node.items if isinstance(node, Sequence) else [entry.value for entry in node.entries.values()]
    return [scalar for child in children for scalar in scalars_of(child)]


json_text = st.text().filter(lambda text: text.isascii() or text.isprintable()).filter(lambda text: "\x7f" not in text)
json_number = st.one_of(
    st.integers(-(10**18) + 1, 10**18 - 1),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: "." in repr(number)),
)
json_value = st.recursive(
    st.one_of(st.none(), st.booleans(), json_number, json_text),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(json_text, inner)),
)


@given(st.dictionaries(json_text, json_value), st.sampled_from([None, 2]))
def test_json_is_read_as_json_and_spans_hold_its_text(value: dict[str, object], indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    spec = parse(text, "x.json")
    assert plain(spec) == value
    for scalar in scalars_of(spec):
        assert cut(text, scalar.span) == json.dumps(scalar.value, ensure_ascii=False)
