"""`archc explain`: what a code or a field means, what a block consists of, and how one is written."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archcompiler.verbs import Outcome, Usage, json_text
from archcompiler.verbs.arguments import add_format
from archcompiler.verbs.complete import complete

HELP = "say what the code of a fault, a field of the language or a block means"
EXAMPLES = """  archc explain G001                 why, what fails, and the same mended
  archc explain bottleneck_width     a field: its values, its default
  archc explain head.pool
  archc explain bottleneck           a block: its fields and its steps
  archc explain stems/deep           a stem, head, shortcut or attention
  archc explain my_block.yaml
  archc explain block                how a block is written
  archc explain                      every code"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    topic = parser.add_argument(
        "topic",
        nargs="?",
        metavar="CODE|FIELD|BLOCK",
        help="a code such as G001, a field, a block or its file (default: list of codes)",
    )
    complete(topic, "topics")
    add_format(parser, "text", "json")


def run(args: Namespace) -> Outcome:
    """Explain one code or field, or list the codes."""
    from archcompiler.blocks.page import document_page
    from archcompiler.diagnostics import CODES
    from archcompiler.explain.field import field_pages
    from archcompiler.explain.page import read_page
    from archcompiler.render import explain as render
    from archcompiler.render.document import page_text

    as_json = args.format == "json"
    if args.topic is None:
        return Outcome(json_text(render.codes_document()) if as_json else render.codes_text())
    if args.topic.upper() in CODES:
        page = read_page(args.topic.upper())
        return Outcome(json_text(render.page_document(page)) if as_json else render.page_text(page))
    fields, found = field_pages(args.topic), document_page(args.topic)
    if as_json and (fields or found):
        return Outcome(json_text(render.topic_document(fields, [found] if found else [])))
    texts = [_guide()] if args.topic == "block" else [page_text(found)] if found else []
    if texts or fields:
        return Outcome("\n\n".join([*texts, *([render.fields_text(fields)] if fields else [])]))
    raise Usage(_unknown(args.topic))


def _guide() -> str:
    from archcompiler.blocks.guide import guide
    from archcompiler.render.document import guide_text

    return guide_text(guide())


def _unknown(topic: str) -> str:
    import re
    from difflib import get_close_matches

    from archcompiler.diagnostics import CODES
    from archcompiler.explain.field import fields_that_take, known_fields, mentions, near_fields
    from archcompiler.schema.spellings import meant_field

    if fields := fields_that_take(topic):
        return f"{topic!r} is a value: see {' or '.join(f'`archc explain {field}`' for field in fields)}"
    *above, key = topic.split(".")
    if above and key in known_fields():
        return f"{topic!r} is no field: there is no `{key}` in `{'.'.join(above)}`; see `archc explain {key}`"
    if meant := meant_field(key, known_fields()):
        return f"{topic!r} is no field: {meant.help}"
    if value := _of_another_library(topic):
        return f"{topic!r} is no code and no field; see {value}"
    if topic in re.findall(r"\w+", _guide()):
        return f"{topic!r} is explained by `archc explain block`"
    if told := mentions(topic):
        return f"{topic!r} is explained by {' and '.join(f'`archc explain {field}`' for field in told)}"
    near = [*get_close_matches(topic.upper(), CODES, n=2, cutoff=0.7), *near_fields(topic)]
    hint = f"did you mean {' or '.join(near[:3])}?" if near else "`archc explain` lists the codes"
    return f"{topic!r} is no code and no field: {hint}"


def _of_another_library(topic: str) -> str:
    """Return what a word of another library means as a block, activation, norm or another choice; "" where nothing."""
    from archcompiler.schema.language import language
    from archcompiler.schema.spellings import meant_value

    schema = language().schema
    kinds = {"block": "stage", **{kind: kind for kind in ("activation", "norm", "attention", "shortcut", "pool")}}
    for kind, name in kinds.items():
        if meant := meant_value(kind, topic, schema.definition(name)["x-choice"]["cases"]):
            return f"`archc explain {kind}`: {meant.help}"
    return ""
