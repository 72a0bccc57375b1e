"""Fixtures that several test files share. Nothing here imports torch before a fixture that needs it runs."""

import subprocess
import sys

import pytest
from hypothesis import settings
from repository import ALONE, Repository

settings.register_profile("busy machines", deadline=None)  # a limit of one example in wall time fails under load
settings.load_profile("busy machines")


@pytest.fixture
def one_thread():
    """Run the test's torch on one thread: two networks then add in the same order, so that outputs can be equal."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def archc():
    """Return a function that runs the `archc` command in a process of its own and returns what it said."""

    def run(*arguments, cwd=None):
        command = [sys.executable, "-m", "archcompiler", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=cwd, timeout=600)

    return run


@pytest.fixture
def repo(tmp_path, monkeypatch):
    """Return an empty repository, the working folder."""
    for name, value in ALONE.items():
        monkeypatch.setenv(name, value)
    made = Repository(tmp_path / "repo")
    monkeypatch.chdir(made.root)
    return made
