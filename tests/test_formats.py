"""`archc validate --format json, sarif, github`: each follows its format's own rules, whatever a spec or path says."""

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from markdown_it import MarkdownIt

from archcompiler.cli import main
from archcompiler.diagnostics import Diagnostic, Edit, Fix, Label
from archcompiler.render.escape import markdown
from archcompiler.render.github import MOST_OF_A_KIND, ranked, step_summary, workflow_commands
from archcompiler.render.sarif import document
from archcompiler.render.table import markdown_table
from archcompiler.span import Span

TESTS = Path(__file__).parent
FAULTS = TESTS / "faults"
SARIF = Draft4Validator(json.loads((TESTS / "sarif" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")))
HOSTILE = "x`\n::error file=a,line=1::owned\r%0A%<b>|[y](http://z)\x1b[31m\u202e*_"


def validated(capsys, *arguments):
    code = main(["validate", *arguments])
    said = capsys.readouterr()
    assert said.err == ""
    return code, said.out


# --- sarif ---


def test_every_fault_is_told_in_sarif_as_its_official_schema_wants_it(capsys, monkeypatch):
    monkeypatch.chdir(FAULTS)
    specs = sorted(path.name for path in FAULTS.glob("*.yaml"))
    code, text = validated(capsys, *specs, "--format", "sarif")
    log = json.loads(text)
    assert code == 1
    assert [error.message for error in SARIF.iter_errors(log)] == []
    results = log["runs"][0]["results"]
    assert len(results) > len(specs) * 0.9
    rules = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in results)


def test_the_schema_can_fail():
    log = document([Diagnostic("S001", "m", Span("a.yaml", 1, 1, 1, 2))], lambda _: "a: 1", "1.0.0")
    assert SARIF.is_valid(log)
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert not SARIF.is_valid(log)


def test_columns_count_code_points_in_json_and_github_and_utf_16_in_sarif(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("{archc: 1, name: net, description: '😀é', 😀x: 1}\n", encoding="utf-8")
    codes = ["--set", "input.size=32"]
    _, text = validated(capsys, "a.yaml", *codes, "--format", "json")
    found = next(found for found in json.loads(text)["diagnostics"] if "😀x" in found["message"])
    line = Path("a.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert line[found["column"] - 1 : found["end_column"] - 1] == "😀x"

    _, text = validated(capsys, "a.yaml", *codes, "--format", "github")
    assert f"col={found['column']},endColumn={found['end_column']}," in text

    _, text = validated(capsys, "a.yaml", *codes, "--format", "sarif")
    run = json.loads(text)["runs"][0]
    assert run["columnKind"] == "utf16CodeUnits"
    result = next(result for result in run["results"] if "😀x" in result["message"]["text"])
    region = result["locations"][0]["physicalLocation"]["region"]
    units = line.encode("utf-16-le")
    assert units[2 * region["startColumn"] - 2 : 2 * region["endColumn"] - 2].decode("utf-16-le") == "😀x"


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("specs/a b.yaml", {"uri": "specs/a%20b.yaml", "uriBaseId": "%SRCROOT%"}),
        ("/tmp/ä.yaml", {"uri": "file:///tmp/%C3%A4.yaml"}),
        ("a\n\udcff#?.yaml", {"uri": "a%0A%FF%23%3F.yaml", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_a_path_is_a_uri_in_sarif(path, uri):
    place = Span(path, 1, 1, 1, 2)
    fix = Fix("write b", (Edit(place, "b"), Edit(place, "c")))
    found = Diagnostic("S001", HOSTILE, place, labels=(Label(Span("<--set a=1>", 1, 1, 1, 2), "here"),), fix=fix)
    log = document([found], lambda _: None, "1.0.0")
    assert [error.message for error in SARIF.iter_errors(log)] == []
    result = log["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == uri
    assert [change["artifactLocation"] for change in result["fixes"][0]["artifactChanges"]] == [uri]
    assert result["relatedLocations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "<--set a=1>"


# --- github ---


def fault(path="a.yaml", line=1, severity="error", message="m", end_line=None, **more):
    return Diagnostic("S001", message, Span(path, line, 2, end_line or line, 9), severity=severity, **more)


def test_a_fault_is_one_workflow_command():
    text = workflow_commands([fault(message="a: b, c%", notes=("why",), help="how")], 0)
    assert text == "::error file=a.yaml,line=1,endLine=1,col=2,endColumn=9,title=S001::a: b, c%25%0Awhy%0Ahow"


def test_columns_are_left_out_where_a_fault_spans_lines():
    assert workflow_commands([fault(end_line=3)], 0) == "::error file=a.yaml,line=1,endLine=3,title=S001::m"


def test_a_setting_has_no_file():
    assert workflow_commands([fault("<--set a=1>")], 0) == "::error title=S001::m"


def test_nothing_of_a_spec_or_path_begins_another_command():
    found = fault(HOSTILE, message=HOSTILE, help=HOSTILE, notes=(HOSTILE,))
    (line,) = workflow_commands([found], 0).splitlines()
    properties, _, data = line.removeprefix("::error ").partition("::")
    assert [pair.partition("=")[0] for pair in properties.split(",")] == [
        *("file", "line", "endLine", "col", "endColumn", "title")
    ]
    assert not re.search(r"[\x00-\x1f\u202e]", line)
    assert data.replace("%25", "").replace("%0A", "").count("%") == 0


def test_at_most_ten_of_a_kind_the_first_of_every_file_first():
    found = [fault("a.yaml", line) for line in range(1, 31)]
    found += [fault(f"{name}.yaml") for name in "bcde"]
    found += [fault("a.yaml", line, "warning") for line in range(1, 13)]
    shown, rest = ranked(found)
    errors = [each for each in shown if each.severity == "error"]
    assert len(errors) == len(shown) - len(errors) == MOST_OF_A_KIND
    assert shown[: len(errors)] == errors
    assert [each.span.path[0] for each in errors] == list("abcdeaaaaa")
    assert sorted(map(id, [*shown, *rest])) == sorted(map(id, found))


def test_what_is_not_annotated_goes_to_the_summary_of_the_step(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keys = "".join(f"key_{number}: 1\n" for number in range(14))
    Path("a.yaml").write_text(f"archc: 1\nname: net\nextends: resnet/resnet18\n{keys}", encoding="utf-8")
    Path("summary.md").write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    code, text = validated(capsys, "a.yaml", "--format", "github")
    lines = text.splitlines()
    assert (code, len(lines)) == (1, 11)
    assert lines[-1].startswith("::notice title=archc::4 more")
    summary = Path("summary.md").read_text(encoding="utf-8")
    assert summary.startswith("before\n### archc")
    assert summary.count("S001") == 4
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    assert main(["validate", "a.yaml", "--format", "github"]) == 2
    assert capsys.readouterr().err.startswith("archc: cannot write ")


def test_a_sound_spec_is_silent_for_github_and_an_empty_run_in_sarif(capsys):
    assert validated(capsys, "resnet/resnet18", "--format", "github") == (0, "")
    code, text = validated(capsys, "resnet/resnet18", "--format", "sarif")
    assert (code, json.loads(text)["runs"][0]["results"]) == (0, [])


# --- markdown ---


def shown_text(tokens):
    """Return the text that a reader of markdown sees, and the kinds of everything else."""
    inline = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in (*tokens, *inline)} - {"text", "inline", "text_special"}
    return "".join(child.content for child in inline), kinds


@given(st.text(st.characters(exclude_categories=("Cs", "Zs"), include_characters=" `*_[]()<>|~\\!&#:$"), min_size=1))
@example(HOSTILE)
@example("![x](http://y)")
@example("<script>alert(1)</script>")
@example("~~x~~ **y** __z__ `q` &lt; $a$ | b")
def test_markdown_shows_what_a_spec_says_and_nothing_acts(text):
    parser = MarkdownIt("gfm-like", {"linkify": False})
    said, kinds = shown_text(parser.parse(f"x{markdown(text)}x"))
    assert kinds == {"paragraph_open", "paragraph_close"}
    table = parser.parse(markdown_table(("a", "b"), [[f"x{text}x", "c"]]))
    cells = [token for token in table if token.type == "td_open"]
    assert len(cells) == 2
    assert shown_text(table)[0] == f"ab{said}c"


def test_the_summary_of_a_step_is_one_table_whatever_the_faults_say():
    page = MarkdownIt("gfm-like", {"linkify": False}).parse(step_summary([fault(HOSTILE, message=HOSTILE)]))
    assert [token.type for token in page if token.type.endswith(("table_open", "tr_open"))] == [
        *("table_open", "tr_open", "tr_open")
    ]
    assert shown_text(page)[1].isdisjoint({"link_open", "html_inline", "html_block", "image", "code_inline"})


# --- paths ---


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_a_path_cannot_forge_output(form, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "a\n::error::owned\x1b[31m.yaml"
    Path(name).write_text("archc: 1\nname: net\nkey: 1\n", encoding="utf-8")
    _, text = validated(capsys, name, "--format", form)
    assert "\x1b" not in text
    assert not any(line.startswith("::error::") for line in text.splitlines())
    if form in ("json", "sarif"):
        json.loads(text)
    assert os.listdir() == [name]
