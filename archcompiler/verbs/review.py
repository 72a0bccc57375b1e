"""`archc diff --against REV` and `archc diff REV1..REV2`: every spec that a change reaches."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcompiler.verbs import FINDINGS, FINE, Outcome, Usage, json_text

if TYPE_CHECKING:
    from archcompiler.git.process import Objects
    from archcompiler.git.repository import Repository
    from archcompiler.git.state import State
    from archcompiler.resolve.references import References
    from archcompiler.review.pairs import Pair
    from archcompiler.review.report import Report

_DOTS = ("...", "..")
_TWO_SPECS = "to compare specs, give two, or one and a --set to try on it"


@dataclass(frozen=True, slots=True)
class Range:
    """Two states: revisions, the new one None for the working tree; `since_fork` from the last commit in common."""

    old: str
    new: str | None
    since_fork: bool

    @property
    def name(self) -> str:
        """What the new state is called."""
        return self.new or "the working tree"


def range_of(against: str | None, specs: Sequence[str], *, has_settings: bool) -> tuple[Range, list[str]] | None:
    """Return which states are meant, and the paths; None where two specs are compared, or one and settings over it.

    Where neither is given, the working tree is compared with the last commit, as `git diff HEAD` does.
    """
    if against is not None:
        since_fork = against.endswith("...")
        return Range(against.removesuffix("..."), None, since_fork), list(specs)
    first = specs[0] if specs else ""
    for dots in _DOTS:
        old, found, new = first.partition(dots)
        names_a_file = ":" in old or old.endswith("/") or new.startswith("/") or os.path.lexists(first)
        if found and old and not names_a_file:
            return Range(old, new or "HEAD", dots == "..."), list(specs[1:])
    if (len(specs) == 2 or (specs and has_settings)) and not any(map(os.path.isdir, specs)):
        return None
    return Range("HEAD", None, since_fork=False), list(specs)


def run_review(args: Namespace, states: Range, paths: Sequence[str]) -> Outcome:
    """Review every spec that differs between two states, or those below the paths."""
    from archcompiler.git.process import GitError, Objects

    try:
        repository = _repository(paths)
        with Objects(repository.root) as objects:
            report = _report(repository, objects, states, paths, args.fail_on or "TRAINING")
    except GitError as error:
        raise Usage(str(error) if args.against else f"{error}: {_TWO_SPECS}") from None
    return Outcome(_text(args, report), FINDINGS if report.fails else FINE, err=_faults(args, report))


def _repository(paths: Sequence[str]) -> Repository:
    """Return the repository of the working folder, else that of the first path."""
    from archcompiler.git.process import GitError
    from archcompiler.git.repository import repository_of

    try:
        return repository_of(".")
    except GitError:
        if not paths:
            raise
        path = paths[0]
        return repository_of(path if os.path.isdir(path) else os.path.dirname(path) or ".")


def _report(repository: Repository, objects: Objects, states: Range, paths: Sequence[str], fail_on: str) -> Report:
    from tqdm import tqdm

    from archcompiler.compare.rules import Impact
    from archcompiler.git.state import WorkingTree
    from archcompiler.review.chains import Chains
    from archcompiler.review.changes import review
    from archcompiler.review.pairs import changed_pairs
    from archcompiler.review.report import make_report
    from archcompiler.review.twins import with_twins

    new: State = _revision(repository, objects, states.new) if states.new else WorkingTree(repository, objects)
    old = _revision(repository, objects, states.old, other=states.new or "HEAD" if states.since_fork else None)
    known: dict[str, References] = {}
    chains = Chains(new, known)
    pairs = changed_pairs(Chains(old, known), chains, _wanted(paths, repository, (old, new)))
    progress = tqdm(pairs, unit="spec", leave=False, delay=1, disable=not sys.stderr.isatty())
    reviews = with_twins(list(review(progress, old, new)), old, chains)
    return make_report((states.old, states.name), new, reviews, repository, Impact[fail_on])


def _revision(repository: Repository, objects: Objects, name: str, other: str | None = None) -> State:
    """Return a revision, or the last commit that it has in common with another."""
    from archcompiler.git.state import Revision

    commit = repository.commit(name)
    if other is not None:
        commit = repository.merge_base(commit, repository.commit(other))
        name = commit[:8]
    return Revision(repository, name, commit, objects)


def _wanted(paths: Sequence[str], repository: Repository, states: tuple[State, State]) -> Callable[[Pair], bool]:
    """Return whether a spec lies at or below one of the paths; Usage for a path that is in neither state."""
    limits = list(map(_real, paths))
    for path, limit in zip(paths, limits, strict=True):
        if not _is_below(limit, repository.root):
            raise Usage(f"{path} lies outside of the repository {repository.root}")
        in_a_state = (_is_below(os.path.abspath(each), limit) for state in states for each in state.paths())
        if not os.path.lexists(path) and not any(in_a_state):
            raise Usage(f"{path} is in neither of the two states: {_TWO_SPECS}")

    def is_wanted(pair: Pair) -> bool:
        sides = [os.path.abspath(path) for path in (pair.old, pair.new) if path]
        return not limits or any(_is_below(side, limit) for side in sides for limit in limits)

    return is_wanted


def _real(path: str) -> str:
    """Return a path with the links of its folder followed, as the root of the repository is given."""
    return os.path.abspath(os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)))


def _is_below(path: str, limit: str) -> bool:
    return path == limit or path.startswith(os.path.join(limit, ""))


def _text(args: Namespace, report: Report) -> str:
    if args.format == "json":
        from archcompiler.render.review_json import review_document

        return json_text(review_document(report, stat=args.stat))
    if args.format == "markdown":
        from archcompiler.render.review_markdown import review_markdown, review_stat_markdown

        return review_stat_markdown(report) if args.stat else review_markdown(report)
    if args.format == "github":
        from archcompiler.render.review_github import review_github

        return review_github(report)
    from archcompiler.render.review_text import review_stat, review_text

    if args.stat:
        return review_stat(report, colour=args.colour)
    return review_text(report, colour=args.colour, is_gate=bool(args.fail_on), edits=args.edits)


def _faults(args: Namespace, report: Report) -> str:
    if args.format != "text":
        return ""
    from archcompiler.render.text import render

    return render(report.faults, colour=args.colour, sources=_text_of_spec)


def _text_of_spec(path: str) -> str | None:
    """Return a text to show lines of, of specs only: a change may name any file as a base, to have it shown."""
    from archcompiler.render.sources import text_of
    from archcompiler.resolve.references import references

    text = text_of(path)
    return text if text and references(text.encode()).is_spec else None
