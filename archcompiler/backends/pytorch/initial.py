"""The `init_weights` of a network: what fills its tensors as their ops declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archcompiler.backends.pytorch.classes import BlockClass
from archcompiler.backends.pytorch.members import is_plain
from archcompiler.backends.pytorch.rules import RULES
from archcompiler.graph import ops
from archcompiler.graph.ir import Call, Graph, tensor_key


def init_lines(graph: Graph, classes: dict[str, BlockClass]) -> list[str]:
    """Return `init_weights`: the initialisation of torchvision's ResNets (He et al., arXiv:1502.01852, fan out)."""
    used = {type(node.op) for call in graph.calls for node in call.body.nodes}
    cases = _CONV_CASE if any(issubclass(op, ops.Convolution) for op in used) else []
    kinds = [rule.resets for op, rule in RULES.items() if op in used and rule.resets]
    if kinds:
        kind = kinds[0] if len(kinds) == 1 else f"({', '.join(kinds)})"
        word = "elif" if cases else "if"
        cases = [*cases, f"            {word} isinstance(module, {kind}):", "                module.reset_parameters()"]
    lines = ["        for module in self.modules():", *cases] if cases else []
    lines += _constant_lines(graph, classes)
    return ["    def init_weights(self) -> None:", *(lines or ["        pass"])]


_CONV_CASE = [
    "            if isinstance(module, nn.Conv2d):",
    "                nn.init.kaiming_normal_(",
    '                    module.weight, mode="fan_out", nonlinearity="relu"',
    "                )",
    "                if module.bias is not None:",
    "                    nn.init.zeros_(module.bias)",
]


def _constant_lines(graph: Graph, classes: dict[str, BlockClass]) -> list[str]:
    """Return what fills the tensors that start otherwise than their modules' `reset_parameters` leaves them."""
    of_class: dict[str, dict[str, None]] = {}
    of_network: list[str] = []
    for call in graph.calls:
        if call.path in classes:
            of_class.setdefault(classes[call.path].name, {}).update(dict.fromkeys(_fills(call, "module", call.paths)))
        else:
            of_network += _fills(call, "self", map(call.full_path, call.paths))
    filled = {name: fills for name, fills in of_class.items() if fills}
    result = ["        for module in self.modules():"] if filled else []
    for word, (name, fills) in zip(["if", *["elif"] * len(filled)], filled.items(), strict=False):
        result += [f"            {word} isinstance(module, {name}):", *(f"                {fill}" for fill in fills)]
    return result + [f"        {fill}" for fill in of_network]


def _fills(call: Call, owner: str, paths: Iterable[str]) -> Iterator[str]:
    for node, path in zip(call.body.nodes, paths, strict=True):
        starts = RULES[type(node.op)].starts
        for tensor in node.op.tensors():
            if tensor.initial != starts.get(tensor.name):
                yield _fill(_tensor_access(owner, tensor_key(path, tensor.name)), tensor.initial)


def _fill(tensor: str, value: object) -> str:
    name = {0.0: "zeros_", 1.0: "ones_"}.get(value) if isinstance(value, float) else None
    return f"nn.init.{name}({tensor})" if name else f"nn.init.constant_({tensor}, {value!r})"


def _tensor_access(owner: str, key: str) -> str:
    path, _, name = key.rpartition(".")
    if not path:
        return f"{owner}.{name}" if is_plain(name) else f'{owner}.get_parameter("{name}")'
    module = f"{owner}.{path}" if is_plain(path) else f'{owner}.get_submodule("{path}")'
    return f"{module}.{name}" if is_plain(name) else f'{module}.get_parameter("{name}")'
