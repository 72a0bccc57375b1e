"""Compile network architectures written as YAML: `load`, `compile`, `cost` and `build`, on a path or a shipped name."""

from archcompiler.api import build, compile, cost, load
from archcompiler.diagnostics import Diagnostic, SpecError

__all__ = ["Diagnostic", "SpecError", "build", "compile", "cost", "load"]
__version__ = "0.1.0"
