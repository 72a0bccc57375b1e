"""Every fault as a user sees it: each spec in `faults/` beside the text that `archc validate` prints for it.

A first line `# arguments: ...` gives further arguments. `UPDATE_GOLDENS=1 pytest tests/test_faults.py` writes the texts
anew; the difference is for review.
"""

import re
import shlex
from pathlib import Path

import pytest
from update import assert_golden

from archcompiler.cli import main
from archcompiler.diagnostics import CODES

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "faults"
SPECS = sorted(FOLDER.glob("*.yaml"))
FOUND = re.compile(r"(?:error|warning)\[([A-Z][0-9]{3})\]: ")
SEEN_ELSEWHERE = {
    "Y012": "a file of a megabyte: test_syntax.py",
    "Y013": "a folder: test_cli.py",
    "C001": "claims: test_claims.py",
    "C002": "claims: test_claims.py",
    "C003": "claims: test_claims.py",
    "A001": "the accept ledger: test_review.py",
    **{code: "differences: test_diff.py" for code in CODES if code.startswith("D")},
}


@pytest.fixture(params=SPECS, ids=lambda path: path.stem)
def fault(request, monkeypatch, capsys):
    """A faulty spec, the exit code of `archc validate` in its folder, and what that prints."""
    monkeypatch.chdir(FOLDER)
    first = request.param.read_bytes().partition(b"\n")[0].decode("utf-8", "replace")
    arguments = shlex.split(first.removeprefix("# arguments: ")) if first.startswith("# arguments: ") else []
    code = main(["validate", request.param.name, *arguments])
    said = capsys.readouterr()
    assert said.err == ""
    return request.param, code, said.out


def test_a_fault_is_told_as_written_down(fault):
    path, code, text = fault
    assert code == (1 if "error[" in text else 0)
    assert FOUND.search(text)
    assert_golden(path.with_suffix(".txt"), text.replace(f"{ROOT}/", ""))


def test_every_text_belongs_to_a_spec():
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in SPECS}


def test_every_code_is_shown():
    shown = {code for path in FOLDER.glob("*.txt") for code in FOUND.findall(path.read_text(encoding="utf-8"))}
    assert shown | set(SEEN_ELSEWHERE) == set(CODES)
    assert shown & set(SEEN_ELSEWHERE) == set()


def test_a_process_of_its_own_says_the_same(archc):
    run = archc("validate", "identity_with_stride.yaml", cwd=FOLDER)
    assert run.stdout == (FOLDER / "identity_with_stride.txt").read_text(encoding="utf-8")
