"""The parser for a PyYAML that was built without libyaml: the same events, some twenty times slower."""

from __future__ import annotations

import re

from yaml.events import Event, ScalarEvent
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError

_SURROGATE = re.compile("[\ud800-\udfff]")
SURROGATE_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
"""How JSON writes a character beyond U+FFFF: YAML 1.2 holds all of JSON, and libyaml refuses these."""


class SlowParser(Reader, Scanner, Parser):
    """PyYAML's own parser without what resolves and constructs, with JSON's surrogate pairs and libyaml's checks."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def get_event(self) -> Event | None:
        """Return the next event; ScannerError also for an escape that names no character."""
        try:
            event: Event | None = super().get_event()  # type: ignore[no-untyped-call]  # untyped in the stubs
            if isinstance(event, ScalarEvent) and _SURROGATE.search(event.value):
                event.value = event.value.encode("utf-16", "surrogatepass").decode("utf-16")
        except (ValueError, OverflowError):  # the scanner gives "\UFFFFFFFF" to chr() unchecked
            raise self._bad_escape() from None
        return event

    def _bad_escape(self) -> ScannerError:
        return ScannerError(problem="found invalid Unicode character escape code", problem_mark=self.get_mark())
