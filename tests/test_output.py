"""Nothing is lost: a file is whole or as it was, whatever stops the command; what does not fit is refused before."""

import os
import signal
import stat
import subprocess
import sys
import time

import pytest

import archcompiler
from archcompiler.cli import main

SPEC = """\
archc: 1
name: net
input: {channels: 3, size: 16}
stem: none
stages: {a: {block: basic, blocks: 1, channels: 8}}
head: {classes: 10}
"""
HUGE = [
    "stages.a.channels=900000",
    "stages.a.blocks=2",
]  # three convolutions of 9 x 900000^2 weights
STOP = {signal.SIGINT: 130, signal.SIGTERM: 143}
SLOW_DISK = """\
import os, signal, sys, time
from archcompiler.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start without it
sync = os.fsync
def fsync(descriptor):
    print("syncing", flush=True)
    time.sleep(60)
os.fsync = fsync
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "net.yaml").write_text(SPEC, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def emit(target):
    return ["build", "net.yaml", "--emit", "python", "--force", "-o", str(target)]


@pytest.mark.parametrize("number", STOP, ids=lambda number: number.name)
@pytest.mark.parametrize("before", [None, "mine\n"], ids=["new", "old"])
def test_a_signal_while_a_file_is_written_leaves_what_was_there(folder, number, before):
    if before:
        (folder / "net.py").write_text(before, encoding="utf-8")
    names = sorted(os.listdir(folder))
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", SLOW_DISK, *emit("net.py")], stdout=pipe, stderr=pipe)
    assert process.stdout.readline() == b"syncing\n"
    assert len(os.listdir(folder)) == len(names) + 1
    process.send_signal(number)
    assert (*process.communicate(timeout=30), process.returncode) == (b"", b"", STOP[number])
    assert sorted(os.listdir(folder)) == names
    assert before is None or (folder / "net.py").read_text(encoding="utf-8") == before


def test_a_program_keeps_its_own_handler_of_sigterm(folder):
    def handler(*_):
        raise AssertionError

    before = signal.signal(signal.SIGTERM, handler)
    try:
        assert main(["validate", "net.yaml", "--quiet"]) == 0
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_full_disk_is_one_line_and_leaves_the_old_file(folder):
    """A file system of one page, which a mount makes; where mounting is not allowed, /dev/shm says nothing about it."""
    disk = folder / "disk"
    disk.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", disk], capture_output=True)
    if mount.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        (disk / "net.py").write_text("mine\n", encoding="utf-8")
        run = subprocess.run([sys.executable, "-m", "archcompiler", *emit(disk / "net.py")], capture_output=True)
        assert (run.returncode, run.stdout) == (2, b"")
        assert run.stderr.decode() == f"archc: cannot write {disk / 'net.py'}: No space left on device\n"
        assert os.listdir(disk) == ["net.py"]
        assert (disk / "net.py").read_text(encoding="utf-8") == "mine\n"
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_device_or_pipe_is_not_replaced_by_a_file(folder, capsys):
    os.mkfifo("pipe")
    os.symlink("/dev/full", "full")
    for target in ("pipe", "full", "/dev/null"):
        kind = os.stat(target).st_mode
        assert main(emit(target)) == 2
        assert (
            capsys.readouterr().err == f"archc: cannot write {target}: it is no regular file, and would be replaced\n"
        )
        assert os.stat(target).st_mode == kind


def test_a_link_stays_a_link_and_its_file_keeps_its_rights(folder, capsys):
    (folder / "real.py").write_text("mine\n", encoding="utf-8")
    os.chmod("real.py", 0o600)
    os.symlink("real.py", "link.py")
    assert main(emit("link.py")) == 0
    assert os.readlink("link.py") == "real.py"
    assert "class Net" in (folder / "real.py").read_text(encoding="utf-8")
    assert stat.S_IMODE(os.stat("real.py").st_mode) == 0o600


def test_a_build_that_does_not_fit_is_refused_with_its_size_and_a_way_out(folder, capsys):
    settings = [part for setting in HUGE for part in ("--set", setting)]
    assert main(["build", "net.yaml", *settings, "--limit", "params=100000000000000"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("archc: the parameters of net need 81,472.3 GiB, and cpu has ")
    assert said.endswith(" GiB left: --device meta builds without memory\n")
    assert said.count("\n") == 1
    spec = archcompiler.load("net.yaml", HUGE, limits=archcompiler.Limits(params=10**14))
    with pytest.raises(RuntimeError, match=r"need 81,472\.3 GiB"):
        archcompiler.build(spec)
    net = archcompiler.build(spec, device="meta")
    assert sum(parameter.numel() for parameter in net.parameters()) == archcompiler.cost(spec).params
    assert main(["build", "net.yaml", *settings, "--limit", "params=100000000000000", "--device", "meta"]) == 0


def test_what_is_left_is_what_the_system_says():
    import torch

    from archcompiler.backends.pytorch.capacity import available_bytes

    left = available_bytes(torch.device("cpu"))
    assert 0 < left <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert available_bytes(torch.device("meta")) is None


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0.5, 0.6, 0.7, 0.8, 1, 1.5, 2, 3])
@pytest.mark.parametrize("number", STOP, ids=lambda number: number.name)
def test_a_check_in_several_processes_ends_at_once_and_quietly(number, moment):
    """Ctrl-C reaches every process of a terminal, SIGTERM the first; seconds in, the others only start."""
    script = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"  # background jobs lack it
        " from archcompiler.cli import main; sys.exit(main(['check']))"
    )
    command = [sys.executable, "-c", script]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    time.sleep(moment)
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    assert (*process.communicate(timeout=60), process.returncode) == (b"", b"", STOP[number])
