"""Pages of which parts are written by a program, between `<!-- generated: NAME -->` and `<!-- end -->`."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PART = re.compile(r"(?<=<!-- generated: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)


def with_parts(page: str, parts: Mapping[str, str]) -> str:
    """Return a page with its parts written anew; ValueError where it does not name each part once."""
    named = [found[1] for found in _PART.finditer(page)]
    if sorted(named) != sorted(parts):
        raise ValueError(f"the page has the parts {', '.join(named)}, where there are {', '.join(parts)}")
    return _PART.sub(lambda found: f"{found[1]}{found[2]}\n{parts[found[1]]}\n\n", page)
