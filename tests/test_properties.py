"""What holds for every spec, on specs that hypothesis makes from the language itself."""

import copy
import json

import peers
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from made_specs import documents, moderately, text_of, values

import archcompiler
from archcompiler.compare.weights import weights
from archcompiler.graph.ir import tensor_key
from archcompiler.schema.language import language

pytestmark = pytest.mark.slow


def check_faults(faults):
    """Hold every fault to standing somewhere and saying something."""
    assert faults
    for fault in faults:
        event(fault.code)
        assert (1, 1) <= (fault.span.line, fault.span.column) <= (fault.span.end_line, fault.span.end_column)
        assert fault.message


@pytest.fixture(scope="module")
def compile_text(tmp_path_factory):
    """Return a function that compiles a text or bytes as the file it would be; None where it is faulty."""
    path = tmp_path_factory.mktemp("made") / "made.yaml"

    def compile_one(text):
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        try:
            return archcompiler.compile(path)
        except archcompiler.SpecError as error:
            check_faults(error.diagnostics)
            return None

    return compile_one


def test_made_specs_may_use_every_field_of_the_language():
    known = language()
    unions = [fields for union in known.unions.values() for fields in union.variants.values()]
    objects = [*known.blocks.values(), *unions, *known.steps.values(), known.transition]
    plain = {field.name for fields in objects for field in fields.values() if not field.union and not field.steps}
    assert len(plain) > 25
    assert all(values(name) for name in plain)


@moderately(250)
@given(documents())
def test_a_spec_compiles_or_says_what_is_wrong(compile_text, document):
    graph = compile_text(text_of(document))
    event("compiles" if graph else "faulty")


@moderately(60)
@given(documents())
def test_what_is_counted_is_what_is_built(compile_text, document):
    import torch

    graph = compile_text(text_of(document))
    if graph is None:
        return
    report = archcompiler.cost(graph)
    network = archcompiler.build(graph, seed=1)
    expected = {
        tensor_key(path, name): shape
        for call in graph.calls
        for node, path in call.layers
        for name, shape in node.op.parameters().items()
    }
    assert {name: tuple(parameter.shape) for name, parameter in network.named_parameters()} == expected
    assert [*weights(graph).state_dict] == [*network.state_dict()]
    images = peers.random_images(2, *graph.input)
    with torch.inference_mode():
        result = network.eval()(images)
    assert tuple(result.shape) == (2, *graph.output)
    on_meta = archcompiler.build(graph, device="meta")
    assert peers.torchinfo_totals(on_meta, (1, *graph.input)) == (report.params, report.total.torchinfo_mult_adds)
    assert peers.torch_macs(on_meta, (1, *graph.input)) == report.macs
    event("compared")


@moderately(40)
@given(documents())
def test_emitted_source_alone_is_the_network(compile_text, document):
    import torch

    from archcompiler.backends.pytorch.source import source

    graph = compile_text(text_of(document))
    if graph is None:
        return
    network = archcompiler.build(graph, seed=1).eval()
    code, scope = source(graph), {"__name__": "alone"}
    exec(compile(code.text, "alone.py", "exec"), scope)
    alone = scope[code.class_name]().eval()
    assert peers.layout(alone) == peers.layout(network)
    alone.load_state_dict(network.state_dict())
    images = peers.random_images(2, *graph.input)
    with torch.inference_mode():
        assert torch.equal(alone(images), network(images))


@moderately(60)
@given(documents())
def test_every_batch_of_parts_blocks_and_layers_adds_up(compile_text, document):
    from archcompiler.analyses.cost import Cost, by_block, by_layer, total

    graph = compile_text(text_of(document))
    if graph:
        whole = total(graph, 3)
        assert sum((row.cost for row in by_block(graph, 3)), Cost()) == whole
        assert sum((row.cost for row in by_layer(graph, 3)), Cost()) == whole


ODD_VALUES = json.loads("""
    [null, true, 0, -1, 1, 2, 7, 1000000000, 1000000000000000000, 0.5, 1e300, "", "x", "none", "same", "steps", "3x3",
     "\\u0000", "é", [], [1], [1, 2], [[]], {}, {"type": "batch"}, {"type": "x"}, {"window": 3}, {"eps": 0.1},
     {"steps": [{"norm": "layer"}]}]
""")
ODD_KEYS = [
    "type",
    "block",
    "blocks",
    "width",
    "steps",
    "norm",
    "after",
    "extends",
    "override",
    "transition",
    "0",
    "conv",
]
ODD_BYTES = [
    b"",
    b" ",
    b"\n",
    b"\t",
    b"{",
    b"}",
    b"'",
    b"9",
    b"\xff",
    b": ",
    b"- ",
    b"&a ",
    b"*a",
    b"\xc3\xa9",
    b"\x00",
]
SETTABLE = [
    "stages",
    "layer1",
    "override",
    "first",
    "norm",
    "eps",
    "input",
    "size",
    "names",
    "head",
    "pool",
    "defaults",
    "x",
]


def places(value):
    """Yield every mapping and list of a document."""
    if isinstance(value, (dict, list)):
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from places(child)


@moderately(300)
@given(documents(), st.data())
def test_a_mutated_spec_compiles_or_says_what_is_wrong(compile_text, document, data):
    document = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        owner = data.draw(st.sampled_from(list(places(document))))
        keys = list(owner) if isinstance(owner, dict) else list(range(len(owner)))
        key = data.draw(st.sampled_from([*keys, *(ODD_KEYS if isinstance(owner, dict) else [])] or [None]))
        if key in keys and data.draw(st.booleans()):
            del owner[key]
        elif key is not None:
            owner[key] = copy.deepcopy(data.draw(st.sampled_from(ODD_VALUES)))
    graph = compile_text(text_of(document))
    event("compiles" if graph else "faulty")


@moderately(200)
@given(st.sampled_from(peers.SHIPPED), st.data())
def test_shipped_specs_with_broken_bytes_compile_or_say_what_is_wrong(compile_text, spec, data):
    text = bytearray((peers.SPECS / f"{spec}.yaml").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        width = data.draw(st.integers(0, 3))
        text[at : at + width] = data.draw(st.sampled_from(ODD_BYTES))
    graph = compile_text(bytes(text))
    event("compiles" if graph else "faulty")


@moderately(100)
@given(documents(), st.data())
def test_any_setting_over_any_spec_compiles_or_says_what_is_wrong(compile_text, tmp_path_factory, document, data):
    path = tmp_path_factory.getbasetemp() / "set.yaml"
    path.write_text(text_of(document), encoding="utf-8")
    key = ".".join(data.draw(st.lists(st.sampled_from(SETTABLE), min_size=1, max_size=4)))
    value = json.dumps(data.draw(st.sampled_from(ODD_VALUES)))
    try:
        archcompiler.compile(archcompiler.load(path, settings=[f"{key}={value}"]))
        event("compiles")
    except archcompiler.SpecError as error:
        check_faults(error.diagnostics)
