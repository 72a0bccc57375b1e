"""The consoles of the README and of the page on blocks are run: what they print is what the commands print."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from repository import ALONE

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = (ROOT / "specs" / "blocks" / "README.md").read_text(encoding="utf-8")
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
CONSOLES = [*CONSOLE.findall(README), *CONSOLE.findall(BLOCKS)]


def commands(console):
    """Return each `$ command` with the lines printed under it."""
    return [
        (head, body) for head, _, body in (part.partition("\n") for part in re.split(r"^\$ ", console, flags=re.M)[1:])
    ]


def run(command, folder):
    words = command.split()
    assert words[0] in ("archc", "git")
    words = [sys.executable, "-m", "archcompiler", *words[1:]] if words[0] == "archc" else ["bash", "-c", command]
    result = subprocess.run(
        words, cwd=folder, env={**os.environ, **ALONE}, capture_output=True, text=True, check=False, timeout=120
    )
    return (result.stdout + result.stderr).replace(f"{ROOT}/", "")


def squeezed(text):
    """Return a text without trailing blanks, and with runs of blanks as one: columns depend on where specs lie."""
    return "\n".join(re.sub(r"\s+", " ", line).strip() for line in text.strip().splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("console", CONSOLES, ids=lambda console: console.split("\n")[0][2:40])
def test_the_readme_prints_what_the_commands_print(console, tmp_path):
    for command, printed in commands(console):
        if command.startswith("cat "):
            (tmp_path / command.split()[1]).write_text(printed, encoding="utf-8")
            continue
        actual = squeezed(run(command, tmp_path))
        position = 0
        for part in re.split(r"^\.\.\.$", squeezed(printed), flags=re.M):
            found = actual.find(part.strip("\n"), position)
            assert found >= 0, f"`{command}` does not print:\n{part}\nbut:\n{actual}"
            position = found


def test_ci_runs_the_readmes_test_command():
    commands_of_readme = re.findall(r"```sh\n(.*?)\n```", README)
    assert len(commands_of_readme) == 2
    assert commands_of_readme[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_editor_transcript_in_the_readme_is_the_recorded_one():
    recorded = (ROOT / "tests" / "editor" / "transcript.txt").read_text(encoding="utf-8")
    for shown in re.search(r"`\|` is the cursor:\n\n```text\n(.*?)```", README, re.DOTALL).group(1).split("\n\n"):
        assert shown.strip() in recorded
