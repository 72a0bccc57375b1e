"""Two hashes that say "the same network", of the graph and not of the text.

`function` is of what is computed at inference: ops in their normal form, attributes, shapes and wiring, no names.
`checkpoint` is the same with the key and shape of every tensor, in the order of the state dict. The number in front is
the version of what is hashed: hashes of different versions say nothing about each other. Ops go by their declared
names, and attributes at their declared default are left out, so that one that is added later changes no hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from archcompiler.compare.normal import NormalGraph
from archcompiler.compare.reading import Reading

VERSION = 2


def function_hash(reading: Reading) -> str:
    """Return the hash of what a network computes, such as `function-2:6f1e...`."""
    return _hash("function", _function_text(reading.normal))


def checkpoint_hash(reading: Reading) -> str:
    """Return the hash of what a network computes and of the tensors that it loads, such as `checkpoint-2:0c5a...`."""
    tensors = "\n".join(f"{key} {shape}" for key, shape in reading.weights.state_dict.items())
    return _hash("checkpoint", f"{_function_text(reading.normal)}\n{tensors}")


def version_of(text: str) -> int | None:
    """Return the version of what a hash was computed of; None where the text is no hash."""
    found = re.match(r"\w+-([0-9]+):", text)
    return int(found[1]) if found else None


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
        said = {each.name: each.default for each in node.op.attributes}
        attributes = sorted(item for item in node.attributes.items() if item[1] != said[item[0]])
        lines.append(f"{node.kind} {attributes} {inputs} {node.shape}")
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
