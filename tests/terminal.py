"""A terminal of a width, and what a command prints on it."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

ARCHC = [sys.executable, "-m", "archcompiler"]
_SET_BY_OTHERS = ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "LINES", "TQDM_DISABLE")


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
