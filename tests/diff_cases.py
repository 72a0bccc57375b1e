"""What tests of comparisons share: the rows of `diff_rows.yaml` as files, and what PyTorch itself says of a pair."""

import json
from pathlib import Path

import peers
import yaml

import archcompiler
from archcompiler.compare.model import Diff

TABLE = yaml.safe_load(Path(__file__).with_name("diff_rows.yaml").read_text(encoding="utf-8"))
ROWS = TABLE["rows"]


def row_id(row):
    """Return a row's name in the list of tests."""
    return f"{row['base']} {json.dumps(row.get('old', ''))} {json.dumps(row['new'])}".replace('"', "")[:90]


def write_row(row, folder):
    """Write the base and both sides of a row, and return the paths of the sides."""
    base = {"archc": 1, "name": row["base"], **TABLE["bases"][row["base"]]}
    (folder / "base.yaml").write_text(json.dumps(base), encoding="utf-8")
    paths = [folder / "old.yaml", folder / "new.yaml"]
    for path, said in zip(paths, (row.get("old", {}), row["new"]), strict=True):
        document = {"archc": 1, "name": "net", "extends": "base.yaml", **said}
        path.write_text(json.dumps(document), encoding="utf-8")
    return paths


def hold_against_pytorch(found: Diff, old, new):
    """Hold the facts and the forecast against the built modules of two specs; return whether their outputs are equal.

    None where they cannot be compared. What computes the same must give the same; what does not, may.
    """
    import torch

    before, after = (
        peers.filled(lambda spec=spec: archcompiler.build(spec, device="meta"), 3).double() for spec in (old, new)
    )
    given, own = before.state_dict(), after.state_dict()
    shapes = [{name: tuple(tensor.shape) for name, tensor in each.items()} for each in (given, own)]
    assert (found.facts.weights == "same") == (shapes[0] == shapes[1])
    assert list(found.weights.kept) == kept_by_pytorch(after, given)
    renamed = dict(found.weights.renamed)
    if found.facts.function == "not comparable":
        return None
    after.load_state_dict({renamed.get(name, name): tensor for name, tensor in given.items()})
    images = 10 * peers.random_images(2, *found.old.input).double()  # beyond the 6 of a ReLU6
    with torch.inference_mode():
        outputs = [network.eval()(images) for network in (before, after)]
    same_shape = outputs[0].shape == outputs[1].shape
    equal = same_shape and torch.allclose(*outputs, rtol=1e-9, atol=1e-12)
    assert equal or found.facts.function == "changed"
    return equal


def kept_by_pytorch(network, weights):
    """Return the keys that a network takes from weights which are filtered by shape, as PyTorch loads them."""
    own = network.state_dict()
    fitting = weights.copy()
    for name, tensor in weights.items():
        if name not in own or own[name].shape != tensor.shape:
            del fitting[name]
    fitting._metadata = own._metadata  # a batch norm without it is taken for an old one, which counted no batches
    missing = network.load_state_dict(fitting, strict=False).missing_keys
    return [name for name in own if name not in missing]
