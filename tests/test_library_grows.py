"""A block that is added to the shipped library changes neither what another spec means, nor what it is warned of."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from archcompiler.shipped import spec_names

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
NAMES = sorted(spec_names())
SPECS = NAMES[:: len(NAMES) // 40]
ODD = """\
archc: 1
block: aaa
class: Odd
description: A block of which every field differs from that of the others in default, bounds, words and place.
fields:
  zero_init: {default: true}
  bias: {default: true}
  anti_alias: {enum: [median, blur], default: blur}
  attention: {default: eca}
  activation: {default: silu}
  norm: {default: layer}
  shortcut_from: {enum: [both, input], default: input}
  shortcut: {default: identity}
  dilation: {maximum: 7, default: 2}
  grouped_reduce: {type: boolean, default: true, description: Whether it does., examples: [false]}
  stride_on: {enum: ["5x5", "1x1"], default: "5x5"}
  padding: {minimum: 1, maximum: 9, words: [wide], default: wide}
  stride: {maximum: 3, default: 3}
  width: {minimum: 2, maximum: 64}
  bottleneck_width: {minimum: 2, maximum: 64}
  cardinality: {minimum: 2, maximum: 8, default: 4}
  kernel: {minimum: 2, maximum: 9, default: 5}
  kernels: {type: array, items: {type: integer, minimum: 3, maximum: 9}, minItems: 2, maxItems: 3, default: [5, 5],
            description: Other kernels., examples: [[3, 3]]}
  channels: {minimum: 8, maximum: 512, required: false, default: 64}
let:
  width: cardinality * bottleneck_width
  edge: 1 if padding == wide else padding
steps:
  - {conv: width, kernel: kernel, padding: edge, dilation: dilation, bias: bias}
  - {norm: $norm, zero_init: zero_init}
  - {activation: $activation}
  - if: grouped_reduce and stride_on == '5x5'
    then:
      - {conv: width, kernel: 'kernels[0]', stride: stride}
  - if: anti_alias == blur and shortcut_from == both
    then:
      - {blur: 2}
  - {conv: channels, kernel: 1}
  - {attention: $attention, at: [sum]}
  - {shortcut: $shortcut}
"""
SAID = """\
import sys
from archcompiler.cli import main
specs = sys.argv[1:]
main(["validate", *specs])
main(["cost", *specs, "--by", "stage"])
for spec in specs:
    main(["show", spec])
    main(["show", spec, "--origins"])
main(["diff", specs[0], specs[1]])
"""
WARNED = """\
archc: 1
name: warned
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 16}
defaults: {block: bottleneck, activation: relu, shortcut: projection, zero_init: false}
stages:
  one: {blocks: 1, channels: 64, bottleneck_width: 16, anti_alias: blur, kernels: [3]}
  two: {blocks: 2, channels: 64, bottleneck_width: 16, stride: 2, stride_on: 3x3, override: {"0..7": {dilation: 1}}}
head: {classes: 10}
"""
"""Values that say what would hold anyway, or have no effect."""


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    """Two copies of the package: one as it is, the other with one block more."""
    found = [tmp_path_factory.mktemp(name) for name in ("before", "after")]
    for folder in found:
        for part in ("archcompiler", "specs", "schemas"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "warned.yaml").write_text(WARNED.replace(", kernels: [3]", ""), encoding="utf-8")
    (found[1] / "specs" / "blocks" / "aaa.yaml").write_text(ODD, encoding="utf-8")
    assert python(found[1], "-m", "archcompiler.generate").returncode == 0
    return found


def python(folder, *arguments):
    """Run Python with the package of a folder."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def test_the_block_is_sound_and_known(libraries):
    run = python(libraries[1], "-m", "archcompiler", "validate", "specs/blocks/aaa.yaml")
    assert (run.stdout, run.stderr) == ("no faults in 1 file\n", "")
    run = python(libraries[1], "-m", "archcompiler", "explain", "kernel")
    first = run.stdout.partition("\n\n")[0]
    assert first.startswith(
        "kernel: Height and width of the kernel.\n"
        "  in          stage (aaa)\n"
        "  value       a whole number from 2 to 9\n"
        "  default     5\n"
        "  examples    3, 5\n"
        "  in          stage (conv"
    )


def test_no_other_spec_means_or_is_warned_of_anything_else(libraries):
    assert len(SPECS) >= 30
    before, after = (python(folder, "-c", SAID, *SPECS, "warned.yaml") for folder in libraries)
    assert before.returncode == 0, before.stderr
    assert before.stdout.count("warning[L007]") >= 3
    assert "warning[L002]" in before.stdout
    assert after.stdout == before.stdout
    assert after.stderr == before.stderr
