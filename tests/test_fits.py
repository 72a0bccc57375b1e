"""Output that fits: a terminal gets what its columns hold, a pipe gets all; colours, slips of typing, closed pipes."""

import json
import os
import re
import shlex
import subprocess
import sys
from itertools import pairwise

import pytest
from repository import Repository, base
from terminal import ARCHC, on_terminal

from archcompiler.cli import VERBS, main
from archcompiler.render.excerpt import excerpt
from archcompiler.render.room import folded, room
from archcompiler.render.table import table

BAD = """\
archc: 1
name: bad
extends: resnext/resnext50_32x4d
stages:
  layer2: {shortcut: identity}
  layer4: {width: 1000}
head: {pool: {window: 8}}
"""
LONG = "  layer3: {blocks: 9, attention: {type: se, ratio: 0.25, of: block_input, after: conv2, act: relu}}"
LONG_NAMES = """\
archc: 1
name: a_network_of_a_name_that_takes_most_of_a_line_of_a_terminal
extends: resnet/resnet18
stages: {a_stage_of_a_name_that_takes_a_good_part_of_it: {blocks: 1, channels: 512}}
claims: [{source: "https://example.org/figures", quantity: params, printed: "12.345M"}]
"""
WIDE = [
    ("validate", "bad.yaml"),
    ("validate", "long.yaml"),
    ("show", "resnet/resnet50"),
    ("show", "resnet/resnet50", "--origins"),
    ("cost", "resnet/resnet50"),
    ("cost", "resnet/resnet50", "--by", "block"),
    ("cost", "resnet/resnet50", "--by", "layer"),
    ("cost", "resnet/resnet50", "regnet/regnety_400mf", "wide_resnet/wide_resnet50_2"),
    ("check", "resnet/resnet50_v1", "regnet/regnety_400mf", "--fast", "--all"),
    ("check", "resnet/resnet50", "--fast", "--explain"),
    ("list",),
    ("explain",),
    ("explain", "G001"),
    ("explain", "L003"),
    ("explain", "attention"),
    ("explain", "block"),
    ("explain", "bottleneck"),
    ("explain", "inverted_residual"),
    ("explain", "classifier"),
    ("explain", "nosuch"),
    ("list", "--blocks"),
    ("vaildate", "bad.yaml"),
    ("diff", "bad.yaml"),
    ("solve", "resnet/resnet50", "--for", "stages.*.blocs", "--to", "2e6"),
    ("cost", "long_name.yaml"),
    ("cost", "long_name.yaml", "--by", "layer"),
    ("check", "long_name.yaml", "--fast", "--explain"),
    ("solve", "resnet/resnet50", "--for", "stages.layer1.width", "--to", "resnet/resnet101", "--over", "network"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")
    (tmp_path / "long.yaml").write_text(f"archc: 1\nname: long\nextends: resnet/resnet50\nstages:\n{LONG}\n", "utf-8")
    (tmp_path / "long_name.yaml").write_text(LONG_NAMES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("columns", [80, 100])
@pytest.mark.parametrize("arguments", WIDE, ids=" ".join)
def test_no_line_is_wider_than_the_terminal(folder, columns, arguments):
    said = plain(on_terminal(*arguments, columns=columns))
    assert said
    unbreakable = re.compile(r"\S{50,}")  # an address of a page, a path in a folder of tests
    assert [line for line in said.splitlines() if len(line) > columns and not unbreakable.search(line)] == []


@pytest.mark.parametrize("arguments", [WIDE[0], WIDE[2], WIDE[3], WIDE[4], WIDE[8]], ids=" ".join)
def test_a_pipe_gets_every_column_of_every_line(archc, folder, arguments):
    said = archc(*arguments).stdout
    assert "left out" not in said
    assert max(map(len, said.splitlines())) > 80


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_fits_and_its_options_of_strangers_stand_last(verb):
    said = on_terminal(*filter(None, [verb]), "--help")
    assert [line for line in said.splitlines() if len(line) > 80] == []
    options = re.findall(r"^  (-\S+)", said, re.MULTILINE)
    if "--limit" in options:
        assert options[-2:] == ["--limit", "--root"]
    if not verb:
        assert "On a terminal, what is printed fits its columns" in said


def test_what_show_prints_on_a_terminal_is_the_same_spec(archc, folder):
    (folder / "shown.yaml").write_text(on_terminal("show", "torchvision/regnet_y_400mf"), encoding="utf-8")
    shown, itself = (
        json.loads(archc("show", name, "--format", "json").stdout)["spec"]
        for name in ("shown.yaml", "torchvision/regnet_y_400mf")
    )
    assert shown == itself


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
@pytest.mark.parametrize(
    ("line", "start", "end"),
    [
        ("a" * 500, 250, 260),
        ("a" * 500, 0, 3),
        ("a" * 500, 499, 500),
        ("日" * 300, 150, 152),
        ("\t" * 200, 100, 101),
        ("\x1b[31m" * 100, 200, 205),
        ("e\u0301" * 300, 299, 300),
        ("short", 1, 3),
        ("", 0, 0),
        ("a" * 79, 0, 79),
        ("x: " + "b" * 200, 3, 203),
    ],
)
def test_an_excerpt_is_cropped_around_its_caret(columns, line, start, end):
    text, column, width = excerpt(line, start, end, columns)
    shown = sum(2 if "一" <= letter <= "龥" else letter != "\u0301" for letter in text)
    assert shown <= columns
    assert 0 <= column < columns
    assert width >= 1


CELLS = [
    ["resnet/resnet50_v1", "known to differ", "arXiv:1512.03385 table 1", 3_857_973_248],
    ["a" * 90, "b" * 90, "", 1],
    ["ab", "cd", "ef", 0],
    ["one two three four five six seven eight nine ten", "x", "y z", 12],
    ["path/to/a/file.yaml:12:57", "1x24 2x64 7x152 12x392 in groups of 16", "z", 1],
]


@pytest.mark.parametrize("columns", [40, 60, 80])
@pytest.mark.parametrize("row", CELLS, ids=range(len(CELLS)))
def test_a_table_folds_and_loses_no_letter_of_what_it_shows(columns, row):
    header = ["name", "verdict", "source", "count"]
    with room(columns):
        head, rule, *lines = table(header, [row]).partition("\n\n")[0].splitlines()
    assert max(map(len, [head, rule, *lines])) <= columns
    starts = [*(found.start() for found in re.finditer("-+", rule)), columns]
    shown = ["".join(line[start:end] for line in lines) for start, end in pairwise(starts)]
    assert len(shown) >= 2
    for cell, letters in zip((cell for cell in row if cell != ""), shown, strict=False):
        whole = f"{cell:,}" if isinstance(cell, int) else cell
        assert letters.replace(" ", "") == whole.replace(" ", "")


def test_a_number_is_never_broken():
    with room(40):
        text = table(["what it is in words", "n"], [["some words that go on for a good while", 3_857_973_248]])
    assert "3,857,973,248" in text


@pytest.mark.parametrize("text", ["", "word", "a b " * 50, "x" * 200, "two  blanks"])
def test_prose_folds_between_words_only(text):
    with room(40):
        said = folded(text, hanging="  ")
    assert said.split() == text.split()
    assert folded(text) == text


# --- colour ---


COLOUR = [
    ([], {}, True),
    (["--color", "never"], {}, False),
    (["--color", "auto"], {"NO_COLOR": "1"}, False),
    (["--color", "always"], {"NO_COLOR": "1"}, True),
    (["--color", "always"], {"TERM": "dumb"}, True),
    ([], {"TERM": "dumb"}, False),
    ([], {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ([], {"FORCE_COLOR": "0"}, True),
    ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ([], {"NO_COLOR": ""}, True),
]


@pytest.mark.parametrize(("option", "environment", "coloured"), COLOUR)
def test_colour_on_a_terminal_is_as_asked_for(folder, option, environment, coloured):
    assert ("\x1b[1;31m" in on_terminal("validate", "bad.yaml", *option, **environment)) is coloured


@pytest.mark.parametrize(
    ("arguments", "environment", "coloured"),
    [
        (["validate", "bad.yaml"], {}, False),
        (["validate", "bad.yaml"], {"FORCE_COLOR": "1"}, True),
        (["validate", "bad.yaml"], {"FORCE_COLOR": "0"}, False),
        (["validate", "bad.yaml", "--color", "always"], {}, True),
        (["--color", "always", "validate", "bad.yaml"], {}, True),
        (["--color=always", "cost", "bad.yaml"], {}, True),
        (["cost", "bad.yaml", "--color=always"], {}, True),
        (["validate", "bad.yaml", "--color", "always", "--format", "json"], {}, False),
        (["validate", "bad.yaml", "--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["diff", "resnet/resnet18", "resnet/resnet34", "--color", "always"], {}, True),
    ],
)
def test_colour_in_a_pipe_is_as_asked_for(folder, arguments, environment, coloured):
    variables = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    run = subprocess.run([*ARCHC, *arguments], capture_output=True, text=True, env={**variables, **environment})
    assert ("\x1b[" in run.stdout + run.stderr) is coloured


# --- a closed pipe ---


@pytest.mark.parametrize("command", ["git diff", "git log -p --ext-diff", "git show --ext-diff", "git log -p"])
def test_a_closed_pipe_never_breaks_git(tmp_path, monkeypatch, command):
    repository = Repository(tmp_path / "repo")
    monkeypatch.chdir(repository.root)
    assert main(["git", "install", "--attributes", ".gitattributes"]) == 0
    repository.git("config", "diff.archc.command", f"{shlex.join(ARCHC)} git driver")
    repository.git("config", "diff.archc.textconv", f"{shlex.join(ARCHC)} git textconv")
    names = [f"net{number}" for number in range(4)]
    repository.commit(**{name: base(name) for name in names})
    repository.commit(**{name: base(name, blocks=3) for name in names})
    repository.write(**{name: base(name, blocks=4) for name in names})
    run = subprocess.run(["bash", "-c", f"{command} | head -1"], capture_output=True, text=True, timeout=120)
    assert run.stdout.count("\n") == 1
    assert run.stderr == ""


# --- slips of typing ---


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["costt", "resnet/resnet50"], "did you mean cost?"),
        (["vaildate", "x.yaml"], "did you mean validate?"),
        (["lists"], "did you mean list?"),
        (["dif", "a", "b"], "did you mean diff?"),
        (["shwo", "a"], "did you mean show?"),
        (["cost", "resnet/resnet50", "--formt", "json"], "did you mean --format?"),
        (["cost", "resnet/resnet50", "--inptu=288"], "did you mean --input?"),
        (["build", "resnet/resnet50", "--sumary"], "did you mean --summary?"),
        (["solve", "resnet/resnet50", "--for", "a", "--to", "1", "--ovr", "network"], "did you mean --over?"),
        (["cost", "resnet/resnet50", "--by", "layers"], "did you mean layer?"),
        (["cost", "resnet/resnet50", "--format", "jsn"], "did you mean json?"),
        (["git", "instal"], "did you mean install?"),
        (["cost", "bda.yaml"], "did you mean bad.yaml?"),
        (["cost", "./bad.yml"], "did you mean ./bad.yaml?"),
        (["validate", "sub/lng.yaml"], "did you mean sub/long.yaml?"),
        (["fmt", "bda.yaml"], "did you mean bad.yaml?"),
        (["validate", "--fix", "lnog.yaml"], "did you mean long.yaml?"),
        (["show", "resnet50"], "did you mean resnet/resnet50"),
        (["explain", "G01"], "did you mean G01"),
        (["cost", "resnet/resnet50", "--set", "layer2.blocks=3"], "did you mean `--set stages.layer2.blocks=3`?"),
        (["cost", "resnet/resnet50", "--set", "layr2.stride=1"], "did you mean `--set stages.layer2.stride=1`?"),
        (["cost", "resnet/resnet50", "--set", "stages.layr2.stride=1"], "did you mean `layer2`?"),
        (["cost", "resnet/resnet50", "--set", "stages.layer2.strid=1"], "did you mean `stride`"),
        (["cost", "resnet/resnet50", "--set", "inptu.size=64"], "did you mean `input`?"),
        (["cost", "resnet/resnet50", "--only", "layer3.1.cnv2"], "did you mean layer3.1.conv2?"),
    ],
)
def test_what_is_mistyped_is_told_the_near_one(archc, folder, typed, meant):
    (folder / "sub").mkdir()
    (folder / "sub" / "long.yaml").write_text(BAD, encoding="utf-8")
    run = archc(*typed)
    assert run.returncode in (1, 2)
    assert meant in run.stdout + run.stderr


@pytest.mark.parametrize("typed", [["xyzzy"], ["cost", "resnet/resnet50", "--xyzzy"], ["cost", "qqqq.yaml"]])
def test_what_is_near_to_nothing_is_told_nothing(archc, folder, typed):
    assert "did you mean" not in archc(*typed).stderr


# --- check ---


def test_check_prints_what_differs_and_a_total_and_all_on_request(archc):
    short, every = (
        archc("check", "resnet/resnet50_v1", "--fast", *more).stdout.splitlines() for more in ([], ["--all"])
    )
    assert [line.split()[:3] for line in short[2:3]] == [["resnet/resnet50_v1", "macs", "3.8e9"]]
    assert short[-1] == every[-1] == "4 claims of 1 spec: 3 hold, 1 disagree as their note says, 0 fail"
    assert (len(short), len(every)) == (7, 10)


def test_where_all_holds_check_prints_the_total_alone(archc):
    assert archc("check", "resnet/resnet18", "--fast").stdout == "9 claims of 1 spec: 9 hold, 0 fail\n"


def test_check_shows_progress_on_a_terminal_only(archc):
    assert "spec" in on_terminal("check", "resnet/resnet18", "vgg/vgg16", "--fast", piped="stdout")
    assert archc("check", "resnet/resnet18", "vgg/vgg16", "--fast").stderr == ""
    assert "it/s" not in on_terminal("check", "resnet/resnet18", "--fast", piped="stderr")


# --- folders ---


def test_validate_and_check_take_a_folder(archc, folder):
    (folder / "nets" / "deep").mkdir(parents=True)
    (folder / "nets" / "bad.yaml").write_text(BAD, encoding="utf-8")
    (folder / "nets" / "deep" / "good.yml").write_text(BAD.split("stages")[0], encoding="utf-8")
    (folder / "nets" / "other.yaml").write_text("on: push\n", encoding="utf-8")
    run = archc("validate", "nets")
    assert (run.returncode, run.stdout.splitlines()[-1]) == (1, "3 errors in 2 files")
    assert archc("validate", "nets/deep").stdout == "no faults in 1 file\n"
    assert archc("validate", "nets/deep", "nets/deep/good.yml").stdout == "no faults in 1 file\n"
    assert archc("check", "nets/deep", "--fast").stdout == "0 claims of 1 spec: 0 hold, 0 fail\n"


def test_a_folder_without_specs_says_so(archc, folder):
    (folder / "empty").mkdir()
    run = archc("validate", "empty")
    assert (run.returncode, run.stdout) == (2, "")
    assert "cannot read the file: a directory, and no spec lies below it" in run.stderr


# --- build ---


@pytest.mark.slow
def test_build_without_a_product_says_what_to_ask_for(archc):
    run = archc("build", "cifar/resnet20", "--device", "meta")
    assert (run.returncode, run.stdout.count("\n")) == (0, 1)
    assert all(word in run.stderr for word in ("--summary", "-o FILE.py", "--weights FILE", "archcompiler.build(SPEC)"))


def test_a_name_of_a_python_file_asks_for_the_source(archc, folder):
    assert archc("build", "cifar/resnet20", "-o", "net.py").stdout == "wrote net.py\n"
    assert (folder / "net.py").read_text(encoding="utf-8") == archc(
        "build", "cifar/resnet20", "--emit", "python"
    ).stdout


# --- cost ---


def rows(text):
    """Return the cells of a markdown table without its header."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip().replace("\\", "") for cell in line.split("|")[1:-1]] for line in lines[2:]]


def test_cost_says_what_each_row_is_and_its_share(archc):
    found = rows(archc("cost", "resnet/resnet50", "--format", "markdown").stdout)
    assert found[1] == [
        *("layer1", "3 x bottleneck 256, 1x64d, stride 1, projection shortcut", "256x56x56"),
        *("215808", "0.8", "667942912", "16.3", "4415488"),
    ]
    assert sum(int(row[3]) for row in found[:-1]) == int(found[-1][3]) == 25_557_032


def test_cost_sorts_and_cuts_and_counts_the_others(archc):
    arguments = ("cost", "resnet/resnet50", "--by", "layer", "--sort", "params", "--top", "3", "--format", "markdown")
    found = rows(archc(*arguments).stdout)
    assert [row[0] for row in found] == ["layer4.0.conv2", "layer4.1.conv2", "layer4.2.conv2", "155 others", "total"]
    assert sum(int(row[3]) for row in found[:-1]) == int(found[-1][3])
    assert sum(int(row[5]) for row in found[:-1]) == int(found[-1][5])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("conv1", "conv 3 -> 64, kernel 7, stride 2, padding 3"),
        ("bn1", "batch norm, channels 64"),
        ("maxpool", "max pool, kernel 3, stride 2, padding 1"),
        ("layer2.0.conv2", "conv 128 -> 128, kernel 3, stride 2, padding 1"),
        ("layer3.0.downsample.0", "conv 512 -> 1024, kernel 1, stride 2"),
        ("fc", "linear 2048 -> 1000, bias"),
    ],
)
def test_layers_are_found_by_name_and_say_what_they_are(archc, name, words):
    (layer,) = json.loads(archc("cost", "resnet/resnet50", "--only", name, "--format", "json").stdout)["layers"]
    assert (layer["name"], layer["is"]) == (name, words)


def test_layers_are_found_by_pattern_and_blocks_too(archc):
    found = rows(archc("cost", "resnet/resnet50", "--only", "layer?.0.conv2", "--format", "markdown").stdout)
    assert [row[0] for row in found] == [*(f"layer{n}.0.conv2" for n in range(1, 5)), "154 others", "total"]
    blocks = rows(
        archc("cost", "resnet/resnet50", "--by", "block", "--only", "layer1.*", "--format", "markdown").stdout
    )
    assert [row[1] for row in blocks[:3]] == ["bottleneck 256, 1x64d"] * 3


def test_networks_are_sorted_too(archc):
    names = ("resnet/resnet18", "resnet/resnet101", "resnet/resnet50")
    found = rows(archc("cost", *names, "--sort", "macs", "--format", "markdown").stdout)
    assert [row[0] for row in found] == ["resnet101", "resnet50", "resnet18"]


# --- completion ---


def completed(tmp_path, *words):
    """Return what bash offers for the last of some words."""
    script = tmp_path / "archc.bash"
    if not script.exists():
        made = subprocess.run([*ARCHC, "--print-completion", "bash"], capture_output=True, text=True, check=True)
        script.write_text(made.stdout, encoding="utf-8")
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "archc").write_text(f'#!/bin/sh\nexec {shlex.join(ARCHC)} "$@"\n', encoding="utf-8")
    (folder / "archc").chmod(0o755)
    ask = (
        f"source {script}; COMP_WORDS=({shlex.join(['archc', *words])}); COMP_CWORD={len(words)};"
        ' _shtab_archc archc "${COMP_WORDS[COMP_CWORD]}"; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, env={**os.environ, "PATH": path})
    return run.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["cost", "resnext/resnext50"], "resnext/resnext50_32x4d"),
        (["show", "cifar/resnet2"], "cifar/resnet20"),
        (["build", "vgg/"], "vgg/vgg16"),
        (["new", "x", "--extends", "resnet/resnet5"], "resnet/resnet50"),
        (["explain", "G00"], "G001"),
        (["explain", "bottle"], "bottleneck_width"),
        (["solve", "resnet/resnet50", "--for", "stages.layer1."], "stages.layer1.bottleneck_width"),
        (["solve", "resnet/resnet50", "--for", "stages.layer3.bl"], "stages.layer3.blocks"),
        (["solve", "resnet/resnet50", "--to", "resnet/resnet10"], "resnet/resnet101"),
        (["cos"], "cost"),
    ],
)
def test_completion_knows_specs_codes_fields_and_paths(tmp_path, words, offered):
    assert offered in completed(tmp_path, *words)


def test_zsh_and_others_get_a_script(archc):
    for shell in ("zsh", "tcsh"):
        run = archc("--print-completion", shell)
        assert (run.returncode, run.stderr, "origins" in run.stdout) == (0, "", True)


def test_python_runs_the_module_quietly():
    assert subprocess.run([sys.executable, "-m", "archcompiler", "list", "xyzzy"], capture_output=True).returncode == 0
