"""The `init_weights` of a network: what fills its tensors as their ops declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from archcompiler.backends.pytorch.classes import BlockClass
from archcompiler.backends.pytorch.layout import CallText, Code, lines
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
    filled = ["        for module in self.modules():", *cases] if cases else []
    filled += _constant_lines(graph, classes)
    return ["    def init_weights(self) -> None:", *(filled or ["        pass"])]


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
    of_class: dict[str, dict[Code, None]] = {}
    of_network: list[Code] = []
    for call in graph.calls:
        if call.path in classes:
            of_class.setdefault(classes[call.path].name, {}).update(dict.fromkeys(_fills(call, "module", call.paths)))
        else:
            of_network += _fills(call, "self", map(call.full_path, call.paths))
    alike: dict[tuple[Code, ...], list[str]] = {}
    for name, filled in of_class.items():
        if filled:
            alike.setdefault(tuple(filled), []).append(name)
    result = ["        for module in self.modules():"] if alike else []
    for word, (fills, names) in zip(["if", *["elif"] * len(alike)], alike.items(), strict=False):
        kinds: Code = names[0] if len(names) == 1 else CallText("", tuple(names))
        result += lines(CallText("isinstance", ("module", kinds)), " " * 12, f"{word} ", ":")
        result += [line for fill in fills for line in lines(fill, " " * 16)]
    return result + [line for fill in of_network for line in lines(fill, " " * 8)]


def _fills(call: Call, owner: str, paths: Iterable[str]) -> Iterator[Code]:
    for node, path in zip(call.body.nodes, paths, strict=True):
        starts = RULES[type(node.op)].starts
        for tensor in node.op.tensors():
            if tensor.initial != starts.get(tensor.name):
                yield _fill(_tensor_access(owner, tensor_key(path, tensor.name)), tensor.initial)


def _fill(tensor: Code, value: object) -> Code:
    name = {0.0: "zeros_", 1.0: "ones_"}.get(value) if isinstance(value, float) else None
    return CallText(f"nn.init.{name}", (tensor,)) if name else CallText("nn.init.constant_", (tensor, repr(value)))


def _tensor_access(owner: str, key: str) -> Code:
    path, _, name = key.rpartition(".")
    module: Code = f"{owner}.{path}" if path else owner
    if path and not is_plain(path):
        module = CallText(f"{owner}.get_submodule", (f'"{path}"',))
    ending = f".{name}" if is_plain(name) else f'.get_parameter("{name}")'
    return f"{module}{ending}" if isinstance(module, str) else replace(module, close=f"){ending}")
