"""Strings that try to break out: of emitted source, of docstrings, tables, pages and XML, and of the terminal."""

import ast
import json
import shlex
import unicodedata
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import archcompiler
from archcompiler.backends.pytorch.source import source
from archcompiler.cli import main
from archcompiler.resolve import load_spec

SPEC = """\
archc: 1
name: net
description: {text}
input: {{channels: 3, size: 16}}
stem: none
stages: {{a: {{block: basic, blocks: 1, channels: 8}}}}
head: {{classes: 10}}
claims:
  - {{source: {text}, table: {text}, quantity: params, printed: "1K"}}
  - {{source: x, quantity: depth, printed: "7", disagrees: {{how: misprint, measured: "3", reason: {text}}}}}
"""
HOSTILE = [
    '"""\nimport os\nos.system("touch owned")\n"""',
    "'''\\\n\\N{BULLET}\\x41\\",
    "\x1b[31mred\x1b]0;owned\x07\x9b",
    "\u202eesrever\u2066\u200b",
    "::error file=a,line=1::owned\n::set-output name=x::y",
    "| a | b |\n|---|---|\n</td><script>alert(1)</script><img src=x onerror=y>",
    "[x](javascript:alert) ![y](http://tracker) `code` **bold** <!-- -->",
    "a\u2028b\u2029c\x85d\x0b\x0c",
    "{text} {0} %s %(x)s ${HOME} $(id) `id`",
    "]]></failure><testcase name='forged'/>&amp;&#0;",
    "# coding: utf-7 \\u0022",
]
VERBS = [
    *("validate", "show", "show --origins", "cost", "cost --by layer", "cost --format csv", "build --emit python"),
    *("check --fast", "check --fast --format markdown", "check --fast --format junit", "diff"),
]


def write(folder, text, name="net.yaml"):
    path = Path(folder) / name
    path.write_text(SPEC.format(text=json.dumps(text[:200])), encoding="utf-8")
    return path


def hidden(text):
    """Return the characters that a terminal would obey, hide or take for the end of a line."""
    return {c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_nothing_hidden_and_no_forged_line_is_printed(verb, number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write(".", HOSTILE[number])
    words = shlex.split(verb)
    others = ["--set", "stages.a.channels=16"] if verb == "diff" else []
    assert main([words[0], "net.yaml", *others, *words[1:]]) in (0, 1)
    said = capsys.readouterr()
    assert hidden(said.out + said.err) == set()
    lines = (said.out + said.err).splitlines()
    assert not [line for line in lines if line.lstrip().startswith(("::", "import os\n", "os.system"))]
    assert "Traceback" not in said.err
    assert not (tmp_path / "owned").exists()


def shape(text):
    """Return a module's syntax without its docstring, the one place that a description has."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The emitted source of the harmless network, as syntax."""
    path = write(tmp_path_factory.mktemp("plain"), "harmless")
    return shape(source(archcompiler.compile(path)).text)


@settings(max_examples=60)
@given(text=st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=120) | st.sampled_from(HOSTILE))
@example(text='\\"""')
@example(text='"')
@example(text="\\")
def test_no_description_changes_the_code_that_is_emitted(text, plain, tmp_path_factory):
    path = write(tmp_path_factory.mktemp("hostile"), text)
    emitted = source(archcompiler.compile(path)).text
    compile(emitted, "net.py", "exec")
    assert shape(emitted) == plain
    said = "".join(each if each.isprintable() else " " for each in load_spec(path).description)
    assert "".join(ast.get_docstring(ast.parse(emitted)).split()) == "".join(said.split())


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_what_show_prints_is_read_back_as_the_same_spec(number, tmp_path, capsys):
    path = write(tmp_path, HOSTILE[number])
    assert main(["show", str(path)]) == 0
    again = tmp_path / "again.yaml"
    again.write_text(capsys.readouterr().out, encoding="utf-8")
    assert load_spec(again).description == load_spec(path).description == HOSTILE[number][:200]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_markdown_and_xml_hold_what_was_said_and_nothing_more(number, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write(".", HOSTILE[number])
    assert main(["check", "net.yaml", "--fast", "--format", "markdown"]) == 0
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(capsys.readouterr().out)
    kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}
    assert not {kind for kind in kinds if kind.startswith(("html", "link", "image", "code", "heading", "strong", "em"))}
    assert [token.type for token in tokens].count("tr_open") == 3
    assert main(["check", "net.yaml", "--fast", "--format", "junit"]) == 0
    root = ElementTree.fromstring(capsys.readouterr().out.encode())
    assert len(root.findall(".//testcase")) == 2


NAMES = ["forward", "train", "parameters", "__init__", "class", "a-b", "a b", "a;b", "é", "a\n"]


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_name_that_would_hide_or_break_something_is_refused(name, tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.format(text="x").replace("{a: {block", f"{{{json.dumps(name)}: {{block"), encoding="utf-8")
    if name == "class":  # a keyword of Python is a name for a module all the same
        assert archcompiler.build(path, device="meta")
        return
    with pytest.raises(archcompiler.SpecError) as raised:
        archcompiler.compile(path)
    assert {found.code for found in raised.value.diagnostics} <= {"R008", "S006"}
