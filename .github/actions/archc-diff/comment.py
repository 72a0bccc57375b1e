"""Put a text into the one comment that archc has on a pull request: `comment.py NUMBER FILE`.

The comment is written anew each time and never twice. An empty text writes none, and says of an earlier one that it is
settled. Reads GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN and LOGIN from the environment; uses nothing but Python.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

MARK = "<!-- archc-diff -->"
SETTLED = "No spec differs in effect any more."


def main(number: str, file: str) -> str:
    """Comment, and return what was done."""
    text = Path(file).read_text(encoding="utf-8").strip()
    earlier = next((each for each in _comments(int(number)) if _is_ours(each)), None)
    if earlier is None and not text:
        return "nothing to say"
    body = f"{MARK}\n{text or SETTLED}"
    if earlier is None:
        _call("POST", f"issues/{int(number)}/comments", {"body": body})
        return "commented"
    if earlier["body"].replace("\r\n", "\n") == body:
        return "the comment says it already"
    _call("PATCH", f"issues/comments/{earlier['id']}", {"body": body})
    return "changed the comment"


def _comments(number: int) -> Iterator[dict[str, Any]]:
    page = 1
    while found := _call("GET", f"issues/{number}/comments?per_page=100&page={page}"):
        yield from found
        page += 1


def _is_ours(comment: dict[str, Any]) -> bool:
    """Tell whether we wrote a comment: anybody can write the mark."""
    login = os.environ.get("LOGIN") or "github-actions[bot]"
    return str(comment["body"]).startswith(MARK) and comment["user"]["login"] == login


def _call(method: str, path: str, body: dict[str, str] | None = None) -> Any:
    url = f"{os.environ.get('GITHUB_API_URL', 'https://api.github.com')}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    headers = {"Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}", "Accept": "application/vnd.github+json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data, headers, method=method), timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    try:
        print(main(*sys.argv[1:]))
    except HTTPError as error:  # a pull request from a fork has a token that may not write: the summary has the text
        print(f"::warning title=archc diff::cannot comment on the pull request: {error}")
