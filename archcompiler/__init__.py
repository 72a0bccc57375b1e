"""Compile networks written as YAML: `load`, `compile`, `cost`, `diff`, `build`, on paths and shipped names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcompiler.api import build, compile, cost, diff, load
    from archcompiler.diagnostics import Diagnostic, SpecError
    from archcompiler.limits import Limits

__all__ = ["Diagnostic", "Limits", "SpecError", "build", "compile", "cost", "diff", "load"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import the API on first use: the command starts without what its verb does not need."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from archcompiler import api, diagnostics

    return getattr(diagnostics if hasattr(diagnostics, name) else api, name)


def __dir__() -> list[str]:
    return __all__
