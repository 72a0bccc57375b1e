"""Fixtures that several test files share. Nothing here imports torch before a fixture that needs it runs."""

import pytest
from hypothesis import settings
from repository import ALONE, Repository
from terminal import run_here

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
    """Return the function that runs the `archc` command; test_cli.py shows that a process of its own says the same."""
    return run_here


@pytest.fixture
def repo(tmp_path, monkeypatch):
    """Return an empty repository, the working folder."""
    for name, value in ALONE.items():
        monkeypatch.setenv(name, value)
    made = Repository(tmp_path / "repo")
    monkeypatch.chdir(made.root)
    return made
