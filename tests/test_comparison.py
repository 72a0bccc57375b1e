"""The page's table of what five tools say of the same ten faults is what they say."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "tests" / "comparison" / "compare.py"


def cells(table):
    """Return the rows of a Markdown table."""
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.strip().splitlines()]


@pytest.mark.slow
def test_the_table_of_the_page_is_what_the_tools_say():
    run = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=300, check=True)
    found = cells(run.stdout)
    page = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
    printed = cells(re.search(r"^\| fault \|.*?(?=\n\n)", page, re.DOTALL | re.MULTILINE)[0])
    assert [row[-1] for row in printed] == [row[-1] for row in found]
    for column, head in enumerate(printed[0][1:-1], start=1):
        tool, recorded = head.rsplit(" ", 1)
        if version(tool) == recorded:  # another version may say it in other words
            assert [row[column] for row in printed] == [row[column] for row in found]
    sound, *faults = found[2:]
    assert len(faults) == 10
    assert all(cell.startswith("nothing: ") for cell in sound[1:])
    assert all("error[" in row[-1] for row in faults)
