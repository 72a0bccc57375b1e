"""`archc git`: have git itself print what changes to specs do."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path

from archcompiler.verbs import FINE, Outcome, Usage

HELP = "have git diff, git log and git show say what changes to specs do"
EXAMPLES = """  archc git install                               set the driver
  archc git install --attributes .gitattributes   have *.yaml use it
  archc git install --attributes .git/info/attributes --pattern 'nets/*.yaml'
  archc git uninstall --attributes .gitattributes"""
_INSTALL = """Set a diff driver in git's configuration. It takes effect on the files that attributes name, and those go
where --attributes says; without it, the line is printed. `git diff`, `git log -p --ext-diff` and `git show --ext-diff`
then print what `archc diff` says; without --ext-diff, the last two print the text, with rows of costs below it. YAML
that is no spec is shown as always. `git diff --no-ext-diff --no-textconv` prints patches."""


def configure(parser: ArgumentParser) -> None:
    """Declare the actions and their arguments."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, help in (("install", "set the diff driver"), ("uninstall", "remove the diff driver")):
        action = actions.add_parser(name, help=help, description=_INSTALL if name == "install" else help.capitalize())
        action.set_defaults(action=_install if name == "install" else _uninstall)
        action.add_argument("--global", dest="everywhere", action="store_true", help="for all repositories of the user")
        action.add_argument("--attributes", metavar="FILE", help="the file of attributes to change (default: none)")
        if name == "install":
            action.add_argument(
                "--pattern", action="append", metavar="GLOB", help="which files are specs (default: *.yaml; repeatable)"
            )
    run_by_git = partial(actions.add_parser, prefix_chars="\0", add_help=False)  # any path, one with a dash too
    driver = run_by_git("driver", help="what git runs: print what a change of one file does")
    driver.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="as git gives them to an external diff")
    driver.set_defaults(action=_driver)
    textconv = run_by_git("textconv", help="what git runs: print a file, and below it what its network costs")
    textconv.add_argument("file", metavar="FILE")
    textconv.set_defaults(action=_textconv)


def run(args: Namespace) -> Outcome:
    """Do one of the actions."""
    from archcompiler.git.process import GitError

    try:
        outcome: Outcome = args.action(args)
    except GitError as error:
        raise Usage(str(error)) from None
    return outcome


def _install(args: Namespace) -> Outcome:
    from archcompiler.git import install

    lines = [install.attribute_line(pattern) for pattern in args.pattern or ["*.yaml"]]
    said = [f"set {key}" for key in install.install(os.getcwd(), _scope(args))]
    if args.attributes:
        _rewrite(args.attributes, lambda text: install.with_attributes(text, lines))
        said.append(f"wrote {args.attributes}: {', '.join(lines)}")
    else:
        said += ["no file uses it yet: add to .gitattributes, or give --attributes FILE", *lines]
    return Outcome("\n".join(said))


def _uninstall(args: Namespace) -> Outcome:
    from archcompiler.git import install

    was_there = install.uninstall(os.getcwd(), _scope(args))
    said = [f"{'removed' if was_there else 'there was no'} diff.{install.DRIVER}"]
    if args.attributes:
        _rewrite(args.attributes, install.without_attributes)
        said.append(f"{args.attributes} names it no more")
    return Outcome("\n".join(said))


def _rewrite(path: str, change: Callable[[str], str]) -> None:
    """Change a file of attributes, which need not exist yet."""
    from archcompiler.output import write_file

    target = Path(path)
    try:
        target.parent.mkdir(exist_ok=True)
        text = target.read_text(encoding="utf-8", errors="surrogateescape") if target.exists() else ""
    except OSError as error:
        raise Usage(f"cannot change {path}: {error.strerror}") from None
    write_file(path, change(text), force=True)


def _scope(args: Namespace) -> str:
    return "--global" if args.everywhere else "--local"


def _driver(args: Namespace) -> Outcome:
    from archcompiler.verbs.driver import driver

    return Outcome(driver(args.arguments, colour=args.colour), unread=FINE)  # git dies of any other code


def _textconv(args: Namespace) -> Outcome:
    from archcompiler.verbs.driver import textconv

    return Outcome(textconv(args.file), unread=FINE)
