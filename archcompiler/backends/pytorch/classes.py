"""Which classes a graph's blocks need, and what each block passes to its class.

A block has a class where its path is a module that holds its own layers and no others. Blocks of one structure share
it: same ops, roles, paths and wiring, the same literals, and named numbers computed by the same expressions. What then
differs between them are the values of names: those become the constructor's arguments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

from archcompiler.backends.pytorch.splits import splits
from archcompiler.graph.ir import Body, Call, Graph, outwards
from archcompiler.graph.named import Expression, Named, NamedFloat, expression_of, names_in, substitute

_BY_POSITION = ("in_channels", "channels")
_SIZES = (*_BY_POSITION, "width")
_Signature = tuple[object, ...]
_Structure = tuple[Body, tuple[str, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A constructor argument, with its default where it has one."""

    name: str
    default: int | float | None
    type: str = "int"


@dataclass(frozen=True, slots=True, eq=False)
class BlockClass:
    """One class to emit: a call that stands for all of its kind, and the names that stay names in its source."""

    name: str
    call: Call
    parameters: tuple[Parameter, ...]
    values: dict[str, Expression]

    def arguments(self, body: Body) -> tuple[str, ...]:
        """Return the argument sources for one body: sizes of the map by position, the rest by keyword."""
        given = [p for p in self.parameters if body.arguments[p.name] != p.default]
        return tuple(
            str(body.arguments[p.name]) if p.name in _BY_POSITION else f"{p.name}={body.arguments[p.name]}"
            for p in given
        )


def block_classes(graph: Graph, reserved: set[str]) -> dict[str, BlockClass]:
    """Return the classes of the blocks that have one, by their paths, in order of first use."""
    groups: dict[_Signature, list[Call]] = {}
    known: dict[_Structure, _Signature] = {}
    for call in _with_modules(graph):
        structure = (call.body, call.paths, call.registered)
        signature = known.get(structure) or known.setdefault(structure, _signature(call))
        groups.setdefault(signature, []).append(call)
    taken = set(reserved)
    classes: dict[str, BlockClass] = {}
    for calls in groups.values():
        name = _free_name(calls[0].body.class_name, taken)
        taken.add(name)
        block_class = _block_class(name, calls[0], [*dict.fromkeys(call.body for call in calls)])
        classes |= dict.fromkeys((call.path for call in calls), block_class)
    return classes


def _with_modules(graph: Graph) -> list[Call]:
    """Return the blocks whose path is a module of their own."""
    blocks = {call.path for call in graph.calls if call.kind == "block"}
    owners: Counter[str] = Counter()
    for call in graph.calls:
        modules = {outer for _, path in call.layers if path for outer in outwards(path)}
        owners.update(blocks & {call.path, *modules})
    return [call for call in graph.calls if call.kind == "block" and owners[call.path] == 1]


def _block_class(name: str, call: Call, bodies: list[Body]) -> BlockClass:
    body = call.body
    values: dict[str, Expression] = dict(body.aliases)
    parameters = []
    for argument in _used_names(body):
        numbers = {each.arguments[argument] for each in bodies}
        constant = min(numbers) if len(numbers) == 1 else None
        if argument in _SIZES:
            parameters.append(Parameter(argument, None))
        elif isinstance(min(numbers), float):
            parameters.append(Parameter(argument, 0.0 if 0 in numbers else constant, "float"))
        elif isinstance(constant, int) and constant in (0, 1):
            values[argument] = constant
        else:
            parameters.append(Parameter(argument, 1 if constant is None and 1 in numbers else constant))
    return BlockClass(name, call, tuple(sorted(parameters, key=_required_first)), values)


def _required_first(parameter: Parameter) -> tuple[bool, int]:
    order = _SIZES.index(parameter.name) if parameter.name in _SIZES else len(_SIZES)
    return parameter.default is not None, order


def _used_names(body: Body) -> list[str]:
    """Return the names that a body's ops mention, in the order in which the body knows them."""
    used = {
        name
        for node in body.nodes
        for value in _numbers(node.op.values)
        for name in names_in(substitute(expression_of(value), body.aliases))
    }
    return [name for name in body.arguments if name in used]


def _numbers(values: tuple[object, ...]) -> Iterator[Named | NamedFloat]:
    """Yield the numbers that carry an expression, also those of pairs."""
    for value in values:
        if isinstance(value, tuple):
            yield from _numbers(value)
        elif isinstance(value, (Named, NamedFloat)):
            yield value


def _signature(call: Call) -> _Signature:
    body = call.body
    ops = ((node.role, node.op.name, node.inputs, _structure(node.op.values, body)) for node in body.nodes)
    return (body.class_name, tuple(ops), call.paths, call.registered, tuple(splits(body)))


def _structure(values: tuple[object, ...], body: Body) -> tuple[Union[Expression, object], ...]:
    return tuple(
        substitute(expression_of(value), body.aliases)
        if isinstance(value, (Named, NamedFloat))
        else _structure(value, body)
        if isinstance(value, tuple)
        else value
        for value in values
    )


def _free_name(wanted: str, taken: set[str]) -> str:
    name, count = wanted, 2
    while name in taken:
        name, count = f"{wanted}{count}", count + 1
    return name
