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
    the class that the expression reads, by the attribute that holds each. What stands under the paths is registered in
    the order of `rank`. A step of several `pieces` returns its own value and those of the steps behind it, which have
    none.
    """

    path: str
    source: Code
    expression: Code
    inputs: tuple[int, ...]
    ends_line: bool = False
    binds: Binds = CALL
    numbers: Mapping[str, str] = field(default_factory=dict)
    rank: int = 0
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


def members(steps: list[Step]) -> Members:
    """Gather steps under one attribute each: a chain becomes `nn.Sequential`, anything else `nn.ModuleDict`."""
    collapsed = _with_chains(steps)
    numbers: dict[str, Code] = {name: number for step in steps for name, number in step.numbers.items()}
    attributes: dict[str, Code] = {}
    groups: dict[str, list[Step]] = {}
    for step in sorted(collapsed, key=lambda step: step.rank):
        name, dot, _ = step.path.partition(".")
        if dot:
            groups.setdefault(name, []).append(step)
        if name:
            attributes.setdefault(name, "" if dot else step.source)
    attributes |= {name: _dictionary(group, name) for name, group in groups.items()}
    return Members(numbers | attributes, [replace(step, expression=_expression(step)) for step in collapsed])


def attribute_line(name: str, source: Code) -> tuple[str, Code, str]:
    """Return what stands before, the source, and what stands after, of an attribute's registration."""
    if is_plain(name):
        return f"self.{name} = ", source, ""
    return "", CallText("self.add_module", (f'"{name}"', source)), ""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A step, or a chain made one: it stands for the steps from `first` to `last`, and returns what the last does."""

    first: int
    last: int
    step: Step


def _with_chains(steps: list[Step]) -> list[Step]:
    """Return the steps with each outermost chain of submodules as one step; values are those of what is returned."""
    pieces = _Chains(steps).pieces(range(len(steps)), 0)
    values = {0: 0, **{piece.last + 1: index for index, piece in enumerate(pieces, 1)}}
    return [replace(piece.step, inputs=tuple(values[value] for value in piece.step.inputs)) for piece in pieces]


class _Chains:
    """Finds the chains among steps: each step reads the one before it, and nothing else reads what is between."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self._names = [step.path.split(".") for step in steps]
        self._uses = Counter(value for step in steps for value in step.inputs)

    def pieces(self, indices: Sequence[int], depth: int) -> list[_Piece]:
        """Return some steps, whose first `depth` names are the same, with each chain below a further name as one."""
        found = []
        groups: dict[str, list[int]] = {}
        for index in indices:
            if len(self._names[index]) > depth + 1:
                groups.setdefault(self._names[index][depth], []).append(index)
            else:
                found.append(_Piece(index, index, self._steps[index]))
        for group in groups.values():
            below = self.pieces(group, depth + 1)
            chain = self._chain(group, below, depth + 1)
            found += below if chain is None else [chain]
        return sorted(found, key=lambda piece: piece.first)

    def _chain(self, indices: list[int], below: list[_Piece], depth: int) -> _Piece | None:
        """Return the steps below one path as one `nn.Sequential`, where they are a chain, each name once."""
        first, last = indices[0], indices[-1]
        if len(indices) <= last - first or not all(map(self._continues, range(first + 1, last + 1))):
            return None
        names = [piece.step.path.split(".") for piece in below]
        attributes = {path[depth]: piece.step.source for path, piece in zip(names, below, strict=True)}
        ranks = [piece.step.rank for piece in below]
        is_chain = ranks == sorted(ranks) and all(self._steps[index].is_module for index in indices)
        if len(attributes) < len(below) or not is_chain:
            return None
        path = ".".join(self._names[first][:depth])
        ends_line = any(self._steps[index].ends_line for index in indices)
        inputs = self._steps[first].inputs
        return _Piece(first, last, Step(path, _sequential(attributes), "", inputs, ends_line, rank=ranks[0]))

    def _continues(self, index: int) -> bool:
        """Tell whether a step is all that reads the one before it, and reads nothing else."""
        return self._steps[index].inputs == (index,) and self._uses[index] == 1


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
    """Return the nested `nn.ModuleDict` of steps that are no chain; a dictionary with parameters takes modules too.

    `nn.ParameterDict` sorts the keys of a `dict`, and takes pairs in their order.
    """
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
    owns = any(not step.is_module and "." not in step.path[len(name) + 1 :] for step in steps)
    if owns and list(entries) != sorted(entries):
        pairs = tuple(CallText("", (f'"{key}"', source)) for key, source in entries.items())
        return CallText("nn.ParameterDict", (CallText("", pairs, "[", "]"),))
    items: tuple[Code, ...] = tuple(_item(key, source) for key, source in entries.items())
    return CallText("nn.ParameterDict" if owns else "nn.ModuleDict", (CallText("", items, "{", "}"),))


def _item(key: str, source: Code) -> Code:
    if isinstance(source, str):
        return f'"{key}": {source}'
    return replace(source, prefix=f'"{key}": {source.prefix}')


def _expression(step: Step) -> Code:
    """Return the expression of a step, with that of the module or parameter under its path."""
    if not step.path or not isinstance(step.expression, str):
        return step.expression
    access = _access(step.path)
    return step.expression.replace("{parameter}", access) or f"{access}({{}})"


def _access(path: str) -> str:
    name, *keys = path.split(".")
    start = f"self.{name}" if is_plain(name) else f'getattr(self, "{name}")'
    return start + "".join(f'["{key}"]' for key in keys)


def is_plain(name: str) -> bool:
    """Tell whether an attribute of this name can be written behind a dot."""
    return name.isidentifier() and not iskeyword(name)
