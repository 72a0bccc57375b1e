"""`archc new`: a variant to begin with, that validates and that an editor understands, in anybody's repository."""

import json
import re
import subprocess

import peers
import pytest

import archcompiler
from archcompiler.cli import main
from archcompiler.tree import plain

MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)")


@pytest.fixture
def repository(tmp_path):
    """A git repository with folders."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "nets" / "deep").mkdir(parents=True)
    return tmp_path


def schema_of(path):
    """Return the file that a spec's first line names."""
    name = MODELINE.fullmatch(path.read_text(encoding="utf-8").splitlines()[0])[1]
    assert not name.startswith("/")
    return (path.parent / name).resolve()


@pytest.mark.parametrize(
    ("folder", "target"),
    [(".", "mine.yaml"), (".", "nets/mine.yaml"), ("nets", "deep/mine.yaml"), ("nets/deep", "../../mine.yaml")],
)
def test_a_variant_validates_and_its_first_line_finds_the_schema_of_its_repository(archc, repository, folder, target):
    run = archc("new", "mine", "--extends", "resnet/resnet18", "-o", target, cwd=repository / folder)
    assert (run.returncode, run.stderr) == (0, "")
    path = repository / folder / target
    assert schema_of(path) == repository / ".archc" / "architecture.json"
    assert json.loads(schema_of(path).read_text(encoding="utf-8"))["title"] == "archcompiler architecture"
    assert archc("validate", target, cwd=repository / folder).stdout == "no faults in 1 file\n"


def test_outside_a_repository_the_schema_lies_beside_the_spec(archc, tmp_path):
    archc("new", "mine", "--extends", "resnet/resnet18", cwd=tmp_path)
    assert schema_of(tmp_path / "mine.yaml") == tmp_path / ".archc" / "architecture.json"
    assert schema_of(tmp_path / "mine.yaml").is_file()


def test_the_file_is_short_and_says_what_it_extends(archc, tmp_path):
    run = archc("new", "mine", "--extends", "resnet/resnet18", cwd=tmp_path)
    assert run.stdout.splitlines()[0] == "wrote mine.yaml"
    assert ".archc/architecture.json" in run.stdout.splitlines()[1]
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8").splitlines()[1:] == [
        "archc: 1",
        "name: mine",
        "description: A variant of resnet/resnet18.",
        "extends: resnet/resnet18",
    ]


def test_a_base_of_ones_own_is_named_relative_to_the_new_file(archc, repository):
    archc("new", "one", "--extends", "resnet/resnet18", cwd=repository)
    run = archc("new", "two", "--extends", "one.yaml", "-o", "nets/deep/two.yaml", cwd=repository)
    assert run.stdout == "wrote nets/deep/two.yaml\n"  # the schema is there
    assert "extends: ../../one.yaml\n" in (repository / "nets/deep/two.yaml").read_text(encoding="utf-8")
    assert archc("cost", "nets/deep/two.yaml", cwd=repository).returncode == 0


def test_a_base_with_a_space_in_its_name_is_found_again(archc, tmp_path):
    archc("new", "one", "--extends", "resnet/resnet18", "-o", "my nets: one.yaml", cwd=tmp_path)
    archc("new", "two", "--extends", "my nets: one.yaml", cwd=tmp_path)
    assert archc("validate", "two.yaml", cwd=tmp_path).stdout == "no faults in 1 file\n"


def test_an_existing_file_is_overwritten_by_force_only(archc, tmp_path):
    (tmp_path / "mine.yaml").write_text("mine\n", encoding="utf-8")
    refused = archc("new", "mine", "--extends", "resnet/resnet18", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "archc: mine.yaml exists: give --force to overwrite it, or another name\n"
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == "mine\n"
    assert archc("new", "mine", "--extends", "resnet/resnet18", "--force", cwd=tmp_path).returncode == 0
    assert "extends: resnet/resnet18" in (tmp_path / "mine.yaml").read_text(encoding="utf-8")


def test_a_schema_that_is_there_is_left_alone(archc, tmp_path):
    (tmp_path / ".archc").mkdir()
    (tmp_path / ".archc" / "architecture.json").write_text("{}", encoding="utf-8")
    assert archc("new", "mine", "--extends", "resnet/resnet18", cwd=tmp_path).stdout == "wrote mine.yaml\n"
    assert (tmp_path / ".archc" / "architecture.json").read_text(encoding="utf-8") == "{}"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--extends", "resnet/resnet19"], 2, "did you mean resnet/resnet18"),
        (["--extends", "faulty.yaml"], 1, "faulty.yaml:1:1: error[S003]"),
        (["--extends", "resnet/resnet18", "-o", "missing/mine.yaml"], 2, "archc: cannot write missing/mine.yaml"),
        (["--extends", "resnet/resnet18", "--regnet", "depth=1"], 2, "--regnet: not allowed with argument --extends"),
    ],
)
def test_what_cannot_be_begun_is_told_and_leaves_nothing(archc, tmp_path, arguments, code, said):
    (tmp_path / "faulty.yaml").write_text("archc: 1\nname: faulty\n", encoding="utf-8")
    run = archc("new", "mine", *arguments, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (code, "")
    assert said in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["faulty.yaml"]


# --- a RegNet from its numbers ---

REGNETY_400MF = "depth=16,w0=48,wa=27.89,wm=2.09,group_width=8"


def test_a_regnet_is_written_with_its_rows_and_the_claim_that_proves_them(archc, tmp_path):
    run = archc("new", "mine", "--regnet", f"{REGNETY_400MF},se=0.25", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    text = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    assert "  stage4: {blocks: 6, channels: 440, cardinality: 55}\n" in text
    checked = archc("check", "mine.yaml", "--fast", "--format", "json", cwd=tmp_path)
    (spec,) = json.loads(checked.stdout)["specs"]
    assert [claim["verdict"] for claim in spec["claims"]] == ["holds"]
    assert spec["analysis"] == archcompiler_counts("regnet/regnety_400mf")
    assert archc("validate", "mine.yaml", cwd=tmp_path).stdout == "no faults in 1 file\n"
    assert archc("fmt", "--check", "mine.yaml", cwd=tmp_path).returncode == 0


def archcompiler_counts(spec):
    """Return the counts of a shipped spec."""
    report = archcompiler.cost(spec)
    return {"params": report.params, "macs": report.macs, "torchinfo_mult_adds": report.total.torchinfo_mult_adds}


REGNETS = {
    "without excitation": (REGNETY_400MF, [8, 8, 8, 8]),
    "groups wider than the stages": ("depth=20,w0=8,wa=10.5,wm=2.5,group_width=512", [8, 16, 48, 128, 312]),
    "another bottleneck": (f"{REGNETY_400MF},b=2", [8, 8, 8, 8]),
    "an inverted bottleneck": (f"{REGNETY_400MF},b=0.25", [8, 8, 8, 8]),
    "groups of the whole width": ("depth=6,w0=8,wa=6,wm=2,group_width=64", [8, 16, 32]),
    "torchvision's rounding": ("depth=22,w0=24,wa=24.48,wm=2.54,group_width=16,round=make_divisible", [16, 16, 16, 16]),
    "one stage": ("depth=3,w0=8,wa=0,wm=2,group_width=8", [8]),
}


@pytest.mark.parametrize(("numbers", "groups"), REGNETS.values(), ids=REGNETS)
def test_any_regnet_checks(tmp_path, monkeypatch, capsys, numbers, groups):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "mine", "--regnet", numbers]) == 0
    assert main(["check", "mine.yaml", "--fast"]) == 0
    assert main(["validate", "mine.yaml", "--strict"]) == 0
    stages = archcompiler.load("mine.yaml").stages
    assert [plain(stage.blocks[0])["bottleneck_width"] for stage in stages] == groups
    capsys.readouterr()


@pytest.mark.parametrize(
    ("numbers", "code", "said"),
    [
        ("depth=16,w0", 2, "expected depth=16,w0=48,wa=27.89,wm=2.09,group_width=8[,se=0.25], found 'w0'"),
        ("", 2, "found ''"),
        (f"{REGNETY_400MF},depth=3", 2, "`depth` is given twice"),
        ("depth=16,w0=48,wa=27.89,wm=2.09", 1, "rule lacks `group_width`"),
        (REGNETY_400MF.replace("w0=48", "w0=42"), 1, "<--regnet w0=42>:1:1: error[S005]: w0: expected a multiple of 8"),
        (REGNETY_400MF.replace("wm=2.09", "wm=1"), 1, "wm: expected more than 1, found 1"),
        (REGNETY_400MF.replace("depth=16", "depth=1.5"), 1, "depth: expected an integer"),
        (REGNETY_400MF.replace("group_width", "groupwidth"), 1, "did you mean `group_width`?"),
        (f"{REGNETY_400MF},bottleneck_ratio=0.5", 1, "in a `rule` write `b`, the inverse: where it was 0.5, `b: 2`"),
        ("depth=40,w0=64,wa=100,wm=1.2,group_width=16", 2, "the numbers give 17 stages, each of which halves the map"),
        (f"{REGNETY_400MF},se=a", 1, "<--regnet se=a>:1:1: error[S002]: ratio: expected a number"),
        (f"{REGNETY_400MF},se=[", 1, "error[Y001]"),
    ],
)
def test_numbers_that_make_no_regnet_are_told_and_leave_nothing(archc, tmp_path, numbers, code, said):
    run = archc("new", "mine", "--regnet", numbers, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (code, "")
    assert said in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_variant_of_any_shipped_spec_is_one_that_strict_takes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for number, spec in enumerate(peers.SHIPPED):
        assert main(["new", f"net{number}", "--extends", spec]) == 0
    capsys.readouterr()
    files = [f"net{number}.yaml" for number in range(len(peers.SHIPPED))]
    main(["validate", *files, "--strict", "--format", "json"])
    found = json.loads(capsys.readouterr().out)["diagnostics"]
    pairs = [(each, other) for each in found for other in each["labels"]]
    assert [each["code"] for each in found] == ["L006"] * len(pairs)  # two libraries' networks of one name
    bases = dict(zip(files, map(peers.short, peers.SHIPPED), strict=True))
    assert all(bases[each["path"]] == bases[other["path"]] for each, other in pairs)


def test_a_claim_in_the_words_of_an_older_version_is_told_the_mend(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "mine", "--regnet", f"{REGNETY_400MF},b=2"]) == 0
    path = tmp_path / "mine.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(" b: 2", " bottleneck_ratio: 0.5"), encoding="utf-8")
    capsys.readouterr()
    assert main(["validate", "mine.yaml", "--fix"]) == 1
    assert "write `b`, the inverse: where it was 0.5, `b: 2`" in capsys.readouterr().out
    assert "bottleneck_ratio: 0.5" in path.read_text(encoding="utf-8")


def test_a_name_alone_starts_a_legal_network_with_a_word_on_its_lines(archc, tmp_path):
    assert archc("new", "first", cwd=tmp_path).returncode == 0
    assert archc("validate", "--strict", "first.yaml", cwd=tmp_path).stdout == "no faults in 1 file\n"
    assert archc("fmt", "--check", "first.yaml", cwd=tmp_path).returncode == 0
    text = (tmp_path / "first.yaml").read_text(encoding="utf-8")
    assert text.count("# ") >= 9
    assert archcompiler.cost(tmp_path / "first.yaml").params == archcompiler.cost("resnet/resnet50").params
    (tmp_path / "claimed.yaml").write_text(text.replace("# claims", "claims").replace("#   -", "  -"), encoding="utf-8")
    run = archc("check", "claimed.yaml", "--fast", cwd=tmp_path)  # the figure that stands there as an example is v1's
    assert "FAILS (C001)" in run.stdout


@pytest.mark.parametrize("name", ["a", "A9", "my_net", "x" * 100])
def test_any_name_that_is_one_starts_a_network(tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    assert main(["new", name]) == 0
    assert main(["validate", "--strict", f"{name}.yaml"]) == 0
