"""What every shipped network costs and is made of, and the source of three, as they were when somebody last looked.

`UPDATE_GOLDENS=1 pytest tests/test_goldens.py` writes them anew; the difference is for review.
"""

import json
from pathlib import Path

import peers
import pytest
from update import assert_golden

import archcompiler

FOLDER = Path(__file__).parent / "goldens"


def facts(name):
    graph = archcompiler.compile(name)
    report = archcompiler.cost(graph)
    return {
        "mechanisms": peers.mechanisms(graph),
        "params": report.params,
        "macs": report.macs,
        "torchinfo_mult_adds": report.total.torchinfo_mult_adds,
        "activations": report.total.activations,
        "output": list(report.output),
        "receptive_field": report.receptive_field,
        "peak_activation_bytes": report.memory.peak_activation_bytes,
    }


def test_costs_are_as_they_were():
    lines = [f"  {json.dumps(name)}: {json.dumps(facts(name))}" for name in peers.SHIPPED]
    assert_golden(peers.COSTS, "{\n" + ",\n".join(lines) + "\n}\n")


@pytest.mark.parametrize("name", ["resnet/resnet50", "resnext/resnext50_32x4d", "cifar/resnet20"])
def test_source_is_as_it_was(archc, name):
    run = archc("build", name, "--emit", "python")
    assert run.stderr == ""
    assert_golden(FOLDER / f"{peers.short(name)}.py.txt", run.stdout)
