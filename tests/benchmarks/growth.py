"""Print how time grows with the size of a text: `python tests/benchmarks/growth.py [part of a name]`.

Each row is one command on a text that is long and whose network is small, in CPU seconds of one process: at a size, and
at twice that size. Wanted are 2 seconds at the size itself, and no more than 2.5 times that for twice the text.
"""

from __future__ import annotations

import gc
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from archcompiler.cli import main

SECONDS = 2.0
TIMES = 2.5
HEAD = "archc: 1\nname: net\ninput: {channels: 4, size: 8}\nstem: none\n"
NARROW = "{block: basic, blocks: 1, channels: 4}"
Texts = dict[str, str]


@dataclass(frozen=True)
class Case:
    """A command, and the texts of the files that it reads: a function of their size."""

    command: str
    size: int
    texts: Callable[[int], Texts]

    @property
    def name(self) -> str:
        """What a row is called."""
        return f"{self.command}, {self.texts.__name__}"


def stages(count: int) -> Texts:
    """Stages that write defaults out; `new.yaml` has other words in each."""
    row = "{{block: basic, blocks: 1, channels: 4, bias: {}, zero_init: false, anti_alias: none}}"
    return {name: _net(_stages(row.format(bias), count)) for name, bias in (("net", "true"), ("new", "false"))}


def full_stages(count: int) -> Texts:
    """Stages with every switch and word of theirs."""
    row = (
        "{block: bottleneck, blocks: 2, channels: 8, bottleneck_width: 4, bias: true, zero_init: true, norm: batch,"
        " anti_alias: none, stride_on: 3x3, shortcut: projection, activation: relu, dilation: 1, cardinality: 1}"
    )
    return {"net": _net(_stages(row, count))}


def grown_stages(count: int) -> Texts:
    """Stages, and twice as many."""
    return {"net": _net(_stages(NARROW, count)), "new": _net(_stages(NARROW, 2 * count))}


def widened_stages(count: int) -> Texts:
    """Stages, and the same with another width in each."""
    return {name: _net(_stages(NARROW.replace("4", width), count)) for name, width in (("net", "4"), ("new", "8"))}


def stages_of_widths(count: int) -> Texts:
    """Stages, no two of one width."""
    return {"net": _net("stages:\n" + "".join(f"  s{i}: {NARROW.replace('4', str(i + 1))}\n" for i in range(count)))}


def widths_that_do_not_divide(count: int) -> Texts:
    """Stages, each with a fault of shapes."""
    return {"net": _net(_stages("{block: bottleneck, blocks: 1, width: 5, cardinality: 2, channels: 4}", count))}


def a_variant_of_stages(count: int) -> Texts:
    """A variant that says a field of each stage of its base."""
    return {"base": _net(_stages(NARROW, count)), "net": _variant(_stages("{bias: true}", count))}


def misspelt_stages(count: int) -> Texts:
    """A variant whose stages are near to those of its base, and new."""
    new = "stages:\n" + "".join(f"  layer_{i}_: {{bias: true}}\n" for i in range(count))
    base = "stages:\n" + "".join(f"  layer_{i}: {NARROW}\n" for i in range(count))
    return {"base": _net(base), "net": _variant(new)}


def one_stage_more(count: int) -> Texts:
    """Stages, and one more of them."""
    return {"net": _net(_stages(NARROW, count)), "new": _net(_stages(NARROW, count + 1))}


def renamed_steps(count: int) -> Texts:
    """A stem of many steps, each of which has another name in `new.yaml`."""
    return {
        name: _of_steps(count) + "names:\n" + "".join(f"  stem.conv{i}: {name}{i}\n" for i in range(1, count + 1))
        for name in ("net", "new")
    }


def renamed_blocks(count: int) -> Texts:
    """A stage of many blocks, all of which have other names in `new.yaml`."""
    row = f"{{block: basic, blocks: {count}, channels: 4}}"
    return {name: _net(_stages(row, 1)) + f'names: {{block: "{name}.{{block}}"}}\n' for name in ("net", "new")}


def placed_stages(count: int) -> Texts:
    """Stages of a variant, each behind the one before it."""
    rows = (f"  s{i + 1}: {{block: basic, blocks: 1, channels: 4, after: s{i}}}\n" for i in range(count))
    return {"base": _net(_stages(NARROW, 1)), "net": _variant("stages:\n" + "".join(rows))}


def stages_placed_nowhere(count: int) -> Texts:
    """Stages of a variant behind others that are not there."""
    rows = (f"  t{i}: {{block: basic, blocks: 1, channels: 4, after: u{i}}}\n" for i in range(count))
    return {"base": _net(_stages(NARROW, count)), "net": _variant("stages:\n" + "".join(rows))}


def stages_taken_out(count: int) -> Texts:
    """A variant that removes stages which are not there."""
    return {
        "base": _net(_stages(NARROW, 1)),
        "net": _variant("stages:\n" + "".join(f"  t{i}: null\n" for i in range(count))),
    }


def overrides(count: int) -> Texts:
    """A stage with an override for each of its blocks; `new.yaml` has other words in each."""
    return {name: _overridden(count + 1, map(str, range(count)), f"bias: {bias}") for name, bias in BOTH}


def overrides_of_another_block(count: int) -> Texts:
    """Overrides, each of which makes another kind of block, and says too little for it."""
    return {"net": _overridden(count + 1, map(str, range(count)), "block: bottleneck")}


def overrides_that_overlap(count: int) -> Texts:
    """Overrides that select nearly as many blocks as they may; twice as many are refused."""
    return {"net": _overridden(2 * count, (f"{i}..{i + count}" for i in range(count)), "bias: true")}


def overrides_of_nothing(count: int) -> Texts:
    """Overrides that select no block."""
    return {"net": _overridden(1, (str(i + 1) for i in range(count)), "bias: true")}


def overrides_that_overrun(count: int) -> Texts:
    """Overrides that go on behind the last block."""
    return {"net": _overridden(1, (f"0..{i + 1}" for i in range(count)), "bias: true")}


def a_line_of_json(count: int) -> Texts:
    """JSON in one line."""
    return {
        "net": json.dumps({**_plain(), "claims": [{"source": "x", "quantity": "params", "printed": "304"}] * count})
    }


def claims(count: int) -> Texts:
    """Claims that do not hold."""
    return {"net": _net(_stages(NARROW, 1)) + "claims:\n" + '  - {source: x, quantity: params, printed: "1"}\n' * count}


def claims_of_stages(count: int) -> Texts:
    """Two claims of each stage, and two of the network."""
    rows = (
        f'  - {{source: x, quantity: {quantity}, printed: "1"{of}}}\n'
        for i in range(count)
        for quantity in ("params", "macs")
        for of in (f", stage: s{i}", "")
    )
    return {"net": _net(_stages(NARROW, count)) + "claims:\n" + "".join(rows)}


def unknown_keys(count: int) -> Texts:
    """Keys that no object has."""
    return {"net": json.dumps({**_plain(), **{f"k{i}": 1 for i in range(count)}})}


def unknown_keys_of_a_stage(count: int) -> Texts:
    """Keys that no stage has."""
    row = ", ".join(f"chanels{i}: 1" for i in range(count))
    return {"net": _net(_stages(NARROW.replace("}", f", {row}}}"), 1))}


def keys_said_twice(count: int) -> Texts:
    """Each key twice."""
    return {"net": _net(_stages(NARROW, count) + _stages(NARROW, count).removeprefix("stages:\n"))}


def scalars_of_yaml_1_1(count: int) -> Texts:
    """Values that YAML 1.1 and 1.2 read differently."""
    return {"net": _net(_stages("{block: basic, blocks: 1, channels: 4, bias: yes}", count))}


def unused_names(count: int) -> Texts:
    """A table of roles that the network lacks."""
    return {"net": _net(_stages(NARROW, 1)) + "names:\n" + "".join(f"  conv{i + 3}: layer{i}\n" for i in range(count))}


def names_of_steps(count: int) -> Texts:
    """A stem of many steps, of which the table names as many again."""
    rows = "".join(f"  stem.conv{i}: s{i}\n  stem.convolution{i}: t{i}\n" for i in range(1, count + 1))
    return {"net": _of_steps(count) + "names:\n" + rows}


def steps(count: int) -> Texts:
    """A stem of many steps; `new.yaml` has one more."""
    return {"net": _of_steps(count), "new": _of_steps(count + 1)}


def hidden_layers(count: int) -> Texts:
    """A head of many hidden layers."""
    return {"net": _net(_stages(NARROW, 1)).replace("head: none", f"head: {{hidden: {[4] * count}, classes: 2}}")}


def slots(count: int) -> Texts:
    """Blocks whose layers are numbered."""
    roles = ("conv1", "conv2", "norm1", "norm2", "act1", "act2")
    names = ", ".join(f'{role}: "f.{{slot}}"' for role in roles)
    return {"net": _net(_stages(f"{{block: basic, blocks: {count}, channels: 4}}", 1)) + f"names: {{{names}}}\n"}


def numbered_layers(count: int) -> Texts:
    """Layers of all stages numbered under one path, as VGG's are."""
    row = "{block: conv, blocks: 1, channels: 4, shortcut: none}"
    names = '{block: features, conv1: "{slot}", norm1: "{slot}", act1: "{slot}"}'
    return {"net": _net(_stages(row, count)) + f"names: {names}\n"}


def comments(count: int) -> Texts:
    """A comment above each stage, and as many at the end."""
    rows = "".join(f"  # {i}\n  s{i}: {NARROW}  # {i}\n" for i in range(count))
    return {"net": _net("stages:\n" + rows + "  # end\n" * count)}


def deep_brackets(count: int) -> Texts:
    """Lists in lists, as deep as they may be."""
    return {"net": _net(_stages(NARROW, 1)) + "x: " + "[" * 90 + "aaaaaaaaaaaa, " * count + "]" * 90 + "\n"}


BOTH = (("net", "true"), ("new", "false"))
CASES = (
    Case("validate net", 500, stages),
    Case("validate net --fix", 250, stages),
    Case("validate net --format sarif", 500, stages),
    Case("validate net --warn L005", 500, stages_of_widths),
    Case("validate net", 250, full_stages),
    Case("validate net", 250, widths_that_do_not_divide),
    Case("validate net", 500, a_variant_of_stages),
    Case("validate net", 400, misspelt_stages),
    Case("validate net", 400, placed_stages),
    Case("validate net", 500, stages_placed_nowhere),
    Case("validate net", 1000, stages_taken_out),
    Case("validate net", 1000, overrides),
    Case("validate net", 1000, overrides_of_another_block),
    Case("validate net", 300, overrides_that_overlap),
    Case("validate net", 1000, overrides_of_nothing),
    Case("validate net", 1000, overrides_that_overrun),
    Case("validate net", 2000, a_line_of_json),
    Case("validate net", 2000, claims),
    Case("validate net", 2700, unknown_keys),
    Case("validate net", 2700, unknown_keys_of_a_stage),
    Case("validate net", 500, keys_said_twice),
    Case("validate net", 500, scalars_of_yaml_1_1),
    Case("validate net", 500, unused_names),
    Case("validate net", 500, names_of_steps),
    Case("validate net", 1000, steps),
    Case("validate net", 1000, hidden_layers),
    Case("validate net", 200, slots),
    Case("validate net", 500, numbered_layers),
    Case("check net --fast", 2000, a_line_of_json),
    Case("check net --fast", 2000, claims),
    Case("check net --fast", 400, claims_of_stages),
    Case("fmt net --check", 500, stages),
    Case("fmt net --check", 2000, a_line_of_json),
    Case("fmt net --check", 2700, unknown_keys),
    Case("fmt net --check", 2000, comments),
    Case("fmt net --check", 2000, deep_brackets),
    Case("diff net new", 500, stages),
    Case("diff net new", 250, grown_stages),
    Case("diff net new", 250, widened_stages),
    Case("diff net new", 500, overrides),
    Case("diff net new", 1000, steps),
    Case("diff net new", 400, one_stage_more),
    Case("diff net new", 500, renamed_steps),
    Case("diff net new", 500, renamed_blocks),
    Case("show net", 500, stages),
    Case("show net --origins", 500, overrides),
    Case("cost net --by layer", 500, stages),
    Case("cost net --by block", 1000, overrides),
    Case("cost net", 1000, steps),
    Case("build net --emit python", 500, stages),
    Case("build net --emit python", 500, overrides),
    Case("build net --emit python", 500, stages_of_widths),
    Case("build net --emit python", 200, slots),
    Case("build net --emit python", 500, numbered_layers),
    Case("build net --emit python", 500, steps),
    Case("build net --emit python", 500, hidden_layers),
)


def row(case: Case) -> str:
    """Return the line of a case."""
    once, twice = _seconds(case, case.size), _seconds(case, 2 * case.size)
    verdict = "met" if once <= SECONDS and twice <= TIMES * once else "MISSED"
    return f"{case.name:64} {case.size:5} {once:7.2f} s {twice:7.2f} s {twice / once:6.2f} x  {verdict}"


def chosen(part: str) -> Iterator[Case]:
    """Yield the cases whose name has a part."""
    return (case for case in CASES if part in case.name)


def _seconds(case: Case, size: int) -> float:
    with TemporaryDirectory() as folder:
        for name, text in case.texts(size).items():
            Path(folder, f"{name}.yaml").write_text(text, encoding="utf-8")
        os.chdir(folder)
        arguments = [f"{word}.yaml" if word in ("net", "new") else word for word in case.command.split()]
        gc.collect()
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            start = time.process_time()
            main(arguments)
            seconds = time.process_time() - start
        os.chdir("/")
    return seconds


def _net(middle: str) -> str:
    return f"{HEAD}{middle}head: none\n"


def _variant(text: str) -> str:
    return f"archc: 1\nname: variant\nextends: base.yaml\n{text}"


def _stages(row: str, count: int) -> str:
    return "stages:\n" + "".join(f"  s{i}: {row}\n" for i in range(count))


def _overridden(blocks: int, selectors: Iterator[str], fields: str) -> str:
    rows = "".join(f'      "{selector}": {{{fields}}}\n' for selector in selectors)
    return _net(f"stages:\n  a:\n    block: basic\n    blocks: {blocks}\n    channels: 4\n    override:\n{rows}")


def _of_steps(count: int) -> str:
    rows = ", ".join(["{conv: 4, kernel: 3}"] * count)
    return _net(_stages(NARROW, 1)).replace("stem: none", f"stem: {{steps: [{rows}]}}")


def _plain() -> dict[str, object]:
    stage = {"block": "basic", "blocks": 1, "channels": 4}
    start = {"archc": 1, "name": "net", "input": {"channels": 4, "size": 8}, "stem": "none"}
    return {**start, "stages": {"a": stage}, "head": "none"}


if __name__ == "__main__":
    for case in CASES[::5]:
        _seconds(case, 2)  # what is loaded and read once
    for case in chosen(sys.argv[1] if len(sys.argv) > 1 else ""):
        print(row(case), flush=True)
