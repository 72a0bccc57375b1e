"""`archc new`: start a variant of a spec, with completion in the editor from the first line."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser, Namespace
from pathlib import Path

from archcompiler.verbs import Outcome, Usage
from archcompiler.verbs.arguments import add_output

HELP = "start a variant that extends a spec"
EXAMPLES = """  archc new my_net --extends resnext/resnext50_32x4d
  archc new wide --extends ./my_net.yaml -o nets/wide.yaml"""
SCHEMA_COPY = Path(".archc") / "architecture.json"


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", metavar="NAME", help="the network's name: letters, digits, _")
    parser.add_argument("--extends", required=True, metavar="SPEC", help="a shipped name, or a path")
    add_output(parser, "the file to write (default: NAME.yaml)")


def run(args: Namespace) -> Outcome:
    """Write the spec, and a copy of the schema into the repository where it has none."""
    from archcompiler.output import write_file
    from archcompiler.resolve import load_spec
    from archcompiler.shipped import shipped

    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{,99}", args.name):
        raise Usage(f"{args.name!r} is no name: write letters, digits and _, a letter first, 100 at most")
    load_spec(args.extends)
    target = Path(args.output or f"{args.name}.yaml")
    copy = _repository(target) / SCHEMA_COPY
    said = [f"wrote {target}"]
    text = _spec_text(args.name, _extends(args.extends, target), os.path.relpath(copy, target.parent))
    write_file(str(target), text, force=args.force)
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        write_file(str(copy), (shipped("schemas") / "architecture.json").read_text(encoding="utf-8"), force=False)
        said.append(f"wrote {os.path.relpath(copy)}, which editors read through the first line: commit both")
    return Outcome("\n".join(said))


def _spec_text(name: str, extends: str, schema: str) -> str:
    from archcompiler.render.spec import scalar_text

    return (
        f"# yaml-language-server: $schema={Path(schema).as_posix()}\n"
        f"archc: 1\n"
        f"name: {name}\n"
        f"description: {scalar_text(f'A variant of {extends}.')}\n"
        f"extends: {scalar_text(extends)}\n"
    )


def _extends(base: str, target: Path) -> str:
    """Return the base as the new file must say it: a shipped name as it is, a path relative to the new file."""
    if not os.path.lexists(base):
        return base
    return Path(os.path.relpath(base, target.parent)).as_posix()


def _repository(target: Path) -> Path:
    """Return the root of the git repository that the file will lie in, else the file's own folder."""
    folder = target.absolute().parent
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)
