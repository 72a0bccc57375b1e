"""Put what the schema forbids into words: one function for each kind of fault."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archcompiler.diagnostics import Diagnostic, Edit, Fix, Label
from archcompiler.schema.dictionary import BLOCKS_CAN_BE_WRITTEN
from archcompiler.schema.spellings import meant_field, meant_value, near_keys, near_values, slip
from archcompiler.span import Span
from archcompiler.tree import Entry, Mapping, Plain

if TYPE_CHECKING:
    from jsonschema import ValidationError

_EXPECTED = {
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
_RANGES = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
}
_FORMS = {
    "name": "letters, digits and _, a letter first",
    "stages": "letters, digits and _, a letter first",
    "after": "the name of a stage",
    "printed": "a figure as it is printed",
    "measured": "a whole number, or height x width",
    "ignore": "the code of a warning, such as L004",
    "names": "a role: words in small letters, joined by dots",
    "override": 'a selector: first, last, odd, even, a number such as "0", or a range such as "1..4"',
}
"""What the patterns mean, by the key whose value or whose own keys they hold for."""
_NAME, _OF_NAME = "^[a-z][a-z0-9_]*$", "a name in small letters, digits and _"
_STAGES = "each stands under a name of its own, as in `layer1: {...}`, with no `- `"
_MOST_OF_BLOCKS, _MOST_LISTED = 12, 24
_FLOAT = re.compile(r"-?[0-9]{1,18}\.[0-9]{1,18}([eE][-+][0-9]{1,3})?")  # so spelled, YAML 1.1 and 1.2 read the same
_LENGTHS = {"minLength": "at least", "maxLength": "at most"}


def fields_said(node: Mapping, fields: Collection[str]) -> Counter[str]:
    """Return how often an object says each field, by whatever word."""
    found = (meant_field(key, fields) for key in node.entries)
    return Counter(meant.certain for meant in found if meant and meant.certain)


def unknown_key(
    what: str,
    key: str,
    node: Mapping,
    fields: Iterable[str],
    owner: str | None,
    said: Counter[str],
    *,
    of_block: bool,
) -> Diagnostic:
    """Report a key that the object does not have; `owner` says which object has it, and by which name.

    `of_block`: its fields are those of blocks, which can be written. A field that the object says by another word too,
    as `said` has them, is not offered a second time.
    """
    span, message, allowed = node.entries[key].key_span, f"{what} has no field `{key}`", list(fields)
    if meant := meant_field(key, allowed):
        fix = _write(meant.certain, span) if meant.certain and said[meant.certain] == 1 else None
        return Diagnostic("S001", message, span, meant.help, fix=fix)
    if owner:
        return Diagnostic("S001", message, span, f"`{key}` is {owner}")
    slipped = slip(key, allowed)
    fix = _write(slipped, span) if slipped and not said[slipped] else None
    return Diagnostic(
        "S001", message, span, _offer(near_keys(key, allowed)) or _every(allowed, of_block=of_block), fix=fix
    )


def _every(fields: Sequence[str], *, of_block: bool) -> str:
    """Return which fields an object has; those of blocks and the kinds of steps are too many to read."""
    if of_block and len(fields) > _MOST_OF_BLOCKS:
        return f"no block here has it; {BLOCKS_CAN_BE_WRITTEN}"
    if len(fields) > _MOST_LISTED:
        return "`archc explain block` lists the kinds of steps"
    return f"the fields are {_listed(fields)}" if fields else "it has no fields"


def wrong_type(name: str, types: Iterable[str], found: Plain, span: Span, words: Sequence[str] = ()) -> Diagnostic:
    """Report a value of a type that the field does not take; `words` are the only strings that it takes."""
    kinds = [_EXPECTED[kind] for kind in types if kind != "null" and not (kind == "string" and words)]
    expected = " or ".join([*kinds, *(f"`{word}`" for word in words)])
    message = f"{name}: expected {expected}, found {_found(found)}"
    meant = _meant_number(found, types)
    if meant is None:
        stages = _STAGES if name == "stages" and isinstance(found, list) else None
        return Diagnostic("S002", message, span, stages or _sides(types, found))
    help_text = f"write {meant}{' without quotes' if isinstance(found, str) else ''}"
    fix = Fix(f"write {meant}", (Edit(span, str(meant)),))
    return Diagnostic("S002", message, span, help_text, fix=fix)


def useless_null(name: str, span: Span, *, required: bool) -> Diagnostic:
    """Report a null that removes nothing."""
    reason = (
        "the key is required" if required else "null removes what a document inherits, and nothing is inherited here"
    )
    return Diagnostic("S002", f"{name}: expected a value, found null", span, reason)


def empty_value(name: str, span: Span) -> Diagnostic:
    """Report a key with nothing behind it: a slip of indentation, or a null that nobody sees."""
    help_text = "indent what belongs to it below it; write `null` to remove what is inherited"
    return Diagnostic("S002", f"{name}: expected a value, found nothing", span, help_text)


def misplaced(fault: Diagnostic, key: str, kind: str) -> Diagnostic:
    """Report a value of the wrong type where its key is that of a field one level below."""
    return replace(fault, help=f"`{key}` is a field of a {kind}: indent it below the name of the {kind}")


def missing_key(what: str, names: Iterable[str], span: Span, description: str) -> Diagnostic:
    """Report that an object has none of the keys of which it needs one."""
    wanted = " or ".join(f"`{name}`" for name in names)
    return Diagnostic("S003", f"{what} lacks {wanted}", span, description)


def not_allowed(
    name: str, found: Plain, allowed: Sequence[Plain], span: Span, *, dictionary: str | None = None
) -> Diagnostic:
    """Report a value that is none of the allowed ones; `dictionary` is the field whose words are meant, if another."""
    choices = [str(choice) for choice in allowed if choice is not None]
    message = f"{name}: expected {_one_of(name, choices)}, found {_found(found)}"
    if name == "archc":
        version = f"this archc reads version {choices[0]} of the language: write it, or take another archc"
        return Diagnostic("S004", message, span, version)
    if meant := meant_value(dictionary or name, str(found), choices):
        return Diagnostic("S004", message, span, meant.help, fix=_write(meant.certain, span))
    near = _offer(near_values(str(found), choices))
    return Diagnostic("S004", message, span, near or (BLOCKS_CAN_BE_WRITTEN if name == "block" else None))


def _one_of(name: str, choices: Sequence[str]) -> str:
    """Return what is allowed in words; blocks are too many to be listed."""
    if name == "block":
        return "one that `archc list --blocks` names"
    return f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]


def field_as_word(name: str, field: str, span: Span) -> Diagnostic:
    """Report the name of a field where a word stands, and what the field says is meant."""
    message = f"{name}: expected a type, or a field as `$NAME`, found the string {_short(field)}"
    return Diagnostic("S004", message, span, f"what the field says is `${field}`", fix=_write(f"${field}", span))


def bad_form(name: str, found: str, pattern: str, span: Span, help_text: str | None) -> Diagnostic:
    """Report a string that does not have the form it needs."""
    form = _OF_NAME if pattern == _NAME else _FORMS.get(name, f"a match of {pattern}")
    if pattern == _NAME and "[" in found:
        help_text = "a step's maps are named one by one, and no name has items: write the name of each"
    return Diagnostic("S006", f"{name}: expected {form}, found {_short(found)}", span, help_text)


def bad_key(what: str, key: str, pattern: str, span: Span, named: Iterable[str]) -> Diagnostic:
    """Report a key that the writer chose and that does not have the form it needs."""
    words = list(named)
    return replace(
        bad_form(what, key, pattern, span, _offer(near_keys(key, words))), fix=_write(slip(key, words), span)
    )


def both_given(what: str, given: Sequence[tuple[str, Entry]]) -> Diagnostic:
    """Report alternatives of which more than one is given."""
    names = " and ".join(f"`{name}`" for name, _ in given)
    labels = tuple(Label(entry.key_span, f"`{name}` is given here") for name, entry in given)
    help_text = "they are alternatives: write one of them"
    return Diagnostic("S007", f"{what} gives {names}", given[-1][1].key_span, help_text, labels)


def from_error(name: str, error: ValidationError, span: Span, owner: str) -> Diagnostic:
    """Put what jsonschema says about one value of an object into words."""
    keyword = str(error.validator)
    limit: Any = error.validator_value
    found: Any = error.instance
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    if keyword == "type":
        types = limit if isinstance(limit, list) else [limit]
        fault = wrong_type(name, types, found, span, schema.get("then", {}).get("enum", ()))
        return replace(fault, help=f'write "{found}"') if _is_unquoted(types, found, schema) else fault
    if keyword in ("enum", "const"):
        union = owner.partition(".")[0] if name == "type" else None
        return not_allowed(name, found, limit if keyword == "enum" else [limit], span, dictionary=union)
    if keyword in _RANGES:
        return Diagnostic("S005", f"{name}: expected {_RANGES[keyword]} {limit}, found {found}", span)
    if keyword in _LENGTHS:
        message = (
            f"{name}: expected {_LENGTHS[keyword]} {limit} character{'' if limit == 1 else 's'}, found {len(found)}"
        )
        return Diagnostic("S006", message, span)
    if keyword == "pattern":
        examples = [f"`{example}`" for example in schema.get("examples", ())]
        return bad_form(name, found, str(limit), span, f"for example {' or '.join(examples)}" if examples else None)
    return Diagnostic("S002", f"{name}: expected a list of {limit}, found a list of {len(found)}", span)


def _found(value: Plain) -> str:
    """Name a value and its type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, str):
        return f"the string {_short(value)}"
    if isinstance(value, (int, float)):
        return f"the {'integer' if isinstance(value, int) else 'number'} {value}"
    return "a list" if isinstance(value, list) else "a mapping"


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _meant_number(found: Plain, types: Iterable[str]) -> int | str | None:
    """Return the number that a float or a quoted text says where one of these types is wanted, if it says one."""
    kinds = set(types)
    if "integer" in kinds and isinstance(found, float) and found.is_integer():
        return int(found)
    if kinds & {"integer", "number"} and isinstance(found, str) and re.fullmatch(r"-?[0-9]{1,18}", found):
        return int(found)
    return found if "number" in kinds and isinstance(found, str) and _FLOAT.fullmatch(found) else None


def _is_unquoted(types: Iterable[str], found: Plain, schema: dict[str, Any]) -> bool:
    """Tell whether an integer would be right as a string."""
    is_integer = isinstance(found, int) and not isinstance(found, bool)
    takes_strings = "string" in types and "integer" not in types and "then" not in schema
    return is_integer and takes_strings and bool(re.fullmatch(schema.get("pattern", ".*"), str(found)))


def _sides(types: Iterable[str], found: Plain) -> str | None:
    """Return how to write a height and a width that are written as one word."""
    sides = re.fullmatch(r"([0-9]{1,9})x([0-9]{1,9})", found) if isinstance(found, str) and "array" in types else None
    return f"write [{sides[1]}, {sides[2]}]" if sides else None


def _offer(names: Sequence[str]) -> str | None:
    return f"did you mean {' or '.join(f'`{name}`' for name in names)}?" if names else None


def _write(name: str | None, span: Span) -> Fix | None:
    return Fix(f"write `{name}`", (Edit(span, name),)) if name else None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
