"""`archc new`: start a variant of a spec, with completion in the editor from the first line."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser, Namespace
from pathlib import Path

from archcompiler.verbs import Outcome, Usage
from archcompiler.verbs.arguments import add_output
from archcompiler.verbs.complete import complete

HELP = "start a network, a variant that extends a spec, a RegNet from its numbers, or a block"
EXAMPLES = """  archc new first_net                     a network with a word on each line
  archc new my_net --extends resnext/resnext50_32x4d
  archc new wide --extends ./my_net.yaml -o nets/wide.yaml
  archc new my_regnet --regnet depth=16,w0=48,wa=27.89,wm=2.09,group_width=8
  archc new my_regnety \\
      --regnet depth=16,w0=48,wa=27.89,wm=2.09,group_width=8,se=0.25
  archc new my_block --block              a block of one's own"""
_FIRST = """\
archc: 1  # the version of this language
name: {name}
description: A residual network to begin with.  # say here what yours is for
input: {{channels: 3, size: 224}}                 # or size: [height, width]
stem: {{type: conv7x7_maxpool, channels: 64}}     # the map behind it is a quarter of the image
defaults: {{block: bottleneck}}                   # what a stage says that does not say so itself
stages:                                         # channels leave a block; bottleneck_width is its middle
  stage1: {{blocks: 3, channels: 256,  bottleneck_width: 64}}
  stage2: {{blocks: 4, channels: 512,  bottleneck_width: 128, stride: 2}}
  stage3: {{blocks: 6, channels: 1024, bottleneck_width: 256, stride: 2}}
  stage4: {{blocks: 3, channels: 2048, bottleneck_width: 512, stride: 2}}
head: {{classes: 1000}}
# A figure that a paper printed of this network, which `archc check` holds against what is counted:
# claims:
#   - {{source: "arXiv:1512.03385", table: "1", quantity: macs, printed: "3.8e9"}}
"""
BLOCK = """\
archc: 1
block: {name}
description: One convolution with norm and activation; say here what yours is and where it comes from.
fields:  # what a stage with this block can say; {{}} is the shared definition of the name
  channels: {{}}
  kernel: {{}}
  stride: {{}}
  norm: {{}}
  activation: {{}}
steps:  # `archc explain block` lists what a step can be; text is computed, `$norm` is what the field says
  - {{conv: channels, kernel: kernel, stride: stride}}
  - {{norm: $norm}}
  - {{activation: $activation}}
# A network has it by `blocks: {{{name}: {name}.yaml}}`, and a stage by `block: {name}`.
"""


def configure(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("name", metavar="NAME", help="the network's name: letters, digits, _")
    start = parser.add_mutually_exclusive_group()
    complete(start.add_argument("--extends", metavar="SPEC", help="a shipped name, or a path"), "specs")
    start.add_argument(
        "--regnet",
        metavar="NUMBERS",
        help="depth, w0, wa, wm and group_width as key=value,...; also se (the ratio), b (the bottleneck ratio), round",
    )
    start.add_argument("--block", action="store_true", help="a block of one's own, with comments")
    add_output(parser, "the file to write (default: NAME.yaml)")


def run(args: Namespace) -> Outcome:
    """Write the spec or block, and a copy of the schema into the repository where it has none."""
    from archcompiler.output import write_file
    from archcompiler.render.excerpt import visible
    from archcompiler.shipped import shipped
    from archcompiler.verbs.files import schema_folder

    target = Path(args.output or f"{args.name}.yaml")
    text = _text(args, target)
    name = "block.json" if args.block else "architecture.json"
    copy = schema_folder(target) / name
    said = [f"wrote {visible(str(target))}"]
    schema = Path(os.path.relpath(copy, target.parent)).as_posix()
    write_file(str(target), f"# yaml-language-server: $schema={schema}\n{text}", force=args.force)
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        write_file(str(copy), (shipped("schemas") / name).read_text(encoding="utf-8"), force=False)
        said.append(f"wrote {os.path.relpath(copy)}, which editors read through the first line: commit both")
    return Outcome("\n".join(said))


def _text(args: Namespace, target: Path) -> str:
    """Return what is begun; Usage where the name is none."""
    from archcompiler.verbs.regnet import regnet_text

    first, form = ("a-z", "small letters, digits and _") if args.block else ("A-Za-z", "letters, digits and _")
    if not re.fullmatch(rf"[{first}][{first}0-9_]{{,{59 if args.block else 99}}}", args.name):
        raise Usage(f"{args.name!r} is no name: write {form}, a letter first, {60 if args.block else 100} at most")
    if args.block:
        return BLOCK.format(name=args.name)
    if args.regnet is not None:
        return regnet_text(args.name, args.regnet)
    return _variant_text(args, target) if args.extends else _FIRST.format(name=args.name)


def _variant_text(args: Namespace, target: Path) -> str:
    """Return a spec that extends another and changes nothing yet; SpecError where the base is faulty."""
    from archcompiler.render.spec import scalar_text
    from archcompiler.resolve import load_spec
    from archcompiler.shipped import shipped_spec

    load_spec(args.extends)
    if not (os.path.lexists(args.extends) or shipped_spec(args.extends)):
        raise Usage(f"{args.extends} is of a revision, which no file can extend: name a file")
    extends = _extends(args.extends, target)
    return (
        f"archc: 1\n"
        f"name: {args.name}\n"
        f"description: {scalar_text(f'A variant of {extends}.')}\n"
        f"extends: {scalar_text(extends)}\n"
    )


def _extends(base: str, target: Path) -> str:
    """Return the base as the new file must say it: a shipped name as it is, a path relative to the new file."""
    if not os.path.lexists(base):
        return base
    return Path(os.path.relpath(base, target.parent)).as_posix()
