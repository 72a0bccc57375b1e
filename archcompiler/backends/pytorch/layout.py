"""Python calls as small trees, laid out as ruff format lays them out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Union

LINE_LENGTH = 88
"""ruff format's default: the emitted file stands in somebody else's repository."""


@dataclass(frozen=True, slots=True)
class CallText:
    """`name(argument, ...)`; an argument may carry a prefix such as `stride=` or `*`. `close` ends it.

    The arguments of a generator, `*(element for i in range(3))`, have no comma between them: an empty `separator`.
    """

    name: str
    arguments: tuple[Code, ...]
    opening: str = "("
    close: str = ")"
    prefix: str = ""
    exploded: bool = False
    separator: str = ","


Code = Union[str, CallText]


def lines(code: Code, indent: str, before: str = "", after: str = "") -> list[str]:
    """Return code as lines: on one where it fits, else one argument a line, each with its separator."""
    flat = f"{indent}{before}{one_line(code)}{after}"
    if isinstance(code, str) or not code.arguments:
        return [flat]
    if len(flat) <= LINE_LENGTH and not _is_exploded(code):
        return [flat]
    result = [f"{indent}{before}{code.prefix}{code.name}{code.opening}"]
    for argument in code.arguments:
        result += _argument_lines(argument, indent + "    ", code.separator)
    return [*result, f"{indent}{code.close}{after}"]


def _argument_lines(code: Code, indent: str, after: str) -> list[str]:
    """Return an argument as lines: a sum that does not fit has each term on its own, inside the call's brackets."""
    if not isinstance(code, str) or len(indent + code + after) <= LINE_LENGTH:
        return lines(code, indent, after=after)
    *terms, last = _terms(code)
    return [*(indent + term for term in terms), indent + last + after]


def _terms(text: str) -> list[str]:
    """Return the terms of a sum, each but the first with its sign; brackets stay whole."""
    terms: list[str] = []
    for part in re.split(r" (?=[+-] )", text):
        if terms and _is_open(terms[-1]):
            terms[-1] += f" {part}"
        else:
            terms.append(part)
    return terms


def _is_open(text: str) -> bool:
    return sum(map(text.count, "([")) > sum(map(text.count, ")]"))


def one_line(code: Code) -> str:
    """Return code without a line break."""
    if isinstance(code, str):
        return code
    arguments = f"{code.separator} ".join(map(one_line, code.arguments))
    return f"{code.prefix}{code.name}{code.opening}{arguments}{code.close}"


def filled(code: Code, operands: Sequence[str]) -> Code:
    """Return code with operands in place of its `{}`, in their order."""
    return _filled(code, iter(operands))


def _filled(code: Code, operands: Iterator[str]) -> Code:
    if isinstance(code, str):
        return "".join(part if part != "{}" else next(operands) for part in re.split(r"(\{\})", code))
    name = str(_filled(code.name, operands))
    return replace(code, name=name, arguments=tuple(_filled(each, operands) for each in code.arguments))


def _is_exploded(code: Code) -> bool:
    return isinstance(code, CallText) and (code.exploded or any(map(_is_exploded, code.arguments)))
