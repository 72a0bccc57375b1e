"""`archc explain`: what a code or a field means."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archcompiler.verbs import Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format
from archcompiler.verbs.complete import complete

HELP = "say what the code of a fault, or a field of the language, means"
EXAMPLES = """  archc explain G001                 why, what fails, and the same mended
  archc explain bottleneck_width     a field: its values, its default
  archc explain head.pool
  archc explain                      every code"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    topic = parser.add_argument(
        "topic", nargs="?", metavar="CODE|FIELD", help="a code such as G001, or a field (default: list)"
    )
    complete(topic, "topics")
    add_format(parser, "text", "json")


def run(args: Namespace) -> Outcome:
    """Explain one code or field, or list the codes."""
    from archcompiler.diagnostics import CODES
    from archcompiler.explain.field import field_pages
    from archcompiler.explain.page import read_page
    from archcompiler.render import explain as render

    as_json = args.format == "json"
    if args.topic is None:
        return Outcome(json_text(render.codes_document()) if as_json else render.codes_text())
    if args.topic.upper() in CODES:
        page = read_page(args.topic.upper())
        return Outcome(json_text(render.page_document(page)) if as_json else render.page_text(page))
    if fields := field_pages(args.topic):
        return Outcome(json_text(render.fields_document(fields)) if as_json else render.fields_text(fields))
    raise Usage(_unknown(args.topic))


def _unknown(topic: str) -> str:
    from difflib import get_close_matches

    from archcompiler.diagnostics import CODES
    from archcompiler.explain.field import fields_that_take, known_fields, near_fields
    from archcompiler.schema.spellings import meant_field

    if fields := fields_that_take(topic):
        return f"{topic!r} is a value: see {' or '.join(f'`archc explain {field}`' for field in fields)}"
    if meant := meant_field(topic.split(".")[-1], known_fields()):
        return f"{topic!r} is no field: {meant}"
    near = [*get_close_matches(topic.upper(), CODES, n=2, cutoff=0.7), *near_fields(topic)]
    hint = f"did you mean {' or '.join(near[:3])}?" if near else "`archc explain` lists the codes"
    return f"{topic!r} is no code and no field: {hint}"
