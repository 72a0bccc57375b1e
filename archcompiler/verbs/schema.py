"""`archc schema`: the language's JSON Schema, for editors and other validators."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archcompiler.verbs import Outcome

HELP = "print the language's JSON Schema, or where it lies"
EXAMPLES = """  archc schema --path
  check-jsonschema --schemafile "$(archc schema --path)" my_net.yaml"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--path", action="store_true", help="print the path of the installed file")


def run(args: Namespace) -> Outcome:
    """Print the schema or its path."""
    from archcompiler.shipped import shipped

    path = shipped("schemas") / "architecture.json"
    return Outcome(str(path) if args.path else path.read_text(encoding="utf-8").rstrip("\n"))
