"""Break specs byte by byte; `archc validate` and `archc fmt` must say what is wrong with each, soon and in words.

    python tests/fuzz/mutate.py --inputs 100000 --start 0 --keep DIR      a long run; what breaks it is kept in DIR

Input number N is always the same one. Every crash that a run finds becomes a case in `tests/faults/`.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from archcompiler.cli import parser
from archcompiler.diagnostics import SpecError
from archcompiler.layout.format import formatted

ROOT = Path(__file__).parents[2]
LONGEST = 2.0
"""Seconds of CPU that one input may take."""

MOST_MEMORY = 300 << 20
"""Bytes that the process may take in all."""

TOKENS = [
    token.encode("utf-8", "surrogatepass")
    for token in (
        *"\n \t:,-?#&*!|>'\"%@`{}[]~<=.\0\r\x85\u2028\ufeff😀",
        *("\n---\n", "\n...\n", ": ", "- ", "? ", "<<: ", "&a ", "*a", "!!python/object:os.system ", "|+\n", ">-\n  "),
        *("null", "true", "yes", "0x10", "0o17", "010", "1e3", "1_0", "3:30", ".inf", "-.nan", "99999999999999999999"),
        *(
            "extends: ",
            "stages: ",
            "override: ",
            "transition: ",
            "steps: ",
            "type: ",
            "norm: ",
            "attention: ",
            "names: ",
        ),
        *(
            "blocks: 0",
            "stride: 10000",
            "kernel: 9999",
            "cardinality: 7",
            "channels: -1",
            "{first: {}}",
            '{"0..9": {}}',
        ),
        *("\\ud83d\\ude00", "\\x41", "%YAML 1.1\n", "# c\n", "  # d", "ignore: {L004: x}", "\ud800"),
    )
]


@cache
def corpus() -> list[bytes]:
    """Return the texts that are broken: what is shipped, and every fault."""
    folders = (ROOT / "specs", ROOT / "tests" / "faults")
    return [path.read_bytes() for folder in folders for path in sorted(folder.rglob("*.yaml"))]


def mutant(number: int) -> bytes:
    """Return input number N: one of the texts with one to six changes."""
    chance = random.Random(number)
    data = bytearray(chance.choice(corpus()))
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        change(data, chance)
    return bytes(data[: 1 << 17])


def change(data: bytearray, chance: random.Random) -> None:
    """Change one place of a text: a bit, bytes, a token, a copy, a piece of another text, or the order of lines."""
    at = chance.randrange(len(data) + 1)
    width = chance.choice((0, 1, 1, 4, 40))
    kind = chance.randrange(6)
    if kind == 0 and at < len(data):
        data[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        data[at : at + width] = b""
    elif kind == 2:
        data[at : at + chance.randrange(2)] = chance.choice(TOKENS)
    elif kind == 3:
        data[at:at] = data[at : at + width] * chance.choice((1, 2, 50))
    elif kind == 4:
        other = chance.choice(corpus())
        start = chance.randrange(len(other) + 1)
        data[at : at + width] = other[start : start + chance.choice((8, 80, 400))]
    else:
        lines = data.split(b"\n")
        chance.shuffle(lines)
        data[:] = b"\n".join(lines)


@dataclass
class Run:
    """What a run has seen: how often nothing, something or a crash was found, and the slowest input."""

    sound: int = 0
    faulty: int = 0
    formatted: int = 0
    crashes: dict[int, str] = field(default_factory=dict)
    slowest: tuple[float, int] = (0.0, -1)

    @property
    def memory(self) -> int:
        """The most memory that the process has held, in bytes: Linux's own count, since getrusage has the parent's."""
        status = Path("/proc/self/status")
        if status.exists():
            return int(status.read_text().partition("VmHWM:")[2].split()[0]) << 10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10

    def take_sound(self, path: Path) -> None:
        """Do what else a file that `archc validate` finds sound must bear."""

    def __str__(self) -> str:
        seconds, number = self.slowest
        every = self.sound + self.faulty + len(self.crashes)
        return (
            f"{every:,} inputs: {self.sound:,} sound, {self.faulty:,} faulty, {self.formatted:,} formatted, "
            f"{len(self.crashes)} crashes; slowest {seconds:.2f} s of CPU (number {number}), "
            f"at most {self.memory >> 20} MB"
        )


def _too_slow(*_: object) -> None:
    raise TimeoutError(f"more than {LONGEST} seconds of CPU")


def fuzz(numbers: range, run: Run, made: Callable[[int], bytes]) -> None:
    """Validate and format the inputs of these numbers."""
    signal.signal(signal.SIGVTALRM, _too_slow)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.yaml"
        args = parser().parse_args(["validate", str(path)])
        args.colour = False
        for number in numbers:
            path.write_bytes(made(number))
            start = time.process_time()
            signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
            try:
                _one(args, path, run)
            except BaseException:  # a crash is what is looked for, whatever it is
                run.crashes[number] = traceback.format_exc()
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            run.slowest = max(run.slowest, (time.process_time() - start, number))


def _one(args: argparse.Namespace, path: Path, run: Run) -> None:
    args.specs = [str(path)]
    outcome = args.run(args)
    text = outcome.out + outcome.err
    if "Traceback" in text or not text:
        raise AssertionError(text)
    try:
        formatted(path.read_bytes(), str(path))
        run.formatted += 1
    except SpecError:
        if outcome.code == 0:
            raise
    if outcome.code == 0:
        run.take_sound(path)
    run.sound += outcome.code == 0
    run.faulty += outcome.code != 0


def main(run: Run, made: Callable[[int], bytes], description: str) -> None:
    """Run, and print what was seen; exit 1 where something broke."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--inputs", type=int, default=5000)
    options.add_argument("--start", type=int, default=0)
    options.add_argument("--keep", type=Path, help="where inputs that break something are kept")
    args = options.parse_args()
    step = 1000
    for start in range(args.start, args.start + args.inputs, step):
        fuzz(range(start, min(start + step, args.start + args.inputs)), run, made)
        print(run, flush=True)
    for number, trace in run.crashes.items():
        print(f"{number}: {trace}")
        if args.keep:
            args.keep.mkdir(parents=True, exist_ok=True)
            (args.keep / f"{number}.yaml").write_bytes(made(number))
    raise SystemExit(1 if run.crashes or run.memory > MOST_MEMORY else 0)


if __name__ == "__main__":
    main(Run(), mutant, __doc__)
