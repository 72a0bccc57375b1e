"""Many specs in one run: several processes validate them, and say what one process says."""

import pytest

from archcompiler.cli import main
from archcompiler.verbs.validate import _AT_ONCE

SPEC = """archc: 1
name: {}
input: {{size: 32}}
stem: none
stages: {{a: {{block: basic, blocks: 2, channels: {}}}}}
head: none
"""


@pytest.fixture
def nets(tmp_path, monkeypatch):
    """Enough networks for several processes: the last is the first one's twin, and one is faulty."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    for number in range(2 * _AT_ONCE):
        text = SPEC.format(f"net{number:03}", 4 + number % (2 * _AT_ONCE - 1))
        (tmp_path / "nets" / f"{number:03}.yaml").write_text(text, encoding="utf-8")
    faulty = tmp_path / "nets" / "070.yaml"
    faulty.write_text(faulty.read_text(encoding="utf-8").replace("blocks: 2", "block_s: 2"))
    return tmp_path / "nets"


def test_specs_of_several_processes_are_told_as_those_of_one(nets, capsys, monkeypatch):
    assert main(["validate", "nets", "--root", "."]) == 1
    told = capsys.readouterr().out
    assert "nets/070.yaml:5:" in told
    assert "L006" in told
    assert "nets/127.yaml:2:7: warning[L006]: `net127` is the same network as `net000` of nets/000.yaml" in told
    monkeypatch.setattr("archcompiler.verbs.validate._AT_ONCE", 1000)
    assert main(["validate", "nets", "--root", "."]) == 1
    assert capsys.readouterr().out == told


def test_the_limits_of_a_run_hold_in_its_processes(nets, capsys):
    assert main(["validate", "nets", "--limit", "blocks=1"]) != 0
    told = capsys.readouterr()
    assert (told.out + told.err).count("error[M001]") == 2 * _AT_ONCE - 1
