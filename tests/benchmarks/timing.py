"""Paired timing: A and B in turn, so that the ratio holds while the machine's speed drifts."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Ratio:
    """Median seconds of A and of B, and the median of A / B, pair by pair."""

    name: str
    ours: float
    theirs: float
    ratio: float
    target: float

    def row(self) -> str:
        verdict = "met" if self.ratio <= self.target else "MISSED"
        times = f"{self.ours * 1e3:9.1f} ms {self.theirs * 1e3:9.1f} ms"
        return f"{self.name:66} {times}  {self.ratio:6.3f} x  (target {self.target:5.3f}) {verdict}"


def compare(name: str, ours: Callable[[], object], theirs: Callable[[], object], target: float, runs: int) -> Ratio:
    """Return the paired ratio of two calls, after one warm-up of each."""
    ours()
    theirs()
    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(runs)]
    mine, other = zip(*pairs, strict=True)
    return Ratio(name, median(mine), median(other), median(a / b for a, b in pairs), target)


def process(command: Sequence[str], folder: str | None = None) -> Callable[[], object]:
    """Return a call that runs a whole process and fails where it fails."""
    return lambda: subprocess.run(command, check=True, capture_output=True, cwd=folder)


def within(name: str, ours: Callable[[], object], limit: float, runs: int) -> Ratio:
    """Return the median of a process against a number of seconds: CPU seconds, since others share the machine."""
    ours()
    found = median(_cpu_seconds(ours) for _ in range(runs))
    return Ratio(name, found, limit, found / limit, 1)


def elapsed(ours: Callable[[], object], runs: int) -> float:
    """Return the median of the seconds that pass while a call runs, after one warm-up."""
    ours()
    return median(_seconds(ours) for _ in range(runs))


def _cpu_seconds(call: Callable[[], object]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
