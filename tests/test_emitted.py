"""Emitted source stands alone: it runs without archcompiler, reads as if written by hand, and carries no strangers."""

import ast
import inspect
import json
import keyword
import re
import subprocess
import sys

import peers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from terminal import run_here

import archcompiler
from archcompiler.backends.pytorch.source import source

pytestmark = pytest.mark.usefixtures("one_thread")
BATCHES = 32
"""In how many parts the sources of all shipped networks are read: ruff starts once for many files."""

ALONE = """
import importlib.util, json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("archcompiler", "yaml", "jsonschema"):
            raise ModuleNotFoundError(f"{name} is not installed here", name=name)

def run(path):
    spec = importlib.util.spec_from_file_location(path.rpartition("/")[2][:-3], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

sys.meta_path.insert(0, Absent())
try:
    import archcompiler
except ModuleNotFoundError:
    pass
else:
    sys.exit("archcompiler can be imported")

import torch
torch.set_num_threads(1)
peers = run(sys.argv[1])
answers = {}
for job in json.loads(sys.stdin.read()):
    construct = getattr(run(job["source"]), job["class"])
    if job["weights"]:
        network = construct()
        network.load_state_dict(torch.load(job["weights"], weights_only=True), strict=True)
    else:
        network = peers.filled(construct, seed=6)
    scores = peers.output(network, peers.random_images(*job["images"]))
    keys = [[key, *tensor.shape] for key, tensor in network.state_dict().items()]
    answers[job["spec"]] = {"keys": keys, "scores": scores.numpy().tobytes().hex()}
assert "archcompiler" not in sys.modules
print(json.dumps(answers))
"""


def _run_alone(jobs, folder):
    """Run emitted files in a process in which archcompiler is not installed; return what each network says."""
    command = [sys.executable, "-I", "-W", "error", "-c", ALONE, peers.__file__]
    found = subprocess.run(command, input=json.dumps(jobs), cwd=folder, capture_output=True, text=True, timeout=900)
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def _answer(network, images):
    keys = [[key, *tensor.shape] for key, tensor in network.state_dict().items()]
    return {"keys": keys, "scores": peers.output(network, peers.random_images(*images)).numpy().tobytes().hex()}


def _class_name(path):
    """Return the name of the last class of a file: the network."""
    return [node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.ClassDef)][-1]


def _images(spec):
    """Return a small input that the network takes: windowed pools and hidden layers want their own size."""
    channels, *sides = archcompiler.cost(spec).input
    if spec.startswith("cifar/"):
        sides = [16, 16]
    return [2, channels, *(side if side <= 64 else peers.side(spec, 48) for side in sides)]


def _ruff(*arguments):
    return subprocess.run([sys.executable, "-m", "ruff", *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    """Return a function that gives the file of a shipped network's source, written by the command."""
    folder = tmp_path_factory.mktemp("emitted")

    def file(spec):
        path = folder / f"{spec.replace('/', '_')}.py"
        if not path.exists():
            assert run_here("build", spec, "--emit", "python", "-o", path).returncode == 0
        return path

    return file


@pytest.mark.slow
def test_emitted_file_alone_is_the_built_module(emitted, tmp_path):
    """Both are filled by one rule, parameter by parameter in order, and then say the same of the same images.

    These are networks of every family that have, between them, every class, call and keyword of the sources of all
    sets of mechanisms; that the others' files are what `build` runs is the next test's to show.
    """
    specs = _having_every_feature(emitted)
    jobs = [
        {
            "spec": spec,
            "source": str(emitted(spec)),
            "class": _class_name(emitted(spec)),
            "weights": None,
            "images": _images(spec),
        }
        for spec in specs
    ]
    answers = _run_alone(jobs, tmp_path)
    assert list(answers) == specs
    for spec in specs:
        network = peers.filled(lambda spec=spec: archcompiler.build(spec, device="meta"), seed=6)
        assert answers[spec] == _answer(network, _images(spec)), spec


def _having_every_feature(emitted):
    """Return the smallest networks, each of which has a feature that no smaller one has; to be of a family is one."""
    seen, chosen = set(), []
    for spec in sorted(peers.representatives(), key=lambda spec: archcompiler.cost(spec).params):
        features = {spec.partition("/")[0], *_features(emitted(spec).read_text("utf-8"))}
        if not features <= seen:
            chosen.append(spec)
            seen |= features
    return chosen


def _features(text):
    """Return what a source is made of: its blocks' classes, and what it calls with which keywords.

    Keywords of an OrderedDict are names of layers.
    """
    nodes = list(ast.walk(ast.parse(text)))
    *blocks, _ = (node.name.rstrip("0123456789") for node in nodes if isinstance(node, ast.ClassDef))
    calls = [(_called(node), node.keywords) for node in nodes if isinstance(node, ast.Call)]
    keywords = {(name, each.arg) for name, given in calls if name != "OrderedDict" for each in given}
    return {*blocks, *(name for name, _ in calls), *keywords}


def _called(node):
    """Return the name of a function or method that is called; what is called by key, as in `x["a"](y)`, has none."""
    return getattr(node.func, "attr", getattr(node.func, "id", None))


@pytest.fixture(scope="module", params=range(BATCHES))
def batch(request, tmp_path_factory):
    """One part of the shipped networks: the graph of each, and a file of its source."""
    folder, found = tmp_path_factory.mktemp("batch"), {}
    for spec in peers.SHIPPED[request.param :: BATCHES]:
        graph, path = archcompiler.compile(spec), folder / f"{spec.replace('/', '_')}.py"
        path.write_text(source(graph).text, encoding="utf-8")
        found[spec] = graph, path
    return found


def test_source_is_what_the_built_module_runs(batch):
    """Letter by letter, with nothing in it that another file would have to give, and as many parameters as are told."""
    for spec, (graph, path) in batch.items():
        network = archcompiler.build(graph, device="meta")
        assert inspect.getsource(sys.modules[type(network).__module__]) == path.read_text("utf-8"), spec
        assert type(network).__name__ == _class_name(path), spec
        assert peers.parameter_count(network) == archcompiler.cost(graph).params, spec
        _assert_only_classes(path.read_text("utf-8"))


def test_emitted_file_alone_loads_what_the_built_module_saved(emitted, tmp_path):
    import torch

    jobs, expected = [], {}
    for spec in ["cifar/resnet20", "resnet/resnet18", "resnext/resnext50_32x4d"]:
        network = peers.randomised(archcompiler.build(spec), seed=4)
        weights = tmp_path / f"{peers.short(spec)}.pt"
        torch.save(network.state_dict(), weights)
        job = {"spec": spec, "source": str(emitted(spec)), "class": _class_name(emitted(spec))}
        jobs.append({**job, "weights": str(weights), "images": _images(spec)})
        expected[spec] = _answer(network, _images(spec))
    assert _run_alone(jobs, tmp_path) == expected


def test_what_is_written_to_a_file_is_what_is_printed(archc, tmp_path):
    expected = source(archcompiler.compile("resnet/resnet50")).text
    printed = archc("build", "resnet/resnet50", "--emit", "python")
    assert (printed.returncode, printed.stdout) == (0, expected)
    written = archc("build", "resnet/resnet50", "--emit", "python", "-o", "net.py", cwd=tmp_path)
    assert written.returncode == 0
    assert (tmp_path / "net.py").read_text("utf-8") == expected


# What a reader sees


def test_ruff_finds_nothing_to_format_or_to_mend_in_any_source(batch):
    paths = [path for _, path in batch.values()]
    for words in (["format", "--check", "--diff"], ["check", "--no-cache"]):
        found = _ruff(*words, "--isolated", *paths)
        assert found.returncode == 0, found.stdout


def test_resnet50_is_as_short_as_a_person_would_write_it(emitted):
    text = emitted("resnet/resnet50").read_text("utf-8")
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert len(classes) <= 3
    assert len(text.splitlines()) < 120


LISTED = {
    "regnet_y": 140,
    "regnety": 140,
    "regnetz": 140,
    "densenet264d": 211,
    "densenet": 180,
    "efficientnet": 550,
    "googlenet": 160,
    "dpn": 250,
    "fasternet": 250,
    "focalnet": 192,
    "ghostnetv3": 329,
    "ghostnet": 175,
    "hardcorenas": 148,
    "mixnet": 169,
    "nf_ecaresnet": 262,
    "nf_regnet": 333,
    "dm_nfnet": 544,
    "eca_nfnet": 380,
    "nfnet": 643,
    "rdnet": 168,
}
"""Lines of the longest class, where each block has arguments of its own: widths that grow or vary, or rates."""
WRITTEN_OUT = {
    "cs3darknet": 340,
    "cs3edgenet": 334,
    "cs3se": 675,
    "cspdarknet": 270,
    "cspnext": 351,
    "cspresnet": 200,
    "cspresnext": 240,
    "fastvit": 395,
    "hgnetv2": 248,
    "hgnet": 148,
    "repvit": 467,
}
"""Lines of the longest class, where a block repeats a group of layers: the group has no class and is no loop yet."""
FORMS = {
    "efficientnet_v2": 7,
    "efficientnetv2": 9,
    "tf_efficientnet_e": 8,
    "efficientnet_": 7,
    "ecaresnet": 7,
    "fbnetv3": 7,
    "mobilenet_v3": 10,
    "mobilenet_edgetpu_v2": 7,
    "tf_mobilenetv3": 12,
    "mobilenetv3_large": 11,
    "mobilenetv3_rw": 10,
    "mobileone_s4": 10,
    "mixnet": 13,
    "nfnet": 7,
    "ghostnetv": 8,
    "hardcorenas": 9,
    "inception_resnet_v2": 8,
    "inception_v4": 9,
    "regnety_040_sgn": 9,
    "tresnet": 10,
    "xception": 7,
}
"""Classes of networks whose blocks differ in more than numbers: in kind, in activation or in attention."""


def test_depth_does_not_lengthen_the_source(batch):
    """Equal blocks are a loop; 1,202 layers are no more to read than 20, and each form of block is one short class."""
    for spec, (_, path) in batch.items():
        classes = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.ClassDef)]
        lines, forms = (
            next((most for family, most in table.items() if family in spec), usual)
            for table, usual in ((LISTED | WRITTEN_OUT, 130), (FORMS, 6))
        )
        assert max(node.end_lineno - node.lineno for node in classes) < lines, spec
        assert len(classes) <= forms, spec


# Strings of a spec in the source

SPEC = """
archc: 1
name: {name}
input: {{channels: 3, size: 8}}
stem: {{type: conv3x3, channels: 4}}
defaults: {{block: basic}}
stages:
  a: {{blocks: 2, channels: 4}}
  b: {{blocks: 2, channels: 8, stride: 2}}
head: {{classes: 5}}
"""


def _spec(tmp_path, *, name="net", description=None, names=None, text=SPEC):
    path = tmp_path / "net.yaml"
    parts = [text.format(name=json.dumps(name))]
    parts += [f"description: {_quoted(description)}\n"] if description is not None else []
    parts += [f"names: {json.dumps(names)}\n"] if names else []
    path.write_text("".join(parts), encoding="utf-8")
    return path


def _quoted(value):
    """Return a string as YAML says it in double quotes, every character beyond ASCII and each control escaped."""
    escaped = [character if " " <= character <= "~" else f"\\U{ord(character):08x}" for character in value]
    return '"' + "".join({'"': '\\"', "\\": "\\\\"}.get(character, character) for character in escaped) + '"'


PAYLOAD = 'import os; os.system("touch PWNED")'
DESCRIPTIONS = {
    "closes the docstring": f'"""\n{PAYLOAD}\n"""',
    "closes the other docstring": f"'''\n{PAYLOAD}\n'''",
    "ends in a quote": 'says "this"',
    "is a quote": '"',
    "backslash before the end": "ends with \\",
    "backslash before a quote": f'\\"""\n{PAYLOAD}\n\\"""',
    "many backslashes": "\\" * 101,
    "backslash at the end of a row": "a" * 81 + "\\ and more",
    "escapes that are text": r"\N{BULLET} \x00 \u0041 \101 \n",
    "null": f"a\x00\n{PAYLOAD}",
    "escape sequences of a terminal": "\x1b[31mred\x07" * 12,
    "carriage return": f"a\r{PAYLOAD}\rb",
    "unicode line separators": f"a\u2028{PAYLOAD}\u2029{PAYLOAD}\x85{PAYLOAD}\x0c{PAYLOAD}",
    "right to left": f"a\u202e{PAYLOAD}\u2066",
    "no break in sight": "x" * 500,
    "a long word of another script": "畳み込みニューラルネットワーク" * 20,
    "accents": "é" * 300,
    "beyond the basic plane": "\U0001f389" * 60,
    "braces": "{} {0} {name} {{ %s",
    "coding line": f"-*- coding: utf-7 -*- +AAo-{PAYLOAD}",
    "comment": "# type: ignore  # noqa",
    "blank": "   ",
    "empty": "",
    "leading and trailing space": "  a  ",
}


def _emitted_text(folder, spec):
    assert run_here("build", spec, "--emit", "python", "-o", folder / "net.py", "--force").returncode == 0
    return (folder / "net.py").read_text("utf-8")


def _assert_only_classes(text):
    """A module docstring, imports of torch and of OrderedDict, and classes of methods: nothing runs on import."""
    docstring, *rest = ast.parse(text).body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(docstring.value, ast.Constant)
    imports = {ast.unparse(node) for node in rest if isinstance(node, (ast.Import, ast.ImportFrom))}
    assert imports <= {
        "from collections import OrderedDict",
        "import torch",
        "import torch.nn.functional as F",
        "from torch import Tensor, nn",
    }
    classes = [node for node in rest if not isinstance(node, (ast.Import, ast.ImportFrom))]
    assert all(isinstance(node, ast.ClassDef) for node in classes)
    for node in classes:
        assert not node.decorator_list
        assert all(isinstance(each, ast.FunctionDef) or _is_docstring(each) for each in node.body)
        base = ast.unparse(node.bases[0])
        assert base in {"Conv2dSame"} & {each.name for each in classes} or re.fullmatch(
            r"nn\.(Module|LayerNorm|RMSNorm|Conv2d|GroupNorm)", base
        )
    return docstring.value.value, classes


def _is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _words(text):
    return re.findall(r"[A-Za-z0-9]+", text)


@pytest.mark.parametrize("description", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_description_stays_inside_the_docstring(tmp_path, monkeypatch, description):
    monkeypatch.chdir(tmp_path)
    spec = _spec(tmp_path, description=description)
    text = _emitted_text(tmp_path, spec)
    docstring, classes = _assert_only_classes(text)
    assert "PWNED" not in "".join(map(ast.unparse, classes))
    assert ("PWNED" in docstring) == ("PWNED" in description)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", text)
    assert max(map(len, text.splitlines())) <= 88
    found = _ruff("format", "--isolated", "--check", "--diff", tmp_path / "net.py")
    assert found.returncode == 0, found.stdout
    assert archcompiler.build(spec)(peers.random_images(1, 3, 8, 8)).shape == (1, 5)
    assert not (tmp_path / "PWNED").exists()


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(description=st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_no_description_gets_out_of_the_docstring(tmp_path, description):
    """The built module's own text, which is the emitted one; only a fault of the spec may come instead."""
    try:
        network = archcompiler.build(_spec(tmp_path, description=description), device="meta")
    except archcompiler.SpecError:
        return
    assert [name for name, _ in network.named_children()] == ["stem", "a", "b", "head"]


PLAIN_WORDS = "ResNet-50: width 4, C=32 (arXiv:1611.05431); stride on the 3x3, as in Table 1. " * 5


def test_the_words_of_a_description_can_be_read_in_the_docstring(tmp_path):
    text = _emitted_text(tmp_path, _spec(tmp_path, description=PLAIN_WORDS))
    docstring, _ = _assert_only_classes(text)
    assert docstring.split() == PLAIN_WORDS.split()


REFUSED_NAMES = [
    f"x; {PAYLOAD}",
    "x(nn.Module): pass\nclass y",
    "__class__",
    "_x",
    "9x",
    "x-y",
    "x.y",
    "été",
    "",
    " ",
    "x\x00",
    "x\n",
]


@pytest.mark.parametrize("name", REFUSED_NAMES)
def test_a_name_that_is_no_identifier_is_refused_at_its_place(archc, tmp_path, name):
    found = archc("build", _spec(tmp_path, name=name), "--emit", "python", "-o", "net.py", cwd=tmp_path)
    assert found.returncode == 1
    assert re.match(r"\S*net\.yaml:3:7: error\[", found.stderr)
    assert "Traceback" not in found.stderr
    assert not (tmp_path / "net.py").exists()


AWKWARD_NAMES = [
    "class",
    "none",
    "True",
    "F",
    "tensor",
    "ordered_dict",
    "nn",
    "int",
    "super",
    "type",
    "module",
    "x__1_",
]
AWKWARD_NAMES += [
    "basic_block",
    "projection_basic_block",
    "subsample",
    "pad_channels",
    "layer_norm2d",
    "getattr",
    "list",
]


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_a_name_that_python_or_the_source_uses_gets_a_class_all_the_same(tmp_path, name):
    """The network's class hides no other: it computes what it does under any other name."""
    text = SPEC.replace("block: basic", "block: basic, shortcut: zero_pad, norm: layer")
    plain = peers.randomised(archcompiler.build(_spec(tmp_path, text=text)), seed=1)
    named = archcompiler.build(_spec(tmp_path, name=name, text=text), weights=plain.state_dict())
    images = peers.random_images(2, 3, 8, 8)
    assert peers.output(named, images).equal(peers.output(plain, images))


@pytest.mark.parametrize("stage", [f"a: 1}}; {PAYLOAD}", 'a"]); import os #', "a.b", "a-b", "1", "_a", "__init__", "é"])
def test_a_stage_whose_name_is_no_identifier_is_refused(archc, tmp_path, stage):
    text = SPEC.replace("  a:", f"  {_quoted(stage)}:".replace("{", "{{").replace("}", "}}"))
    found = archc("build", _spec(tmp_path, text=text), "--emit", "python", cwd=tmp_path)
    assert (found.returncode, found.stdout) == (1, "")
    assert re.match(r"\S*net\.yaml:\d+:\d+: error\[", found.stderr)


# Unusual names of modules

TABLES = {
    "hyphens": {
        "block": "{stage}.block{stage}-{block}",
        "conv1": "conv-1",
        "shortcut.conv": "short-cut.0",
        "shortcut.norm": "short-cut.1",
        "head.linear": "fc-last",
    },
    "keywords": {
        "conv1": "class",
        "norm1": "None",
        "conv2": "lambda.if",
        "norm2": "lambda.else",
        "stem.conv1": "import",
        "head.linear": "is",
        "block": "def.{stage}.{block}",
    },
    "keywords below a stage": {
        "block": "{stage}.in-{block}",
        "shortcut.conv": "with.try",
        "shortcut.norm": "with.try2",
    },
    "digits": {"stem.conv1": "0", "stem.norm1": "1", "stem.act1": "2", "conv1": "0", "norm1": "1", "head.linear": "9"},
    "one sequence of digits": {"stem.conv1": "features.0", "stem.norm1": "features.1", "stem.act1": "features.2"},
    "digits with a hole": {"stem.conv1": "features.0", "stem.norm1": "features.3", "stem.act1": "features.4"},
    "no chain in a block": {"conv1": "body.first", "norm1": "body.second", "shortcut.conv": "body.shortcut"},
    "both ends of the network in one group": {"stem.conv1": "ends.first", "head.linear": "ends.last"},
    "both ends, with digits": {"stem.conv1": "ends.0", "head.linear": "ends.1"},
    "nested groups": {"conv1": "a.b.c", "norm1": "a.b.d", "conv2": "a.e", "norm2": "f.g.h", "shortcut.conv": "a.b.i"},
    "every block in one group": {"block": "blocks.{stage}-{block}"},
    "a group around the stages": {"block": "trunk.{stage}.{block}"},
    "blocks at the top": {"block": "{stage}{block}"},
    "what forward calls its values": {"conv1": "x", "norm1": "out", "conv2": "self", "norm2": "y", "head.linear": "x"},
    "what the constructor calls its arguments": {"conv1": "in_channels", "norm1": "channels", "conv2": "stride"},
    "what the file imports": {"conv1": "nn", "norm1": "torch", "conv2": "F", "norm2": "Tensor", "head.linear": "super"},
    "leading underscores": {"stem.conv1": "_stem", "conv1": "_conv1", "norm1": "_", "block": "_{stage}.{block}"},
    "the shortcut first, and stages by number": {
        "registered_first": "shortcut",
        "block": "stages.{stage_index}.blocks.{block}",
    },
    "underscores": {"conv1": "conv_", "norm1": "a__b", "conv2": "c_1_", "norm2": "N"},
}


def _renamed(key, table):
    """Return where a table puts what stands at a key under the default names."""
    module, _, leaf = key.rpartition(".")
    block = re.match(r"([ab])\.(\d+)\.(.+)", module)
    if not block:
        return f"{table.get(module, module)}.{leaf}"
    stage, index, role = block.groups()
    prefix = table.get("block", "{stage}.{block}").replace("{stage}", stage).replace("{block}", index)
    prefix = prefix.replace("{stage_index}", str("ab".index(stage)))
    return f"{prefix}.{table.get(role, role)}.{leaf}"


def _assert_only_names_differ(plain, spec, table):
    """The module of a table has the renamed keys and, given the renamed weights, says the same."""
    weights = {_renamed(key, table): tensor for key, tensor in plain.state_dict().items()}
    named = archcompiler.build(spec, weights=weights)
    assert set(named.state_dict()) == set(weights)
    images = peers.random_images(2, 3, 8, 8)
    assert peers.output(named, images).equal(peers.output(plain, images))
    return named


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_names_of_modules_change_nothing_else(tmp_path, table):
    import torch

    plain = peers.randomised(archcompiler.build(_spec(tmp_path)), seed=1)
    spec = _spec(tmp_path, names=table)
    named = _assert_only_names_differ(plain, spec, table)
    initialised = archcompiler.build(spec, seed=0)
    assert all(tensor.isfinite().all() for tensor in initialised.state_dict().values())
    _assert_only_classes(_emitted_text(tmp_path, spec))
    found = _ruff("format", "--isolated", "--check", "--diff", tmp_path / "net.py")
    assert found.returncode == 0, found.stdout
    if not _keyword_paths(named):
        images = peers.random_images(2, 3, 8, 8)
        assert peers.output(torch.fx.symbolic_trace(named), images).equal(peers.output(plain, images))


def _keyword_paths(network):
    """Return the paths that torch.fx cannot write: its code says `self.import(x)`."""
    return [path for path, _ in network.named_modules() if set(path.split(".")) & set(keyword.kwlist)]


def test_files_with_unusual_names_run_alone(tmp_path):
    import torch

    jobs, expected = [], {}
    for number, (title, table) in enumerate(TABLES.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        spec = _spec(folder, names=table)
        network = peers.randomised(archcompiler.build(spec), seed=1)
        _emitted_text(folder, spec)
        torch.save(network.state_dict(), folder / "weights.pt")
        job = {"spec": title, "source": str(folder / "net.py"), "class": "Net", "images": [2, 3, 8, 8]}
        jobs.append({**job, "weights": str(folder / "weights.pt")})
        expected[title] = _answer(network, [2, 3, 8, 8])
    assert _run_alone(jobs, tmp_path) == expected


TRAPS = [
    {"stem.conv1": "a"},  # stage a's blocks are a.0 and a.1
    {"head.linear": "a.0.fc"},  # inside a block that another class builds
    {"conv1": "__x"},  # which Python calls _Net__x inside a class
    {"conv1": "_modules"},
    {"stem.conv1": "_parameters"},
    {"stem.conv1": "_forward_hooks"},
    {"stem.conv1": "__call__"},
    {"stem.conv1": "__class__"},
    {"stem.conv1": "__dict__"},
    {"conv1": "__init__"},
    {"stem.conv1": "_apply"},
    {"stem.conv1": "_version"},
    {"stem.conv1": "stem.append"},  # a method of nn.Sequential
    {"conv1": "body.keys", "norm1": "body.norm", "shortcut.conv": "body.shortcut"},  # a method of nn.ModuleDict
    {"conv1": "body._modules", "norm1": "body.norm", "shortcut.conv": "body.shortcut"},
    {"stem.conv1": "{}"},
    {"conv1": "{}{0}"},
    {"conv1": "{0.__class__}"},
    {"block": "{stage}-{block}-{other}"},
    {"block": "blocks.{block}"},
    {"conv1": "shortcut"},
    {"act1": "conv1"},
    {"norm1": "reset_parameters"},
    {"norm1": "weight"},
]


@pytest.mark.parametrize("table", TRAPS, ids=str)
def test_a_table_that_sets_a_trap_is_refused_or_changes_nothing_else(tmp_path, table):
    _assert_refused_or_only_names_differ(tmp_path, table)


def _assert_refused_or_only_names_differ(tmp_path, table):
    plain = peers.randomised(archcompiler.build(_spec(tmp_path)), seed=1)
    spec = _spec(tmp_path, names=table)
    try:
        archcompiler.compile(spec)
    except archcompiler.SpecError:
        return
    _assert_only_names_differ(plain, spec, table)


ROLES = ["stem.conv1", "stem.norm1", "stem.act1", "conv1", "norm1", "act1", "conv2", "norm2", "act2"]
ROLES += ["shortcut.conv", "shortcut.norm", "head.pool", "head.linear"]
PARTS = ["a", "b", "0", "1", "2", "7", "c-1", "class", "in", "__x", "_modules", "forward", "training", "conv1", "Net"]
PARTS += [
    "x",
    "out",
    "nn",
    "F",
    "init_weights",
    "_x",
    "{stage}",
    "{stage_index}",
    "{block}",
    "{}",
    "None",
    "keys",
    "append",
    "weight",
]
PATHS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map(".".join)


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(table=st.dictionaries(st.sampled_from(ROLES), PATHS, min_size=1, max_size=5))
def test_a_table_of_names_is_refused_or_changes_nothing_else(tmp_path, table):
    _assert_refused_or_only_names_differ(tmp_path, table)


REFUSED_PATHS = [
    "forward",
    "training",
    "init_weights",
    "conv1..x",
    "conv1.",
    "",
    "a b",
    'a"b',
    "a\\b",
    "a;b",
    "a\nb",
    "é",
]


@pytest.mark.parametrize("path", REFUSED_PATHS)
def test_a_path_that_no_module_can_have_is_refused(archc, tmp_path, path):
    spec = _spec(tmp_path, names={"conv1": path})
    found = archc("build", spec, "--emit", "python", cwd=tmp_path)
    assert (found.returncode, found.stdout) == (1, "")
    assert re.match(r"\S*net\.yaml:11:\d+: error\[", found.stderr)
