"""The hooks under the real pre-commit: it installs archcompiler with pip, and runs on real commits.

What it costs: pip builds and installs the package once, in some five seconds. It needs no index: dependencies and build
backend are those of the tests' own environment, which the hook's environment sees through PYTHONPATH.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from repository import ALONE, Repository, base, variant

ROOT = Path(__file__).parents[1]
SHIPPED_WITH_THE_PACKAGE = ("archcompiler", "specs", "schemas", "pyproject.toml", "README.md", "LICENSE")
CLAIM = '\n  - {source: "us", quantity: params, printed: "PARAMS"}'


@pytest.fixture(scope="module")
def hooks(tmp_path_factory):
    """Return a repository with the hooks, at its only commit: this checkout's own files."""
    made = Repository(tmp_path_factory.mktemp("hooks"))
    for name in (*SHIPPED_WITH_THE_PACKAGE, ".pre-commit-hooks.yaml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, made.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, made.root / name)
    made.commit()
    return made


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """Return the environment in which pip installs without an index."""
    packages = [path for path in sys.path if path.endswith("site-packages")]
    return {
        **os.environ,
        **ALONE,
        "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("cache")),
        "PYTHONPATH": os.pathsep.join(packages),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's own reading: 0 is "no isolation"
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


@pytest.fixture
def repo(tmp_path, hooks):
    made = Repository(tmp_path / "user")
    config = {
        "repos": [
            {
                "repo": str(hooks.root),
                "rev": "HEAD",
                "hooks": [{"id": each} for each in ("archc-validate", "archc-check")],
            }
        ]
    }
    config["repos"][0]["rev"] = hooks.git("rev-parse", "HEAD").strip()
    made.put({".pre-commit-config.yaml": yaml.safe_dump(config), "ci.yaml": "on: push\n"})
    return made


@pytest.fixture
def commit(repo, offline):
    """Return a function that commits everything under the hooks, and returns git's exit code and what was said."""
    command = [sys.executable, "-m", "pre_commit", "install"]
    subprocess.run(command, cwd=repo.root, env=offline, check=True, capture_output=True, timeout=60)

    def run():
        repo.git("add", "-A")
        ran = subprocess.run(
            ["git", "commit", "-m", "x"], cwd=repo.root, env=offline, capture_output=True, encoding="utf-8", timeout=300
        )
        return ran.returncode, ran.stdout + ran.stderr

    return run


def verdicts(said):
    """Return what pre-commit prints for each hook."""
    return [line.split(".")[0] + " " + line.rsplit(".", 1)[1] for line in said.splitlines() if line[:6] == "archc "]


PASSED = ["archc validate Passed", "archc check Passed"]


@pytest.mark.slow
def test_right_specs_are_committed_and_other_yaml_is_left_alone(repo, commit, offline):
    one = variant("one", "base", claims=CLAIM.replace("PARAMS", "35418"))
    repo.write(base=base("base"), one=one, table="archc: 1\nnames: {stem.conv1: first}")
    code, said = commit()
    assert (code, verdicts(said)) == (0, PASSED), said
    installed = list(Path(offline["PRE_COMMIT_HOME"]).glob("repo*/py_env-*/lib/*/site-packages/archcompiler/cli.py"))
    assert len(installed) == 1


@pytest.mark.slow
def test_a_base_that_breaks_what_extends_it_is_stopped(repo, commit):
    sound = base("base").replace(", cardinality: 1", "")
    repo.write(base=sound, one=variant("one", "base", stages="{a: {blocks: 3}}"))
    assert commit()[0] == 0
    repo.write(base=sound.replace("  a: ", "  c: "))
    code, said = commit()
    assert (code, verdicts(said)) == (1, ["archc validate Failed", "archc check Failed"]), said
    assert "one.yaml:4:10: error[S003]" in said
    assert not re.search(r"^base\.yaml:.*: error", said.split("archc check")[0], re.MULTILINE)


@pytest.mark.slow
def test_a_claim_that_does_not_hold_is_stopped(repo, commit):
    repo.write(base=base("base", claims=CLAIM.replace("PARAMS", "1")))
    code, said = commit()
    assert (code, verdicts(said)) == (1, ["archc validate Passed", "archc check Failed"]), said
    assert "error[C001]: 1 is printed" in said
