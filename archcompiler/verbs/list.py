"""`archc list`: what is shipped."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archcompiler.verbs import Outcome, json_text
from archcompiler.verbs.arguments import add_format

HELP = "name the shipped specs, or the documents of which their blocks are made"
EXAMPLES = """  archc list
  archc list resnext
  archc list --blocks     blocks, shortcuts, attentions, stems and heads"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("filter", nargs="?", default="", help="only names that contain this, in capitals or not")
    parser.add_argument("--blocks", action="store_true", help="name documents of blocks instead of specs")
    add_format(parser, "text", "json")


def run(args: Namespace) -> Outcome:
    """Print each name with the spec's own description."""
    from archcompiler.render.table import table
    from archcompiler.shipped import block_names, shipped_spec, spec_names
    from archcompiler.syntax.parse import read
    from archcompiler.tree import Scalar

    specs = []
    for name in block_names() if args.blocks else spec_names():
        path = shipped_spec(name)
        if path and args.filter.lower() in name:
            description = read(path).get("description")
            specs.append((name, str(description.value) if isinstance(description, Scalar) else ""))
    if args.format == "json":
        rows = [{"name": name, "description": description} for name, description in specs]
        return Outcome(json_text({"format_version": 1, "blocks" if args.blocks else "specs": rows}))
    if not specs:
        return Outcome(f"no shipped {'block' if args.blocks else 'spec'} has {args.filter!r} in its name")
    return Outcome(table(["name", "description"], specs))
