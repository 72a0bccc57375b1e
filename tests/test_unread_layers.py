"""Layers that nothing reads are refused; a piece of a split may go unread."""

import pytest
import torch

import archcompiler

SPEC = """
archc: 1
name: net
input: {{channels: 8, size: 9}}
stem: {{steps: [{steps}]}}
stages: {{}}
head: none
"""


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("{conv: 8}, {conv: 16, from: x}", "8x9x9 that conv1 gives"),
        ("{conv: 8, as: a}, {conv: 16}, {dropout: 0, from: a}", "16x9x9 that conv2 gives"),
        ("{conv: 8}, {norm: none, from: x}", "8x9x9 that conv1 gives"),
        ("{conv: 8}, {conv: 6, as: b}, {pool: max, as: c}, {conv: 4, from: x}", "that conv1 gives"),
        ("{repeat: 3, index: i, steps: [{conv: 8 + i, from: x}]}", "8x9x9 that conv1 gives"),
    ],
)
def test_a_layer_that_nothing_reads_is_told_at_its_step(tmp_path, steps, told):
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.format(steps=steps))
    with pytest.raises(archcompiler.SpecError) as caught:
        archcompiler.load(path)
    assert "G014" in str(caught.value)
    assert told in str(caught.value)


@torch.no_grad()
@pytest.mark.parametrize(("read", "start"), [("a", 0), ("b", 2), ("c", 5)])
def test_pieces_that_nothing_reads_are_dropped(tmp_path, read, start):
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.format(steps=f"{{split: [2, 3, 3], as: [a, b, c]}}, {{scale: 2, from: {read}}}"))
    images = torch.rand(1, 8, 9, 9)
    assert archcompiler.build(path)(images).equal(2 * images[:, start : start + (2 if read == "a" else 3)])
