"""`archc explain`: every code has a page, whose example fails with that code and is clean when mended."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from archcompiler.cli import main
from archcompiler.diagnostics import CODES, GROUPS
from archcompiler.explain import page
from archcompiler.explain.field import field_pages
from archcompiler.explain.page import read_page
from archcompiler.schema.language import read_schema

PAGES = sorted(Path(page.__file__).with_name("pages").glob("*.md"))
CODE = re.compile(r"\b(?:error|warning|note|[A-Z]{6,})\[([A-Z][0-9]{3})\]")


def says(example, folder, capfd):
    """Write an example's files, run its commands beside them, and return the codes and the exit code they end with."""
    for name, text in example.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for command in example.commands:
        if command.startswith("archc "):
            exit_code = main(shlex.split(command)[1:])
        else:
            subprocess.run(["bash", "-c", command], cwd=folder, timeout=20, check=False)
    said = capfd.readouterr()
    return set(CODE.findall(said.out + said.err)), exit_code


def test_every_code_has_a_page_and_every_page_a_code():
    assert [path.stem for path in PAGES] == sorted(CODES)
    assert {code[0] for code in CODES} == set(GROUPS)


@pytest.mark.parametrize("code", [path.stem for path in PAGES])
def test_the_example_of_a_page_fails_with_its_code_and_is_clean_when_mended(code, tmp_path, monkeypatch, capfd):
    found = read_page(code)
    assert 40 < len(found.why) < 800
    for name, example, expected in (("fails", found.fails, {code}), ("mended", found.mended, set())):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        codes, exit_code = says(example, folder, capfd)
        if code.startswith("D"):  # one edit may be found in several ways
            codes &= {code}
        assert codes == expected, name
        assert exit_code == 0 or name == "fails"


def test_a_page_is_why_an_example_and_its_mend(capsys):
    assert main(["explain", "g001"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("G001: cardinality does not divide the width\n\nA grouped convolution")
    assert text.index("This fails:") < text.index("width: 100") < text.index("Mended:") < text.index("width: 96")


def test_without_a_topic_every_code_is_listed_below_what_finds_it(capsys):
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ")] == list(CODES)
    assert lines[0] == "syntax:"


FIELDS = {
    "bottleneck_width": """\
bottleneck_width: Width per group; the 3x3 convolution has cardinality x bottleneck_width channels.
  in          stage (bottleneck, norm_free, preact_bottleneck, res2net, selective_bottleneck,
              split_bottleneck)
  value       a whole number from 1 to 1,000,000,000
  default     needed
  instead of  width
  examples    4, 64
""",
    "head.pool": """\
pool: What becomes of the positions of the last map: global, none, {window: 8} or {grid: 7}.
  in          head (classifier)
  value       global, none, window, grid; or an object that says its type
  default     global
  examples    global, none
""",
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_is_explained_by_its_schema(field, capsys):
    assert main(["explain", field]) == 0
    assert capsys.readouterr().out == FIELDS[field]


@pytest.mark.parametrize(
    ("topic", "objects"),
    [
        ("stages.layer1.shortcut_from", ["stage (preact_basic, preact_bottleneck)"]),
        ("head.pool.window", ["pool (window)"]),
        ("defaults.stride_on", ["stage (bottleneck, preact_bottleneck)"]),
        ("claims.printed", ["claim (quantity)"]),
        ("archc", ["document"]),
        ("layer.pool", []),
        ("round.mode", ["rounding"]),
        ("split.as", ["step (split)"]),
        ("names.block", ["names"]),
    ],
)
def test_a_path_says_which_field_is_meant(topic, objects):
    assert [", ".join(field.where) for field in field_pages(topic)] == objects


def test_every_field_of_the_language_can_be_explained():
    definitions = [read_schema("architecture.json"), *read_schema("architecture.json")["$defs"].values()]
    names = {name for described in definitions for name in described.get("properties", {})}
    assert len(names) > 50
    for name in names:
        assert all(found.description and found.value and found.where for found in field_pages(name)), name
        assert field_pages(name) or name in ("first", "last", "odd", "even"), name


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("paddding", "'paddding' is no code and no field: did you mean padding?"),
        ("C01", "did you mean C001?"),
        ("half_up", "'half_up' is a value: see `archc explain mode`"),
        ("MBConv", "see `archc explain block`: the nearest is `inverted_residual`"),
        ("RepVGGBlock", "see `archc explain block`: `RepVGGBlock` is `repvgg` here"),
        ("BatchNorm2d", "see `archc explain norm`: `BatchNorm2d` is `batch` here"),
        ("swish", "see `archc explain activation`: `swish` is `silu` here"),
        ("cbam", "see `archc explain attention`: `cbam` is none of these"),
        ("block_index", "'block_index' is explained by `archc explain block`"),
        ("selector", "'selector' is explained by `archc explain override`"),
        ("head.kernel", "there is no `kernel` in `head`; see `archc explain kernel`"),
        ("nope", "`archc explain` lists the codes"),
        ("num_blocks", "'num_blocks' is no field: `num_blocks` is `blocks` here"),
        ("head.num_classes", "`num_classes` is `classes` here"),
        ("expansion", "a bottleneck of width 64 with expansion 4 says `channels: 256`"),
    ],
)
def test_an_unknown_topic_is_a_usage_error_with_the_nearest(topic, said, capsys):
    assert main(["explain", topic]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["projection", "se", "classifier", "deep"])
def test_a_document_of_any_kind_is_printed_by_its_name(name, capsys):
    assert main(["explain", name]) == 0
    assert capsys.readouterr().out.startswith(f"{name} (")


@pytest.mark.parametrize("counter", ["slot", "stage_index", "block_number"])
def test_a_counter_is_explained_where_it_stands(counter, capsys):
    assert main(["explain", counter]) == 0
    assert f"{{{counter}" in " ".join(capsys.readouterr().out.split())


def test_the_pages_come_with_the_package():
    run = subprocess.run([sys.executable, "-m", "archcompiler", "explain", "S003"], capture_output=True, text=True)
    assert (run.returncode, "S003: missing key" in run.stdout) == (0, True)
