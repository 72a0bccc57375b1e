"""Work on many specs, in as many processes as there are cores."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import cpu_count
from typing import TypeVar

from archcompiler.limits import Limits, current, within

Result = TypeVar("Result")


def each(
    work: Callable[[str], Result], specs: Sequence[str], *, at_once: int = 1, in_one_process: bool = False
) -> Iterator[Result]:
    """Return what is found of each spec, in order, with a progress bar on a terminal.

    A process takes `at_once` neighbours: those of one family share what they extend. Fewer specs than that need no
    second process. The limits of this one hold in all.
    """
    if in_one_process or len(specs) <= at_once:
        return _with_progress(map(work, specs), len(specs))
    pieces = [specs[start : start + at_once] for start in range(0, len(specs), at_once)]
    return _with_progress(_in_processes(work, pieces), len(specs))


def _with_progress(results: Iterator[Result], count: int) -> Iterator[Result]:
    if count == 1 or not sys.stderr.isatty():
        return results
    from tqdm import tqdm

    return iter(tqdm(results, total=count, unit="spec", leave=False))


def _in_processes(work: Callable[[str], Result], pieces: Sequence[Sequence[str]]) -> Iterator[Result]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children, get_context

    workers, context = min(len(pieces), cpu_count() or 1), get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, gc.set_threshold, gc.get_threshold())
    try:
        with _interrupts_left_to_this_process():
            waiting = [pool.submit(_all, work, piece, current()) for piece in pieces]
        # No `pool.map`: what it cancels on its way out, the pool's thread fails to mark as broken, with a traceback.
        for piece in waiting:
            yield from piece.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in active_children():
            worker.terminate()
        raise
    pool.shutdown()


def _all(work: Callable[[str], Result], specs: Sequence[str], limits: Limits) -> list[Result]:
    with within(limits):
        return [work(spec) for spec in specs]


@contextmanager
def _interrupts_left_to_this_process() -> Iterator[None]:
    """Have the processes that start within never see Ctrl-C, which the terminal sends to all, nor while they start."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
