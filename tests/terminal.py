"""How tests run the command: in their own process, or on a terminal of a width."""

import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios
from contextlib import redirect_stderr, redirect_stdout

import pytest

from archcompiler.cli import main

ARCHC = [sys.executable, "-m", "archcompiler"]
_SET_BY_OTHERS = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES", "TQDM_DISABLE")


def run_here(*arguments, cwd="."):
    """Return how the command ends and what it says, run in this process: starting one takes longer than most verbs."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in ("stdout", "stderr")]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(streams[0]), redirect_stderr(streams[1]):
        patch.chdir(cwd)
        try:
            code = main([*map(str, arguments)])
        except SystemExit as ended:
            code = ended.code or 0
    said = []
    for stream in streams:
        stream.flush()
        said.append(stream.buffer.getvalue().decode("utf-8"))
    return subprocess.CompletedProcess(arguments, code, *said)


def on_terminal(*arguments, cwd=None, columns=80, piped=None, **environment):
    """Return what the command prints on a terminal; `piped` is the stream, stdout or stderr, that goes elsewhere."""
    inside, outside = pty.openpty()
    fcntl.ioctl(outside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    variables = {key: value for key, value in os.environ.items() if key not in _SET_BY_OTHERS}
    variables |= {"TERM": "xterm", **environment}
    streams = {"stdout": outside, "stderr": outside, **({piped: subprocess.DEVNULL} if piped else {})}
    process = subprocess.Popen([*ARCHC, *map(str, arguments)], cwd=cwd, env=variables, **streams)
    os.close(outside)
    said = b""
    try:
        while chunk := os.read(inside, 65536):
            said += chunk
    except OSError:  # the other side is closed
        pass
    process.wait()
    os.close(inside)
    return said.decode().replace("\r\n", "\n")
