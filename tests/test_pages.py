"""Every page of the repository: its examples run and print what it shows, and its links lead somewhere."""

import doctest
import re
import shlex
import subprocess
import unicodedata
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from repository import ALONE
from terminal import run_here

import archcompiler
from archcompiler.cli import VERBS
from archcompiler.layout.format import formatted

ROOT = Path(__file__).parents[1]
FOLDERS = ("archcompiler", "schemas", "specs", "tests", ".github")
EXPLAINED = ROOT / "archcompiler" / "explain" / "pages"
"""The pages of the codes, whose examples test_explain.py runs."""
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *(page for folder in FOLDERS for page in sorted((ROOT / folder).rglob("*.md")) if page.parent != EXPLAINED),
]
MARKDOWN = MarkdownIt("commonmark").enable("table")
TOKENS = {page: MARKDOWN.parse(page.read_text(encoding="utf-8")) for page in PAGES}
README = ROOT / "README.md"
SPEC_BEGINS = ("archc:", "names:", "claims:")
"""What a spec begins with, or a part of one; other YAML on the pages is for git, CI and pre-commit."""


def named(page):
    return page.relative_to(ROOT).as_posix()


def blocks(page, language):
    """Return the contents of the fences of a page that are in one language."""
    return [token.content for token in TOKENS[page] if token.type == "fence" and token.info == language]


def in_language(language):
    found = [(page, block) for page in PAGES for block in blocks(page, language)]
    return [pytest.param(block, id=f"{named(page)}: {block.splitlines()[0][:40]}") for page, block in found]


def commands(console):
    """Return each `$ command` with the lines printed under it."""
    return [
        (head, body) for head, _, body in (part.partition("\n") for part in re.split(r"^\$ ", console, flags=re.M)[1:])
    ]


def run(command, folder):
    words = shlex.split(command)
    assert words[0] in ("archc", "git")
    result = run_here(*words[1:], cwd=folder) if words[0] == "archc" else in_shell(command, folder)
    return (result.stdout + result.stderr).replace(f"{ROOT}/", "")


def in_shell(command, folder):
    return subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=120)


def squeezed(text):
    """Return a text without trailing blanks, and with runs of blanks as one: columns depend on where specs lie."""
    return "\n".join(re.sub(r"\s+", " ", line).strip() for line in text.strip().splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("console", in_language("console"))
def test_a_console_shows_what_the_commands_print(console, tmp_path, monkeypatch):
    for name, value in ALONE.items():
        monkeypatch.setenv(name, value)
    for command, printed in commands(console):
        if command.startswith("cat "):
            (tmp_path / command.split()[1]).write_text(printed, encoding="utf-8")
            continue
        actual = squeezed(run(command, tmp_path))
        position = 0
        for part in re.split(r"^\.\.\.$", squeezed(printed), flags=re.M):
            found = actual.find(part.strip("\n"), position)
            assert found >= 0, f"`{command}` does not print:\n{part}\nbut:\n{actual}"
            position = found


@pytest.mark.slow
@pytest.mark.parametrize("session", in_language("python"))
def test_a_python_session_shows_what_python_prints(session):
    examples = doctest.DocTestParser().get_doctest(session, {}, "page", None, 0)
    assert examples.examples
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples).failed == 0


@pytest.mark.parametrize("text", [each for each in in_language("yaml") if each.values[0].startswith(SPEC_BEGINS)])
def test_a_spec_on_a_page_is_sound(text):
    archcompiler.load(text if text.startswith("archc:") else f"archc: 1\nname: part\nextends: resnet/resnet50\n{text}")


def links(page):
    """Yield the target of each link of a page."""
    for token in TOKENS[page]:
        yield from (child.attrs["href"] for child in token.children or () if child.type == "link_open")


def anchors(page):
    """Return the anchors of a page's headings as GitHub makes them."""
    found = []
    for token, text in zip(TOKENS[page], TOKENS[page][1:], strict=False):
        if token.type == "heading_open":
            words = "".join(child.content for child in text.children).lower().replace(" ", "-")
            kept = (letter for letter in words if letter in "-_" or unicodedata.category(letter)[0] in "LN")
            found.append("".join(kept))
    assert len(found) == len(set(found)), "two headings have one anchor"
    return found


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page):
    broken = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not link.startswith("https://") and not (target.exists() and (not anchor or anchor in anchors(target))):
            broken.append(link)
    assert broken == []


def test_every_page_is_found_by_walking_down():
    reached, waiting = set(), [README]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links(page)}
        waiting += (targets & set(PAGES)) - reached
    assert set(PAGES) - reached == set()


def test_the_readme_is_a_door():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


def test_the_readme_names_every_verb():
    table = README.read_text(encoding="utf-8").partition("| verb |")[2].partition("\n\n")[0]
    assert {verb for verb in VERBS if f"`{verb}" not in table} == set()


def test_the_page_of_the_package_names_every_folder():
    page = ROOT / "archcompiler" / "README.md"
    told = {link.partition("/")[0] for link in links(page)}
    folders = {path.parent.name for path in (ROOT / "archcompiler").glob("*/__init__.py")}
    assert folders - told == set()


def test_ci_runs_the_readmes_test_command():
    _, test = blocks(README, "sh")
    assert test in f"{(ROOT / '.ci' / 'run').read_text(encoding='utf-8')}\n"


def test_the_editor_transcript_on_the_page_of_the_language_is_the_recorded_one():
    recorded = (ROOT / "tests" / "editor" / "transcript.txt").read_text(encoding="utf-8")
    (shown,) = blocks(ROOT / "schemas" / "README.md", "text")
    assert [part for part in shown.split("\n\n") if part.strip() not in recorded] == []


BLOCKS = ROOT / "specs" / "blocks" / "README.md"
SHOWN = [body for block in blocks(BLOCKS, "console") for head, body in commands(block) if head.startswith("cat ")]


@pytest.mark.parametrize("text", SHOWN, ids=lambda text: text.splitlines()[1])
def test_an_example_of_the_page_of_blocks_is_laid_out_as_fmt_lays_it_out(text):
    assert formatted(f"{text.rstrip()}\n", "example.yaml") == f"{text.rstrip()}\n"
