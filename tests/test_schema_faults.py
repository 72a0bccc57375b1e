"""Every fault of a document, once, at its place, with the way out."""

import pytest
from schema_documents import BAD, GOOD, HERE, PLAIN_NET, RESNEXT, STEPS, VARIANT, spec

from archcompiler.schema import dictionary
from archcompiler.schema.canonical import canonical_document, fill, filled
from archcompiler.schema.check import complete_faults, names_faults, partial_faults
from archcompiler.schema.language import language, read_schema
from archcompiler.schema.spellings import meant_value
from archcompiler.span import Span
from archcompiler.syntax.parse import parse
from archcompiler.tree import Mapping, from_plain, plain

WITH_KERNEL = [name for name, fields in language().blocks.items() if "kernel" in fields]


def underlined(text: str, span: Span) -> str:
    lines = text.splitlines()
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    return text


@pytest.mark.parametrize("name", GOOD)
def test_good_document_has_no_faults(name):
    assert partial_faults(parse(GOOD[name], "test.yaml")) == []


@pytest.mark.parametrize("name", BAD)
def test_bad_document_has_just_these_faults_at_these_places(name):
    text, expected = BAD[name]
    found = partial_faults(parse(text, "test.yaml"))
    assert [f"{fault.code} {underlined(text, fault.span)}" for fault in found] == expected


def test_every_schema_code_is_proved():
    assert {line[:4] for _, expected in BAD.values() for line in expected} == {f"S00{digit}" for digit in range(1, 8)}


@pytest.mark.parametrize(
    ("text", "message", "help_text"),
    [
        (
            spec("", stage="cardnality: 2"),
            "stage `a` (block bottleneck) has no field `cardnality`",
            "did you mean `cardinality`?",
        ),
        (
            spec("", stage="kernel: 2"),
            "stage `a` (block bottleneck) has no field `kernel`",
            f"`kernel` is a field of block {', '.join(WITH_KERNEL[:8])} and {len(WITH_KERNEL) - 8} more",
        ),
        (
            spec("", stage="norm: {type: layer, groups: 2}"),
            "norm (type layer) has no field `groups`",
            "`groups` is a field of type group, evo",
        ),
        (
            spec("", stage="transition: {steps: [{conv: 3, norm: batch}]}"),
            "step `conv` has no field `norm`",
            "`norm` is a step of its own",
        ),
        (
            spec("", stage="activation: {type: relu, q: 1}"),
            "activation (type relu) has no field `q`",
            "the fields are `type`",
        ),
        (spec("", stage="channels: 'three'"), "channels: expected an integer, found the string 'three'", None),
        (
            spec("", stage="channels: '3'"),
            "channels: expected an integer, found the string '3'",
            "write 3 without quotes",
        ),
        (spec("", stage="channels: 3.0"), "channels: expected an integer, found the number 3.0", "write 3"),
        (
            spec("", stage="override: {frist: {dilation: 2}}"),
            'override: expected a selector: first, last, odd, even, a number such as "0", or a range such as "1..4",'
            " found 'frist'",
            "did you mean `first`?",
        ),
        (
            spec("", stage="norm: bacth"),
            "norm: expected one of batch, group, layer, instance, rms, simple, response, evo, filter_response, none,"
            " found the string 'bacth'",
            "did you mean `batch`?",
        ),
        (spec("", stage="stride: 0"), "stride: expected at least 1, found 0", None),
        (
            spec("", head="{pool: none}"),
            "head (type classifier) lacks `classes`",
            "`classes`: Number of classes.",
        ),
        (
            VARIANT.replace("padding: same", "padding: [1]"),
            "padding: expected an integer or `same` or `tf_same`, found a list",
            None,
        ),
    ],
)
def test_fault_says_what_was_found_and_the_way_out(text, message, help_text):
    (fault,) = partial_faults(parse(text, "test.yaml"))
    assert (fault.message, fault.help) == (message, help_text)


def test_alternatives_are_both_labelled():
    text = spec("", stage="width: 8, bottleneck_width: 4")
    (fault,) = partial_faults(parse(text, "test.yaml"))
    assert [underlined(text, label.span) for label in fault.labels] == ["width", "bottleneck_width"]


def complete(text: str) -> Mapping:
    """What resolution makes of a document without a base, but for its checks."""
    document = canonical_document(parse(text, "test.yaml"))
    values, defaults = plain(document), plain(document).pop("defaults", {})
    for name, stage in values["stages"].items():
        whole = from_plain({**defaults, **stage}, HERE)
        values["stages"][name] = plain(fill(whole, language().blocks[plain(whole)["block"]]))
    values.pop("defaults", None)
    for union in ("stem", "head"):
        values[union] = plain(filled(document.get(union), union))
    return from_plain(values, HERE)


@pytest.mark.parametrize("text", [RESNEXT, STEPS, PLAIN_NET.replace("kernel: 5, padding: 0, ", "")])
def test_complete_document_has_no_faults(text):
    assert complete_faults(complete(text)) == []


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("stages", "layer1", "channels"), None, "S003 stage `layer1` (block bottleneck) lacks `channels`"),
        (("stages", "layer1", "blocks"), None, "S003 stage `layer1` (block bottleneck) lacks `blocks`"),
        (
            ("stages", "layer1", "bottleneck_width"),
            None,
            "S003 stage `layer1` (block bottleneck) lacks `bottleneck_width` or `width`",
        ),
        (("stages", "layer1", "norm", "type"), None, "S003 norm lacks `type`"),
        (("head", "classes"), None, "S003 head (type classifier) lacks `classes`"),
        (("head",), None, "S003 the document lacks `head`"),
        (
            ("stages", "layer1", "kernel"),
            3,
            "S001 stage `layer1` (block bottleneck) has no field `kernel`",
        ),
        (
            ("stages", "layer1", "override"),
            {"first": {"kernel": 3}},
            "S001 override `first` of stage `layer1` (block bottleneck) has no field `kernel`",
        ),
        (
            ("stages", "layer1", "width"),
            4,
            "S007 stage `layer1` (block bottleneck) gives `bottleneck_width` and `width`",
        ),
    ],
)
def test_complete_document_has_every_key_it_needs_and_no_other(path, value, expected):
    document = plain(complete(RESNEXT))
    *above, last = path
    owner = document
    for part in above:
        owner = owner[part]
    if value is None:
        del owner[last]
    else:
        owner[last] = value
    (fault,) = complete_faults(from_plain(document, HERE))
    assert f"{fault.code} {fault.message}" == expected


def test_missing_key_is_reported_at_the_key_that_names_the_object():
    text = "stages:\n  layer1: {block: basic, blocks: 1}\n"
    faults = complete_faults(parse(spec("").replace("stages: {}\n", text), "test.yaml"))
    assert [f"{fault.span} {fault.message}" for fault in faults] == [
        "test.yaml:6:3 stage `layer1` (block basic) lacks `channels`"
    ]


def test_names_tables_are_checked():
    good = 'archc: 1\nnames: {extends: names/torchvision, stem.conv1: "conv{slot}"}\n'
    assert names_faults(parse(good, "names.yaml")) == []
    bad = "archc: 1\nname: x\nnames: {Stem: a, stem.conv1: a b}\n"
    assert [fault.code for fault in names_faults(parse(bad, "names.yaml"))] == ["S001", "S006", "S006"]


def test_words_of_other_libraries_lead_to_words_of_this_one():
    known = language()
    objects = read_schema("architecture.json")["$defs"].values()
    for words in (dictionary.SAME_VALUES, dictionary.LIKE_VALUES, {"block": dictionary.NEAREST_BLOCKS}):
        for field, meanings in words.items():
            allowed = {*known.blocks} if field == "block" else {*getattr(known.unions.get(field), "variants", ())}
            for described in objects:
                allowed |= set(described.get("properties", {}).get(field, {}).get("enum", ()))
            assert set(meanings) <= allowed, field
    fields = {key for described in objects for key in described.get("properties", ())} | {*known.document}
    assert {*dictionary.SAME_FIELDS, *dictionary.LIKE_FIELDS} <= fields


def test_each_word_of_another_library_has_one_certain_meaning_for_a_field():
    for meanings in (*dictionary.SAME_VALUES.values(), dictionary.SAME_FIELDS):
        words = " ".join(meanings.values()).split()
        assert len(words) == len(set(words))
    for field, others in dictionary.OTHER_VALUES.items():
        known = {name.replace("_", "") for name in getattr(language().unions.get(field), "variants", ())}
        assert not set(others.split()) & known
        assert not set(others.split()) & set(" ".join(dictionary.SAME_VALUES.get(field, {}).values()).split())


NAMES = {
    "timm.layers.create_act": """silu swish mish relu relu6 leaky_relu elu celu selu gelu gelu_tanh quick_gelu sigmoid
        tanh hard_sigmoid hard_swish hardsigmoid hardswish""",
    "torch.nn": """ELU Hardsigmoid Hardtanh Hardswish LeakyReLU LogSigmoid ReLU ReLU6 SELU CELU GELU Sigmoid SiLU Mish
        Softplus Softsign Tanh Tanhshrink Identity""",
    "keras.activations": """celu elu gelu hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid mish
        relu relu6 selu sigmoid silu swish softplus softsign tanh tanh_shrink""",
    "papers": "hswish h_swish hsigmoid h_sigmoid htanh relu2 gelu_new gelu_fast",
}


@pytest.mark.parametrize("word", sorted(set(" ".join(NAMES.values()).split())))
def test_an_activation_has_a_word_here_by_its_name_in_any_library(word):
    assert meant_value("activation", word, language().unions["activation"].variants).certain
