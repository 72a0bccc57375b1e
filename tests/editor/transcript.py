"""What an editor shows, as a text to read: `python tests/editor/transcript.py > tests/editor/transcript.txt`."""

from __future__ import annotations

from textwrap import fill, indent

HEAD = """\
# yaml-language-server: $schema=../../schemas/architecture.json
archc: 1
name: network
input: {size: 224}
stem: {type: conv7x7_maxpool, channels: 64}
head: {classes: 1000}
"""
BLOCK_WRITTEN = HEAD + "stages:\n  layer1:\n    block: bottleneck\n    blocks: 3\n    |\n"
BLOCK_ABSENT = HEAD + "stages:\n  layer1:\n    blocks: 3\n    |\n"
HOVER = BLOCK_WRITTEN.replace("|", "bottle|neck_width: 4")
MISTYPED = BLOCK_WRITTEN.replace("|", "cardnality: 32")


def transcript(editor) -> str:
    """Return what is offered, shown and underlined, each below the text that it is about; `|` is where one stands."""
    (fault,) = editor.open(MISTYPED)
    begin, end = fault["range"]["start"]["character"], fault["range"]["end"]["character"]
    description = editor.hover(HOVER).split("\n\n")[1].replace("\\", "")
    parts = [
        _part("completion, the block is written", BLOCK_WRITTEN, _offered(editor.completions(BLOCK_WRITTEN))),
        _part("completion, the block comes from defaults", BLOCK_ABSENT, _offered(editor.completions(BLOCK_ABSENT))),
        _part("hover", HOVER, indent(description, "    > ")),
        _part("a mistyped key", MISTYPED, " " * begin + "~" * (end - begin) + f" {fault['message']}"),
    ]
    return "\n".join(parts)


def _part(title: str, text: str, shown: str) -> str:
    stages = text[text.index("stages:") :]
    return f"== {title}\n{stages}{shown}\n"


def _offered(keys: list[str]) -> str:
    return fill(", ".join(keys), width=100, initial_indent="    > ", subsequent_indent="    > ")


if __name__ == "__main__":
    import sys

    from client import Editor

    with Editor() as running:
        sys.stdout.write(transcript(running))
