"""Weights from files and mappings: strict by default, partial with a report, never aliased, never by running code."""

import json
import pickle

import pytest

import archcompiler
from archcompiler.cli import main

pytestmark = pytest.mark.slow
NET = "cifar/resnet20"


@pytest.fixture(scope="module")
def weights():
    return archcompiler.build(NET, seed=7).state_dict()


@pytest.fixture(params=["safetensors", "pt", "wrapped.pt"])
def file(request, weights, tmp_path):
    import torch
    from safetensors.torch import save_file

    path = tmp_path / f"weights.{request.param}"
    if request.param == "safetensors":
        save_file(weights, path)
    else:
        torch.save({"state_dict": weights, "epoch": 3} if "wrapped" in request.param else weights, path)
    return path


def test_a_file_of_weights_is_copied_into_the_network(file, weights):
    import torch

    built = archcompiler.build(NET, weights=file).state_dict()
    assert all(torch.equal(built[name], tensor) for name, tensor in weights.items())
    assert list(built) == list(weights)


def test_the_command_reads_the_same_files(file, weights, capsys):
    assert main(["build", NET, "--weights", str(file)]) == 0
    assert f"weights: {len(weights)} kept, 0 reshaped, 0 missing, 0 unexpected" in capsys.readouterr().out


def changed(weights):
    import torch

    mapping = dict(weights)
    del mapping["layer1.0.conv1.weight"]
    mapping["fc.weight"] = torch.zeros(100, 64)
    mapping["extra"] = torch.zeros(1)
    return mapping


def test_weights_that_do_not_fit_are_refused_by_name(weights):
    with pytest.raises(RuntimeError) as caught:
        archcompiler.build(NET, weights=changed(weights))
    assert "fc.weight: expected 10x64, found 100x64" in str(caught.value)
    assert "layer1.0.conv1.weight: missing" in str(caught.value)
    assert "extra: unexpected" in str(caught.value)


def test_a_partial_load_takes_what_fits_and_initialises_the_rest(weights):
    import torch

    built = archcompiler.build(NET, weights=changed(weights), partial=True, seed=1).state_dict()
    fresh = archcompiler.build(NET, seed=1).state_dict()
    for name in ("fc.weight", "layer1.0.conv1.weight"):
        assert torch.equal(built.pop(name), fresh[name])
    assert all(torch.equal(tensor, weights[name]) for name, tensor in built.items())


def test_the_command_reports_a_partial_load_by_name(weights, tmp_path, capsys):
    import torch

    torch.save(changed(weights), tmp_path / "w.pt")
    arguments = ["build", NET, "--weights", str(tmp_path / "w.pt")]
    assert main(arguments) == 1
    assert "the weights do not fit" in capsys.readouterr().err
    assert main([*arguments, "--partial", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)["weights"]
    assert (len(report["kept"]), report["reshaped"]) == (len(weights) - 2, ["fc.weight"])
    assert (report["missing"], report["unexpected"]) == (["layer1.0.conv1.weight"], ["extra"])


def test_a_strict_refusal_says_how_many_a_partial_load_would_take(weights):
    with pytest.raises(RuntimeError, match=f"{len(weights) - 2} of {len(weights)} fit: --partial"):
        archcompiler.build(NET, weights=changed(weights))


@pytest.mark.parametrize("partial", [[], ["--partial"]], ids=["strict", "partial"])
def test_weights_under_a_common_prefix_are_told_how_to_be_stripped(weights, partial, tmp_path, capsys):
    import torch

    torch.save({f"module.{name}": tensor for name, tensor in weights.items()}, tmp_path / "w.pt")
    assert main(["build", NET, "--weights", str(tmp_path / "w.pt"), *partial]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "none of the weights fits" in said.err
    assert "the names given begin with 'module.', the network's do not: give" in said.err
    mend = said.err.rpartition(": give ")[2]
    stripped = eval(mend, {"weights": torch.load(tmp_path / "w.pt")})
    assert archcompiler.build(NET, weights=stripped)


def test_a_partial_load_of_nothing_is_refused(weights):
    with pytest.raises(RuntimeError, match="none of the weights fits"):
        archcompiler.build(NET, weights={}, partial=True)
    with pytest.raises(ValueError, match="give weights"):
        archcompiler.build(NET, partial=True)


def test_a_build_with_weights_says_that_it_writes_nothing(file, capsys):
    assert main(["build", NET, "--weights", str(file)]) == 0
    assert "\nnothing is written: " in capsys.readouterr().out


class Hostile:
    def __reduce__(self):
        return (open, ("PWNED", "w"))


@pytest.mark.parametrize(
    "content",
    [b"", b"no weights", b"\x80\x02K\x01.", pickle.dumps(Hostile()), json.dumps({"a": 1}).encode()],
    ids=["empty", "text", "a number", "hostile", "json"],
)
@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_a_file_that_holds_no_weights_is_one_line_and_runs_nothing(content, suffix, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"w.{suffix}"
    path.write_bytes(content)
    assert main(["build", NET, "--weights", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "PWNED").exists()


def test_a_missing_file_of_weights_is_one_line(capsys):
    assert main(["build", NET, "--weights", "no.pt"]) == 2
    assert capsys.readouterr().err == "archc: cannot read weights from no.pt: No such file or directory\n"


def test_tensors_one_level_down_are_told_where_they_lie(weights, tmp_path):
    import torch

    told = "one level down, under `state_dict`"
    for given in ({"state_dict": weights}, {"state_dict": weights, "epoch": 3}):
        with pytest.raises(RuntimeError, match=told):
            archcompiler.build(NET, weights=given)
    torch.save({"state_dict_ema": weights, "epoch": 3}, tmp_path / "ema.pt")
    with pytest.raises(RuntimeError, match=f"{told[:-1]}_ema`"):
        archcompiler.build(NET, weights=tmp_path / "ema.pt")
