"""`archc fmt`: give specs their one canonical layout."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from archcompiler.diagnostics import Diagnostic, SpecError
from archcompiler.verbs import FINDINGS, FINE, UNUSABLE, Outcome, Usage

HELP = "lay specs out in the canonical way: keys in order, stages in columns, comments kept"
EXAMPLES = """  archc fmt my_net.yaml
  archc fmt my_net.yaml --diff
  archc fmt specs/*.yaml --check"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a file, a folder, or - for standard input")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; print what would change")


def run(args: Namespace) -> Outcome:
    """Format each file in place; one that is not well-formed hinders no other."""
    from archcompiler.output import write_file
    from archcompiler.render.excerpt import visible
    from archcompiler.syntax.files import DISK
    from archcompiler.verbs.files import difference, spec_files

    if "-" in args.files:
        return _standard_input(args)
    files = list(dict.fromkeys(spec_files(args.files)))
    said: list[str] = []
    faults: list[Diagnostic] = []
    unreadable = False
    changed = 0
    for path in files:
        try:
            before = DISK.read(path)
            after = _formatted(before, path)
        except SpecError as error:
            faults += error.diagnostics
            unreadable |= error.unreadable
            continue
        if after.encode() != before:
            changed += 1
            said.append(difference(path, before.decode("utf-8-sig"), after) if args.diff else visible(path))
            if not (args.check or args.diff):
                write_file(path, after, force=True)
    code = FINDINGS if faults or (args.check and changed) else FINE
    told = [*_told(faults, args), _summary(args, changed, len(files))]
    return Outcome("\n".join(said), UNUSABLE if unreadable else code, "\n".join(told))


def _told(faults: list[Diagnostic], args: Namespace) -> list[str]:
    """Return what is wrong with the files that were left as they are, and a blank line below it."""
    from archcompiler.render.sources import text_of
    from archcompiler.render.text import render

    return [render(faults, colour=args.colour, sources=text_of), ""] if faults else []


def _standard_input(args: Namespace) -> Outcome:
    from archcompiler.verbs.files import difference

    if len(args.files) > 1:
        raise Usage("- stands alone: standard input is one file")
    before = sys.stdin.buffer.read()
    after = _formatted(before, "<stdin>")
    is_changed = before != after.encode()
    code = FINDINGS if args.check and is_changed else FINE
    if args.diff:
        return Outcome(difference("<stdin>", before.decode("utf-8-sig"), after), code)
    return Outcome("" if args.check else after.removesuffix("\n"), code)


def _formatted(text: bytes, path: str) -> str:
    from archcompiler.layout.format import LayoutRefused, formatted

    if path.endswith(".json"):
        raise Usage(f"{path}: JSON has no layout of ours")
    try:
        return formatted(text, path)
    except LayoutRefused as refused:
        raise Usage(str(refused)) from None


def _summary(args: Namespace, changed: int, count: int) -> str:
    would = "would be " if args.check or args.diff else ""
    files = "file" if count == 1 else "files"
    return f"{changed} of {count} {files} {would}changed"
