"""Documents that the schema has to accept or to reject, for every reader of the schema."""

from archcompiler.span import Span

HERE = Span("test.yaml", 1, 1, 1, 2)

RESNEXT = """\
archc: 1
name: resnext50_32x4d
description: ResNet-50 whose bottlenecks have 32 groups of width 4.
input: {channels: 3, size: 224}
stem: {type: conv7x7_maxpool, channels: 64}
defaults: {block: bottleneck, cardinality: 32, shortcut: projection}
stages:
  layer1: {blocks: 3, channels: 256,  bottleneck_width: 4,  stride: 1}
  layer2: {blocks: 4, channels: 512,  bottleneck_width: 8,  stride: 2}
  layer3: {blocks: 6, channels: 1024, bottleneck_width: 16, stride: 2}
  layer4: {blocks: 3, channels: 2048, bottleneck_width: 32, stride: 2}
head: {type: classifier, classes: 1000}
"""
PLAIN_NET = """\
archc: 1
name: lenet
input: {channels: 1, size: [28, 28]}
stem: none
defaults:
  {block: conv, kernel: 5, padding: 0, norm: none, transition: {at: end, steps: [{pool: max}, {norm: {type: group}}]}}
stages: {conv1: {blocks: 1, channels: 6}, conv2: {block: basic, blocks: 1, channels: 16}}
head: {pool: {window: 8}, hidden: [120, 84], classes: 10, dropout: 0.5}
names: names/torchvision
"""
VARIANT = """\
archc: 1
name: variant
extends: resnext/resnext50_32x4d
stem: {bias: true}
defaults: {cardinality: null}
stages:
  layer2: null
  layer3: {blocks: 9, override: {first: {dilation: 2}, "2..3": {block: basic, norm: {eps: 0.001}}, "4": null}}
  extra: {after: layer1, block: conv, blocks: 1, channels: 8, padding: same}
head: {classes: 10, pool: {grid: 7}}
names: {extends: names/timm, head.linear: "classifier.{slot}", stem.conv1: null}
"""
STEPS = """\
archc: 1
name: patches
input: {size: 224}
stem: {steps: [{conv: 96, kernel: 4, stride: 4, padding: 0, bias: true}, {norm: layer}, {activation: gelu}]}
stages: {}
head: {classes: 10}
"""
NAMES = """\
archc: 1
name: named
extends: resnext/resnext50_32x4d
names:
  extends: names/torchvision
  registered: [block, transition]
  registered_first: shortcut
  block: "features.{slot:stage}.{block+1}"
  stem: {conv1: "{slot}", registered: [norm1], act1: null}
  transition: {path: "features.{slot}", norm1: "0"}
  head: {linear: classifier}
  blocks: {bottleneck: {path: "b{slot+1}", conv1: first, registered: [conv3]}, basic: null}
  stages: {layer1: {block: "{stage}.{block}", blocks: {basic: {conv1: c}}}, Layer_2: null}
  ghost1: {path: primary, conv1: own}
  ghost2.registered: [conv2]
  stages.Layer_3.block: tail
"""
GOOD = {"resnext": RESNEXT, "plain net": PLAIN_NET, "variant": VARIANT, "steps": STEPS, "names": NAMES}


def spec(line: str, *, stage: str = "", head: str = "{classes: 10}") -> str:
    """A whole document with one line of its own, at the root or in a stage."""
    stages = "stages: {a: {block: bottleneck, blocks: 1, " + stage + "}}\n" if stage else "stages: {}\n"
    return f"archc: 1\nname: x\ninput: {{size: 8}}\nstem: none\n{stages}head: {head}\n{line}\n"


# what is written, and for each fault its code and the text that it underlines
BAD = {
    "unknown key of the document": (spec("stride: 1"), ["S001 stride"]),
    "unknown key of a stage": (spec("", stage="cardnality: 2"), ["S001 cardnality"]),
    "field of another block": (spec("", stage="kernel: 3"), ["S001 kernel"]),
    "field of another block in an override": (
        spec("", stage="override: {first: {block: basic, width: 3}}"),
        ["S001 width"],
    ),
    "field of another variant": (spec("", stage="norm: {type: layer, groups: 3}"), ["S001 groups"]),
    "two steps in one": (spec("", stage="transition: {steps: [{conv: 3, norm: batch}]}"), ["S001 norm"]),
    "unknown step": (spec("", stage="transition: {steps: [{cnov: 3}]}"), ["S001 cnov"]),
    "unknown block in names": (spec("names: {blocks: {bsaic: {conv1: a}}}"), ["S001 bsaic"]),
    "object for the text of a path": (spec("names: {conv1: {path: {a: b}}}"), ["S002 {a: b}"]),
    "list for a path": (spec("names: {blocks: {basic: {conv1: [a]}}}"), ["S002 [a]"]),
    "text for a table of roles": (spec("names: {stages: {a: tail}}"), ["S002 tail"]),
    "text for a list of roles": (spec("names: {blocks.basic.registered: conv1}"), ["S002 conv1"]),
    "malformed role inside": (spec("names: {stem: {Conv: a}}"), ["S006 Conv"]),
    "string for an integer": (spec("", stage="channels: three"), ["S002 three"]),
    "float for an integer": (spec("", stage="channels: 64.0"), ["S002 64.0"]),
    "float for the version": (spec("").replace("archc: 1", "archc: 1.0"), ["S002 1.0"]),
    "boolean for an integer": (spec("", stage="channels: true"), ["S002 true"]),
    "integer for a boolean": (spec("", stage="bias: 1"), ["S002 1"]),
    "infinite number": (spec("", stage="norm: {type: batch, momentum: .nan}"), ["S002 .nan"]),
    "list for a stage": (spec("").replace("stages: {}", "stages: {a: [1]}"), ["S002 [1]"]),
    "number for a union": (spec("", stage="norm: 3"), ["S002 3"]),
    "mapping for a list of steps": (spec("", stage="transition: {steps: {}}"), ["S002 {}"]),
    "string for a step": (spec("", stage="transition: {steps: [relu]}"), ["S002 relu"]),
    "number for names": (spec("names: 3"), ["S002 3"]),
    "wrong item of a list": (spec("", head="{classes: 10, hidden: [8, 1.5]}"), ["S002 1.5"]),
    "three sides": (spec("").replace("size: 8", "size: [8, 8, 8]"), ["S002 [8, 8, 8]"]),
    "null that inherits nothing": (spec("", stage="width: null"), ["S002 null"]),
    "null for a required key": ("archc: 1\nextends: x\nname: null", ["S002 null"]),
    "null in a step": (VARIANT.replace("bias: true", "steps: [{norm: null}]"), ["S002 null"]),
    "empty document": ("archc: 1", ["S003 archc"] * 5),
    "no name": ("archc: 1\nextends: x", ["S003 archc"]),
    "no size": (spec("").replace("size: 8", "channels: 3"), ["S003 input"]),
    "no classes": (spec("", head="{}"), ["S003 head"]),
    "no classes, as a string": (spec("", head="classifier"), ["S003 head"]),
    "no channels in the stem": (spec("").replace("stem: none", "stem: {type: deep}"), ["S003 stem"]),
    "no type where nothing implies it": (spec("").replace("stem: none", "stem: {channels: 3}"), ["S003 stem"]),
    "no window": (spec("", head="{classes: 3, pool: {type: window}}"), ["S003 pool"]),
    "empty step": (spec("", stage="transition: {steps: [{}]}"), ["S003 {}"]),
    "no type in a step": (spec("", stage="transition: {steps: [{norm: {eps: 0.1}}]}"), ["S003 norm"]),
    "unknown block": (spec("").replace("stages: {}", "stages: {a: {block: basc}}"), ["S004 basc"]),
    "unknown variant": (spec("", stage="norm: bacth"), ["S004 bacth"]),
    "unknown variant of an object": (spec("", stage="norm: {type: bacth}"), ["S004 bacth"]),
    "unknown version": (spec("").replace("archc: 1", "archc: 2"), ["S004 2"]),
    "unknown word for padding": (VARIANT.replace("same", "smae"), ["S004 smae"]),
    "too small": (spec("", stage="stride: 0"), ["S005 0"]),
    "not small enough": (spec("", head="{classes: 10, dropout: 1}"), ["S005 1"]),
    "name that is no identifier": (spec("").replace("name: x", "name: x-y"), ["S006 x-y"]),
    "name that ends in a line break": (spec("").replace("name: x", 'name: "x\\n"'), ['S006 "x\\n"']),
    "long name": (spec("").replace("name: x", "name: " + "x" * 101), ["S006 " + "x" * 101]),
    "stage name that is no identifier": (spec("").replace("stages: {}", "stages: {a-b: {}}"), ["S006 a-b"]),
    "unknown selector": (spec("", stage="override: {frist: {dilation: 2}}"), ["S006 frist"]),
    "path of a module that is none": (spec("names: {stem.conv: a..b}"), ["S006 a..b"]),
    "empty table": (spec('names: ""'), ['S006 ""']),
    "alternatives": (spec("", stage="width: 8, bottleneck_width: 4"), ["S007 bottleneck_width"]),
    "several faults, in order": (
        spec("zzz: 1", stage="stride: 0, norm: {typ: batch, eps: x}", head="{classes: ten}"),
        ["S005 0", "S001 typ", "S002 x", "S002 ten", "S001 zzz"],
    ),
}
ENDS_IN_A_LINE_BREAK = ["name that ends in a line break"]  # Python's `$` matches in front of it, ECMA's does not
NUMBERS_THAT_JSON_DOES_NOT_TELL_APART = ["float for an integer", "float for the version", "infinite number"]
