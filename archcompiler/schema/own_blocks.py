"""The fields of a block: what its document says of each, over the shared definition of its name."""

from __future__ import annotations

from functools import lru_cache

import yaml

from archcompiler.schema.shapes import Json
from archcompiler.shipped import shipped


def own_fields(written: Json) -> Json:
    """Return the fields of a block: what each says over the shared definition of its name; null takes a key away."""
    shared = _shared()
    return {
        name: {key: value for key, value in {**shared.get(name, {}), **(own or {})}.items() if value is not None}
        for name, own in written.items()
    }


def is_shared_field(name: str) -> bool:
    """Tell whether there is a shared definition of a field of this name."""
    return name in _shared()


@lru_cache(maxsize=1)
def _shared() -> Json:
    return dict(yaml.safe_load((shipped("schemas") / "fields.yaml").read_text(encoding="utf-8")))
