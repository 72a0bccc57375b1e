"""YAML's traps, one by one: each is an error with its place and its mend, or is read as YAML 1.2 reads it."""

import json
import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcompiler.cli import main
from archcompiler.diagnostics import SpecError
from archcompiler.resolve import load_spec
from archcompiler.schema.check import partial_faults
from archcompiler.syntax.parse import parse
from archcompiler.tree import plain

NET = "archc: 1\nname: net\nextends: resnet/resnet18\n"

# what is written behind NET, the code, and what the help or the message says
TRAPS = {
    "duplicate keys": ("name: two\n", "Y002", "written twice"),
    "a tab": ("defaults:\n\tbias: true\n", "Y001", "use spaces"),
    "on": ("defaults: {bias: on}\n", "Y003", "write `true`"),
    "off": ("defaults: {bias: off}\n", "Y003", "write `false`"),
    "yes": ("defaults: {bias: yes}\n", "Y003", "write `true`"),
    "no": ("defaults: {bias: No}\n", "Y003", "write `false`"),
    "an octal-looking number": ("input: {size: 0224}\n", "Y003", "224"),
    "an octal number of YAML 1.2": ("input: {size: 0o340}\n", "Y003", "write `224`"),
    "a sexagesimal number": ("input: {size: 3:30}\n", "Y003", "write `210`"),
    "a date": ("description: 2026-01-01\n", "Y003", "quote it"),
    "an exponent where an integer is meant": ("input: {size: 2e2}\n", "Y003", "200"),
    "a float where an integer is meant": ("input: {size: 2.0e+2}\n", "S002", "write 200"),
    "underscores in a number": ("input: {size: 1_000}\n", "Y003", "1000"),
    "a number as a key": ("stages: {1: {blocks: 2}}\n", "Y004", "quote it"),
    "a list as a key": ("? [a]\n: 1\n", "Y004", "keys are strings"),
    "a boolean as a key": ("stages: {true: {blocks: 2}}\n", "Y004", "quote it"),
    "a merge key": ("defaults: {<<: {bias: true}}\n", "Y009", "extends"),
    "an alias without its anchor": ("stem: *stem\n", "Y001", "anchor"),
    "an alias inside its anchor": ("stem: &stem {steps: [*stem]}\n", "Y010", "inside the value"),
    "two documents": ("---\narchc: 1\n", "Y006", "one document"),
    "a NUL byte": ("description: a\0b\n", "Y008", "NUL"),
    "a control character": ("description: a\x1bb\n", "Y001", "escape"),
    "a depth bomb": (f"stages: {'[' * 5000}\n", "Y011", "nesting"),
    "billion laughs": (
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
        "Y010",
        "aliases expanded",
    ),
    "a tag that would run code": ("stem: !!python/object/apply:os.system [x]\n", "Y005", "!!python/object/apply:os"),
    "a tag of one's own": ("stem: !stem none\n", "Y005", "remove the tag"),
    "a lone surrogate": ('description: "\\ud83d"\n', "Y001", "names no character"),
    "surrogates the wrong way round": ('description: "\\ude00\\ud83d"\n', "Y001", "names no character"),
}  # fmt: skip


def first_fault(text):
    """Return the first fault of a text and all that it says."""
    try:
        fault = partial_faults(parse(text, "net.yaml"))[0]
    except SpecError as error:
        fault = error.diagnostics[0]
    return fault, f"{fault.message} {fault.help}"


@pytest.mark.parametrize(("text", "code", "words"), TRAPS.values(), ids=TRAPS)
def test_a_trap_is_an_error_with_its_mend(text, code, words):
    fault, said = first_fault(NET + text)
    assert fault.code == code
    assert words in said
    assert fault.span.line > 3


WHOLE = {
    "an empty file": (b"", "Y007"),
    "only comments": (b"# nothing\n", "Y007"),
    "UTF-16": (NET.encode("utf-16"), "Y008"),
    "UTF-16 without a mark": (NET.encode("utf-16-le"), "Y008"),
    "UTF-32": (NET.encode("utf-32"), "Y008"),
    "Latin-1": (f"{NET}description: é\n".encode("latin-1"), "Y008"),
    "HTML": (b"<!DOCTYPE html>\n<html><body>404: not found</body></html>\n", "Y001"),
    "prose": (b"This is not a spec.\n", "S002"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "Y008"),
    "a list": (b"- archc: 1\n", "S002"),
}


@pytest.mark.parametrize(("data", "code"), WHOLE.values(), ids=WHOLE)
def test_a_file_that_is_no_spec_says_what_it_is(data, code):
    with pytest.raises(SpecError) as caught:
        parse(data, "net.yaml")
    assert [fault.code for fault in caught.value.diagnostics] == [code]


READ = {
    "a BOM": ("\ufeff" + NET).encode(),
    "CRLF": NET.replace("\n", "\r\n").encode(),
    "CR": NET.replace("\n", "\r").encode(),
    "no line end": NET.rstrip().encode(),
    "a directive and a start": f"%YAML 1.2\n---\n{NET}...\n".encode(),
    "JSON": json.dumps({"archc": 1, "name": "net", "extends": "resnet/resnet18"}).encode(),
    "a very long line": f"{NET}description: '{'x' * 900}'  # {'y' * 500_000}\n".encode(),
    "an anchor and an alias": f"{NET}defaults: {{norm: &n group}}\nhead: {{norm: *n}}\n".encode(),
    "a quoted word": f"{NET}description: 'on'\n".encode(),
}


@pytest.mark.parametrize("data", READ.values(), ids=READ)
def test_what_yaml_allows_is_read(data, tmp_path):
    (tmp_path / "net.yaml").write_bytes(data)
    assert load_spec(tmp_path / "net.yaml").name == "net"


def test_a_json_spec_with_an_emoji_is_read_as_json_dumps_writes_it():
    document = {"archc": 1, "name": "net", "description": "a \U0001f600 \\ud83d and \u65e5\U0001f469\u200d\U0001f52c"}
    text = json.dumps(document)
    assert r"\ud83d\ude00" in text
    assert plain(parse(text, "net.json")) == document
    fault, _ = first_fault(text.replace('"archc": 1', '"archc": 1, "archc": 2'))
    assert (fault.code, text.replace('"archc": 1', '"archc": 1, "archc": 2')[fault.span.column - 1 :][:7]) == (
        "Y002",
        '"archc"',
    )


words = st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=80)  # a key is at most 1,024 long


@given(st.dictionaries(words, words))
def test_any_json_of_strings_is_read(document):
    """A key has 1,024 characters at most in YAML (1.2.2, section 7.4.2), escapes counted as they are written."""
    assert plain(parse(json.dumps(document) if document else "{}", "x.json")) == document


def test_positions_hold_behind_wide_characters_and_tabs():
    fault, _ = first_fault("archc: 1\nname: net\nextends: {'\U0001f600日本':\t'é'\t, 3: x}\n")
    assert (fault.code, fault.span.line, fault.span.column) == ("Y004", 3, 24)


def test_many_comments_cost_no_time():
    """A pattern that looked for HTML behind them once went back and forth between them for ever."""
    started = time.process_time()
    parse(b"#\n# x\n" * 20_000 + NET.encode(), "net.yaml")
    assert time.process_time() - started < 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="made of Linux's own files")
@pytest.mark.parametrize("kind", ["fifo", "symlink loop", "dangling link", "unreadable", "device"])
def test_what_gives_no_text_is_one_clear_line(kind, tmp_path, capsys):
    path = tmp_path / "net.yaml"
    {
        "fifo": lambda: os.mkfifo(path),
        "symlink loop": lambda: path.symlink_to(path),
        "dangling link": lambda: path.symlink_to(tmp_path / "nowhere"),
        "unreadable": lambda: path.symlink_to("/proc/self/mem"),  # for root too
        "device": lambda: path.symlink_to("/dev/zero"),
    }[kind]()
    assert main(["validate", str(path)]) == 2
    said = capsys.readouterr().out
    assert said.startswith(f"{path}:1:1: error[Y013]: cannot read the file: ")


def variant(path, base, text=""):
    path.write_text(f"archc: 1\nname: {path.stem}\nextends: {base}\n{text}", encoding="utf-8")


def test_a_chain_of_fifty_is_followed_and_one_without_end_is_not(tmp_path, capsys):
    variant(tmp_path / "v0.yaml", "resnet/resnet18")
    for number in range(1, 80):
        variant(tmp_path / f"v{number}.yaml", f"v{number - 1}")
    assert main(["validate", str(tmp_path / "v50.yaml")]) == 0
    capsys.readouterr()
    assert main(["validate", str(tmp_path / "v79.yaml")]) == 1
    assert "a chain of more than 64 files" in capsys.readouterr().out


def test_a_base_without_a_text_is_told_where_it_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.symlink("/dev/null/x", "base.yaml")
    (tmp_path / "real.yaml").mkdir()
    variant(tmp_path / "net.yaml", "base.yaml")
    assert main(["validate", "net.yaml"]) == 1
    assert "net.yaml:3:10: error[R001]: no base 'base.yaml'" in capsys.readouterr().out


def test_what_lies_outside_the_root_is_not_even_looked_at(tmp_path, capsys, monkeypatch):
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    variant(tmp_path / "secret.yaml", "resnet/resnet18", "password: 1\n")
    for base in ("../secret.yaml", "../nowhere.yaml", str(tmp_path / "secret.yaml"), "link.yaml"):
        (tmp_path / "in" / "link.yaml").unlink(missing_ok=True)
        (tmp_path / "in" / "link.yaml").symlink_to(tmp_path / "secret.yaml")
        variant(tmp_path / "in" / "net.yaml", base)
        assert main(["validate", "net.yaml", "--root", "."]) == 1
        said = capsys.readouterr().out
        assert "net.yaml:3:10: error[R011]: " in said
        assert "leads out of the allowed folder ." in said
        assert "password" not in said
    variant(tmp_path / "in" / "net.yaml", "resnet/resnet18", "names: ../secret.yaml\n")
    assert main(["validate", "net.yaml", "--root", "."]) == 1
    assert "net.yaml:4:8: error[R011]: " in capsys.readouterr().out
    variant(tmp_path / "in" / "net.yaml", "resnet/resnet50")
    assert main(["validate", "net.yaml", "--root", "."]) == 0
    assert main(["validate", "../secret.yaml", "--root", "."]) == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's own count")
def test_the_largest_spec_costs_bounded_memory(tmp_path):
    """A megabyte of JSON with surrogate pairs is not given to the slow parser."""
    path = tmp_path / "x.json"
    path.write_text('{"a": "' + r"\ud83d\ude00" * 80_000 + '"}', encoding="utf-8")
    script = (
        "import sys; from archcompiler.cli import main; main(['validate', sys.argv[1]]);"
        " print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])"  # maxrss would be the parent's
    )
    run = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=60)
    assert "error[Y001]" in run.stdout
    assert int(run.stdout.split()[-1]) < 300 << 10  # kilobytes
