"""What holds of any two specs, on specs that hypothesis makes and changes; PyTorch is asked about every pair."""

import copy

import pytest
from diff_cases import TABLE, hold_against_pytorch
from hypothesis import event, given
from hypothesis import strategies as st
from made_specs import NAMES, documents, moderately, objects, stages, text_of, union_values, value_of

import archcompiler
from archcompiler.analyses.cost import Cost
from archcompiler.compare.contributions import legal_steps
from archcompiler.schema.language import language

pytestmark = pytest.mark.slow
BASES = [{"archc": 1, "name": name, **base} for name, base in TABLE["bases"].items()]


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Return a function that loads a document as the file it would be; None where it is faulty."""
    path = tmp_path_factory.mktemp("made") / "made.yaml"

    def load_one(document):
        path.write_text(text_of(document), encoding="utf-8")
        try:
            spec = archcompiler.load(path)
            archcompiler.compile(spec)
        except archcompiler.SpecError:
            return None
        return spec

    return load_one


@st.composite
def changed(draw, document):
    """The document after one to three edits, which need not fit."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        _edit(draw, document)
    return document


GENTLE = ["stride", "dilation", "activation", "stride_on", "zero_init", "shortcut", "shortcut_from", "padding"]
"""Fields that may change what a network computes and leave its weights alone."""


def _edit(draw, document):
    named, classifier = document["stages"], language().unions["head"].variants["classifier"]
    of_stages = ["gentle"] * 6 + ["field", "drop", "rename", "order"]
    others = ["stem", "head", "defaults", "names", "add", "pool", "pool", "dropout"]
    kind = draw(st.sampled_from([*others, *(of_stages if named else [])]))
    name = draw(st.sampled_from(sorted(named))) if named else ""
    if kind in ("gentle", "field"):
        fields = language().blocks[named[name].get("block") or document["defaults"]["block"]]
        every = sorted(set(fields) - {"width", "bottleneck_width"})
        field = draw(st.sampled_from([each for each in every if each in GENTLE or kind == "field"]))
        named[name][field] = draw(value_of(fields[field]))
    elif kind in ("pool", "dropout") and isinstance(document["head"], dict):
        document["head"] = {**document["head"], kind: draw(value_of(classifier[kind]))}
    elif kind == "head":
        document["head"] = {"type": "classifier", **draw(objects(classifier))}
    elif kind == "defaults":
        fields = {name: language().block_fields[name] for name in ("norm", "activation", "bias", "dilation")}
        document["defaults"] = {**document.get("defaults", {}), **draw(objects(fields))}
    elif kind == "stem":
        document["stem"] = draw(union_values("stem"))
    elif kind == "names":
        document["names"] = draw(st.sampled_from([{}, *NAMES]))
    elif kind == "add":
        named[draw(st.sampled_from(["new1", "new2"]))] = draw(stages())
    elif kind == "drop":
        del named[name]
    elif kind == "rename":
        document["stages"] = {f"{key}r" if key == name else key: stage for key, stage in named.items()}
    elif kind == "order":
        document["stages"] = dict(draw(st.permutations(list(named.items()))))


@moderately(60)
@given(documents())
def test_a_spec_does_not_differ_from_itself(load, document):
    spec = load(document)
    if spec is None:
        return
    found = archcompiler.diff(spec, load(document))
    event("compared")
    assert (found.impact, found.changes, found.findings, found.first) == (0, (), (), None)
    assert found.weights.share_kept == 1
    assert (found.old, found.contributions) == (found.new, ())


@moderately(250)
@given(st.data())
def test_a_change_is_counted_exactly_and_judged_as_pytorch_does(load, data):
    document = data.draw(st.one_of(*[st.sampled_from(BASES)] * 3, documents()))
    old = load(document)
    new = load(data.draw(changed(document))) if old else None
    if old is None or new is None:
        return
    found, back = archcompiler.diff(old, new), archcompiler.diff(new, old)
    event(f"{found.impact.name}, {len(found.changes)} edits")
    assert found.delta == archcompiler.cost(new).total - archcompiler.cost(old).total
    assert sum((each.delta for each in found.contributions), Cost()) == found.delta
    assert (back.delta, back.facts) == (old_minus_new(found), found.facts)
    assert bool(found.impact) == (
        found.first is not None or found.facts.interface == "changed" or found.facts.weights != "same"
    )
    assert found.impact == max([each.impact for each in found.findings], default=0)
    assert (found.old.function_hash == found.new.function_hash) or found.facts.function != "same"
    equal = hold_against_pytorch(found, old, new)
    event(f"function {found.facts.function}, outputs {'equal' if equal else 'differ'}")


def old_minus_new(found):
    return found.old.cost - found.new.cost


@given(st.integers(1, 60), st.integers(0, 60), st.sets(st.frozensets(st.integers(0, 59), min_size=1, max_size=3)))
@moderately(200)
def test_steps_are_legal_bounded_and_hold_every_edit_once(count, single, needs):
    """`needs` are sets of edits that are legal together only."""
    needs = [{edit for edit in need if edit < count} for need in needs]
    tried = set()

    def is_legal(edits):
        tried.add(edits)
        return all(need <= edits or not need & edits for need in needs)

    steps = list(legal_steps(count, single, is_legal))
    assert len(tried) <= 2 * min(count, single) + 1
    assert sorted(edit for step in steps for edit in step) == list(range(count))
    assert all(is_legal(frozenset().union(*steps[: index + 1])) for index in range(len(steps)))
    singles = {edit for edit in range(min(count, single)) if not any(edit in need for need in needs)}
    assert {edit for step in steps if len(step) == 1 for edit in step} >= singles
