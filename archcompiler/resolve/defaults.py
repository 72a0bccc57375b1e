"""The spec's `defaults`: laid under every stage and the stem, and watched for entries that nothing uses."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from archcompiler.diagnostics import Diagnostic, Label
from archcompiler.resolve.merge import merge_object
from archcompiler.schema.language import Field, Language
from archcompiler.span import SCHEMA_ORIGIN, Span
from archcompiler.tree import Entry, Mapping

_MOST_SHOWN = 4  # of the places that hide a default


class Defaults:
    """The entries of `defaults`, and which of them took effect somewhere."""

    def __init__(self, entries: Mapping, known: Language) -> None:
        self.entries = entries
        self.known = known
        """The language of the spec."""
        self._entries = entries.entries
        self._used: set[str] = set()
        self._hidden: dict[str, dict[Span, None]] = {}

    def take(self, value: Mapping, *keys: str) -> Mapping:
        """Return an object with these defaults laid under it, and these keys first."""
        laid = self._lay(value, {key: (key,) for key in keys})
        first = {key: laid.entries[key] for key in keys if key in laid.entries}
        return Mapping({**first, **laid.entries}, laid.span)

    def under(self, value: Mapping, fields: dict[str, Field]) -> Mapping:
        """Return an object with the defaults of its fields laid under it; an alternative counts as said."""
        return self._lay(value, {key: (key, *field.alternatives) for key, field in fields.items()})

    def _lay(self, value: Mapping, names: dict[str, tuple[str, ...]]) -> Mapping:
        entries = dict(value.entries)
        for key, entry in self._entries.items():
            if key in names:
                said = next((name for name in names[key] if name in entries), None)
                if said:
                    hiding = self._hidden.setdefault(key, {})
                    if entries[said].key_span != SCHEMA_ORIGIN:
                        hiding[entries[said].key_span] = None
                else:
                    self._used.add(key)
                entries[said or key] = self._under_one(entries[said], key, entry) if said else entry
        return Mapping(entries, value.span)

    def _under_one(self, said: Entry, key: str, default: Entry) -> Entry:
        """Return what an object says with the default under it: of two objects of one type, key by key."""
        if not isinstance(said.value, Mapping) or not isinstance(default.value, Mapping):
            return said.over(default)
        merged = merge_object(default.value, said.value, [], self.known.alternatives)
        if merged.entries.keys() - said.value.entries.keys():
            self._used.add(key)
        return replace(said, value=merged)

    def unused(self) -> list[Diagnostic]:
        """Return a fault for each default that never took effect, so that no value fails in silence."""
        return [
            Diagnostic(
                "R003",
                f"nothing uses the default `{key}`: {self._reason(key)}",
                entry.key_span,
                f"remove it; in a variant of a spec that says it, write `defaults: {{{key}: null}}`",
                tuple(Label(place, "its own value") for place in islice(self._hidden.get(key, ()), _MOST_SHOWN)),
            )
            for key, entry in self._entries.items()
            if key not in self._used
        ]

    def _reason(self, key: str) -> str:
        every_says = "all that have this field say their own value"
        owners = [name for name, fields in self.known.blocks.items() if key in fields]
        nobody = f"neither the stem nor a block of this network has this field, one of block {', '.join(owners)}"
        return every_says if key in self._hidden else nobody
