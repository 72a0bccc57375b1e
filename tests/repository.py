"""A real git repository, made by a test."""

import os
import subprocess
from pathlib import Path

ALONE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}
"""What keeps the machine's own configuration of git out of the tests."""


class Repository:
    """A folder with a history of specs: `write` files, `commit` them, run `git`."""

    def __init__(self, root, *options):
        self.root = Path(root)
        self.root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *options)

    def git(self, *arguments, cwd=None, **environment):
        """Run git and return what it prints; a pager or an editor is never started."""
        run = subprocess.run(
            ["git", *map(str, arguments)],
            cwd=cwd or self.root,
            env={**os.environ, **ALONE, **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def write(self, **files):
        """Write specs by name (`base` is base.yaml, `a/b` in a folder), a text or what `spec` made; None removes."""
        self.put({f"{name}.yaml": text for name, text in files.items()})

    def put(self, files):
        """Write files by path; None removes."""
        for path, text in files.items():
            target = self.root / path
            if text is None:
                target.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")

    def commit(self, message="x", **files):
        """Write specs, commit everything, and return the commit."""
        self.write(**files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()


def base(name, *, blocks=2, cardinality=1, **more):
    """Return a small complete spec of two stages."""
    lines = [f"{key}: {value}" for key, value in more.items()]
    return "\n".join(
        [
            "archc: 1",
            f"name: {name}",
            "input: {channels: 3, size: 32}",
            "stem: {type: conv3x3, channels: 16}",
            f"defaults: {{block: bottleneck, cardinality: {cardinality}}}",
            "stages:",
            f"  a: {{blocks: {blocks}, channels: 64, width: 16, stride: 1}}",
            "  b: {blocks: 1, channels: 128, width: 32, stride: 2}",
            "head: {classes: 10}",
            *lines,
            "",
        ]
    )


def variant(name, extends, **more):
    """Return a spec that extends another."""
    lines = [f"{key}: {value}" for key, value in more.items()]
    return "\n".join(["archc: 1", f"name: {name}", f"extends: {extends}", *lines, ""])


def without_stem(name, lines, *, channels=4, size=8, classes=2):
    """Return a complete spec without a stem, whose blocks and stages are given as lines of YAML."""
    first = f"archc: 1\nname: {name}\ninput: {{channels: {channels}, size: {size}}}\nstem: none\n"
    return f"{first}{lines}head: {{classes: {classes}}}\n"
