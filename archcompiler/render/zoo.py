"""What is written of all shipped specs: the tables of `specs/README.md`, and the table that `archc list` reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from archcompiler.claims.check import Checked, check_spec
from archcompiler.claims.verdict import Verdict
from archcompiler.render.check import check_summary
from archcompiler.render.escape import Markdown, markdown
from archcompiler.render.marked import with_parts
from archcompiler.render.networks import TABLE, Network, networks_json
from archcompiler.render.table import Cell, markdown_table
from archcompiler.shipped import shipped, spec_names

PAGE = shipped("specs") / "README.md"
_NETWORKS = ("network", "what it is", "params", "MACs", "figures printed by", "verdict")
_DISAGREEMENTS = ("network", "quantity", "printed", "measured", "source", "why they differ")
_LIBRARY = re.compile(r"https://pytorch\.org/vision/\S+")


def zoo(results: Iterable[Checked]) -> str:
    """Return the page with its tables written anew; 20 stands before 110."""
    results = sorted(results, key=_by_number)
    families = groupby(results, key=lambda result: result.name.partition("/")[0])
    networks = (f"### {family}\n\n{markdown_table(_NETWORKS, map(_network, members))}" for family, members in families)
    known = [(result, claim) for result in results for claim in result.claims if claim.known]
    differing = markdown_table(_DISAGREEMENTS, (_disagreement(result, claim) for result, claim in known))
    parts = {"networks": "\n\n".join(networks), "disagreements": f"{differing}\n\n{check_summary(results)}."}
    return with_parts(PAGE.read_text(encoding="utf-8"), parts)


def _by_number(result: Checked) -> list[tuple[str, int]]:
    return [(text, int(number or 0)) for text, number in re.findall(r"(\D+)(\d*)", result.name)]


def _network(result: Checked) -> list[Cell]:
    sources = dict.fromkeys(_source(claim.source) for claim in result.claims)
    counts = [f"{result.analysis.get(key, 0):,}" for key in ("params", "macs")]
    return [_link(result), result.description, *counts, Markdown(", ".join(sources)), _verdict(result.claims)]


def _disagreement(result: Checked, claim: Verdict) -> list[Cell]:
    measured = f"{claim.measured:,}" if isinstance(claim.measured, int) else str(claim.measured)
    return [_link(result), claim.quantity, claim.printed, measured, claim.source, claim.known or ""]


def _link(result: Checked) -> Markdown:
    return Markdown(f"[{result.name.rpartition('/')[2]}]({result.name}.yaml)")


def _source(source: str) -> str:
    """Return a source as a link where it is one, without its table: a paper has one link in a row."""
    name = source.split(" ")[0]
    if name.startswith("arXiv:"):
        return f"[{name}](https://arxiv.org/abs/{name.removeprefix('arXiv:')})"
    if _LIBRARY.fullmatch(name):
        return f"[torchvision]({name})"
    return f"[{name.rpartition('/')[2]}]({name})" if name.startswith("https://") else markdown(source.partition(",")[0])


def _verdict(claims: Iterable[Verdict]) -> str:
    return ", ".join(f"{count} {word}" for word, count in _tally(list(claims)) if count)


def _tally(claims: Sequence[Verdict]) -> Iterator[tuple[str, int]]:
    yield "hold", sum(not claim.known and not claim.fault for claim in claims)
    yield "known not to", sum(claim.known is not None for claim in claims)
    yield "fail", sum(claim.fault is not None for claim in claims)


def networks(results: Iterable[Checked]) -> str:
    """Return the table of networks that `archc list` reads."""
    counts = ((result, result.analysis["params"], result.analysis["macs"]) for result in results)
    return networks_json(Network(result.name, result.description, *count) for result, *count in counts)


def main() -> None:
    """Write the page and the table beside the specs."""
    results = [check_spec(name) for name in spec_names()]
    PAGE.write_text(zoo(results), encoding="utf-8")
    TABLE.write_text(networks(results), encoding="utf-8")


if __name__ == "__main__":
    main()
