"""Write a graph as PyTorch source: the text that `--emit python` saves is the text that `build` runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from keyword import iskeyword
from textwrap import wrap

from archcompiler.backends.pytorch.classes import BlockClass, block_classes
from archcompiler.backends.pytorch.constructors import ADD_IN_PLACE, EXPRESSIONS, HELPERS, Values, constructor
from archcompiler.backends.pytorch.forward import forward_lines
from archcompiler.backends.pytorch.layout import LINE_LENGTH, CallText, Code, lines
from archcompiler.backends.pytorch.members import Step, attribute_line, members
from archcompiler.graph import ops
from archcompiler.graph.ir import Body, Graph, Node, full_path

_RESERVED = {"OrderedDict", "Tensor", "LayerNorm2d", "BlurPool2d", "Subsample", "PadChannels", "None", "True", "False"}


@dataclass(frozen=True, slots=True)
class Source:
    """A module's text and the name of the network's class in it."""

    text: str
    class_name: str


def source(graph: Graph) -> Source:
    """Return the source of a graph: helper modules, one class for each structure of block, the network."""
    network = class_name(graph.name)
    classes = block_classes(graph, _RESERVED | {network})
    used = {type(node.op) for call in graph.calls for node in call.body.nodes}
    parts = [text.rstrip("\n") for op, text in HELPERS.items() if op in used]
    parts += [_block_source(block) for block in {block.name: block for block in classes.values()}.values()]
    parts.append(_network_source(graph, network, classes))
    code = "\n\n\n".join(parts)
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
    imports += ["import torch"] if "torch.flatten(" in code or "torch.empty(" in code else []
    imports += ["import torch.nn.functional as F"] if "F." in code else []
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


def _block_source(block: BlockClass) -> str:
    steps = _body_steps(block.body, block.values)
    arguments: tuple[Code, ...] = tuple(
        f"{p.name}: int" if p.default is None else f"{p.name}: int = {p.default}" for p in block.parameters
    )
    methods = _methods(steps, arguments, first=block.body.registered_first)
    return "\n".join([f"class {block.name}(nn.Module):", *methods])


def _network_source(graph: Graph, name: str, classes: dict[int, BlockClass]) -> str:
    steps = _network_steps(graph, classes)
    method = [*_methods(steps, ("*", "init_weights: bool = True"), after=_CALL_INIT)]
    init = _init_lines(graph, classes)
    split = next(index for index, line in enumerate(method) if line.startswith("    def forward"))
    return "\n".join([f"class {name}(nn.Module):", *method[:split], *init, "", *method[split:]])


def _methods(
    steps: list[Step], arguments: tuple[Code, ...], after: list[str] | None = None, first: tuple[str, ...] = ()
) -> list[str]:
    found = members(steps, first)
    result = lines(CallText("__init__", ("self", *arguments)), "    ", "def ", " -> None:")
    result.append("        super().__init__()")
    for name, code in found.attributes.items():
        before, code, behind = attribute_line(name, code)
        result += lines(code, "        ", before, behind)
    result += after or []
    return [*result, "", "    def forward(self, x: Tensor) -> Tensor:", *forward_lines(found.steps)]


def _body_steps(body: Body, values: Values) -> list[Step]:
    uses = Counter(value for node in body.nodes for value in node.inputs)
    in_place = _paths_in_place(body, uses)
    return [_step(node, node.path, values, in_place, body, uses) for node in body.nodes]


def _step(node: Node, path: str, values: Values, in_place: dict[str, bool], body: Body, uses: Counter[int]) -> Step:
    ends_line = isinstance(node.op, (ops.Activation, ops.Pool, ops.BlurPool, ops.GridPool))
    if isinstance(node.op, ops.Add) and _may_be_overwritten(node.inputs[0], body, uses):
        return Step("", "", ADD_IN_PLACE, node.inputs)
    if type(node.op) in EXPRESSIONS:
        return Step("", "", EXPRESSIONS[type(node.op)], node.inputs)
    code = constructor(node.op, values, in_place=in_place.get(node.path, False))
    return Step(path, code, "", node.inputs, ends_line)


def _may_be_overwritten(value: int, body: Body, uses: Counter[int]) -> bool:
    """Tell whether nobody else reads a value, and its own gradient does not: a sum in place saves a tensor."""
    return value > 0 and uses[value] == 1 and isinstance(body.nodes[value - 1].op, (ops.Conv, ops.BatchNorm))


def _paths_in_place(body: Body, uses: Counter[int]) -> dict[str, bool]:
    """Return which activations may overwrite their input: nobody else reads it and it is not the caller's."""
    result: dict[str, bool] = {}
    for node in body.nodes:
        if isinstance(node.op, ops.Activation):
            value = node.inputs[0]
            free = value > 0 and uses[value] == 1
            result[node.path] = result.get(node.path, True) and free
    return result


def _network_steps(graph: Graph, classes: dict[int, BlockClass]) -> list[Step]:
    """Return the whole network as one chain of steps: inlined ops and calls of block classes."""
    steps: list[Step] = []
    for call in graph.calls:
        start = len(steps)
        if not call.inline:
            block = classes[id(call.body)]
            steps.append(
                Step(call.path, CallText(block.name, block.arguments(call.body)), "", (start,), ends_line=True)
            )
            continue
        uses = Counter(value for node in call.body.nodes for value in node.inputs)
        in_place = _paths_in_place(call.body, uses)
        for node in call.body.nodes:
            step = _step(node, full_path(call, node), {}, in_place, call.body, uses)
            inputs = tuple(value + start for value in step.inputs)
            steps.append(Step(step.path, step.source, step.expression, inputs, step.ends_line))
    return steps


def _init_lines(graph: Graph, classes: dict[int, BlockClass]) -> list[str]:
    """Return `init_weights`: the initialisation of torchvision's ResNets (He et al., arXiv:1502.01852, fan out)."""
    used = {type(node.op) for call in graph.calls for node in call.body.nodes}
    result = [
        "    def init_weights(self) -> None:",
        "        for module in self.modules():",
    ]
    word = "if"
    if ops.Conv in used:
        result += [
            "            if isinstance(module, nn.Conv2d):",
            "                nn.init.kaiming_normal_(",
            '                    module.weight, mode="fan_out", nonlinearity="relu"',
            "                )",
            "                if module.bias is not None:",
            "                    nn.init.zeros_(module.bias)",
        ]
        word = "elif"
    kinds = [name for op, name in _RESETTABLE.items() if op in used]
    kind = kinds[0] if len(kinds) == 1 else f"({', '.join(kinds)})"
    result += [f"            {word} isinstance(module, {kind}):", "                module.reset_parameters()"]
    return result + _zero_init_lines(graph, classes)


def _zero_init_lines(graph: Graph, classes: dict[int, BlockClass]) -> list[str]:
    scales: dict[str, str] = {}
    for call in graph.calls:
        for node in call.body.nodes:
            if getattr(node.op, "zero_scale", False) and not call.inline:
                scales[classes[id(call.body)].name] = node.path
    result = ["        for module in self.modules():"] if scales else []
    for word, (name, path) in zip(["if", *["elif"] * len(scales)], scales.items(), strict=False):
        access = f'module.get_submodule("{path}")' if "." in path else f"module.{path}"
        result += [f"            {word} isinstance(module, {name}):"]
        result += [f"                nn.init.zeros_({access}.weight)"]
    return result


_CALL_INIT = ["", "        if init_weights:", "            self.init_weights()"]
_RESETTABLE = {
    ops.BatchNorm: "nn.BatchNorm2d",
    ops.GroupNorm: "nn.GroupNorm",
    ops.LayerNorm: "nn.LayerNorm",
    ops.SequenceConv: "nn.Conv1d",
    ops.BlurPool: "BlurPool2d",
    ops.Linear: "nn.Linear",
}
