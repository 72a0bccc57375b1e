"""Where the parser's events begin and end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from yaml import events

if TYPE_CHECKING:
    from yaml import _yaml, error

    Mark = Union[error.Mark, _yaml.Mark]


def is_plain(event: events.ScalarEvent) -> bool:
    """Tell whether a scalar has neither quotes nor a tag."""
    return event.tag is None and event.implicit[0]


def is_nothing(event: events.Event) -> bool:
    """Tell whether nothing is written where a value could stand."""
    return isinstance(event, events.ScalarEvent) and start_of(event).index == end_of(event).index


def start_of(event: events.Event) -> Mark:
    """Return where an event begins; parsers give every event a mark, which the stubs leave open."""
    mark = event.start_mark
    if mark is None:
        raise ValueError("an event without a mark")
    return mark


def end_of(event: events.Event) -> Mark:
    """Return where an event ends."""
    mark = event.end_mark
    if mark is None:
        raise ValueError("an event without a mark")
    return mark
