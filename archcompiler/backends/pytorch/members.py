"""The members of one class: which attributes it registers, and the steps of its forward pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from keyword import iskeyword

from archcompiler.backends.pytorch.layout import CallText, Code
from archcompiler.backends.pytorch.rule import CALL, Binds


@dataclass(frozen=True, slots=True)
class Step:
    """One computation: the module under `path`, or else the `expression`, on earlier values.

    Value 0 is the input and value i + 1 what step i returns. `ends_line` asks for a statement of its own. With both,
    the `path` is that of a parameter, which stands for `{parameter}` in the expression. `numbers` are the arguments of
    the class that the expression reads, by the attribute that holds each. A step of several `pieces` returns its own
    value and those of the steps behind it, which have none.
    """

    path: str
    source: Code
    expression: Code
    inputs: tuple[int, ...]
    ends_line: bool = False
    binds: Binds = CALL
    numbers: Mapping[str, str] = field(default_factory=dict)
    pieces: int = 1

    @property
    def is_module(self) -> bool:
        """Whether the path is that of a module."""
        return bool(self.path) and not self.expression


@dataclass(frozen=True, slots=True)
class Members:
    """Attributes in order of registration, and the steps with each chain of submodules made one step."""

    attributes: dict[str, Code]
    steps: list[Step]


def members(steps: list[Step], first: Sequence[str] = ()) -> Members:
    """Gather steps under one attribute each: a chain becomes `nn.Sequential`, anything else `nn.ModuleDict`.

    The attributes stand in the order of the steps, those of the paths `first` in front.
    """
    collapsed = steps
    for name in dict.fromkeys(step.path.partition(".")[0] for step in steps if "." in step.path):
        collapsed = _collapse_all(collapsed, name)
    numbers: dict[str, Code] = {name: number for step in steps for name, number in step.numbers.items()}
    attributes: dict[str, Code] = {}
    groups: dict[str, list[Step]] = {}
    result = []
    for step in collapsed:
        name, dot, _ = step.path.partition(".")
        if dot:
            groups.setdefault(name, []).append(step)
            attributes.setdefault(name, "")
        elif name:
            attributes.setdefault(name, step.source)
        expression = step.expression or CallText(_access(step.path), ("{}",))
        if step.path and isinstance(expression, str):
            expression = expression.replace("{parameter}", _access(step.path))
        result.append(replace(step, expression=expression))
    attributes |= {name: _dictionary(group, name) for name, group in groups.items()}
    early = {path.partition(".")[0] for path in first}
    return Members(numbers | dict(sorted(attributes.items(), key=lambda item: item[0] not in early)), result)


def attribute_line(name: str, source: Code) -> tuple[str, Code, str]:
    """Return what stands before, the source, and what stands after, of an attribute's registration."""
    if is_plain(name):
        return f"self.{name} = ", source, ""
    return "", CallText("self.add_module", (f'"{name}"', source)), ""


def _collapse_all(steps: list[Step], name: str) -> list[Step]:
    """Return the steps with those below `name` collapsed if they are a chain, or else those below its children."""
    collapsed = _collapse(steps, name)
    if collapsed is not steps:
        return collapsed
    below = (step.path[len(name) + 1 :].split(".") for step in steps if step.path.startswith(f"{name}."))
    for child in dict.fromkeys(parts[0] for parts in below if len(parts) > 1):
        collapsed = _collapse_all(collapsed, f"{name}.{child}")
    return collapsed


def _collapse(steps: list[Step], name: str) -> list[Step]:
    """Return the steps with those below `name` as one `nn.Sequential` step, if they are a chain."""
    chosen = [index for index, step in enumerate(steps) if step.path.startswith(f"{name}.")]
    start, stop = chosen[0], chosen[-1] + 1
    uses = Counter(value for step in steps for value in step.inputs)
    chain = len(chosen) == stop - start and all(
        steps[index].inputs == (index,) and uses[index] == 1 for index in range(start + 1, stop)
    )
    paths = [step.path for step in steps[start:stop]]
    if not chain or len(set(paths)) != len(paths) or not all(step.is_module for step in steps[start:stop]):
        return steps
    inner = members([_inside(step, name, start, steps[start].inputs) for step in steps[start:stop]])
    if len(inner.attributes) != len(inner.steps):
        return steps
    ends_line = any(step.ends_line for step in steps[start:stop])
    one = Step(name, _sequential(inner.attributes), "", steps[start].inputs, ends_line)
    shift = stop - start - 1
    after = [_renumbered(step, stop, shift) for step in steps[stop:]]
    return [*steps[:start], one, *after]


def _inside(step: Step, name: str, start: int, first_inputs: tuple[int, ...]) -> Step:
    inputs = (0,) if step.inputs == first_inputs else tuple(value - start for value in step.inputs)
    return replace(step, path=step.path[len(name) + 1 :], inputs=inputs)


def _renumbered(step: Step, stop: int, shift: int) -> Step:
    inputs = tuple(value - shift if value >= stop else value for value in step.inputs)
    return replace(step, inputs=inputs)


def _sequential(attributes: dict[str, Code]) -> CallText:
    """Return `nn.Sequential`, with names where they are not 0, 1, 2, ...; equal neighbours become a repeat."""
    if list(attributes) == [str(index) for index in range(len(attributes))]:
        return CallText("nn.Sequential", tuple(_repeated(list(attributes.values()))), exploded=len(attributes) > 2)
    runs = _runs(attributes)
    if len(runs) == len(attributes) and all(map(is_plain, attributes)):
        entries: tuple[Code, ...] = tuple(_keyword(name, source) for name, source in attributes.items())
        return CallText("nn.Sequential", (CallText("OrderedDict", entries),))
    pairs = CallText("", tuple(map(_pair, runs)), "[", "]")
    return CallText("nn.Sequential", (CallText("OrderedDict", (pairs,)),))


def _repeated(sources: list[Code]) -> list[Code]:
    groups = [list(group) for _, group in groupby(sources)]
    return [_generator(group[0], "_", range(len(group))) if len(group) > 1 else group[0] for group in groups]


def _generator(element: Code, counter: str, numbers: range) -> CallText:
    start = f"{numbers.start}, " if numbers.start else ""
    return CallText("*", (element, f"for {counter} in range({start}{numbers.stop})"), separator="")


def _keyword(name: str, source: Code) -> Code:
    if isinstance(source, str):
        return f"{name}={source}"
    return replace(source, prefix=f"{name}={source.prefix}")


@dataclass(frozen=True, slots=True)
class _Run:
    """Equal modules whose names are a stem and consecutive numbers; a module alone may have any name."""

    stem: str
    numbers: range
    source: Code


def _runs(attributes: dict[str, Code]) -> list[_Run]:
    """Return the modules, with equal neighbours whose names count on, such as block1-1 and block1-2, as one run."""
    runs: list[_Run] = []
    for name, source in attributes.items():
        stem = name.rstrip("0123456789")
        digits = name[len(stem) :]
        last = runs[-1] if runs else None
        if last and last.numbers and (last.stem, last.source, str(last.numbers.stop)) == (stem, source, digits):
            runs[-1] = replace(last, numbers=range(last.numbers.start, last.numbers.stop + 1))
        elif digits == str(int(digits or 0)):
            runs.append(_Run(stem, range(int(digits), int(digits) + 1), source))
        else:
            runs.append(_Run(name, range(0), source))
    return runs


def _pair(run: _Run) -> CallText:
    if len(run.numbers) > 1:
        return _generator(CallText("", (f'f"{run.stem}{{i}}"', run.source)), "i", run.numbers)
    return CallText("", (f'"{run.stem}{"".join(map(str, run.numbers))}"', run.source))


def _dictionary(steps: list[Step], name: str) -> Code:
    """Return the nested `nn.ModuleDict` of steps that are no chain; a dictionary with parameters takes modules too."""
    entries: dict[str, Code] = {}
    groups: dict[str, list[Step]] = {}
    for step in steps:
        child, dot, rest = step.path[len(name) + 1 :].partition(".")
        if dot:
            groups.setdefault(child, []).append(replace(step, path=f"{child}.{rest}"))
            entries.setdefault(child, "")
        else:
            entries.setdefault(child, step.source)
    entries |= {child: _dictionary(group, child) for child, group in groups.items()}
    items: tuple[Code, ...] = tuple(_item(key, source) for key, source in entries.items())
    owns = any(not step.is_module and "." not in step.path[len(name) + 1 :] for step in steps)
    return CallText("nn.ParameterDict" if owns else "nn.ModuleDict", (CallText("", items, "{", "}"),))


def _item(key: str, source: Code) -> Code:
    if isinstance(source, str):
        return f'"{key}": {source}'
    return replace(source, prefix=f'"{key}": {source.prefix}')


def _access(path: str) -> str:
    name, *keys = path.split(".")
    start = f"self.{name}" if is_plain(name) else f'getattr(self, "{name}")'
    return start + "".join(f'["{key}"]' for key in keys)


def is_plain(name: str) -> bool:
    """Tell whether an attribute of this name can be written behind a dot."""
    return name.isidentifier() and not iskeyword(name)
