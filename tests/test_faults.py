"""Every fault as a user sees it: each spec in `faults/` beside the text that `archc validate` prints for it.

A spec says first what its case is, in comments:

    # arguments: --warn L005            further arguments
    # culprit: layer1: {width: «100»}   the line and in it what the message must underline; one for each fault
    # culprit: bases/x.yaml: «nmae»     ... in another file, or in a setting (`--set: a.«b»=1`)
    # mend: 96                          what the help of one of them must name: the one near fix

A file that names no culprit is one as a whole. `UPDATE_GOLDENS=1 pytest tests/test_faults.py` writes the texts anew;
the difference is for review.
"""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from update import assert_golden

from archcompiler.cli import main
from archcompiler.diagnostics import CODES
from archcompiler.syntax.source import Source

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "faults"
SPECS = sorted(FOLDER.glob("*.yaml"))
FOUND = re.compile(r"(?:error|warning|note)\[([A-Z][0-9]{3})\]: ")
HEADER = re.compile(r"^# (arguments|culprit|mend): (.*?)\r?$", re.MULTILINE)
PLACE = re.compile(r"(?:([\w./-]+\.yaml|--set): )?(.*)«(.*)»(.*)")
SEEN_ELSEWHERE = {
    "Y012": "a file of a megabyte: test_syntax.py",
    "Y013": "a folder: test_traps.py",
    "C001": "claims: test_claims.py",
    "C002": "claims: test_claims.py",
    "C003": "claims: test_claims.py",
    "A001": "the accept ledger: test_review.py",
    "A002": "the accept ledger: test_review.py",
    **{code: "differences: test_diff.py" for code in CODES if code.startswith("D")},
}


def text_of(path):
    """Return a file's text, whatever its encoding; a NUL is shown as its picture."""
    data = path.read_bytes()
    text = data.decode("utf-16" if data.startswith(b"\xff\xfe") else "utf-8-sig", "replace")
    return text.replace("\0", "␀")


def said_in(path, kind):
    """Return what the first comments of a case say of one kind."""
    return [value for key, value in HEADER.findall(text_of(path)) if key == kind]


@pytest.fixture(params=SPECS, ids=lambda path: path.stem)
def case(request, monkeypatch):
    """A faulty spec, in whose folder the test runs."""
    monkeypatch.chdir(FOLDER)
    return request.param


@pytest.fixture
def validate(capsys):
    """Return a function that runs `archc validate` on a case and returns its exit code and what it prints."""

    def run(case, *more):
        arguments = [word for line in said_in(case, "arguments") for word in shlex.split(line)]
        code = main(["validate", case.name, *arguments, *more])
        said = capsys.readouterr()
        assert said.err == ""
        return code, said.out

    return run


def test_a_fault_is_told_as_written_down(case, validate):
    code, text = validate(case)
    assert code == (1 if "error[" in text else 0)
    assert FOUND.search(text)
    assert_golden(case.with_suffix(".txt"), text.replace(f"{ROOT}/", ""))


def culprit_of(mark, case):
    """Return the path, and the line and column of the first and behind the last character of what a mark points at."""
    where, before, culprit, behind = PLACE.fullmatch(mark).groups()
    path = f"<--set {before}{culprit}{behind}>" if where == "--set" else where or case.name
    file = (FOLDER if (FOLDER / path).exists() else ROOT) / path
    text = before + culprit + behind if where == "--set" else HEADER.sub(lambda line: " " * len(line[0]), text_of(file))
    source = Source(text, path)
    assert text.count(before + culprit + behind) == 1, f"{mark!r} is not the one place"
    start = text.index(before + culprit + behind) + len(before)
    return path, source.position(start), source.position(start + len(culprit))


def test_each_fault_underlines_its_culprit(case, validate):
    _, document = validate(case, "--format", "json")
    found = [
        (each["path"].replace(f"{ROOT}/", ""), (each["line"], each["column"]), (each["end_line"], each["end_column"]))
        for each in json.loads(document)["diagnostics"]
    ]
    culprits = [culprit_of(mark, case) for mark in said_in(case, "culprit")]
    whole = (case.name, (1, 1))
    assert {place[:2] for place in found} == ({place[:2] for place in culprits} or {whole})
    for path, start, end in culprits:
        assert any((path, start) == place[:2] and end <= place[2] for place in found)


def test_the_one_near_fix_is_named(case, validate):
    mends = said_in(case, "mend")
    _, document = validate(case, "--format", "json")
    helps = [each["help"] or "" for each in json.loads(document)["diagnostics"]]
    assert all(any(mend in help for help in helps) for mend in mends)


def test_a_fix_mends(case, tmp_path, monkeypatch, validate):
    """What `--fix` changes is gone afterwards, and nothing new has come."""
    if "--set" in " ".join(said_in(case, "arguments")):
        pytest.skip("a setting stands in no file")
    shutil.copytree(FOLDER, tmp_path / "faults", ignore=shutil.ignore_patterns("*.txt"))
    monkeypatch.chdir(tmp_path / "faults")
    before = Path(case.name).read_bytes()
    faults = len(FOUND.findall(validate(case)[1]))
    _, shown = validate(case, "--diff")
    _, left = validate(case, "--fix")
    assert (Path(case.name).read_bytes() != before) == bool(shown)
    assert len(FOUND.findall(left)) < faults if shown else len(FOUND.findall(left)) == faults
    assert validate(case, "--diff")[1] == ""


def test_every_text_belongs_to_a_spec():
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in SPECS}


def test_every_code_is_shown():
    shown = {code for path in FOLDER.glob("*.txt") for code in FOUND.findall(path.read_text(encoding="utf-8"))}
    assert shown | set(SEEN_ELSEWHERE) == set(CODES)
    assert shown & set(SEEN_ELSEWHERE) == set()


def test_there_are_more_than_a_hundred_and_twenty_and_most_have_one_near_fix():
    assert len(SPECS) > 120
    assert sum(bool(said_in(path, "mend")) for path in SPECS) > 40


def test_a_process_of_its_own_says_the_same(archc):
    run = archc("validate", "identity_with_stride.yaml", cwd=FOLDER)
    assert run.stdout == (FOLDER / "identity_with_stride.txt").read_text(encoding="utf-8")
