"""The table of shipped networks, which `archc list` reads in place of their specs; and lists of networks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

from archcompiler.render.table import Cell, table
from archcompiler.shipped import shipped

TABLE = shipped("specs") / "networks.json"
"""What `archcompiler.render.zoo` writes: to compile 820 networks for a list takes some 20 seconds."""


@dataclass(frozen=True, slots=True)
class Network:
    """A spec or a document of a block, by what it says of itself; a document has no cost."""

    name: str
    description: str
    params: int | None = None
    macs: int | None = None


def shipped_networks() -> list[Network]:
    """Return every shipped network, by name."""
    rows = json.loads(TABLE.read_bytes())
    return [Network(name, **row) for name, row in rows.items()]


def networks_json(networks: Iterable[Network]) -> str:
    """Return the table as text, a line for each network, so that two branches that add one seldom conflict."""
    rows = (json.dumps({each.name: _said(each, without="name")}, ensure_ascii=False)[1:-1] for each in networks)
    return "{\n" + ",\n".join(rows) + "\n}\n"


def networks_table(networks: Sequence[Network], table: Callable[..., str] = table) -> str:
    """Return a row for each network; of documents, without columns for the cost that they have not."""
    if all(network.params is None for network in networks):
        return table(["name", "description"], [[each.name, each.description] for each in networks])
    rows: list[list[Cell]] = [[each.name, each.params or 0, each.macs or 0, each.description] for each in networks]
    return table(["name", "params", "MACs", "description"], rows)


def networks_document(networks: Iterable[Network]) -> list[dict[str, object]]:
    """Return the same as data."""
    return [_said(network) for network in networks]


def _said(network: Network, without: str = "") -> dict[str, object]:
    return {key: value for key, value in asdict(network).items() if value is not None and key != without}
