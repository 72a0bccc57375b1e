"""One fault in the text of a sound spec is told as such, and no shape that does not fit follows from it."""

import random
from pathlib import Path

import pytest
from peers import SPECS

import archcompiler
from archcompiler.advise.prices import advised
from archcompiler.shipped import spec_names
from archcompiler.syntax.parse import parse
from archcompiler.tree import walk

NAMES = random.Random(4).sample(sorted(spec_names()), 24)


def broken(text, seed):
    """Yield the text with one key or one value mistyped, four times."""
    spans = [span for _, entry in walk(parse(text, "x")) for span in (entry.key_span, entry.value.span)]
    one_line = [span for span in spans if span.line == span.end_line]
    for span in random.Random(seed).sample(one_line, min(4, len(one_line))):
        lines = text.splitlines(keepends=True)
        line = lines[span.line - 1]
        old = line[span.column - 1 : span.end_column - 1]
        new = old[:-1] if old.isidentifier() and len(old) > 2 else "zz"
        lines[span.line - 1] = line[: span.column - 1] + new + line[span.end_column - 1 :]
        yield "".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_a_mistyped_key_or_value_is_not_told_again_as_a_shape(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text in broken((SPECS / f"{name}.yaml").read_text(encoding="utf-8"), name):
        Path("net.yaml").write_text(text, encoding="utf-8")
        try:
            archcompiler.compile("net.yaml")
        except archcompiler.SpecError as error:
            codes = {found.code for found in advised(error)}
            assert not {code for code in codes if code[0] in "GM"} or not {code for code in codes if code[0] in "YS"}
