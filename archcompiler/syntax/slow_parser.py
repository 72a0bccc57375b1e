"""The parser for a PyYAML that was built without libyaml: the same events, some twenty times slower."""

from __future__ import annotations

import re

from yaml.events import Event, ScalarEvent
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError

_SURROGATE = re.compile("[\ud800-\udfff]")


class SlowParser(Reader, Scanner, Parser):
    """PyYAML's own parser with nothing that resolves or constructs, and with libyaml's check of escapes."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def get_event(self) -> Event | None:
        """Return the next event; ScannerError also for an escape that names no character."""
        try:
            event: Event | None = super().get_event()  # type: ignore[no-untyped-call]  # untyped in the stubs
        except (ValueError, OverflowError):  # the scanner gives "\UFFFFFFFF" to chr() unchecked
            raise self._bad_escape() from None
        if isinstance(event, ScalarEvent) and _SURROGATE.search(event.value):
            raise self._bad_escape()
        return event

    def _bad_escape(self) -> ScannerError:
        return ScannerError(problem="found invalid Unicode character escape code", problem_mark=self.get_mark())
