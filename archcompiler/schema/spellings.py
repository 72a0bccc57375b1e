"""What a word that is none of the language's may mean: a word of another library, or a mere slip."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from archcompiler.schema import dictionary
from archcompiler.schema.dictionary import BLOCKS_CAN_BE_WRITTEN, NO_WORD, PHRASES
from archcompiler.schema.language import read_schema

_SHORTEST_SLIP = 4  # letters; one letter makes another word of a shorter one
_SHORTEST_SUBSTITUTION = 6  # `stem` is no slip of `step`, nor `scope` of `slope`

_SUFFIX = re.compile("(block|module|layer|unit)$")
"""What a library puts behind the name of a block: `RepVGGBlock` is `repvgg`."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a word means, in words; `certain` is what to write in its place, where it can mean nothing else."""

    help: str
    certain: str | None = None


def meant_value(field: str, word: str, allowed: Iterable[str]) -> Meant | None:
    """Return the value of a field that a word of another library means: `BatchNorm2d` is `batch`."""
    known, plain = {_plain(name): name for name in allowed}, _plain(word)
    same = [plain, *_meanings(dictionary.SAME_VALUES.get(field, {}), plain)]
    for name in (known[_plain(each)] for each in same if _plain(each) in known):
        return Meant(f"`{word}` is `{name}` here", None if _is_bare_layer(field, word, plain) else name)
    without = known.get(_SUFFIX.sub("", plain), "") if field == "block" else ""
    for name in [without, *_meanings(dictionary.LIKE_VALUES.get(field, {}), plain)]:
        if name in known.values():
            return Meant(f"`{word}` is `{name}` here")
    for name in _meanings(dictionary.NEAREST_BLOCKS, plain) if field == "block" else ():
        if name in known.values():
            return Meant(f"the nearest is `{name}`; {BLOCKS_CAN_BE_WRITTEN}")
    if plain in dictionary.STEPS.get(field, "").split():
        return Meant(f"`{word}` is a kind of step, and no {field}: see `archc explain {plain}`")
    if plain in dictionary.OTHER_VALUES.get(field, "").split():
        return Meant(f"`{word}` is none of these under another name: {NO_WORD}")
    return None


def _meanings(words: Mapping[str, str], word: str) -> list[str]:
    """Return what a word is called here."""
    return [name for name, others in words.items() if word in others.split()]


def _plain(word: str) -> str:
    return re.sub(r"[\W_]|(?<=[a-z])[123]d$", "", word.lower())


def _is_bare_layer(field: str, word: str, plain: str) -> bool:
    """Tell whether a block is called by the name of a bare layer: `Conv2d` has no norm, and `conv` has one."""
    return field == "block" and word.lower().endswith("d") and not plain.endswith("d")


def meant_field(word: str, fields: Collection[str]) -> Meant | None:
    """Return the field that a name of another library means: `groups` is `cardinality`."""
    key = word.lower()
    same = [name for name in (key, *_meanings(dictionary.SAME_FIELDS, key)) if name in fields]
    if same:
        return Meant(f"`{word}` is `{same[0]}` here", same[0])
    names = [name for name in _meanings(dictionary.LIKE_FIELDS, key) if name in fields]
    if names:
        return Meant(f"`{word}` is {' or '.join(f'`{name}`' for name in names)} here")
    return Meant(PHRASES[key]) if key in PHRASES else None


def names_of(word: str) -> list[str]:
    """Return what a name of any library is called here: itself first, then its fields here."""
    key = word.lower()
    return [key, *_meanings(dictionary.SAME_FIELDS, key), *_meanings(dictionary.LIKE_FIELDS, key)]


def slip(word: str, names: Collection[str]) -> str | None:
    """Return the key of which a word is a mere slip: one edit away from it alone, and no word that anybody knows."""
    if len(names_of(word)) > 1 or word.lower() in PHRASES or word.lower() in _fields_anywhere():
        return None
    found = [name for name in names if _is_slip(word, name)]
    return found[0] if len(found) == 1 else None


def near_keys(word: str, names: Collection[str]) -> list[str]:
    """Return the keys that a word might be meant for, two at most."""
    return get_close_matches(word.lower(), names, n=2, cutoff=0.7)


def near_values(word: str, names: Collection[str]) -> list[str]:
    """Return the values that a word might be meant for, two at most.

    What has letters in front of a known word or behind it is most often another function: `prelu`, `identity_pad`.
    """
    near = get_close_matches(word.lower(), names, n=2, cutoff=0.7)
    near += [name for name in names if name.startswith(word.lower()) and name not in near]
    return [name for name in near if _is_offered(word.lower(), name)][:2]


def _is_offered(word: str, name: str) -> bool:
    is_long = min(len(word), len(name)) >= _SHORTEST_SLIP
    return is_long and word[0] == name[0] and (name not in word or _is_doubled(word, name))


@cache
def _fields_anywhere() -> frozenset[str]:
    definitions = read_schema("architecture.json")["$defs"].values()
    return frozenset(key for described in definitions for key in described.get("properties", ()))


def _is_slip(word: str, name: str) -> bool:
    """Tell whether one edit makes the name of the word, and no plain one: a letter in front or behind, a digit."""
    same = next((at for at in range(min(len(word), len(name))) if word[at] != name[at]), min(len(word), len(name)))
    rest, wanted = word[same:], name[same:]
    if min(len(word), len(name)) < _SHORTEST_SLIP or re.sub("[^0-9]", "", word) != re.sub("[^0-9]", "", name):
        return False
    if len(word) == len(name):
        is_swap = rest[2:] == wanted[2:] and rest[:2] == wanted[1::-1]
        return is_swap or (rest[1:] == wanted[1:] and len(name) >= _SHORTEST_SUBSTITUTION)
    if len(word) == len(name) + 1:
        return rest[1:] == wanted and (name not in word or _is_doubled(word, name))
    return rest == wanted[1:]


def _is_doubled(word: str, name: str) -> bool:
    """Tell whether a word is a name with its first or last letter written twice."""
    return word in (name[0] + name, name + name[-1])
