"""Two hashes that say "the same network", of the graph and not of the text.

`function` is of what is computed at inference: ops in their normal form, attributes, shapes and wiring, no names.
`checkpoint` is the same with the key and shape of every tensor, in the order of the state dict. The number in front is
the version of what is hashed: hashes of different versions say nothing about each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from archcompiler.compare.normal import NormalGraph
from archcompiler.compare.reading import Reading

VERSION = 1


def function_hash(reading: Reading) -> str:
    """Return the hash of what a network computes, such as `function-1:6f1e...`."""
    return _hash("function", _function_text(reading.normal))


def checkpoint_hash(reading: Reading) -> str:
    """Return the hash of what a network computes and of the tensors that it loads, such as `checkpoint-1:0c5a...`."""
    tensors = "\n".join(f"{key} {shape}" for key, shape in reading.weights.state_dict.items())
    return _hash("checkpoint", f"{_function_text(reading.normal)}\n{tensors}")


def _hash(name: str, text: str) -> str:
    return f"{name}-{VERSION}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _function_text(graph: NormalGraph) -> str:
    """Return the nodes that the output depends on, each behind its inputs, so that no order of recording matters."""
    numbers = {0: 0}
    lines = [f"input {graph.input}"]
    for value in _needed(graph):
        node = graph.nodes[value - 1]
        numbers[value] = len(numbers)
        inputs = [numbers[each] for each in node.inputs]
        lines.append(f"{node.kind} {sorted(node.attributes.items())} {inputs} {node.shape}")
    return "\n".join(lines)


def _needed(graph: NormalGraph) -> Iterator[int]:
    """Yield the values that the output is computed from, inputs first."""
    seen: set[int] = {0}
    waiting = [graph.output]
    while waiting:
        value = waiting[-1]
        missing = [each for each in graph.nodes[value - 1].inputs if each not in seen] if value not in seen else []
        if missing:
            waiting.append(missing[0])
            continue
        waiting.pop()
        if value not in seen:
            seen.add(value)
            yield value
