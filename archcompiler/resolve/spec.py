"""The resolved spec: what every later stage of the pipeline reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from archcompiler.diagnostics import Diagnostic
from archcompiler.limits import Limits, current
from archcompiler.schema.language import Language
from archcompiler.span import Span
from archcompiler.tree import Mapping, Scalar, mapping_at


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One stage: its blocks' fields in order (equal ones are the same object), and its `transition`, if any."""

    name: str
    key_span: Span
    blocks: tuple[Mapping, ...]
    transition: Mapping | None


def kind_of(block: Mapping) -> str:
    """Return the kind of a block by its fields."""
    kind = block.get("block")
    return str(kind.value) if isinstance(kind, Scalar) else ""


def kinds_of(stages: Iterable[Stage]) -> list[str]:
    """Return the kinds of block that stages have, in order."""
    blocks = {id(block): block for stage in stages for block in stage.blocks}
    return list(dict.fromkeys(map(kind_of, blocks.values())))


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """A resolved spec. `document` holds every value, in canonical form; `warnings` what was found but does no harm.

    `defaults` are what the spec says for every stage: each value is in its place in `document`, with its origin.
    `language` is that of its blocks; `limits` are those that it was read under, which hold for its network too.
    `documents` are the files that say it, base first.
    """

    path: str
    document: Mapping
    stages: tuple[Stage, ...]
    warnings: tuple[Diagnostic, ...]
    defaults: Mapping
    language: Language
    limits: Limits = field(default_factory=current)
    documents: tuple[Mapping, ...] = ()

    @property
    def name(self) -> str:
        """The network's name."""
        return self._text("name")

    @property
    def description(self) -> str:
        """What its author says of it; empty where nothing is said."""
        return self._text("description")

    def section(self, key: str) -> Mapping:
        """Return a top-level object such as `stem`; an empty one where the spec has none."""
        return mapping_at(self.document, key)

    def _text(self, key: str) -> str:
        value = self.document.get(key)
        return str(value.value) if isinstance(value, Scalar) else ""
