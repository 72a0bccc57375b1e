"""What a value in a block document may be, as far as the document alone tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from archcompiler.schema.language import read_schema

Json = dict[str, Any]


@dataclass(frozen=True)
class Type:
    """What a value may be: any of these.

    `words` are the words that it may be, None any word. `object` is the union or object of the language that it may be,
    `variants` the types that its `type` may say. `item` is what the items of a list are, `most` how many it may have.
    """

    number: bool = False
    condition: bool = False
    map: bool = False
    maps: bool = False
    words: frozenset[str] | None = frozenset()
    object: str = ""
    variants: frozenset[str] = frozenset()
    item: Type | None = None
    most: int | None = None

    @property
    def has_words(self) -> bool:
        """Tell whether it may be a word."""
        return self.words is None or bool(self.words)

    @property
    def compared(self) -> frozenset[str] | None:
        """The words that it is compared with: an object is compared by its type."""
        return None if self.words is None else self.words | self.variants

    def fits(self, wanted: Type) -> bool:
        """Tell whether everything that it may be is wanted."""
        kinds = all(getattr(wanted, kind) or not getattr(self, kind) for kind in ("number", "condition", "map", "maps"))
        words = wanted.words is None or (self.words is not None and self.words <= wanted.words)
        items = self.item is None or (wanted.item is not None and self.item.fits(wanted.item))
        return kinds and words and items and self.object in ("", wanted.object)

    def without_words(self) -> Type:
        """Return what else it may be."""
        return replace(self, words=frozenset())

    def narrowed(self, word: str, *, holds: bool) -> Type:
        """Return what it may be where it is a word, or is not; of an object, where its type is."""
        if self.object:
            return replace(self, variants=frozenset((word,)) if holds else self.variants - {word})
        if holds:
            return Type(words=frozenset((word,)))
        return self if self.words is None else replace(self, words=self.words - {word})

    def __str__(self) -> str:
        kinds = [
            *(["a number"] if self.number else []),
            *(["a condition"] if self.condition else []),
            *(["a word"] if self.words is None else [f"`{word}`" for word in sorted(self.words)]),
            *([f"the {self.object}"] if self.object else []),
            *([f"a list of {'numbers' if self.item.number else 'words'}"] if self.item else []),
            *(["a map"] if self.map else []),
            *(["the maps of a repeat"] if self.maps else []),
        ]
        return " or ".join(kinds)


NUMBER, CONDITION, MAP, MAPS = Type(number=True), Type(condition=True), Type(map=True), Type(maps=True)


def word_type(words: frozenset[str] | None) -> Type:
    """Return the type of a word that is one of some; of any, where they are None."""
    return Type(words=words)


def joined(first: Type | None, second: Type | None) -> Type | None:
    """Return what a value may be that is of one of two types; None where that is not known."""
    if first is None or second is None or (first.object and second.object and first.object != second.object):
        return None
    return Type(
        number=first.number or second.number,
        condition=first.condition or second.condition,
        map=first.map or second.map,
        maps=first.maps or second.maps,
        words=None if first.words is None or second.words is None else first.words | second.words,
        object=first.object or second.object,
        variants=first.variants | second.variants,
        item=first.item or second.item,
        most=max(first.most, second.most) if first.most and second.most else None,
    )


def field_type(field: Json, *, computed: bool = False) -> Type | None:
    """Return the type of a field, as its definition or the schema says it; None where that says none.

    Where a value may be `computed`, that the schema takes a string is no matter of its type.
    """
    target = field.get("union") or field.get("x-union") or field.get("object")
    target = target or str(field.get("$ref", "")).removeprefix("#/$defs/")
    if target:
        return object_type(target)
    enum = field.get("enum")
    words = [*(field.get("words") or field.get("x-words") or ()), *field.get("then", {}).get("enum", ())]
    words += [word for word in enum if isinstance(word, str)] if isinstance(enum, list) else []
    said = field.get("type", [])
    types = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    items = field.get("items")
    any_word = "string" in types and not words and not computed
    found = Type(
        number="integer" in types or "number" in types,
        condition="boolean" in types,
        words=None if any_word else frozenset(map(str, words)),
        item=field_type(items, computed=computed) if "array" in types and isinstance(items, dict) else None,
    )
    found = replace(found, most=field.get("maxItems")) if found.item else found
    return None if found == Type() else found


def object_type(name: str) -> Type:
    """Return the type of an object of the language, or of a union whose `type` may say each of its variants."""
    choice = _definition(name).get("x-choice", {})
    return Type(object=name, variants=frozenset(choice.get("cases", ())))


def part_of(found: Type, name: str) -> tuple[Type | None, frozenset[str]]:
    """Return the type of a part of an object, and those of its variants that lack it; KeyError where all do."""
    if not found.variants:
        return field_type(_definition(found.object)["properties"][name]), frozenset()
    if name == "type":
        return word_type(found.variants), frozenset()
    having = [variant for variant in sorted(found.variants) if name in _parts(found.object, variant)]
    if not having:
        raise KeyError(name)
    return field_type(_parts(found.object, having[0])[name]), found.variants - {*having}


def parts_of(found: Type) -> list[str]:
    """Return the names of the parts that an object may have."""
    if not found.variants:
        return list(_definition(found.object)["properties"])
    return sorted({name for variant in found.variants for name in _parts(found.object, variant)})


def _parts(union: str, variant: str) -> Json:
    """Return what an object of a union has where it is of a variant."""
    parts: Json = _definition(f"{union}.{variant}")["properties"]
    return parts


def _definition(name: str) -> Json:
    found: Json = read_schema("architecture.json")["$defs"][name]
    return found
