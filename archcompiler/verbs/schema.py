"""`archc schema`: the language's JSON Schema, for editors and other validators."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from archcompiler.diagnostics import Diagnostic
from archcompiler.verbs import FINDINGS, FINE, Outcome, Usage
from archcompiler.verbs.arguments import add_limits, add_output

HELP = "print the language's JSON Schema, or where it lies, or one that knows a project's own blocks"
EXAMPLES = """  archc schema --path
  check-jsonschema --schemafile "$(archc schema --path)" my_net.yaml
  archc schema --project -o .archc/architecture.json --force
  archc schema --project --check                     exit 1 where that is stale"""
_FILE = "architecture.json"


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--path", action="store_true", help="print the path of the installed file")
    which.add_argument(
        "--project",
        nargs="?",
        const=".",
        metavar="FOLDER",
        help="with the blocks of the block files and specs below a folder (default: the working folder)",
    )
    add_output(parser, f"the file to write (default: print it; with --check: .archc/{_FILE} of the repository)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where that file is out of date")
    add_limits(parser)


def run(args: Namespace) -> Outcome:
    """Print the schema or its path, write it, or hold a file against it."""
    from archcompiler.output import write_file
    from archcompiler.render.excerpt import visible
    from archcompiler.shipped import shipped
    from archcompiler.verbs.files import SCHEMAS

    path = shipped("schemas") / _FILE
    if args.path and (args.output or args.check):
        raise Usage("--path prints a path: it goes without -o and --check")
    if args.path:
        return Outcome(str(path))
    text, faults = path.read_text(encoding="utf-8"), list[Diagnostic]()
    if args.project is not None:
        text, faults = _of_project(args.project)
    code, told = FINDINGS if faults else FINE, _told(faults, args)
    if args.check:
        said = _stale(args, text)
        return Outcome(said, FINDINGS if said else code, told)
    if args.output is None:
        return Outcome(text.rstrip("\n"), code, told)
    if (folder := Path(args.output).parent).name == SCHEMAS:
        folder.mkdir(exist_ok=True)
    write_file(args.output, text, force=args.force)
    return Outcome(f"wrote {visible(args.output)}", code, told)


def _of_project(folder: str) -> tuple[str, list[Diagnostic]]:
    """Return the text of the schema that knows the blocks below a folder, and what is wrong with them."""
    from archcompiler.blocks.project import project_blocks
    from archcompiler.verbs.files import below

    if not os.path.isdir(folder):
        raise Usage(f"--project takes a folder, and {folder!r} is none")
    found = project_blocks(below(folder))
    return json.dumps(found.schema(), indent=1) + "\n", list(found.faults)


def _told(faults: list[Diagnostic], args: Namespace) -> str:
    from archcompiler.render.sources import text_of
    from archcompiler.render.text import render

    return render(faults, colour=args.colour, sources=text_of) if faults else ""


def _stale(args: Namespace, text: str) -> str:
    """Return that a committed file is not the schema, and what writes it; empty where it is."""
    from archcompiler.render.excerpt import visible
    from archcompiler.verbs.files import schema_folder

    target = args.output or os.path.relpath(schema_folder(Path(args.project or ".", _FILE)) / _FILE)
    try:
        if Path(target).read_text(encoding="utf-8") == text:
            return ""
        state = "is out of date"
    except FileNotFoundError:
        state = "is not there"
    except (OSError, UnicodeDecodeError):
        state = "cannot be read"
    project = "" if args.project is None else f" --project{'' if args.project == '.' else f' {args.project}'}"
    return visible(f"{target} {state}: write it by `archc schema{project} -o {target} --force`")
