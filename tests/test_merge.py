"""How specs are laid over each other: `extends`, `defaults`, overrides, settings; what each block gets in the end."""

import pytest

import archcompiler
from archcompiler.tree import plain

BASE = """\
archc: 1
name: base
description: The base.
input: {channels: 3, size: 32}
stem: {type: conv3x3, channels: 16}
defaults: {block: basic, norm: {type: batch, eps: 0.5}}
stages:
  a: {blocks: 2, channels: 16}
  b: {blocks: 2, channels: 32, stride: 2}
head: {classes: 10, hidden: [8, 4], pool: {window: 4}}
"""
BOTTLENECKS = """\
archc: 1
name: base
input: {channels: 3, size: 32}
stem: none
defaults: {block: bottleneck}
stages:
  a: {blocks: 4, channels: 64, bottleneck_width: 4, cardinality: 8}
head: {classes: 10}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder in which `write` makes files."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name, text):
    with open(f"{name}.yaml", "w", encoding="utf-8") as file:
        file.write(text)
    return f"{name}.yaml"


def variant(change, base=BASE, settings=()):
    """Return the resolved spec of a change over a base."""
    write("base", base)
    return archcompiler.load(write("variant", f"archc: 1\nname: variant\nextends: base\n{change}\n"), settings)


def at(spec, address):
    """Return the value at an address such as `stages.a.norm.eps`; None where there is none."""
    value = plain(spec.document)
    for part in address.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def faults(run, *arguments, **options):
    """Return each fault as `code file:line:column`."""
    with pytest.raises(archcompiler.SpecError) as raised:
        run(*arguments, **options)
    return [f"{fault.code} {fault.span}" for fault in raised.value.diagnostics]


# what the variant says, and values of the result
EXTENDS = {
    "a key that the variant leaves out is inherited": ("", {"head.classes": 10, "stages.b.stride": 2}),
    "a scalar replaces": ("head: {classes: 7}", {"head.classes": 7, "head.pool.window": 4}),
    "mappings merge by key": ("stages: {b: {channels: 48}}", {"stages.b.channels": 48, "stages.b.stride": 2}),
    "a list replaces": ("head: {hidden: [9]}", {"head.hidden": [9]}),
    "an object of the same type merges": (
        "defaults: {norm: {type: batch, momentum: 0.3}}",
        {"stages.a.norm": {"type": "batch", "eps": 0.5, "momentum": 0.3}},
    ),
    "an object without a type merges": (
        "defaults: {norm: {momentum: 0.3}}",
        {"stages.a.norm": {"type": "batch", "eps": 0.5, "momentum": 0.3}},
    ),
    "an object of another type replaces": (
        "defaults: {norm: {type: layer}}",
        {"stages.a.norm": {"type": "layer", "eps": 1e-05, "shift": True}},
    ),
    "a scalar stands for the type: the same one merges": ("defaults: {norm: batch}", {"stages.a.norm.eps": 0.5}),
    "a scalar stands for the type: another one replaces": (
        "defaults: {norm: group}",
        {"stages.a.norm": {"type": "group", "groups": 32, "eps": 1e-05, "shift": True}},
    ),
    "a key that implies its type counts as the type": (
        "head: {pool: {grid: 2}}",
        {"head.pool": {"type": "grid", "grid": 2}},
    ),
    "another stem replaces": (
        "stem: {steps: [{conv: 16}]}",
        {"stem.type": "steps", "stem.channels": None},
    ),
    "null removes, and the schema's default is back": ("defaults: {norm: null}", {"stages.a.norm.eps": 1e-05}),
    "null removes a stage": ("stages: {a: null}", {"stages.a": None, "stages.b.channels": 32}),
    "null removes below": ("head: {hidden: null}", {"head.hidden": []}),
    "the name is the variant's own": ("", {"name": "variant"}),
    "the description is never inherited": ("", {"description": None}),
}


@pytest.mark.parametrize(("change", "expected"), EXTENDS.values(), ids=EXTENDS)
def test_a_variant_is_laid_over_its_base(folder, change, expected):
    if "group" in change:
        change += "\nstem: {channels: 32}\nstages: {a: {channels: 32}}"
    spec = variant(change)
    assert {address: at(spec, address) for address in expected} == expected


def test_two_spellings_of_one_spec_are_one(folder):
    long = BASE.replace("stem: {type: conv3x3, channels: 16}", "stem: {type: conv3x3, channels: 16, activation: relu}")
    long = long.replace("head: {classes", "head: {type: classifier, activation: {type: relu}, classes")
    short, other = archcompiler.load(write("base", BASE)), archcompiler.load(write("long", long))
    assert plain(other.document) == plain(short.document)


# the fields that the first block takes, from width and bottleneck_width said at different places
ALTERNATIVES = {
    "across files": ("stages: {a: {width: 40}}", {"width": 40}),
    "in an override": ("stages: {a: {override: {first: {width: 48}}}}", {"width": 48}),
    "in a default it is below the stage's": ("defaults: {cardinality: 4}", {"bottleneck_width": 4}),
}


@pytest.mark.parametrize(("change", "expected"), ALTERNATIVES.values(), ids=ALTERNATIVES)
def test_width_and_bottleneck_width_replace_each_other(folder, change, expected):
    base = BOTTLENECKS.replace(", cardinality: 8", "") if "defaults" in change else BOTTLENECKS
    block = plain(variant(change, base).stages[0].blocks[0])
    assert {key: block[key] for key in ("width", "bottleneck_width") if key in block} == expected


def test_a_default_width_that_every_stage_says_otherwise_is_a_fault(folder):
    assert faults(variant, "defaults: {width: 64}", BOTTLENECKS) == ["R003 variant.yaml:4:12"]


@pytest.mark.parametrize(
    ("stages", "order"),
    [
        ("{c: {after: a, %s}}", "a c b"),
        ("{c: {after: b, %s}}", "a b c"),
        ("{c: {%s}}", "a b c"),
        ("{c: {after: a, %s}, d: {after: a, %s}}", "a c d b"),
        ("{c: {after: a, %s}, d: {after: c, %s}, e: {after: a, %s}}", "a c d e b"),
        ("{d: {after: c, %s}, c: {after: a, %s}}", "a c d b"),
        ("{a: {after: b}}", "b a"),
        ("{a: null, c: {after: b, %s}}", "b c"),
    ],
)
def test_a_new_stage_stands_where_it_says(folder, stages, order):
    new = "blocks: 1, channels: 8"
    spec = variant(f"stages: {stages.replace('%s', new)}")
    assert [stage.name for stage in spec.stages] == order.split()
    assert at(spec, "stages.c.after") is None


def test_each_file_places_its_own_stages(folder):
    write("base", BASE)
    write("middle", "archc: 1\nname: m\nextends: base\nstages: {c: {after: a, blocks: 1, channels: 8}}\n")
    last = write("last", "archc: 1\nname: l\nextends: middle\nstages: {d: {after: a, blocks: 1, channels: 8}}\n")
    assert [stage.name for stage in archcompiler.load(last).stages] == ["a", "d", "c", "b"]


# --- which key: override > stage > defaults > schema ---

PRECEDENCE = {
    "the schema's default": ("{}", "{}", [1, 1, 1, 1]),
    "defaults over the schema": ("{dilation: 2}", "{}", [2, 2, 2, 2]),
    "the stage over defaults": ("{}", "{dilation: 3}", [3, 3, 3, 3]),
    "an override over the stage": ("{dilation: 2}", "{override: {first: {dilation: 5}}}", [5, 2, 2, 2]),
    "last": ("{}", "{override: {last: {dilation: 5}}}", [1, 1, 1, 5]),
    "odd counts from 0": ("{}", "{override: {odd: {dilation: 5}}}", [1, 5, 1, 5]),
    "even": ("{}", "{override: {even: {dilation: 5}}}", [5, 1, 5, 1]),
    "a number": ("{}", '{override: {"3": {dilation: 5}}}', [1, 1, 1, 5]),
    "number 0 is the first": ("{}", '{override: {"0": {dilation: 5}}}', [5, 1, 1, 1]),
    "a range holds both its ends": ("{}", '{override: {"1..2": {dilation: 5}}}', [1, 5, 5, 1]),
    "a range may reach beyond": ("{}", '{override: {"2..9": {dilation: 5}}}', [1, 1, 5, 5]),
    "the later selector wins": ("{}", "{override: {even: {dilation: 5}, first: {dilation: 7}}}", [7, 1, 5, 1]),
    "the later selector wins, written first": (
        "{}",
        "{override: {first: {dilation: 7}, even: {dilation: 5}}}",
        [5, 1, 5, 1],
    ),
}


@pytest.mark.parametrize(("defaults", "stage", "dilations"), PRECEDENCE.values(), ids=PRECEDENCE)
def test_a_block_takes_the_nearest_value(folder, defaults, stage, dilations):
    spec = variant(f"defaults: {defaults}\nstages: {{a: {stage}}}", BOTTLENECKS)
    assert [plain(block)["dilation"] for block in spec.stages[0].blocks] == dilations


def test_the_question_of_the_key_comes_before_the_question_of_the_file(folder):
    """A base's stage is nearer than the variant's defaults."""
    spec = variant(
        "defaults: {cardinality: 2, dilation: 2}",
        BOTTLENECKS.replace("a: {", "b: {blocks: 1, channels: 8, width: 8}\n  a: {"),
    )
    assert [plain(stage.blocks[0])["cardinality"] for stage in spec.stages] == [2, 8]


def test_only_the_first_block_has_the_stages_stride(folder):
    spec = variant("stages: {b: {blocks: 3, override: {last: {stride: 4}}}}\nhead: {pool: global}")
    assert [plain(block)["stride"] for block in spec.stages[1].blocks] == [2, 1, 4]


def test_defaults_reach_the_stem_where_it_has_the_field(folder):
    spec = variant("defaults: {activation: silu, dilation: 2}")
    assert at(spec, "stem.activation.type") == at(spec, "stages.a.activation.type") == "silu"
    assert at(spec, "stem.norm.eps") == 0.5
    assert at(spec, "head.activation.type") == "relu"
    assert at(spec, "stem.dilation") is None


def test_what_a_stage_says_of_an_object_merges_with_the_default_of_its_type(folder):
    spec = variant(
        "stages: {a: {norm: {momentum: 0.3}}, b: {override: {first: {norm: {eps: 0.25}}, last: {norm: layer}}}}"
    )
    assert at(spec, "stages.a.norm") == {"type": "batch", "momentum": 0.3, "eps": 0.5}
    first, last = (plain(block)["norm"] for block in spec.stages[1].blocks)
    assert first == {"type": "batch", "eps": 0.25, "momentum": 0.1}
    assert last == {"type": "layer", "eps": 1e-05, "shift": True}


def test_a_default_transition_merges_with_the_stages(folder):
    spec = variant(
        "defaults: {transition: {steps: [{pool: max}]}}\nstages: {a: {transition: {at: end}}}\nhead: {pool: global}"
    )
    at_ends = [plain(stage.transition)["at"] for stage in spec.stages]
    assert at_ends == ["end", "start"]
    assert [plain(stage.transition)["steps"][0]["pool"] for stage in spec.stages] == ["max", "max"]


def test_an_override_may_say_another_block(folder):
    spec = variant("stages: {a: {override: {last: {block: conv, kernel: 5}}}}", BOTTLENECKS)
    last = plain(spec.stages[0].blocks[3])
    assert (last["block"], last["kernel"], last["channels"]) == ("conv", 5, 64)
    assert "bottleneck_width" not in last
    assert archcompiler.cost(spec).output == (10,)


def test_an_override_is_inherited_changed_and_removed(folder):
    base = BOTTLENECKS.replace("cardinality: 8", "override: {first: {dilation: 2, stride: 2}, last: {dilation: 4}}")
    spec = variant("stages: {a: {override: {first: {dilation: 3}, last: null}}}", base)
    assert [plain(block)["dilation"] for block in spec.stages[0].blocks] == [3, 1, 1, 1]
    assert plain(spec.stages[0].blocks[0])["stride"] == 2


# --- which file: --set > file > base ---


def test_settings_lie_over_the_file_and_the_file_over_its_base(folder):
    settings = ["stages.b.channels=64", "stages.a.blocks=null", "stages.a.blocks=5", "name=other", "head.pool.grid=2"]
    spec = variant("stages: {a: {blocks: 3}, b: {channels: 48}}", settings=settings)
    assert (at(spec, "stages.a.blocks"), at(spec, "stages.b.channels"), spec.name) == (5, 64, "other")
    assert at(spec, "head.pool") == {"type": "grid", "grid": 2}


@pytest.mark.parametrize(
    ("setting", "address", "value"),
    [
        ("input.size=[16, 24]", "input.size", [16, 24]),
        ("head.hidden=[]", "head.hidden", []),
        ("stages.a={channels: 8}", "stages.a.channels", 8),
        ("defaults.norm=none", "stages.a.norm", {"type": "none"}),
        ("stages.a.norm.eps=0.25", "stages.a.norm.eps", 0.25),
        ("stages.a=null", "stages.a", None),
        ("names.stem.conv1=first", "names", {"stem.conv1": "first"}),
        ('stages.a.override."0..1".dilation=2', "stages.a.override", {"0..1": {"dilation": 2}}),
        ("stages.a.after=b", "stages.a.blocks", 2),
        ("description=", "description", None),
    ],
)
def test_a_setting_changes_one_value(folder, setting, address, value):
    write("base", BASE)
    settings = [setting, "head.pool=global"]
    spec = archcompiler.load("base.yaml", settings)
    document = plain(spec.document)
    found = document.get("names") if address == "names" else at(spec, address)
    assert found == value


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("", "R007"),
        ("a", "R007"),
        ("=3", "R007"),
        ("stages..a=3", "R007"),
        (".a=3", "R007"),
        ("extends=resnet/resnet50", "R007"),
        ("stages.a.blocks=two", "S002"),
        ("stages.a.blocks=[", "Y001"),
        ("stages.a.blocks=on", "Y003"),
        ("stages.a.blocks=!!int 3", "Y005"),
        ("stages.a.blokcs=3", "S001"),
        ("defaults=3", "S002"),
        ("defaults.bottleneck_width=3", "R003"),
        ("stages.z=null", "R005"),
        ("archc=2", "S004"),
        ("names=names/nothing", "R001"),
    ],
)
def test_a_faulty_setting_is_told_at_the_setting(folder, setting, code):
    write("base", BASE)
    (fault,) = faults(archcompiler.load, "base.yaml", [setting])
    assert fault.startswith(f"{code} <--set {setting}>:1:")


def test_every_faulty_setting_is_told(folder):
    write("base", BASE)
    found = faults(archcompiler.load, "base.yaml", ["a", "stages.a.blocks=two", "b"])
    assert [fault[:4] for fault in found] == ["R007", "R007", "S002"]


# --- what nothing uses ---


def test_an_unused_default_is_told_at_its_own_place_or_at_the_edit_that_hides_it(folder):
    assert faults(variant, "defaults: {bottleneck_width: 8}") == ["R003 variant.yaml:4:12"]
    hidden = "stages: {a: {norm: none}, b: {norm: none}}\nstem: {norm: none}"
    assert faults(variant, hidden) == ["R003 variant.yaml:4:20"]


def test_a_default_that_one_override_uses_is_used(folder):
    spec = variant("defaults: {kernel: 5}\nstages: {a: {override: {last: {block: conv}}}}")
    assert plain(spec.stages[0].blocks[1])["kernel"] == 5


def test_a_default_that_every_override_hides_is_a_fault(folder):
    change = "defaults: {dilation: 2}\nstages: {a: {override: {even: {dilation: 1}, odd: {dilation: 3}}}}"
    assert faults(variant, change, BOTTLENECKS) == ["R003 variant.yaml:4:12"]


def test_a_selector_that_matches_no_block_is_told_at_the_edit_that_takes_the_block(folder):
    base = BASE.replace("stride: 2}", 'stride: 2, override: {"1": {dilation: 2}}}')
    assert faults(variant, "stages: {b: {blocks: 1}}", base) == ["R004 variant.yaml:4:22"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("stages: {z: null}", "R005 variant.yaml:4:13"),
        ("defaults: {cardinality: null}", "R005 variant.yaml:4:25"),
        ("head: {dropout: null}", "R005 variant.yaml:4:17"),
        ("stages: {a: {override: {last: null}}}", "R005 variant.yaml:4:31"),
        ("stages: {c: {after: z, blocks: 1, channels: 8}}", "R006 variant.yaml:4:21"),
        ("stages: {c: {after: c, blocks: 1, channels: 8}}", "R006 variant.yaml:4:21"),
        ("stages: {b: null, c: {after: b, blocks: 1, channels: 8}}", "R006 variant.yaml:4:30"),
    ],
)
def test_what_removes_or_follows_nothing_is_a_fault(folder, change, place):
    assert faults(variant, change) == [place]


# --- bases ---


def test_a_base_is_found_beside_the_file_or_by_its_shipped_name(folder):
    (folder / "deep" / "er").mkdir(parents=True)
    write("base", BASE)
    write("deep/one", "archc: 1\nname: one\nextends: ../base.yaml\n")
    write("deep/er/two", "archc: 1\nname: two\nextends: ../one\n")
    write("three", "archc: 1\nname: three\nextends: resnet/resnet18\n")
    assert at(archcompiler.load("deep/er/two.yaml"), "stages.a.channels") == 16
    assert at(archcompiler.load("three.yaml"), "stages.layer4.channels") == 512


def test_a_file_beside_the_spec_is_nearer_than_a_shipped_name(folder):
    (folder / "resnet").mkdir()
    write("resnet/resnet18", BASE)
    write("mine", "archc: 1\nname: mine\nextends: resnet/resnet18\n")
    assert at(archcompiler.load("mine.yaml"), "stages.a.channels") == 16


def chain(length):
    write("n0", BASE)
    for number in range(1, length):
        stage = f"stages: {{a: {{channels: {number}}}}}"
        write(f"n{number}", f"archc: 1\nname: n{number}\nextends: n{number - 1}\n{stage}\n")
    return f"n{length - 1}.yaml"


def test_a_chain_of_fifty_files_is_laid_in_order(folder):
    spec = archcompiler.load(chain(50))
    assert at(spec, "stages.a.channels") == 49
    channels = spec.document.get("stages").get("a").entries["channels"]
    assert [plain(node) for node in channels.shadows] == [*range(48, 0, -1), 16]


def test_a_chain_without_an_end_is_refused(folder):
    assert faults(archcompiler.load, chain(70)) == ["R002 n6.yaml:3:10"]


def test_a_circle_is_told_with_every_file_of_it(folder):
    for name, base in (("a", "b"), ("b", "c"), ("c", "b")):
        write(name, f"archc: 1\nname: {name}\nextends: {base}\n")
    with pytest.raises(archcompiler.SpecError) as raised:
        archcompiler.load("a.yaml")
    (fault,) = raised.value.diagnostics
    assert (str(fault.span), fault.code) == ("c.yaml:3:10", "R002")
    assert "b.yaml -> c.yaml -> b.yaml" in fault.message
    assert [str(label.span) for label in fault.labels] == ["b.yaml:3:10"]


@pytest.mark.parametrize("base", ["nowhere", "../nowhere.yaml", "/etc/passwd/no", "resnet/resnet51"])
def test_a_missing_base_is_told_where_it_is_named(folder, base):
    write("x", f"archc: 1\nname: x\nextends: {base}\n")
    assert faults(archcompiler.load, "x.yaml") == ["R001 x.yaml:3:10"]


def test_a_faulty_base_is_told_at_its_own_place_with_the_faults_of_the_variant(folder):
    base = BASE.replace("blocks: 2, channels: 16", "blocks: two, chanels: 16")
    assert faults(variant, "head: {clases: 3}", base) == [
        "S001 variant.yaml:4:8",
        "S002 base.yaml:8:15",
        "S001 base.yaml:8:20",
    ]


def test_a_base_that_is_no_yaml_is_told_at_its_own_place(folder):
    assert faults(variant, "", BASE.replace("head: {", "head: ")) == ["Y001 base.yaml:10:14"]


# --- names ---


def names(spec):
    return plain(spec.document)["names"]


def test_a_table_of_names_is_extended_and_changed(folder):
    own = "names: {extends: names/torchvision, stem.conv1: first, act3: null}"
    spec = archcompiler.load(write("base", f"{BASE}{own}\n"))
    assert (names(spec)["stem.conv1"], names(spec)["norm1"]) == ("first", "bn1")
    assert not {"act3", "extends"} & set(names(spec))
    assert "first.weight" in archcompiler.build(spec, device="meta").state_dict()


def test_names_of_a_variant_are_laid_over_its_bases_unless_they_name_another_table(folder):
    write("table", "archc: 1\nnames: {norm1: n1}\n")
    base = f"{BASE}names: {{extends: names/torchvision, norm2: second}}\n"
    assert names(variant("names: {norm1: first}", base))["norm2"] == "second"
    assert names(variant("names: {norm2: null}", base)).get("norm2") is None
    assert names(variant("names: {extends: table, conv1: c1}", base)) == {"norm1": "n1", "conv1": "c1"}


def test_tables_extend_tables(folder):
    write("one", "archc: 1\nnames: {norm1: n1, norm2: n2}\n")
    write("two", "archc: 1\nnames: {extends: one, norm2: null, conv1: c1}\n")
    assert names(archcompiler.load(write("base", f"{BASE}names: two\n"))) == {"norm1": "n1", "conv1": "c1"}


def test_a_role_that_no_layer_has_is_a_warning_in_the_spec_that_says_it(folder, archc):
    write("base", f"{BASE}names: {{extends: names/torchvision, conv9: c}}\n")
    run = archc("validate", "base.yaml", cwd=folder)
    assert run.returncode == 0
    assert "base.yaml:11:37: warning[L001]: no layer of this network has the role `conv9`" in run.stdout
    assert run.stdout.count("warning") == 2
    write("variant", "archc: 1\nname: v\nextends: base\n")
    assert archc("validate", "variant.yaml", cwd=folder).stdout == "no faults in 1 file\n"


def test_a_table_of_names_is_validated_as_a_table_and_is_no_network(folder, archc):
    assert archc("validate", "names/torchvision").stdout == "no faults in 1 file\n"
    run = archc("cost", "names/torchvision")
    assert run.returncode == 1
    assert "is a table of module names, no network" in run.stderr
