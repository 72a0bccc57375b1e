"""The spec's `defaults`: laid under every stage and the stem, and watched for entries that nothing uses."""

from __future__ import annotations

from archcompiler.diagnostics import Diagnostic
from archcompiler.schema.language import Field
from archcompiler.tree import Mapping


class Defaults:
    """The entries of `defaults`, and which of them took effect somewhere."""

    def __init__(self, entries: Mapping) -> None:
        self.entries = entries
        self._entries = entries.entries
        self._used: set[str] = set()

    def take(self, value: Mapping, key: str) -> Mapping:
        """Return an object with one default laid under it, if there is one and the object does not say it itself."""
        if key not in self._entries or key in value.entries:
            return value
        self._used.add(key)
        return Mapping({key: self._entries[key], **value.entries}, value.span)

    def under(self, value: Mapping, fields: dict[str, Field]) -> Mapping:
        """Return an object with each default that it has a field for and says nothing on, also not by another name."""
        entries = dict(value.entries)
        for key, entry in self._entries.items():
            if key in fields and not any(name in value.entries for name in (key, *fields[key].alternatives)):
                entries[key] = entry
                self._used.add(key)
        return Mapping(entries, value.span)

    def unused(self) -> list[Diagnostic]:
        """Return a fault for each default that never took effect, so that no value fails in silence."""
        return [
            Diagnostic(
                "R003",
                f"nothing uses the default `{key}`: no block has such a field, or each says its own value",
                entry.key_span,
                f"remove it, or, where a base says it, write `defaults: {{{key}: null}}`",
            )
            for key, entry in self._entries.items()
            if key not in self._used
        ]
