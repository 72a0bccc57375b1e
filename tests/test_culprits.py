"""An edit of a deriving file that makes lines of its base faulty is where the fault stands, with the base beside it."""

import pytest

import archcompiler

# what a variant of a shipped spec says, the code of the fault and what it underlines, and what the help says
EDITS = {
    "basic blocks for bottlenecks": (
        "extends: resnet/resnet50\ndefaults: {block: §basic§}",
        "S001",
        "write `bottleneck_width: null` in layer1, layer2, layer3, layer4",
    ),
    "one stage of basic blocks": (
        "extends: resnet/resnet50\nstages: {layer2: {block: §basic§}}",
        "S001",
        "write `bottleneck_width: null` in layer2",
    ),
    "bottlenecks for basic blocks": (
        "extends: resnet/resnet18\ndefaults: {block: §bottleneck§}",
        "S003",
        "`bottleneck_width`: Width per group",
    ),
    "pre-activation blocks of groups": (
        "extends: resnext/resnext50_32x4d\ndefaults: {block: §preact_basic§}",
        "S001",
        "write `bottleneck_width: null` in layer1, layer2, layer3, layer4",
    ),
    "blocks taken from under a selector": (
        "extends: ./selected.yaml\nstages: {layer1: {blocks: §2§}}",
        "R004",
        "select with first, last",
    ),
    "a default hidden everywhere": (
        "extends: ./selected.yaml\nstages: {layer1: {dilation: §1§}}",
        "R003",
        "write `defaults: {dilation: null}`",
    ),
    "an input too small for the base's pool": ("extends: vgg/vgg11\ninput: {size: §4§}", "G004", ""),
    "channels that the base's groups do not divide": (
        "extends: ./selected.yaml\nstages: {layer1: {channels: §20§}}",
        "G005",
        "",
    ),
    "an image that a base's identity does not fit": (
        "extends: ./selected.yaml\nstem: {channels: §24§}",
        "G002",
        "",
    ),
    "a stage of other channels in front of an identity": (
        "extends: ./two.yaml\nstages: {layer1: {channels: §32§}}",
        "G002",
        "",
    ),
    "a map too small for the base's window": ("extends: ./two.yaml\ninput: {size: §16§}", "G004", ""),
    "blocks that the base's table names no layers of": (
        "extends: vgg/vgg11\ndefaults: {block: §basic§}",
        "R008",
        "a path of its own",
    ),
    "a stage named as a layer of the base's table": (
        "extends: resnet/resnet18\nstages: {§conv1§: {blocks: 2, channels: 64}}",
        "R008",
        "rename the stage",
    ),
    "every field that the block needs and the base lacks": (
        "extends: timm/convnext_tiny\ndefaults: {block: §bottleneck§}",
        "S003",
        "`channels`: Channels that leave the block; `bottleneck_width`: Width per group",
    ),
    "a stride in front of the base's window": ("extends: ./two.yaml\nstages: {layer1: {stride: §2§}}", "G004", ""),
}  # fmt: skip
BASES = {
    "selected.yaml": """\
archc: 1
name: base
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 16}
defaults: {block: basic, dilation: 2, shortcut: identity, norm: {type: group, groups: 16}}
stages:
  layer1: {blocks: 3, channels: 16, override: {"2": {activation: silu}}}
head: {classes: 10}
""",
    "two.yaml": """\
archc: 1
name: base
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 16}
defaults: {block: basic}
stages:
  layer1: {blocks: 1, channels: 16}
  layer2: {blocks: 1, channels: 16, shortcut: identity}
head: {classes: 10, pool: {window: 32}}
""",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of the bases, in which the test runs."""
    monkeypatch.chdir(tmp_path)
    for name, text in BASES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def found_in(folder, text, validate):
    """Return the diagnostics of a variant as the command has them."""
    (folder / "net.yaml").write_text(f"archc: 1\nname: net\n{text}\n", encoding="utf-8")
    return validate("net.yaml")


@pytest.fixture
def validate(capsys):
    import json

    from archcompiler.cli import main

    def run(*arguments):
        main(["validate", *arguments, "--format", "json"])
        return json.loads(capsys.readouterr().out)["diagnostics"]

    return run


@pytest.mark.parametrize(("text", "code", "help"), EDITS.values(), ids=EDITS)
def test_the_fault_stands_at_the_edit_and_notes_the_base(text, code, help, folder, validate):
    before, culprit, _ = text.split("§")
    found = [each for each in found_in(folder, text.replace("§", ""), validate) if each["code"] == code]
    (fault,) = {each["line"]: each for each in found}.values()
    line, column = before.count("\n") + 3, len(before.rpartition("\n")[2]) + 1
    assert (fault["path"], fault["line"], fault["column"]) == ("net.yaml", line, column)
    assert fault["end_column"] - fault["column"] == len(culprit)
    assert any(label["path"] != "net.yaml" for label in fault["labels"])
    assert help in (fault["help"] or "")


def test_the_mend_that_is_told_mends(folder, validate):
    stages = ", ".join(f"layer{number}: {{bottleneck_width: null}}" for number in range(1, 5))
    text = f"extends: resnet/resnet50\ndefaults: {{block: basic}}\nstages: {{{stages}}}"
    assert not [each for each in found_in(folder, text, validate) if each["severity"] == "error"]


def test_a_setting_is_a_culprit_too(folder, validate):
    (fault,) = validate("resnet/resnet50", "--set", "defaults.block=basic")
    assert fault["path"] == "<--set defaults.block=basic>"


def test_an_edit_in_the_middle_of_a_chain_is_the_culprit_of_what_it_breaks(folder, validate):
    (folder / "middle.yaml").write_text(
        "archc: 1\nname: middle\nextends: resnet/resnet50\ndefaults: {block: basic}\n", encoding="utf-8"
    )
    (fault,) = found_in(folder, "extends: ./middle.yaml\nhead: {classes: 10}", validate)
    assert (fault["path"].rpartition("/")[2], fault["line"], fault["column"]) == ("middle.yaml", 4, 19)


def test_a_table_that_does_not_suit_the_blocks_is_faulty_where_it_is_named(folder, validate):
    text = BASES["two.yaml"].replace(", pool: {window: 32}", "") + "names: names/torchvision_vgg"
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    assert [(each["path"], each["line"], each["column"]) for each in validate("net.yaml")] == [("net.yaml", 10, 8)]


def test_two_edits_have_a_fault_each(folder, validate):
    text = "extends: resnet/resnet50\nstages: {layer1: {block: basic}, layer3: {block: basic}}"
    found = found_in(folder, text, validate)
    assert [(each["code"], each["line"], each["column"]) for each in found] == [("S001", 4, 26), ("S001", 4, 50)]


def test_what_is_faulty_in_the_base_itself_stays_there(folder, validate):
    (folder / "bad.yaml").write_text(BASES["two.yaml"].replace("blocks: 1", "blocks: two", 1), encoding="utf-8")
    found = found_in(folder, "extends: ./bad.yaml\nhead: {classes: 3}", validate)
    assert [(each["path"], each["line"]) for each in found] == [("bad.yaml", 7)]


def test_the_api_raises_the_fault_at_the_edit(folder):
    (folder / "net.yaml").write_text(
        "archc: 1\nname: net\nextends: resnet/resnet50\ndefaults: {block: basic}\n", encoding="utf-8"
    )
    with pytest.raises(archcompiler.SpecError, match=r"^net\.yaml:4:19: error\[S001\]"):
        archcompiler.load("net.yaml")
