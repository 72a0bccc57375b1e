"""Write a graph as PyTorch source: the text that `--emit python` saves is the text that `build` runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from keyword import iskeyword
from textwrap import wrap

from archcompiler.analyses.overwriting import overwritable
from archcompiler.backends.pytorch.classes import BlockClass, block_classes
from archcompiler.backends.pytorch.expressions import split
from archcompiler.backends.pytorch.forward import forward_lines
from archcompiler.backends.pytorch.helpers import HELPERS
from archcompiler.backends.pytorch.initial import init_lines
from archcompiler.backends.pytorch.layout import LINE_LENGTH, CallText, Code, lines
from archcompiler.backends.pytorch.members import Step, attribute_line, members
from archcompiler.backends.pytorch.rule import POSTFIX, Numbers, Values
from archcompiler.backends.pytorch.rules import RULES
from archcompiler.backends.pytorch.splits import splits
from archcompiler.graph import ops
from archcompiler.graph.ir import Body, Call, Graph, Node, Part
from archcompiler.graph.names import MODULE_ATTRIBUTES
from archcompiler.graph.shape import Shape

_MOST_KEPT = 32
"""Sources that are kept: whoever builds a network often, or one spec in several threads, writes it once."""
_RESERVED = {"OrderedDict", "Tensor", "None", "True", "False", *HELPERS}


@dataclass(frozen=True, slots=True)
class Source:
    """A module's text and the name of the network's class in it."""

    text: str
    class_name: str


def source(graph: Graph) -> Source:
    """Return the source of a graph: helper modules, one class for each structure of block, the network."""
    return _source(graph.name, graph.description, graph.input, graph.parts)


@lru_cache(maxsize=_MOST_KEPT)
def _source(name: str, description: str, input: Shape, parts: tuple[Part, ...]) -> Source:
    graph = Graph(name, description, input, parts)
    network = class_name(graph.name)
    classes = block_classes(graph, _RESERVED | {network})
    written = [_block_source(block) for block in {block.name: block for block in classes.values()}.values()]
    written.append(_network_source(graph, network, classes))
    code = "\n\n\n".join([*_helpers("\n".join(written)), *written])
    return Source(f"{_header(graph, code)}\n\n\n{code}\n", network)


def class_name(name: str) -> str:
    """Return a spec's name as a class name: `resnext50_32x4d` is `ResNet`-like `Resnext50_32x4d`."""
    words = [word[:1].upper() + word[1:] for word in name.split("_") if word]
    result = words[0]
    for word in words[1:]:
        result += f"_{word}" if result[-1].isdigit() and word[0].isdigit() else word
    return f"{result}Net" if result in _RESERVED or iskeyword(result) or result in ("F",) else result


def _header(graph: Graph, code: str) -> str:
    imports = ["from collections import OrderedDict", ""] if "OrderedDict(" in code else []
    imports += ["import torch"] if re.search(r"\btorch\.", code) else []
    imports += ["import torch.nn.functional as F"] if re.search(r"\bF\.", code) else []
    return "\n".join(
        [_docstring(graph.description or f"{graph.name}.", ""), "", *imports, "from torch import Tensor, nn"]
    )


def _docstring(description: str, indent: str) -> str:
    """Return a docstring that says the description, wrapped; none can break out, since what could end it is escaped."""
    words = "".join(each if each.isprintable() else " " for each in description).split()
    width = LINE_LENGTH - len(indent) - 6
    rows = _escaped_rows(words, width)
    if max(map(len, rows)) > width:
        rows = _escaped_rows(words, width // 2)  # an escape doubles its character at most
    if len(rows) == 1:
        return f'{indent}"""{rows[0]}"""'
    return "\n".join([f'{indent}"""{rows[0]}', *(indent + row for row in rows[1:]), f'{indent}"""'])


def _escaped_rows(words: Iterable[str], width: int) -> list[str]:
    """Return words in rows of a width before what would end or escape a docstring is escaped."""
    lines = wrap(" ".join(words), width) or [""]
    return [_CLOSING.sub(r"\\\g<0>", line.replace("\\", "\\\\")) for line in lines]


_CLOSING = re.compile('^"|"(?="|$)')  # of three in a row, and of one beside the docstring's own, none is left bare


def _helpers(code: str) -> list[str]:
    """Return the modules that PyTorch lacks and code uses, in their order, with those that these stand on."""
    used: set[str] = set()
    for name in reversed(HELPERS):
        if any(re.search(rf"(?<![\w.\"]){name}\b", each) for each in (code, *(HELPERS[other] for other in used))):
            used.add(name)
    return [text.rstrip("\n") for name, text in HELPERS.items() if name in used]


def _block_source(block: BlockClass) -> str:
    steps = _body_steps(block.call, block.values)
    arguments: tuple[Code, ...] = tuple(
        f"{p.name}: {p.type}" if p.default is None else f"{p.name}: {p.type} = {p.default}" for p in block.parameters
    )
    methods = _methods(steps, arguments)
    return "\n".join([f"class {block.name}(nn.Module):", *methods])


def _network_source(graph: Graph, name: str, classes: dict[str, BlockClass]) -> str:
    steps = _network_steps(graph, classes)
    method = [*_methods(steps, ("*", "init_weights: bool = True"), after=_CALL_INIT)]
    init = init_lines(graph, classes)
    split = next(index for index, line in enumerate(method) if line.startswith("    def forward"))
    return "\n".join([f"class {name}(nn.Module):", *method[:split], *init, "", *method[split:]])


def _methods(steps: list[Step], arguments: tuple[Code, ...], after: list[str] | None = None) -> list[str]:
    found = members(steps)
    result = lines(CallText("__init__", ("self", *arguments)), "    ", "def ", " -> None:")
    result.append("        super().__init__()")
    for name, code in found.attributes.items():
        before, code, behind = attribute_line(name, code)
        result += lines(code, "        ", before, behind)
    result += after or []
    return [*result, "", "    def forward(self, x: Tensor) -> Tensor:", *forward_lines(found.steps)]


def _body_steps(call: Call, values: Values, rank: int = 0) -> list[Step]:
    """Return the steps of a body, paths as they are below the call's; the first that is registered has a rank."""
    free = overwritable(call.body)
    ranks = {number: place for place, number in enumerate(call.registered, rank)}
    steps = [
        replace(_step(node, path, values, call, free), rank=ranks[number])
        for number, (node, path) in enumerate(zip(call.body.nodes, call.paths, strict=True))
    ]
    for place, pieces in splits(call.body).items():
        read = _forward_numbers(values, call)
        code, behind = split(pieces, read), place + len(pieces)
        first = replace(steps[place], expression=code, numbers=_attributes(read, call), pieces=len(pieces))
        steps[place:behind] = [first, *(replace(step, numbers={}, pieces=0) for step in steps[place + 1 : behind])]
    return steps


def _forward_numbers(values: Values, call: Call) -> Numbers:
    return Numbers(values, lambda name: f"self.{_attribute(name, call)}")


def _attributes(read: Numbers, call: Call) -> dict[str, str]:
    return {_attribute(name, call): name for name in read.read}


def _step(node: Node, path: str, values: Values, call: Call, free: frozenset[int]) -> Step:
    rule = RULES[type(node.op)]
    if rule.module and (path or not rule.expression):
        code = rule.module(node.op, Numbers(values), _may_overwrite(path, call, free))
        return Step(path, code, "", node.inputs, rule.ends_line)
    if _takes_sum(node, call.body, free):
        return Step("", "", "{}.add_({})", node.inputs, binds=POSTFIX)
    read = _forward_numbers(values, call)
    assert rule.expression
    return Step(
        path if rule.parameter else "",
        rule.parameter(node.op, Numbers(values)) if rule.parameter else "",
        rule.expression(node.op, read, len(node.inputs)),
        node.inputs,
        rule.ends_line,
        rule.binds,
        _attributes(read, call),
    )


def _attribute(number: str, call: Call) -> str:
    """Return the attribute that holds a number which `forward` reads: no module's, and none that PyTorch has."""
    taken = MODULE_ATTRIBUTES | {path.partition(".")[0] for path in call.paths}
    return f"{number}_" if number in taken else number


def _takes_sum(node: Node, body: Body, free: frozenset[int]) -> bool:
    """Tell whether a sum is written into its first input."""
    first = node.inputs[0]
    return isinstance(node.op, ops.Add) and first in free and RULES[type(body.nodes[first - 1].op)].takes_sums


def _may_overwrite(path: str, call: Call, free: frozenset[int]) -> bool:
    """Tell whether a module may overwrite its input, in every place where it runs."""
    runs = zip(call.body.nodes, call.paths, strict=True)
    return all(node.inputs[0] in free for node, other in runs if other == path)


def _network_steps(graph: Graph, classes: dict[str, BlockClass]) -> list[Step]:
    """Return the whole network as one chain of steps: calls of block classes, and the layers of all else."""
    steps: list[Step] = []
    rank = 0
    for part in graph.parts:
        ranks: dict[int, int] = {}
        for number in part.registered:
            ranks[number] = rank
            rank += 1 + len(part.calls[number].body.nodes)
        for number, call in enumerate(part.calls):
            steps += _call_steps(call, classes.get(call.path), len(steps), ranks[number])
    return steps


def _call_steps(call: Call, block: BlockClass | None, start: int, rank: int) -> list[Step]:
    """Return the steps of a call whose input is a value, the first that is registered with a rank."""
    if block is not None:
        return [
            Step(call.path, CallText(block.name, block.arguments(call.body)), "", (start,), ends_line=True, rank=rank)
        ]
    steps = _body_steps(call, call.body.arguments, rank)
    return [
        replace(step, path=call.full_path(step.path), inputs=tuple(value + start for value in step.inputs))
        for step in steps
    ]


_CALL_INIT = ["", "        if init_weights:", "            self.init_weights()"]
