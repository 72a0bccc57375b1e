"""What `--fix` changes and what it leaves: a fix never changes what is meant, and help offers no other function."""

import re

import pytest

from archcompiler.cli import main
from archcompiler.resolve import load_spec
from archcompiler.schema import dictionary
from archcompiler.schema.language import language, read_schema

NET = """\
archc: 1
name: net
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 16}
defaults: {activation: gelu, norm: layer}
stages:
  layer1: {block: bottleneck, blocks: 2, channels: 16, width: 8, §}
head: {classes: 10}
"""


@pytest.fixture
def fix(tmp_path, monkeypatch, capsys):
    """Return a function that runs `archc validate --fix` on a text and returns the text left and what is said."""
    monkeypatch.chdir(tmp_path)

    def run(text):
        path = tmp_path / "net.yaml"
        path.write_text(text, encoding="utf-8")
        main(["validate", "net.yaml", "--fix"])
        return path.read_text(encoding="utf-8"), capsys.readouterr().out

    return run


def with_field(field, word):
    """A network with one word as the value of one field."""
    if field in ("block", "shortcut"):
        return re.sub(r"block: bottleneck", f"{field}: {word}", NET).replace(", §", "")
    return NET.replace("§", f"{field}: {word}")


OTHER_FUNCTIONS = {
    "attention": "ecam ceca cse sse scse ge gc cbam bam sk ecas seb GlobalContext eca_gate",
    "block": "mbconv dconv MBConv DWConv FusedMBConv sepconv preconv basicx",
    "activation": "glu prelu crelu swiglu PReLU erelu softmin threshold",
    "shortcut": "identity_pad max_pool dense concat identity_max",
    "norm": "batch_renorm weight_norm group_instance",
}


@pytest.mark.parametrize(
    ("field", "word"), [(field, word) for field, words in OTHER_FUNCTIONS.items() for word in words.split()]
)
def test_another_function_is_neither_written_nor_offered_for_a_slip(field, word, fix):
    text = with_field(field, word)
    left, said = fix(text)
    assert left == text
    assert f"found the string '{word}'" in said
    assert "did you mean" not in said
    assert " here\n" not in said


@pytest.mark.parametrize(
    ("field", "word", "meant"),
    [
        ("activation", "relv", "relu"),
        ("activation", "reluu", "relu"),
        ("activation", "sigmiod", "sigmoid"),
        ("activation", "leaky_rleu", "leaky_relu"),
        ("norm", "bacth", "batch"),
        ("norm", "goup", "group"),
        ("norm", "laeyr", "layer"),
        ("block", "botleneck", "bottleneck"),
        ("block", "preact", "preact_basic` or `preact_bottleneck"),
        ("shortcut", "identiy", "identity"),
        ("shortcut", "projecton", "projection"),
        ("anti_alias", "blurr", "blur"),
    ],
)
def test_a_near_value_is_offered_and_never_written(field, word, meant, fix):
    text = with_field(field, word)
    left, said = fix(text)
    assert left == text
    assert f"did you mean `{meant}" in said


@pytest.mark.parametrize(
    ("field", "word", "written"),
    [
        ("activation", "ReLU", "relu"),
        ("activation", "SiLU", "silu"),
        ("activation", "swish", "silu"),
        ("activation", "LeakyReLU", "leaky_relu"),
        ("activation", "Identity", "none"),
        ("norm", "bn", "batch"),
        ("norm", "BatchNorm2d", "batch"),
        ("norm", "gn", "group"),
        ("norm", "{type: gn, groups: 4}", "{type: group, groups: 4}"),
        ("norm", "GroupNorm", "group"),
        ("attention", "SqueezeExcitation", "se"),
        ("attention", "ECALayer", "eca"),
        ("attention", "{type: SELayer, reduction: 4}", "{type: se, reduction: 4}"),
        ("block", "Bottleneck", "bottleneck"),
        ("block", "preact-bottleneck", "preact_bottleneck"),
        ("shortcut", "B", "projection"),
    ],
)
def test_a_word_that_means_just_one_thing_is_written_as_it_is_here(field, word, written, fix):
    assert fix(with_field(field, word))[0] == with_field(field, written)


@pytest.mark.parametrize(
    ("field", "word", "told"),
    [
        ("norm", "LayerNorm", "layer"),
        ("norm", "SyncBN", "batch"),
        ("block", "Conv2d", "conv"),
        ("block", "ResNeXt", "bottleneck"),
        ("shortcut", "A", "zero_pad"),
        ("shortcut", "downsample", "projection"),
    ],
)
def test_a_word_that_may_mean_more_is_told_and_left(field, word, told, fix):
    text = with_field(field, word)
    left, said = fix(text)
    assert left == text
    assert f"`{word}` is `{told}` here" in said


SAME_KEYS = {
    "depth: 3": "blocks: 3",
    "num_blocks: 3": "blocks: 3",
    "repeats: 3": "blocks: 3",
    "out_channels: 16": "channels: 16",
    "strides: 2": "stride: 2",
    "act: relu6": "activation: relu6",
    "act_layer: relu6": "activation: relu6",
    "bn: layer": "norm: layer",
    "norm_layer: layer": "norm: layer",
    "use_bias: true": "bias: true",
    "dilation_rate: 2": "dilation: 2",
    "zero_init_residual: true": "zero_init: true",
    "attn: se": "attention: se",
    "group_size: 4": "bottleneck_width: 4",
    "Stride: 2": "stride: 2",
}
SLIPS = {
    "chanels: 16": "channels: 16",
    "channel: 16": "channels: 16",
    "chnanels: 16": "channels: 16",
    "strid: 2": "stride: 2",
    "sride: 2": "stride: 2",
    "srtide: 2": "stride: 2",
    "atention: se": "attention: se",
    "atttention: se": "attention: se",
    "cardinalty: 4": "cardinality: 4",
    "dilatoin: 2": "dilation: 2",
    "biass: true": "bias: true",
    "nrom: layer": "norm: layer",
    "shortcyt: none": "shortcut: none",
}


@pytest.mark.parametrize(("word", "written"), {**SAME_KEYS, **SLIPS}.items())
def test_a_key_of_another_library_and_a_mere_slip_are_mended(word, written, fix):
    name = written.partition(":")[0]
    table = re.sub(r"width: \d+, " if "width" in name else rf"\b{name}: \d+, ", "", NET)
    assert fix(table.replace("§", word))[0] == table.replace("§", written)


@pytest.mark.parametrize(
    "key",
    [
        *("widths", "depths", "kernels", "kernel", "strided", "prenorm", "stride2", "norm1", "downsample", "planes"),
        *("base_width", "groups", "filters", "steps", "shortcuts_", "bnorm", "xwidth", "dropout", "noise", "nbias"),
    ],
)
def test_a_key_that_may_mean_something_else_is_left(key, fix):
    text = NET.replace("§", f"{key}: 2")
    left, said = fix(text)
    assert left == text
    assert f"has no field `{key}`" in said


def test_help_names_no_field_that_the_block_lacks(fix):
    for block in ("basic", "preact_basic", "BasicBlock", "fire"):
        has = language().blocks[{"BasicBlock": "basic"}.get(block, block)]
        lacking = "|".join({"cardinality", "bottleneck_width", "width", "stride_on"} - has.keys())
        for key in ("groups", "group_size", "mid_channels", "cardinalty", "stride_in", "widht"):
            said = fix(NET.replace("bottleneck, blocks: 2, channels: 16, width: 8, §", f"{block}, {key}: 2"))[1]
            helps = [line.split("= help: ")[1] for line in said.splitlines() if "= help" in line]
            assert not [help for help in helps if re.search(rf"`({lacking})` here|did you mean `({lacking})`", help)]


def test_the_growth_rate_of_a_dense_layer_is_its_growth(fix):
    text = NET.replace("bottleneck, blocks: 2, channels: 16, width: 8, §", "dense_layer, blocks: 2, growth_rate: 2")
    assert fix(text)[0] == text.replace("growth_rate", "growth")


def test_the_block_of_the_defaults_is_that_of_the_stages(fix):
    text = NET.replace("defaults: {", "defaults: {block: preact_basic, ").replace("block: bottleneck, ", "")
    said = fix(text.replace("width: 8, §", "groups: 2"))[1]
    assert "`groups` is `cardinality`, a field of block basic, bottleneck, conv, " in said


@pytest.mark.parametrize("where", ["defaults: {heads: 32, ", "defaults: {"])
def test_a_field_that_no_block_has_does_not_list_those_of_all(where, fix):
    stage = "width: 8" if "heads" in where else "width: 8, qkv: 2"
    said = fix(NET.replace("defaults: {", where).replace("width: 8, §", stage))[1]
    assert "a block can be written" in said
    assert "the fields are" not in said


def test_every_word_of_one_file_is_mended_in_one_call(fix):
    """The habits of three libraries in one spec; the network is the one that is written in this language's words."""
    text = """\
archc: 1
name: net
input: {img_size: 32}
stem: {type: conv3x3, out_channels: 16, norm_layer: BatchNorm2d, act_layer: SiLU}
defaults: {block: BasicBlock, act: swish, bn: GroupNorm, use_bias: true}
stages:
  layer1: {depth: 3, out_channels: 64, strides: 1, attn: SELayer, zero_init_residual: true}
  layer2: {num_blocks: 2, out_chs: 64, Stride: 2, dilation_rate: 1}
head: {num_classes: 10, drop_rate: 0.5}
"""
    fix(text)
    spec = load_spec("net.yaml")
    first, second = (stage.blocks[0] for stage in spec.stages)
    said = [
        (first.get("activation").get("type").value, first.get("norm").get("type").value),
        second.get("stride").value,
    ]
    assert said == [("silu", "group"), 2]
    assert (len(spec.stages[0].blocks), len(spec.stages[1].blocks)) == (3, 2)


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("MBConv", "inverted_residual"),
        ("FusedMBConv", "fused_inverted_residual"),
        ("EdgeResidual", "fused_inverted_residual"),
        ("Bottle2neck", "res2net"),
        ("DPN", "dual_path"),
        ("DenseBlock", "dense_layer"),
        ("PreActBlock", "preact_basic"),
        ("DWConv", "conv"),
    ],
)
def test_a_block_of_another_library_is_told_the_nearest(word, nearest, fix):
    text = with_field("block", word)
    left, said = fix(text)
    assert left == text
    assert f"the nearest is `{nearest}`; a block can be written" in said


def test_every_shipped_block_is_known_by_the_name_of_a_class(fix):
    for name in language().blocks:
        for suffix in ("Block", "Module"):
            left, said = fix(with_field("block", name.title().replace("_", "") + suffix))
            assert f"block: {name}," in left or f"is `{name}` here" in said


def test_what_the_dictionary_calls_a_word_is_a_word_of_the_language():
    schemas = [read_schema(name) for name in ("architecture.json", "block.json")]
    objects = [*schemas, *(described for schema in schemas for described in schema["$defs"].values())]
    fields = {key for described in objects for key in described.get("properties", ())}
    values = {case for described in objects for case in described.get("x-choice", {}).get("cases", ())}
    values |= {"average", "max", "params", "macs"}
    named = [*dictionary.SAME_VALUES.values(), *dictionary.LIKE_VALUES.values(), dictionary.NEAREST_BLOCKS]
    assert {name for words in named for name in words} <= values
    assert {*dictionary.SAME_FIELDS, *dictionary.LIKE_FIELDS} <= fields
    assert not fields & dictionary.PHRASES.keys()


@pytest.mark.parametrize(
    ("block", "key", "told"),
    [
        ("basic", "growth_rate", "`growth_rate` is `growth`, a field of block dense_layer, dual_path"),
        ("inverted_residual", "exp_ratio", "`exp_ratio` is `expand_ratio` here"),
        ("basic", "expand_ratio", "`expand_ratio` is a field of block "),
        ("convnext", "drop_path_rate", "`drop_path_rate` is `drop_path` here"),
        ("convnext", "mlp_ratio", "`mlp_ratio` is `expand_ratio` here"),
        ("basic", "drop_path", "`drop_path` is a field of block "),
        ("inverted_residual", "expansion", "an inverted residual says `expand_ratio`"),
    ],
)
def test_a_field_of_another_block_is_told_with_the_blocks_that_have_it(block, key, told, fix):
    text = NET.replace("bottleneck, blocks: 2, channels: 16, width: 8, §", f"{block}, blocks: 2, {key}: 2")
    left, said = fix(text)
    assert left == text
    assert told in said


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("expand_ratio: '5'", "expand_ratio: 5"),
        ('expand_ratio: "4.5"', "expand_ratio: 4.5"),
        ("norm: {type: batch, eps: '1.0e-3'}", "norm: {type: batch, eps: 1.0e-3}"),
        ("channels: '16'", "channels: 16"),
        ("stride: '2'", "stride: 2"),
    ],
)
def test_a_number_in_quotes_is_written_without_them(said, written, fix):
    field = written.partition(":")[0]
    others = "" if field == "channels" else ", channels: 16"
    text = NET.replace("bottleneck, blocks: 2, channels: 16, width: 8, §", f"inverted_residual, blocks: 2{others}, §")
    assert fix(text.replace("§", said))[0] == text.replace("§", written)


@pytest.mark.parametrize("said", ["expand_ratio: '6x'", "expand_ratio: '1e3'", "stride: '2.5'", "norm: '1.0'"])
def test_a_text_that_is_no_plain_number_is_left(said, fix):
    text = NET.replace(
        "bottleneck, blocks: 2, channels: 16, width: 8, §", f"inverted_residual, blocks: 2, channels: 8, {said}"
    )
    left, out = fix(text)
    assert left == text
    assert "expected" in out
