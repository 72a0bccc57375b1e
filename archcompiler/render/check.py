"""The verdicts on claims: as a table, as JSON, as markdown, as JUnit's XML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from xml.etree import ElementTree

from archcompiler.claims.check import Checked
from archcompiler.claims.left_out import LeftOut
from archcompiler.claims.verdict import Verdict
from archcompiler.render.diagnostics_json import document as diagnostics_document
from archcompiler.render.escape import markdown, xml
from archcompiler.render.excerpt import visible
from archcompiler.render.explanation import explanation_document, explanations_text
from archcompiler.render.room import folded
from archcompiler.render.table import Cell, markdown_table, table
from archcompiler.render.text import counted

_HEADER = ("spec", "quantity", "printed", "analysis", "torchinfo", "verdict", "source")
_VERDICT = _HEADER.index("verdict")
_HOLDS, _NO_CLAIMS, _AGREES = _AS_WANTED = ("holds", "no claims", "counts agree")


def check_table(results: Sequence[Checked], *, every: bool = True) -> str:
    """Return one row a claim, and one for a spec that claims nothing; without `every`, those alone that do not hold."""
    reasons = "\n".join(folded(visible(reason), hanging="  ") for reason in _reasons(results))
    rows = [row for row in _rows(results) if every or row[_VERDICT] not in _AS_WANTED]
    pages = (table(_HEADER, rows) if rows else "", reasons, explanations_text(results), check_summary(results))
    return "\n\n".join(page for page in pages if page)


def check_markdown(results: Sequence[Checked]) -> str:
    """Return the same as a markdown table."""
    reasons = "\n".join(f"- {markdown(reason)}" for reason in _reasons(results))
    explained = explanations_text(results, table=markdown_table, escape=markdown)
    pages = (markdown_table(_HEADER, _rows(results)), reasons, explained, check_summary(results))
    return "\n\n".join(page for page in pages if page)


def check_document(results: Sequence[Checked]) -> dict[str, object]:
    """Return the same as data."""
    return {"format_version": 1, "specs": [_spec_document(result) for result in results]}


def check_junit(results: Sequence[Checked]) -> str:
    """Return one test suite a spec and one test case a claim."""
    root = ElementTree.Element("testsuites", name="archc check")
    for result in results:
        suite = ElementTree.SubElement(root, "testsuite", name=xml(result.name), tests=str(len(result.claims)))
        for claim in result.claims:
            name = xml(f"{claim.quantity} = {claim.printed} ({claim.source})")
            case = ElementTree.SubElement(suite, "testcase", classname=xml(result.name), name=name)
            if claim.fault:
                ElementTree.SubElement(case, "failure", message=xml(claim.fault.message), type=claim.fault.code)
        for fault in result.faults:
            case = ElementTree.SubElement(suite, "testcase", classname=xml(result.name), name="compiles")
            ElementTree.SubElement(case, "error", message=xml(fault.message), type=fault.code)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def check_summary(results: Sequence[Checked]) -> str:
    """Return the last line: how many claims hold, disagree in a known way, or fail."""
    claims = [claim for result in results for claim in result.claims]
    failed = sum(claim.fault is not None for claim in claims)
    known = sum(claim.known is not None for claim in claims)
    unsound = sum(not result.sound for result in results)
    text = f"{counted(len(claims), 'claim')} of {counted(len(results), 'spec')}: {len(claims) - failed - known} hold"
    text += f", {known} disagree as their note says" if known else ""
    return f"{text}, {failed} fail" if not unsound else f"{text}, {failed} fail; {counted(unsound, 'spec')} not sound"


def _rows(results: Sequence[Checked]) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for result in results:
        rows += [_claim_row(result, claim) for claim in result.claims]
        if not result.claims:
            ours, theirs = result.analysis.get("params", ""), result.torchinfo.get("params", "")
            rows.append([result.name, "params", "", _count(ours), _count(theirs), _agreement(result), ""])
    return rows


def _reasons(results: Sequence[Checked]) -> list[str]:
    """Return why each known disagreement disagrees, as its note says, and what tools would print too few of."""
    reasons = []
    for result in results:
        known = [claim for claim in result.claims if claim.known]
        reasons += [f"{result.name}, {claim.quantity} {claim.printed}: {claim.known}" for claim in known]
        reasons += [f"{result.name}, {_left_out(found)}" for found in result.left_out]
    return reasons


def _left_out(found: LeftOut) -> str:
    layers = counted(found.layers, f"{found.op} layer")
    return f"as {found.tool} counts: {found.counted:,} of the {found.macs:,} multiply-adds of {layers}"


def _claim_row(result: Checked, claim: Verdict) -> list[Cell]:
    theirs = result.torchinfo.get(claim.quantity, "") if claim.policy == "all" else ""
    policy = "" if claim.policy == "all" else f" {claim.policy.replace('_', ' ')}"
    measured = "" if claim.measured is None else claim.measured
    name = f"{claim.quantity}{policy}"
    return [result.name, name, claim.printed, _count(measured), _count(theirs), _verdict(claim, result), claim.source]


def _verdict(claim: Verdict, result: Checked) -> str:
    if claim.fault:
        return f"FAILS ({claim.fault.code})"
    if claim.known:
        return "known to differ"
    theirs = result.torchinfo.get(claim.quantity)
    differs = theirs is not None and theirs != result.analysis[claim.quantity]
    return "COUNTS DIFFER" if differs else _HOLDS


def _agreement(result: Checked) -> str:
    if result.faults:
        return f"FAULTY ({result.faults[0].code})"
    if not result.torchinfo:
        return _NO_CLAIMS
    return _AGREES if result.sound else "COUNTS DIFFER"


def _count(value: int | str) -> str:
    return f"{value:,}" if isinstance(value, int) else value


def _spec_document(result: Checked) -> dict[str, object]:
    return {
        "name": result.name,
        "sound": result.sound,
        "analysis": result.analysis,
        "torchinfo": result.torchinfo,
        "claims": [claim_document(claim) for claim in result.claims],
        "explanations": [explanation_document(found) for found in result.explanations],
        "left_out": [asdict(found) for found in result.left_out],
        **{key: value for key, value in diagnostics_document(result.faults).items() if key == "diagnostics"},
    }


def claim_document(claim: Verdict) -> dict[str, object]:
    """Return one claim as data."""
    return {
        "quantity": claim.quantity,
        "source": claim.source,
        "policy": claim.policy,
        "printed": claim.printed,
        "measured": claim.measured,
        "verdict": "fails" if claim.fault else "known" if claim.known else "holds",
        "reason": claim.fault.message if claim.fault else claim.known,
    }
