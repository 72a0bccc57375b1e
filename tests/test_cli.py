"""`archc` as it is used: what it prints, where it writes, and the codes it ends with."""

import csv
import io
import json
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import peers
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from repository import Repository, without_stem
from terminal import ARCHC, on_terminal

from archcompiler.cli import VERBS

SCHEMAS = Path(__file__).parents[1] / "schemas"
STAGES = "stages:\n  a: {block: basic, blocks: 1, channels: 8}\n"
SMALL = without_stem("small", STAGES, channels=3, size=16, classes=10)
STAGE_A = "1 x basic 8, stride 1, projection shortcut"
FAULTY = SMALL.replace("channels: 8", "channels: eight").replace("classes: 10", "clases: 10")


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture
def faulty(tmp_path):
    path = tmp_path / "faulty.yaml"
    path.write_text(FAULTY, encoding="utf-8")
    return path


def schema_of(name):
    """Return a validator for one of the documents that `--format json` prints."""

    def retrieve(uri):
        path = uri.removeprefix(SCHEMAS.as_uri() + "/")
        return Resource.from_contents(json.loads((SCHEMAS / path).read_text(encoding="utf-8")))

    root = {"$schema": Draft202012Validator.META_SCHEMA["$id"], "$ref": f"{SCHEMAS.as_uri()}/output/{name}.json"}
    return Draft202012Validator(root, registry=Registry(retrieve=retrieve))


def test_the_command_and_the_module_are_one():
    command = Path(sys.executable).parent / "archc"
    runs = [subprocess.run([*start, "--version"], capture_output=True, text=True) for start in ([command], ARCHC)]
    assert [run.stdout for run in runs] == ["archc 0.1.0\n"] * 2


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["cost"], ["validate", "faulty.yaml"], ["cost", "faulty.yaml"], ["show", "small.yaml"], ["cost", "x"]],
    ids=" ".join,
)
def test_a_process_of_its_own_ends_and_says_as_the_command_in_this_one(archc, small, faulty, arguments):
    run = subprocess.run([*ARCHC, *arguments], cwd=small.parent, capture_output=True, text=True, encoding="utf-8")
    here = archc(*arguments, cwd=small.parent)
    assert (run.returncode, run.stdout, run.stderr) == (here.returncode, here.stdout, here.stderr)


# --- help and usage ---


def examples(archc, verb):
    """Return the examples in a verb's help, each as its words: lines joined, comments and redirections left out."""
    text = archc(verb, "--help").stdout.partition("\nexamples:\n")[2].replace("\\\n", "")
    return [shlex.split(re.split(r" {3,}\w| > ", line.strip())[0]) for line in text.splitlines()]


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_ends_in_examples_that_name_it(archc, verb):
    run = archc(verb, "--help")
    assert (run.returncode, run.stderr) == (0, "")
    found = examples(archc, verb)
    assert found
    assert all(words[:2] == ["archc", verb] or words[0] == "check-jsonschema" for words in found)


def test_help_names_every_verb_and_the_exit_codes(archc):
    run = archc("--help")
    assert all(f"\n    {verb}" in run.stdout for verb in VERBS)
    assert "exit codes: 0 fine, 1 findings, 2 usage or unreadable input" in run.stdout


def test_every_example_in_the_help_that_needs_no_torch_runs(archc, tmp_path):
    variant = "archc: 1\nname: my_net\nextends: resnet/resnet50\n"
    (tmp_path / "my_net.yaml").write_text(variant, encoding="utf-8")
    block = "archc: 1\nblock: my_block\ndescription: A block.\nfields: {channels: {}}\nsteps: [{conv: channels}]\n"
    (tmp_path / "my_block.yaml").write_text(block, encoding="utf-8")
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "one.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "small.yaml").write_text(SMALL, encoding="utf-8")
    Repository(tmp_path).commit(base=SMALL)
    ran = 0
    for verb in VERBS:
        for words in examples(archc, verb):
            heavy = verb == "build" or (verb == "check" and "--fast" not in words) or "--checkpoint" in words
            if words[0] == "archc" and not heavy:
                force = ["--force"] if verb == "new" else []
                files = (word.replace("*", "one") if "/" in word else word for word in words[1:])
                run = archc(*files, *force, cwd=tmp_path)
                found = words[-1].endswith("bottleneck_width=0") or (verb == "diff" and "resnet/resnet50_v1" in words)
                assert run.returncode == (found or "stages.layer3.blocks=9" in words), (words, run.stderr)
                ran += 1
    assert ran >= 15


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: VERB"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        (["cost"], "the following arguments are required: SPEC"),
        (["cost", "resnet/resnet50", "--batch", "0"], "expected a whole number from 1, found '0'"),
        (["cost", "resnet/resnet50", "--input", "2x2x2"], "expected 288 or 288x352, found '2x2x2'"),
        (["cost", "resnet/resnet50", "--input", "big"], "expected a whole number from 1, found 'big'"),
        (["cost", "resnet/resnet50", "--format", "xml"], "invalid choice: 'xml'"),
        (["build", "resnet/resnet50", "-o", "x.txt"], "archc: -o writes source: give it a name that ends in .py"),
        (["build", "resnet/resnet50", "-o", "x.py", "--summary"], "archc: --emit and --summary are two calls"),
        (["build", "resnet/resnet50", "--emit", "python", "--summary"], "archc: --emit and --summary are two calls"),
        (["build", "resnet/resnet50", "--emit", "python", "--format", "json"], "it has no --format"),
        (["build", "resnet/resnet50", "--summary", "--seed", "1"], "go with a build without --emit and --summary"),
        (["build", "resnet/resnet50", "-o", "x.safetensors"], "or with --reparameterize weights, by one that ends in"),
        (
            ["build", "resnet/resnet50", "--reparameterize", "--summary"],
            "`archc cost --reparameterize` counts the other",
        ),
        (
            ["build", "resnet/resnet50", "--reparameterize", "--device", "meta", "-o", "x.safetensors"],
            "on meta there are no weights to write",
        ),
        (["build", "resnet/resnet50", "--seed", "-1"], "expected a whole number from 0"),
        (["build", "resnet/resnet50", "--seed", "9" * 20], "expected a whole number from 0"),
        (["new", "my-net", "--extends", "resnet/resnet50"], "archc: 'my-net' is no name: write letters, digits and _"),
        (["new", "n" * 101, "--extends", "resnet/resnet50"], "is no name"),
        (["--print-completion", "cmd"], "no completion for 'cmd': choose bash, zsh"),
    ],
)
def test_a_usage_error_is_told_in_one_line_and_exits_2(archc, arguments, said):
    run = archc(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert said in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr


# --- exit codes and diagnostics ---


def test_validate_of_good_specs_says_so(archc, small):
    run = archc("validate", small, "resnet/resnet50")
    assert (run.returncode, run.stdout, run.stderr) == (0, "no faults in 2 files\n", "")
    assert archc("validate", "--quiet", small).stdout == ""


def test_validate_tells_every_fault_of_every_file(archc, faulty, small):
    run = archc("validate", faulty.name, small.name, cwd=faulty.parent)
    assert (run.returncode, run.stderr) == (1, "")
    assert [line for line in run.stdout.splitlines() if "error[" in line] == [
        "faulty.yaml:6:42: error[S002]: channels: expected an integer, found the string 'eight'",
        "faulty.yaml:7:8: error[S001]: head (type classifier) has no field `clases`",
    ]
    assert run.stdout.endswith("\n2 errors in 2 files; shapes were not checked, because of the faults above\n")


def test_a_fault_of_a_shared_base_is_told_once(archc, faulty):
    for name in ("one", "two"):
        (faulty.parent / f"{name}.yaml").write_text(f"archc: 1\nname: {name}\nextends: faulty\n", encoding="utf-8")
    run = archc("validate", "one.yaml", "two.yaml", cwd=faulty.parent)
    assert run.stdout.count("error[S002]") == 1


@pytest.mark.parametrize("verb", ["show", "cost", "build"])
def test_a_faulty_spec_exits_1_with_its_faults_on_standard_error(archc, faulty, verb):
    run = archc(verb, faulty)
    assert (run.returncode, run.stdout) == (1, "")
    assert f"{faulty}:6:42: error[S002]" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("verb", ["validate", "show", "cost", "build"])
@pytest.mark.parametrize(("spec", "code"), [("nowhere.yaml", "R009"), (".", "Y013"), ("no\udcffsuch", "R009")])
def test_a_spec_that_cannot_be_read_exits_2(archc, tmp_path, verb, spec, code):
    run = archc(verb, spec, cwd=tmp_path)
    assert run.returncode == 2
    assert f"error[{code}]" in run.stdout + run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("verb", ["validate", "show", "cost", "build"])
def test_a_mistyped_shipped_name_suggests_near_ones(archc, verb):
    run = archc(verb, "resnext/resnext50_32x4")
    assert run.returncode == 2
    assert "help: did you mean resnext/resnext50_32x4d" in run.stdout + run.stderr


def test_a_name_that_is_near_to_nothing_points_to_the_list(archc):
    assert "help: `archc list` names the shipped specs" in archc("cost", "xyzzy").stderr


# --- json ---


JSON = {
    "validate": (["validate", "{small}"], "validate", 0),
    "validate faults": (["validate", "{faulty}"], "validate", 1),
    "validate nothing": (["validate", "nowhere"], "validate", 2),
    "cost": (["cost", "{small}"], "cost", 0),
    "cost by block": (["cost", "resnet/resnet18", "--by", "block"], "cost", 0),
    "cost by layer": (["cost", "resnet/resnet18", "--by", "layer"], "cost", 0),
    "cost of several": (["cost", "{small}", "cifar/resnet20"], "cost", 0),
    "check": (["check", "resnet/resnet50", "--fast"], "check", 0),
    "solve": (["solve", "{small}", "--for", "stages.a.blocks", "--to", "2.0e6"], "solve", 0),
    "explain": (["explain"], "explain", 0),
    "explain a code": (["explain", "R002"], "explain", 0),
    "explain a field": (["explain", "norm"], "explain", 0),
    "explain a block": (["explain", "bottleneck"], "explain", 0),
    "diff": (["diff", "resnet/resnet18", "{small}"], "diff", 1),
    "diff stat": (["diff", "resnet/resnet18", "{small}", "--stat"], "diff_stat", 1),
    "review": (["diff", "--against", "HEAD"], "review", 1),
    "review stat": (["diff", "--against", "HEAD", "--stat"], "review", 1),
    "diff of nothing": (["diff", "{small}", "{small}"], "diff", 0),
    "list": (["list"], "list", 0),
    "list by cost": (["list", "resnet*", "--params", "..20M", "--sort", "macs"], "list", 0),
    "list blocks": (["list", "--blocks"], "list", 0),
    "show a block": (["show", "blocks/preact_basic"], "show", 0),
    "show": (["show", "resnext/resnext101_32x8d"], "show", 0),
    "show origins": (["show", "resnext/resnext101_32x8d", "--origins"], "origins", 0),
    "build": (["build", "{small}"], "build", 0),
    "build reparameterized": (["build", "{small}", "--reparameterize"], "build", 0),
    "build summary": (["build", "{small}", "--summary"], "summary", 0),
}


@pytest.mark.parametrize(("arguments", "schema", "code"), JSON.values(), ids=JSON)
def test_json_has_the_form_that_its_schema_says_and_no_other(archc, small, faulty, arguments, schema, code):
    if schema == "review":
        Repository(small.parent).commit()
        small.write_text(SMALL.replace("blocks: 1", "blocks: 2"), encoding="utf-8")
    words = [text.format(small=small, faulty=faulty) for text in arguments]
    run = archc(*words, "--format", "json", cwd=small.parent)
    assert run.returncode == code, run.stderr
    printed, valid = json.loads(run.stdout), schema_of(schema).is_valid
    assert [error.message for error in schema_of(schema).iter_errors(printed)] == []
    document = printed[-1] if isinstance(printed, list) else printed
    assert document["format_version"] == (2 if schema in ("diff", "review") else 1)
    assert not valid({**document, "surprise": 1})
    optional = {"blocks", "layers"}
    assert not any(valid({k: v for k, v in document.items() if k != key}) for key in document if key not in optional)


def test_every_output_schema_is_printed_by_some_verb():
    assert {schema for _, schema, _ in JSON.values()} == {path.stem for path in (SCHEMAS / "output").glob("*.json")}


def test_validate_in_json_gives_the_place_of_each_fault(archc, faulty):
    run = archc("validate", "faulty.yaml", "--format", "json", cwd=faulty.parent)
    first = json.loads(run.stdout)["diagnostics"][0]
    assert {key: first[key] for key in ("path", "line", "column", "end_line", "end_column", "code", "severity")} == {
        "path": "faulty.yaml",
        "line": 6,
        "column": 42,
        "end_line": 6,
        "end_column": 47,
        "code": "S002",
        "severity": "error",
    }


def test_a_faulty_spec_is_told_in_json_where_json_was_asked_for(archc, faulty):
    for verb in (["cost"], ["show"], ["build"], ["validate"]):
        run = archc(*verb, faulty, "--format", "json")
        assert (run.returncode, run.stderr) == (1, ""), verb
        assert len(json.loads(run.stdout)["diagnostics"]) == 2


# --- cost ---


def test_cost_prints_stages_total_memory_and_receptive_field(archc, small):
    run = archc("cost", small)
    assert run.returncode == 0
    assert [line.split() for line in run.stdout.splitlines()] == [
        ["small", "input", "3x16x16,", "batch", "1"],
        [],
        ["stage", "is", "output", "params", "%", "MACs", "%", "activations"],
        ["-----", "-" * len(STAGE_A), "-------", "------", "-----", "-------", "-----", "-----------"],
        ["stem", "none", "3x16x16", "0", "0", "0", "0", "0"],
        ["a", *STAGE_A.split(), "8x16x16", "864", "90.6", "208,896", "99.9", "6,144"],
        ["head", "classifier,", "classes", "10", "10", "90", "9.4", "80", "0.1", "10"],
        ["total", "10", "954", "100", "208,976", "100", "6,154"],
        [],
        *(line.split() for line in run.stdout.splitlines()[-3:]),
    ]
    assert run.stdout.splitlines()[-1] == "receptive field 5 pixels before the head"


def test_cost_compares_several_specs(archc, small):
    run = archc("cost", small, "cifar/resnet20")
    assert [line.split()[0] for line in run.stdout.splitlines()] == ["network", "--------", "small", "resnet20"]


@pytest.mark.parametrize(("by", "names"), [("stage", 3), ("block", 2), ("layer", 10)])
def test_cost_in_csv_has_a_row_for_each_part(archc, small, by, names):
    rows = list(csv.DictReader(io.StringIO(archc("cost", small, "--by", by, "--format", "csv").stdout)))
    assert len(rows) == names
    assert {row["network"] for row in rows} == {"small"}
    assert sum(int(row["params"]) for row in rows) == 954
    assert sum(int(row["macs"]) for row in rows) == 208_976


def cost(archc, *arguments):
    return json.loads(archc("cost", *arguments, "--format", "json").stdout)


def test_input_changes_the_size_and_batch_multiplies_what_runs(archc):
    one = cost(archc, "resnet/resnet18")
    other = cost(archc, "resnet/resnet18", "--input", "288x352", "--batch", "4")
    assert other["input"] == [3, 288, 352]
    assert other["stages"][1]["output"] == [64, 72, 88]
    assert (other["params"], other["memory"]["batch"]) == (one["params"], 4)
    assert other["macs"] == 4 * cost(archc, "resnet/resnet18", "--input", "288x352")["macs"]
    assert cost(archc, "resnet/resnet18", "--input", "288")["input"] == [3, 288, 288]


def test_set_lays_values_over_the_spec_the_later_over_the_earlier(archc):
    changed = cost(archc, "resnet/resnet50", "--set", "stages.layer3.blocks=2", "--set", "stages.layer3.blocks=23")
    assert changed["params"] == cost(archc, "resnet/resnet101")["params"]


# --- list, schema, completion ---


def listed(archc, *arguments):
    """Return the specs that are listed, as data."""
    return json.loads(archc("list", *arguments, "--format", "json").stdout)["specs"]


def test_list_names_what_is_shipped_with_its_cost(archc):
    specs = listed(archc)
    names = [spec["name"] for spec in specs]
    assert {"resnet/resnet50", "resnext/resnext50_32x4d", "cifar/resnet20"} <= set(names)
    assert names == peers.SHIPPED
    (found,) = [spec for spec in specs if spec["name"] == "resnet/resnet50"]
    assert (found["params"], found["macs"]) == (25_557_032, 4_089_184_256)


PATTERNS = {
    ("wide",): lambda name: "wide" in name,
    ("resnext*",): lambda name: name.rpartition("/")[2].startswith("resnext"),
    ("timm/resnet?8",): lambda name: name in ("timm/resnet18", "timm/resnet28"),
    ("vgg*_bn", "cifar/resnet*"): lambda name: re.search(r"/vgg.*_bn$|^cifar/resnet", name),
    ("*[5-9]0_[vd]*",): lambda name: re.search(r"[5-9]0_[vd][^/]*$", name),
}


@pytest.mark.parametrize("patterns", PATTERNS, ids=" ".join)
def test_names_are_found_by_what_they_contain_or_are_like(archc, patterns):
    found = [line.split()[0] for line in archc("list", *patterns).stdout.splitlines()[2:]]
    assert found == [name for name in peers.SHIPPED if PATTERNS[patterns](name)]
    assert found


RANGES = {
    ("--params", "..5M"): lambda spec: spec["params"] <= 5_000_000,
    ("--macs", "3.5e9.."): lambda spec: spec["macs"] >= 3_500_000_000,
    ("--params", "1M..2M", "--macs", "100M..200M"): lambda spec: (
        1e6 <= spec["params"] <= 2e6 and 1e8 <= spec["macs"] <= 2e8
    ),
    ("--params", "25.6M"): lambda spec: 25_550_000 <= spec["params"] < 25_650_000,
    ("--params", "25557032", "resnet"): lambda spec: spec["params"] == 25_557_032 and "resnet" in spec["name"],
}


@pytest.mark.parametrize("arguments", RANGES, ids=" ".join)
def test_networks_are_found_by_what_they_cost(archc, arguments):
    found = listed(archc, *arguments)
    assert found == [spec for spec in listed(archc) if RANGES[arguments](spec)]
    assert found


def test_a_list_is_sorted_by_cost_the_greatest_first(archc):
    macs = [spec["macs"] for spec in listed(archc, "--sort", "macs")]
    assert macs == sorted(macs, reverse=True)
    assert len(macs) == len(peers.SHIPPED)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--params", "5..x"], "expected 1M..5M, ..5M, 1M.. or 4.1M, found '5..x'"),
        (["--macs", ".."], "found '..'"),
        (["--blocks", "--sort", "macs"], "--blocks names documents, which have no cost"),
        (["--below", "no_such_folder"], "--below takes a folder, and 'no_such_folder' is none"),
    ],
)
def test_a_list_that_cannot_be_is_told(archc, arguments, said):
    run = archc("list", *arguments)
    assert run.returncode == 2
    assert said in run.stderr


def test_specs_of_ones_own_are_listed_by_what_their_files_say_now(archc, tmp_path):
    sound, faulty = tmp_path / "nets" / "mine.yaml", tmp_path / "nets" / "bad.yaml"
    sound.parent.mkdir()
    sound.write_text("archc: 1\nname: mine\nextends: resnet/resnet18\nhead: {classes: 10}\n", "utf-8")
    run = archc("list", "--below", sound.parent, "--params", "..11.2M", "--format", "json")
    assert json.loads(run.stdout)["specs"] == [
        {"name": str(sound), "description": "", "params": 11_181_642, "macs": 1_813_566_464}
    ]
    assert archc("list", "--below", sound.parent, "--params", "..11M").stdout.endswith("within these figures\n")
    faulty.write_text("archc: 1\nname: bad\nextends: resnet/resnet18\nhead: {classes: none}\n", "utf-8")
    run = archc("list", "--below", sound.parent)
    assert (run.returncode, "mine.yaml" in run.stdout, "bad.yaml:4:" in run.stderr) == (1, True, True)


def test_a_pattern_that_nothing_is_like_says_so(archc):
    run = archc("list", "xyzzy")
    assert (run.returncode, run.stdout) == (0, "no shipped spec is named like 'xyzzy'\n")


def test_schema_prints_the_schema_that_its_path_holds(archc):
    path = Path(archc("schema", "--path").stdout.rstrip("\n"))
    assert archc("schema").stdout == path.read_text(encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8"))["title"] == "archcompiler architecture"


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_is_a_script_that_knows_verbs_and_options(archc, shell):
    run = archc("--print-completion", shell)
    assert (run.returncode, run.stderr) == (0, "")
    assert all(word in run.stdout for word in [*VERBS, "--origins", "--print-completion", "stage"])


def test_bash_takes_the_completion_script(archc, tmp_path):
    script = tmp_path / "archc.bash"
    script.write_text(archc("--print-completion", "bash").stdout, encoding="utf-8")
    run = subprocess.run(["bash", "-c", f"source {script} && complete -p archc"], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.endswith("archc\n")


def test_bash_completes_names_of_bases(archc, tmp_path):
    script = tmp_path / "archc.bash"
    script.write_text(archc("--print-completion", "bash").stdout, encoding="utf-8")
    typed = "archc new mine --extends timm/resnet5"
    asked = f"COMP_WORDS=({typed}) COMP_CWORD=4; _shtab_archc; echo ${{COMPREPLY[*]}}"
    run = subprocess.run(["bash", "-c", f"source {script}; {asked}"], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [name for name in peers.SHIPPED if name.startswith("timm/resnet5")]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("resnet50", "resnet/resnet50 or timm/resnet50?"),
        ("ResNeXt-50", "resnext/resnext50_2x40d or resnext/resnext50_32x4d"),
        ("timm/ResNet18", "timm/resnet18 or resnet/resnet18"),
        ("resnext/resnext50_32x4", "resnext/resnext50_32x4d"),
    ],
)
def test_a_spec_that_is_missing_is_found_by_its_last_part(archc, said, meant):
    assert f"help: did you mean {meant}" in archc("cost", said).stderr


def test_names_are_listed_in_capitals_or_not(archc):
    assert archc("list", "ResNeXt").stdout == archc("list", "resnext").stdout != ""


def test_memory_is_told_in_a_unit_that_people_read(archc, small):
    printed = archc("cost", small, "--set", "stages.a.channels=1000000").stdout
    assert re.search(r"memory [0-9.,]+ TiB parameters \+ [0-9.,]+ GiB activations", printed), printed


def test_a_spec_on_standard_input_is_validated_with_its_lines(small):
    good = shell(f"cat {small} | {shlex.join(ARCHC)} validate -")
    assert (good.returncode, good.stdout) == (0, "no faults in 1 file\n")
    bad = shell(f"sed s/basic/basik/ {small} | {shlex.join(ARCHC)} validate -")
    assert bad.returncode == 1
    assert "<stdin>:6:14: error[S004]: block: expected one that `archc list --blocks` names" in bad.stdout
    assert "6 |   a: {block: basik, blocks: 1, channels: 8}" in bad.stdout
    assert shell(f"{shlex.join(ARCHC)} validate - - < {small}").returncode == 2
    table = SCHEMAS.parent / "specs" / "names" / "torchvision.yaml"
    assert shell(f"{shlex.join(ARCHC)} validate - < {table}").stdout == "no faults in 1 file\n"


def test_many_faults_of_one_file_are_shown_up_to_a_hundred(archc, tmp_path):
    rows = "".join(f"  s{number}: {{depth: 3}}\n" for number in range(300))
    (tmp_path / "many.yaml").write_text(f"archc: 1\nname: many\nextends: resnet/resnet18\nstages:\n{rows}", "utf-8")
    text = archc("validate", "many.yaml", cwd=tmp_path).stdout
    assert text.count("error[") == 100
    count = len(json.loads(archc("validate", "many.yaml", "--format", "json", cwd=tmp_path).stdout)["diagnostics"])
    *_, left, _, last = text.splitlines()
    assert left == f"and {count - 100:,} more in many.yaml: --format json has all"
    assert last == f"{count} errors in 1 file; shapes were not checked, because of the faults above"


def test_a_small_share_is_no_zero_and_one_claim_is_one(archc, tmp_path):
    said = archc("diff", "resnet/resnet50", "--set", "head.classes=1001").stdout
    assert said.splitlines()[2].endswith("MACs (+<0.1 %)")
    claim = 'claims: [{source: x, quantity: depth, printed: "50"}]\n'
    (tmp_path / "one.yaml").write_text(f"archc: 1\nname: one\nextends: resnet/resnet50\n{claim}", encoding="utf-8")
    assert archc("check", tmp_path / "one.yaml", "--fast").stdout.endswith("1 claim of 1 spec: 1 hold, 0 fail\n")


# --- writing ---


def test_emitted_source_goes_to_standard_output_or_to_a_file(archc, small, tmp_path):
    printed = archc("build", small, "--emit", "python")
    written = archc("build", small, "--emit", "python", "-o", tmp_path / "net.py")
    assert (printed.returncode, written.returncode) == (0, 0)
    assert written.stdout == f"wrote {tmp_path / 'net.py'}\n"
    assert (tmp_path / "net.py").read_text(encoding="utf-8") == printed.stdout
    assert "class Small(nn.Module):" in printed.stdout


def test_an_existing_file_is_overwritten_by_force_only(archc, small, tmp_path):
    target = tmp_path / "net.py"
    target.write_text("mine\n", encoding="utf-8")
    refused = archc("build", small, "--emit", "python", "-o", target)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == f"archc: {target} exists: give --force to overwrite it, or another name\n"
    assert target.read_text(encoding="utf-8") == "mine\n"
    assert archc("build", small, "--emit", "python", "-o", target, "--force").returncode == 0
    assert "class Small" in target.read_text(encoding="utf-8")


def test_source_never_overwrites_a_spec_or_a_base_of_it(archc, small, tmp_path):
    variant = tmp_path / "variant.yml"
    variant.write_text("archc: 1\nname: variant\nextends: small.yaml\n", encoding="utf-8")
    for target in (small, variant):
        before = target.read_bytes()
        run = archc("build", variant, "--emit", "python", "-o", target, "--force")
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr == f"archc: {target} is a spec, which PyTorch source is not to overwrite: give another name\n"
        assert target.read_bytes() == before


def test_what_a_path_holds_reaches_no_terminal(archc, small, tmp_path):
    name = tmp_path / "a\x1b[31m\nwrote b.py"
    messy = tmp_path / "messy\x1b[31m\n.yaml"
    messy.write_text(SMALL.replace("archc: 1", "archc:  1"), encoding="utf-8")
    weights = ("build", small, "--weights", tmp_path / "none\x1b[31m.pt")
    solved = archc("solve", small, "--for", "stages.a.channels", "--to", messy, "--over", "network")
    assert "\x1b" not in solved.stdout + solved.stderr
    assert solved.stdout.count("messy") == 1
    assert "\x1b" not in archc("fmt", "--diff", messy).stdout
    for arguments in (("build", small, "--emit", "python", "-o", name), ("fmt", "--check", messy), weights):
        run = archc(*arguments)
        assert "\x1b" not in run.stdout + run.stderr
        assert len(run.stdout.splitlines()) <= 1
        assert len(run.stderr.splitlines()) <= 1


def test_a_folder_is_no_file_to_overwrite_by_force(archc, small, tmp_path):
    run = archc("build", small, "--emit", "python", "-o", tmp_path)
    assert run.stderr == f"archc: cannot write {tmp_path}: it is a folder; name a file in it\n"


@pytest.mark.parametrize("target", ["missing/net.py", "small.yaml/net.py", "."])
def test_what_cannot_be_written_is_one_line_and_leaves_nothing(archc, small, target):
    before = sorted(small.parent.iterdir())
    run = archc("build", small, "--emit", "python", "--force", "-o", small.parent / target)
    assert run.returncode == 2
    assert run.stderr.startswith("archc: cannot write ")
    assert len(run.stderr.splitlines()) == 1
    assert sorted(small.parent.iterdir()) == before


def test_a_write_that_fails_halfway_leaves_the_old_file_and_nothing_beside_it(small):
    target = small.parent / "net.py"
    target.write_text("mine\n", encoding="utf-8")
    before = sorted(small.parent.iterdir())
    emit = shlex.join([*ARCHC, "build", str(small), "--emit", "python", "--force", "-o", str(target)])
    run = shell(f"ulimit -f 1; {emit}")  # no file may grow beyond 1 KiB
    assert (run.returncode, run.stderr) == (2, f"archc: cannot write {target}: File too large\n")
    assert target.read_text(encoding="utf-8") == "mine\n"
    assert sorted(small.parent.iterdir()) == before


def test_a_written_file_has_the_rights_of_any_new_file_and_no_leftover_beside_it(archc, small, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    archc("build", small, "--emit", "python", "-o", folder / "net.py")
    (tmp_path / "plain").write_text("", encoding="utf-8")
    assert [path.name for path in folder.iterdir()] == ["net.py"]
    assert (folder / "net.py").stat().st_mode == (tmp_path / "plain").stat().st_mode


# --- build ---


def test_build_says_what_it_built(archc, small):
    run = archc("build", small, "--seed", "3", "--device", "meta")
    assert (run.returncode, run.stdout) == (0, "built small on meta: 954 parameters, 208,976 MACs\n")


def test_summary_shows_stages_torchinfos_table_and_that_both_agree(archc):
    run = archc("build", "resnext/resnext50_32x4d", "--summary")
    assert (run.returncode, run.stderr) == (0, "")
    assert "layer2  4 x bottleneck 512, 32x8d, stride 2, projection" in run.stdout
    assert "├─Conv2d: 1-1" in run.stdout
    assert "Conv2d: 3-1 " in run.stdout
    assert "Total params: 25,028,904" in run.stdout
    assert "parameters: analysis 25,028,904 = torchinfo 25,028,904" in run.stdout
    assert "mult-adds: analysis 4,230,549,096 = torchinfo 4,230,549,096" in run.stdout


def test_summary_goes_as_deep_as_asked(archc, small):
    shallow = archc("build", small, "--summary", "--depth", "1").stdout
    assert ": 1-1 " in shallow
    assert "2-1" not in shallow


@pytest.mark.parametrize("device", ["nonsense", "cuda:99"])
def test_an_unknown_device_is_one_clear_line(archc, small, device):
    run = archc("build", small, "--device", device)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(f"archc: cannot build on '{device}': ")
    assert len(run.stderr.splitlines()) == 1


# --- terminals, pipes, signals ---


@pytest.mark.parametrize("verb", ["validate", "cost"])
def test_colour_is_for_terminals_that_want_it(archc, faulty, verb):
    folder = faulty.parent
    assert "\x1b[1;31merror[S002]\x1b[0m" in on_terminal(verb, "faulty.yaml", cwd=folder)
    assert "\x1b" not in on_terminal(verb, "faulty.yaml", cwd=folder, NO_COLOR="1")
    assert "\x1b" not in on_terminal(verb, "faulty.yaml", cwd=folder, TERM="dumb")
    piped = archc(verb, "faulty.yaml", cwd=folder)
    assert "\x1b" not in piped.stdout + piped.stderr


def shell(command):
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)


def test_a_reader_that_has_seen_enough_is_left_in_peace():
    run = shell(f"{shlex.join(ARCHC)} schema | head -1")
    assert (run.stdout, run.stderr) == ("{\n", "")


def test_a_full_disk_is_one_line():
    run = shell(f"{shlex.join(ARCHC)} list > /dev/full")
    assert (run.returncode, run.stderr) == (2, "archc: cannot write the output: No space left on device\n")


def test_a_closed_output_is_no_traceback():
    assert shell(f"{shlex.join(ARCHC)} list >&-").stderr == ""


def test_a_completion_that_nobody_takes_is_no_traceback():
    said = shell(f"{shlex.join(ARCHC)} --print-completion bash > /dev/full")
    assert (said.returncode, said.stderr) == (2, "archc: cannot write the output: No space left on device\n")
    assert shell(f"{shlex.join(ARCHC)} --print-completion zsh | head -1").stderr == ""


def test_an_encoding_that_lacks_a_letter_escapes_it(tmp_path):
    (tmp_path / "small.yaml").write_text(f"{SMALL}description: crème\n", encoding="utf-8")
    run = shell(f"cd {tmp_path} && PYTHONIOENCODING=ascii {shlex.join(ARCHC)} show small.yaml")
    assert (run.returncode, run.stderr) == (0, "")
    assert "description: cr\\xe8me" in run.stdout


def test_an_interrupt_ends_quietly_with_130(tmp_path):
    """Nine hundred stages, no two alike, give the time to interrupt; the first line says that the command has begun."""
    stage = "  s{0}: {{blocks: 500, channels: {0}, override: {{odd: {{dilation: 2}}}}}}"
    stages = "\n".join(stage.format(number) for number in range(1, 901))
    spec = SMALL.replace("  a: {block: basic, blocks: 1, channels: 8}", stages)
    (tmp_path / "long.yaml").write_text(f"{spec}defaults: {{block: basic}}\n", encoding="utf-8")
    script = (
        "import archcompiler.cli as c, signal, sys; limits = ['--limit=blocks=500000', '--limit=nodes=5000000'];"
        " signal.signal(signal.SIGINT, signal.default_int_handler);"  # a shell's background jobs start without it
        " print(flush=True); sys.exit(c.main(['cost', 'long.yaml', '--by', 'layer', *limits]))"
    )
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", script], stdout=pipe, stderr=pipe, cwd=tmp_path)
    process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert (*process.communicate(timeout=60), process.returncode) == (b"", b"", 130)
