"""Five thousand broken specs, none of which may end in a traceback, take two seconds of CPU or fill the memory."""

import subprocess
import sys
from pathlib import Path

import pytest

MUTATE = Path(__file__).parent / "fuzz" / "mutate.py"


@pytest.mark.slow
def test_broken_bytes_are_refused_soon_and_in_words():
    run = subprocess.run(
        [sys.executable, str(MUTATE), "--inputs", "5000"], capture_output=True, text=True, timeout=500, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1].startswith("5,000 inputs: ")
    assert " 0 sound" not in run.stdout
