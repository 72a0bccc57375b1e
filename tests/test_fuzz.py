"""Thousands of broken specs and blocks: none may end in a traceback, take two seconds of CPU or fill the memory."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parent / "fuzz"
LOWERED = re.compile(r"; ([0-9,]+) lowered, ([0-9,]+) of them into a network$")


@pytest.mark.slow
def test_broken_bytes_are_refused_soon_and_in_words():
    run = subprocess.run(
        [sys.executable, str(FUZZ / "mutate.py"), "--inputs", "5000"],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1].startswith("5,000 inputs: ")
    assert " 0 sound" not in run.stdout


@pytest.mark.slow
def test_broken_blocks_are_refused_in_words_and_sound_ones_are_recorded():
    run = subprocess.run(
        [sys.executable, str(FUZZ / "mutate_blocks.py"), "--inputs", "2000"],
        capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    last = run.stdout.splitlines()[-1]
    assert last.startswith("2,000 inputs: ")
    lowered, fitted = (int(number.replace(",", "")) for number in LOWERED.search(last).groups())
    assert 500 <= lowered < 2000
    assert 400 <= fitted < lowered
