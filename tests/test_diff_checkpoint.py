"""`archc diff --checkpoint`: the header of a real safetensors file confirms the forecast; others are refused."""

import json
import struct

import pytest

import archcompiler
from archcompiler.cli import main
from archcompiler.compare.checkpoint import CheckpointError, read_header

OLD, NEW = "cifar/resnet20", "cifar/resnet32"


@pytest.fixture(scope="module")
def weights():
    return archcompiler.build(OLD, seed=7).state_dict()


@pytest.fixture
def file(weights, tmp_path):
    from safetensors.torch import save_file

    path = tmp_path / "base.safetensors"
    save_file(weights, path, metadata={"format": "pt"})
    return path


@pytest.mark.slow
def test_the_header_alone_says_every_shape(file, weights):
    assert read_header(file) == {name: tuple(tensor.shape) for name, tensor in weights.items()}
    length = 8 + struct.unpack("<Q", file.read_bytes()[:8])[0]
    file.write_bytes(file.read_bytes()[:length])  # no tensor is left that could be read
    assert read_header(file).keys() == weights.keys()


@pytest.mark.slow
def test_a_checkpoint_of_the_old_network_confirms_the_forecast(file, weights):
    found = archcompiler.diff(OLD, NEW, checkpoint=file)
    assert found.checkpoint.is_of_old
    assert (found.checkpoint.kept, found.checkpoint.share_kept) == (found.weights.kept, found.weights.share_kept)
    assert set(found.checkpoint.kept) == weights.keys()


@pytest.mark.slow
def test_a_checkpoint_of_another_network_is_none_of_the_old_one(file, capsys):
    assert main(["diff", "cifar/resnet44", "cifar/resnet44", "--checkpoint", str(file)]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "base.safetensors is none of resnet44: 144 missing, first layer1.3.conv1.weight" in said
    found = archcompiler.diff("cifar/resnet44", "cifar/resnet44", checkpoint=file).checkpoint
    assert (len(found.missing), found.unexpected, found.reshaped) == (144, (), ())


HEADERS = {
    "empty": b"",
    "short": b"\x02\x00",
    "longer than the file": struct.pack("<Q", 1000) + b"{}",
    "longer than the format allows": struct.pack("<Q", 2**62) + b"{}",
    "no JSON": struct.pack("<Q", 4) + b"{{{{",
    "no mapping": struct.pack("<Q", 4) + b"[{}]",
    "no shape": struct.pack("<Q", 8) + b'{"a":{}}',
    "a negative shape": struct.pack("<Q", 20) + b'{"a": {"shape":[-1]}}'[:20],
    "no text": struct.pack("<Q", 4) + b"\xff\xfe\x00\x00",
    "deep": struct.pack("<Q", 200_000) + b"[" * 200_000,
    "a shape of words": struct.pack("<Q", 26) + json.dumps({"a": {"shape": ["1", "2"]}}).encode()[:26],
    "a pickle": b"PK\x03\x04" + b"\x00" * 100,
}


@pytest.mark.parametrize("content", HEADERS.values(), ids=HEADERS)
def test_a_file_that_is_none_is_refused_in_one_line(content, tmp_path, capsys):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is no safetensors file"):
        read_header(path)
    assert main(["diff", OLD, NEW, "--checkpoint", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_file_that_is_not_there_is_said(capsys, tmp_path):
    assert main(["diff", OLD, NEW, "--checkpoint", str(tmp_path / "nowhere")]) == 2
    assert "No such file" in capsys.readouterr().err
    assert main(["diff", OLD, NEW, "--checkpoint", str(tmp_path)]) == 2
