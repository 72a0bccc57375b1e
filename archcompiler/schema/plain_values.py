"""Values that are sound by the simplest keywords of JSON Schema, and so need no library to say so."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from archcompiler.tree import Plain

_CLASSES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}
_SILENT = frozenset(("description", "default", "examples", "then"))
_Holds = Callable[[Any, Any], bool]
_OF_NUMBERS: dict[str, _Holds] = {
    "minimum": lambda limit, value: value >= limit,
    "maximum": lambda limit, value: value <= limit,
    "exclusiveMinimum": lambda limit, value: value > limit,
    "exclusiveMaximum": lambda limit, value: value < limit,
    "multipleOf": lambda step, value: type(step) is type(value) is int and value % step == 0,
}
_OF_TEXTS: dict[str, _Holds] = {
    "pattern": lambda pattern, value: re.fullmatch(pattern, value) is not None,
    "minLength": lambda least, value: len(value) >= least,
    "maxLength": lambda most, value: len(value) <= most,
}
_OF_LISTS: dict[str, _Holds] = {
    "items": lambda described, values: all(is_plainly_sound(described, value) for value in values),
    "minItems": lambda least, values: len(values) >= least,
    "maxItems": lambda most, values: len(values) <= most,
}
_OF_ONE_KIND = {**_OF_NUMBERS, **_OF_TEXTS, **_OF_LISTS}
_OF_CLASS: dict[type, dict[str, _Holds]] = {int: _OF_NUMBERS, float: _OF_NUMBERS, str: _OF_TEXTS, list: _OF_LISTS}


def is_plainly_sound(described: dict[str, Any], value: Plain) -> bool:
    """Tell whether a value is sound beyond doubt; False leaves it to the library, which also says what is wrong."""
    if isinstance(value, float) and not math.isfinite(value):
        return False
    own, words = _OF_CLASS.get(type(value), {}), described.get("then")
    for keyword, said in described.items():
        if keyword == "if":
            if said != {"type": "string"} or (isinstance(value, str) and not is_plainly_sound(words or {}, value)):
                return False
        elif keyword in own:
            if not own[keyword](said, value):
                return False
        elif keyword not in _OF_ONE_KIND and not _holds(keyword, said, value):
            return False
    return True


def _holds(keyword: str, said: Any, value: Plain) -> bool:
    """Tell whether a keyword that speaks of all kinds of values surely holds."""
    if keyword == "type":
        return any(type(value) in _CLASSES[kind] for kind in (said if isinstance(said, list) else [said]))
    if keyword == "enum":
        return any(type(value) is type(each) and value == each for each in said)
    if keyword == "const":
        return type(value) is type(said) and value == said
    return keyword in _SILENT or keyword.startswith("x-")
