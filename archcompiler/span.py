"""Where a value stands in a text: the vocabulary of every diagnostic and every origin."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one file. Lines and columns count from 1, columns in Unicode code points; the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


SCHEMA_ORIGIN = Span("<schema>", 1, 1, 1, 1)
"""The origin of a value that no file says: the schema's own default."""
