"""What a shipped block has recorded once is not recorded again, and nobody can tell but by the clock."""

import peers
import pytest

from archcompiler import SpecError
from archcompiler.lint.lint import lint
from archcompiler.lower import network
from archcompiler.resolve import load_spec

UNREAD = """
archc: 1
name: unread
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 16}
stages:
  one: {block: bottleneck, blocks: 2, channels: 64, width: 16, zero_init: true, attention: {type: se, after: conv2}}
  two: {block: basic, blocks: 2, channels: 64, shortcut: none, norm: none, zero_init: true}
head: {classes: 10}
"""
ODD = UNREAD.replace("blocks: 2, channels: 64, width: 16", "blocks: 2, channels: 64, width: 18, cardinality: 4")


def told(spec):
    try:
        graph, found = lint(load_spec(spec), also=("L005",))
    except SpecError as error:
        return (), error.diagnostics
    return graph.parts, found


@pytest.mark.parametrize("text", [UNREAD, ODD], ids=["a key without effect", "a shape fault"])
def test_warnings_and_faults_are_those_of_the_first_time(text, tmp_path, monkeypatch):
    path = tmp_path / "net.yaml"
    path.write_text(text)
    monkeypatch.setattr(network, "_KNOWN", {})
    first = told(path)
    assert first[1]
    assert told(path) == first


def test_networks_are_the_same_behind_each_other(monkeypatch):
    specs = [spec for spec in peers.SHIPPED if spec.startswith(("timm/", "cifar/"))][::5]
    alone = []
    for spec in specs:
        monkeypatch.setattr(network, "_KNOWN", {})
        alone.append(told(spec))
    assert [told(spec) for spec in specs] == alone
    assert network._KNOWN


def test_no_more_is_kept_than_a_bound(monkeypatch):
    monkeypatch.setattr(network, "_KNOWN", {})
    monkeypatch.setattr(network, "_MOST_KNOWN", 3)
    parts, _ = told("resnet/resnet50")
    assert parts == told("resnet/resnet50")[0]
    assert len(network._KNOWN) <= 3
