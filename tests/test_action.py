"""The composite action: its steps are run as a runner runs them, on real merge commits.

GitHub itself cannot be had in a test: a server on this machine keeps the comments, as its documented interface says.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from repository import ALONE, Repository, base, variant

ROOT = Path(__file__).parents[1]
ACTION = ROOT / ".github" / "actions" / "archc-diff"
STEPS = yaml.safe_load((ACTION / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
MARK = "<!-- archc-diff -->"
BOT = "github-actions[bot]"


class Comments(BaseHTTPRequestHandler):
    """The comments of one pull request: list, create, update; 100 a page."""

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        start = 100 * (int(query["page"][0]) - 1)
        self.answer(200, self.server.comments[start : start + 100])

    def do_POST(self):
        if self.server.read_only:
            self.answer(403, {"message": "Resource not accessible by integration"})
            return
        self.server.comments.append({"id": len(self.server.comments), "user": {"login": BOT}, **self.body()})
        self.answer(201, {})

    def do_PATCH(self):
        self.server.comments[int(self.path.rpartition("/")[2])].update(self.body())
        self.answer(200, {})

    def body(self):
        assert self.headers["Authorization"] == "Bearer secret"
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, status, document):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def github():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Comments)
    server.comments, server.read_only = [], False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pull_request(tmp_path):
    """Return a function that makes a pull request of files and checks out its merge, as GitHub does."""
    origin = Repository(tmp_path / "origin")
    fork = origin.commit(base=base("base"), one=variant("one", "base"), other=base("other"))
    origin.commit("meanwhile", other=base("other", blocks=5))
    numbers = count()

    def make(**files):
        origin.git("checkout", "-q", "-B", "topic", fork)
        origin.commit(**files)
        origin.git("checkout", "-q", "-B", "merged", "main")
        origin.git("merge", "-q", "--no-ff", "topic", "-m", "merge")
        folder = tmp_path / f"checkout{next(numbers)}"
        origin.git("clone", "-q", "--depth=2", "--branch=merged", f"file://{origin.root}", folder)
        return folder

    return make


@pytest.fixture
def run(tmp_path, github):
    """Return a function that runs the review's step in a checkout and returns its exit code and what it says."""

    def step(folder, **inputs):
        names = {"AGAINST": "", "PATHS": "", "FAIL_ON": "WEIGHTS", "PULL_REQUEST": "7", "LOGIN": BOT, "BASE": ""}
        assert set(STEPS[1]["env"]) == {*names, "ACTION", "GITHUB_TOKEN"}
        environment = {
            **os.environ,
            **ALONE,
            **names,
            "ACTION": str(ACTION),
            "GITHUB_TOKEN": "secret",
            "GITHUB_API_URL": f"http://127.0.0.1:{github.server_port}",
            "GITHUB_REPOSITORY": "someone/nets",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "RUNNER_TEMP": str(tmp_path),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            **inputs,
        }
        ran = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", STEPS[1]["run"]],
            cwd=folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        return ran.returncode, ran.stdout + ran.stderr

    return step


WIDER = {"base": base("base", blocks=3)}
STRIDE = {"one": variant("one", "base", defaults="{stride_on: 1x1}")}


def test_a_break_fails_and_is_told_once_on_its_line_in_the_summary_and_in_a_comment(
    pull_request, run, github, tmp_path
):
    checkout = pull_request(**WIDER)
    code, said = run(checkout)
    assert code == 1, said
    assert "::warning file=base.yaml,line=7,endLine=7,col=15,endColumn=16,title=WEIGHTS::stages.a.blocks 2 -> 3" in said
    assert "other.yaml" not in said
    [comment] = github.comments
    assert comment["body"].startswith(f"{MARK}\n### ")
    assert "| WEIGHTS | base.yaml | +4,544 +12.8 % | +4,456,448 +25.9 % |  |" in comment["body"]
    assert (tmp_path / "summary.md").read_text().strip() == comment["body"].removeprefix(f"{MARK}\n")


def test_the_comment_is_changed_in_place_and_settled_where_nothing_is_left(pull_request, run, github):
    github.comments += [{"id": i, "user": {"login": "a"}, "body": "hello"} for i in range(100)]
    first, second, third = pull_request(**WIDER), pull_request(**STRIDE), pull_request(base=f"# a note\n{base('base')}")
    assert run(first)[0] == 1
    assert run(second)[0] == 0
    assert len(github.comments) == 101
    assert "FUNCTION" in github.comments[100]["body"]
    assert "base.yaml | +4,544" not in github.comments[100]["body"]
    assert "the comment says it already" in run(second)[1]
    assert run(third)[0] == 0
    assert github.comments[100]["body"] == f"{MARK}\nNo spec differs in effect any more."


def test_it_is_silent_on_what_is_cosmetic(pull_request, run, github):
    code, said = run(pull_request(base=f"# a note\n{base('base')}"))
    assert (code, said, github.comments) == (0, "nothing to say\n", [])


def test_a_comment_of_somebody_else_is_never_changed(pull_request, run, github):
    github.comments.append({"id": 0, "user": {"login": "mallory"}, "body": f"{MARK}\nall fine"})
    run(pull_request(**WIDER))
    assert [comment["user"]["login"] for comment in github.comments] == ["mallory", BOT]
    assert github.comments[0]["body"] == f"{MARK}\nall fine"


def test_where_the_token_may_not_comment_the_job_goes_on(pull_request, run, github):
    github.read_only = True
    code, said = run(pull_request(**STRIDE))
    assert code == 0
    assert "::warning title=archc diff::cannot comment" in said


def test_without_a_pull_request_nothing_is_commented(pull_request, run, github):
    assert run(pull_request(**WIDER), PULL_REQUEST="")[0] == 1
    assert github.comments == []


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"FAIL_ON": "INTERFACE"}, 0),
        ({"PATHS": "one.yaml\nbase.yaml"}, 1),
        ({"AGAINST": "topic"}, 1),
        ({"AGAINST": "$(touch pwned)"}, 128),
        ({"PATHS": "-x; touch pwned"}, 2),
        ({"FAIL_ON": "NEVER"}, 2),
    ],
)
def test_inputs(pull_request, run, inputs, code):
    checkout = pull_request(**WIDER)
    found, said = run(checkout, **inputs)
    assert found == code, said
    assert not (checkout / "pwned").exists()


def test_a_faulty_spec_is_annotated_at_its_place(pull_request, run):
    code, said = run(pull_request(one=variant("one", "base", head="{clases: 3}")))
    assert code == 1
    assert "::error file=one.yaml,line=4,endLine=4,col=8,endColumn=14,title=S001" in said


def test_nothing_outside_of_the_checkout_is_read(pull_request, run, github, tmp_path):
    (tmp_path / "secret.yaml").write_text(base("secret").replace("stride: 1", "s3cret: 1"))
    code, said = run(pull_request(one=variant("one", str(tmp_path / "secret"))))
    assert code == 1
    assert "s3cret" not in said + github.comments[0]["body"]
    assert "title=R011::" in said


def test_the_action_is_well_formed_and_no_input_is_part_of_a_script():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions"]
    ran = subprocess.run([*command, ACTION / "action.yml"], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout
    assert [step["run"] for step in STEPS if "${{" in step["run"]] == []
    assert all(step["shell"] == "bash" for step in STEPS)


@pytest.mark.slow
def test_the_first_step_installs_archc_from_the_actions_own_checkout(tmp_path):
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns("__pycache__", ".venv", ".git", "tests", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, copy, ignore=ignored)
    environment = {
        **os.environ,
        "ACTION": str(copy / ".github" / "actions" / "archc-diff"),
        "RUNNER_TEMP": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith("site-packages")),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
    }
    subprocess.run(["bash", "-e", "-c", STEPS[0]["run"]], env=environment, check=True, timeout=200)
    said = subprocess.run([tmp_path / "archc" / "bin" / "archc", "--version"], env=environment, capture_output=True)
    assert said.stdout.startswith(b"archc ")
