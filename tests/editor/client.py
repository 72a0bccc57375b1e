"""A small client of the language server protocol: it opens one text after another and asks what an editor would ask."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

SERVER = "yaml-language-server@2.0.0"
CACHE = Path.home() / ".cache" / "archcompiler-tests" / "yaml-language-server"
FOLDER = Path(__file__).resolve().parent
PATIENCE_IN_SECONDS = 120
Json = dict[str, Any]


def installed_server() -> Path:
    """Return the server's program; install it first where it is missing, one process at a time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    complete = CACHE / "complete"
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            _install()
            complete.touch()
    return CACHE / "node_modules" / ".bin" / "yaml-language-server"


def _install() -> None:
    npm = shutil.which("npm")
    assert npm, "the editor test needs npm, to install the language server"
    command = [npm, "install", "--prefix", str(CACHE), "--no-audit", "--no-fund", SERVER]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


class Editor:
    """One running language server, and the one file that is open in it."""

    def __init__(self) -> None:
        command = [str(installed_server()), "--stdio"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._watchdog = threading.Timer(PATIENCE_IN_SECONDS, self._process.kill)
        self._last = 0
        self._opened = 0

    def __enter__(self) -> Editor:
        self._watchdog.start()
        capabilities = {"textDocument": {"completion": {}, "hover": {"contentFormat": ["plaintext"]}}}
        self._ask("initialize", {"processId": None, "rootUri": FOLDER.as_uri(), "capabilities": capabilities})
        self._tell("initialized", {})
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._watchdog.cancel()
        self._process.kill()
        self._process.communicate()

    def open(self, text: str) -> list[Json]:
        """Show a text to the server and return the faults that it underlines."""
        self._opened += 1
        document = {"uri": self._uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        while True:
            message = self._receive()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == self._uri:
                found: list[Json] = message["params"]["diagnostics"]
                return found

    @property
    def _uri(self) -> str:
        """Return the address of the open text: a file beside this one, which need not exist."""
        return (FOLDER / f"network{self._opened}.yaml").as_uri()

    def completions(self, text: str) -> list[str]:
        """Return the keys that are offered at the mark `|`."""
        answer = self._at_mark("textDocument/completion", text)
        items = answer["items"] if isinstance(answer, dict) else answer
        return [item["label"] for item in items]

    def hover(self, text: str) -> str:
        """Return what is shown for the word at the mark `|`."""
        answer = self._at_mark("textDocument/hover", text)
        contents = answer["contents"] if answer else ""
        return contents["value"] if isinstance(contents, dict) else str(contents)

    def _at_mark(self, method: str, text: str) -> Any:
        before, _, after = text.partition("|")
        self.open(before + after)
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        return self._ask(method, {"textDocument": {"uri": self._uri}, "position": position})

    def _ask(self, method: str, parameters: Json) -> Any:
        self._last += 1
        self._send({"id": self._last, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == self._last and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _tell(self, method: str, parameters: Json) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> Json:
        """Return the next message; where the server asks for settings, there are none."""
        assert self._process.stdout
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has gone"
        message: Json = json.loads(self._process.stdout.read(length))
        if "id" in message and "method" in message:
            self._send({"id": message["id"], "result": [None] * len(message["params"].get("items", ()))})
        return message
