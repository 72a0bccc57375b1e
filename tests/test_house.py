"""The rules that keep archcompiler a house: who may import whom, who may print, how long a thing may be."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from peers import SPECS

from archcompiler.graph.names import MODULE_ATTRIBUTES
from archcompiler.graph.ops import OPS
from archcompiler.shipped import NO_SPECS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "archcompiler"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROWS = [
    ("span", "tree", "diagnostics", "shipped", "limits"),
    ("syntax",),
    ("git",),
    ("schema",),
    ("explain",),
    ("resolve",),
    ("layout",),
    ("graph",),
    ("record",),
    ("reparameterize",),
    ("blocks",),
    ("lower",),
    ("analyses",),
    ("compare",),
    ("lint",),
    ("review",),
    ("advise",),
    ("claims",),
    ("solve",),
    ("backends",),
    ("render",),
    ("generate",),
    ("output",),
    ("verbs",),
    ("api", "cli", "__init__", "__main__"),
]
ROW = {name: number for number, row in enumerate(ROWS) for name in row}
BEHIND_TORCH = ("torch", "torchinfo", "torchvision", "numpy")


def part_of(path):
    """Return the folder or module of the package that a file belongs to."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def place(path, node):
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def is_type_checking(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports(tree):
    """Yield every import as its node, the full names it may mean, and whether it is for annotations only."""
    hidden = {id(child) for node in ast.walk(tree) if is_type_checking(node) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield node, [alias.name for alias in node.names], id(node) in hidden
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write the import in full"
            yield node, [f"{node.module}.{alias.name}" for alias in node.names], id(node) in hidden


def test_every_part_of_the_package_has_a_row():
    assert {part_of(path) for path in MODULES} == set(ROW)


def test_imports_point_to_the_same_or_an_earlier_row():
    wrong = []
    for path in MODULES:
        for node, names, _ in imports(tree_of(path)):
            parts = [name.split(".")[1] for name in names if name.startswith("archcompiler.")]
            targets = [part if part in ROW else "__init__" for part in parts]
            own = part_of(path)
            wrong += [f"{place(path, node)}: {own} imports {part}" for part in targets if ROW[part] > ROW[own]]
    assert wrong == []


def test_only_backends_import_torch():
    found = []
    for path in MODULES:
        for node, names, for_annotations in imports(tree_of(path)):
            if part_of(path) != "backends" and not for_annotations:
                found += [f"{place(path, node)}: {name}" for name in names if name.split(".")[0] in BEHIND_TORCH]
    assert found == []


def test_what_is_imported_for_annotations_stands_in_annotations_only():
    wrong = []
    for path in MODULES:
        tree = tree_of(path)
        names = {alias.asname or alias.name for node, _, hidden in imports(tree) if hidden for alias in node.names}
        free = names - {
            alias.asname or alias.name for node, _, hidden in imports(tree) if not hidden for alias in node.names
        }
        free -= {node.name for node in tree.body for node in getattr(node, "orelse", ()) if hasattr(node, "name")}
        annotations = {id(child) for part in annotations_of(tree) for child in ast.walk(part)}
        wrong += [
            f"{place(path, node)}: {node.id}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and node.id in free and id(node) not in annotations
        ]
    assert wrong == []


def annotations_of(tree):
    """Yield every annotation of a module, and everything that stands under `if TYPE_CHECKING`."""
    for node in ast.walk(tree):
        parts = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        yield from (part for part in parts if part is not None)
        if is_type_checking(node):
            yield node


def outside_scripts(tree):
    """Yield every node but those under `if __name__ == "__main__"`, and but the question `sys.stderr.isatty`."""
    tree.body = [node for node in tree.body if not isinstance(node, ast.If) or "__main__" not in ast.unparse(node.test)]
    asked = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "isatty"}
    return (node for node in ast.walk(tree) if id(node) not in asked)


def test_only_the_door_prints_or_exits():
    loud = {"print", "exit", "quit", "SystemExit", "stdout", "stderr", "_exit"}
    found = []
    for path in MODULES:
        if path.name not in ("cli.py", "__main__.py"):
            for node in outside_scripts(tree_of(path)):
                name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
                owner = getattr(getattr(node, "value", None), "id", "")
                if name in loud and (isinstance(node, ast.Name) or owner in ("sys", "os")):
                    found.append(f"{place(path, node)}: {name}")
    assert found == []


def test_no_function_is_longer_than_40_lines():
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [(path, node) for path in MODULES for node in ast.walk(tree_of(path)) if isinstance(node, functions)]
    assert [f"{place(p, f)}: {f.name}" for p, f in found if f.end_lineno - f.lineno >= 40] == []


def test_a_spec_never_reaches_code_that_runs_it():
    """One `exec`, of the source that archcompiler itself wrote; nothing is unpickled, shelled out or fetched.

    One module starts one program: git, whose plumbing reads revisions; rewriting git's object store would be worse.
    """
    risky = {"eval", "exec", "system", "popen", "urlopen", "unsafe_load", "full_load", "Popen"}
    found = set()
    for path in MODULES:
        tree = tree_of(path)
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        names = {getattr(call, "id", getattr(call, "attr", "")) for call in calls if isinstance(call, ast.Name)}
        names |= {call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr != "eval"}
        modules = {name.split(".")[0] for _, imported, _ in imports(tree) for name in imported}
        forbidden = modules & {"pickle", "marshal", "subprocess", "socket", "urllib", "http", "requests", "importlib"}
        module = path.relative_to(PACKAGE).as_posix()
        found |= {(module, name) for name in (names & risky) | (forbidden - {"importlib"})}
        shells = [word for node in ast.walk(tree) if isinstance(node, ast.keyword) and (word := node.arg) == "shell"]
        found |= {(module, name) for name in shells}
    git = "git/process.py"  # its docstring says which commands, and why none runs what a repository configures
    assert found == {("backends/pytorch/module.py", "exec"), (git, "subprocess"), (git, "Popen")}


def modules_after(arguments, cwd=None):
    """Return the names of all modules that a command has loaded when it ends."""
    script = (
        "import sys; from archcompiler.cli import main; sys.stdout = open('/dev/null', 'w'); code = main(sys.argv[1:]);"
        " sys.stderr.write(' '.join(sys.modules)); sys.exit(code)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, cwd=cwd, timeout=60
    )
    assert run.returncode == 0, run.stderr
    return set(run.stderr.split())


TORCH_FREE = {
    "validate": ["validate", "resnet/resnet50", "--format", "json"],
    "show": ["show", "resnext/resnext101_32x8d"],
    "show origins": ["show", "resnext/resnext101_32x8d", "--origins"],
    "cost": ["cost", "resnet/resnet50", "--by", "layer"],
    "check fast": ["check", "resnet/resnet50", "--fast"],
    "explain": ["explain", "G001"],
    "explain a field": ["explain", "head.pool"],
    "diff": ["diff", "resnet/resnet50", "--set", "head.pool={window: 7}"],
    "fmt": ["fmt", "--diff", str(SPECS / "resnet" / "resnet50.yaml")],
    "list": ["list"],
    "new": ["new", "variant", "--extends", "resnet/resnet50"],
    "schema": ["schema"],
    "emit": ["build", "cifar/resnet20", "--emit", "python"],
    "emit reparameterized": ["build", "cifar/resnet20", "--reparameterize", "--emit", "python"],
    "cost reparameterized": ["cost", "cifar/resnet20", "--reparameterize"],
}


@pytest.mark.parametrize("arguments", TORCH_FREE.values(), ids=TORCH_FREE)
def test_torch_is_not_loaded_before_a_module_is_built(arguments, tmp_path):
    assert modules_after(arguments, tmp_path) & {*BEHIND_TORCH, "networkx", "sympy"} == set()


def test_validate_loads_only_what_it_needs():
    loaded = modules_after(["validate", "resnet/resnet50"])
    unneeded = ("archcompiler.analyses", "archcompiler.backends", "archcompiler.render.cost")
    assert [name for name in loaded if name.startswith(unneeded) or name in ("shtab", "csv", "asyncio")] == []


@pytest.mark.parametrize("arguments", [["list"], ["schema", "--path"], ["explain", "G001"]], ids=" ".join)
def test_what_checks_no_spec_loads_no_jsonschema(arguments):
    assert "jsonschema" not in modules_after(arguments)


def test_a_list_of_what_is_shipped_reads_no_yaml():
    assert "yaml" not in modules_after(["list"])


def test_importing_archcompiler_loads_nothing_else():
    script = (
        "import sys; import archcompiler; print(*[name for name in sys.modules if name.startswith('archcompiler')])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.split() == ["archcompiler"]


def concrete_ops():
    return {op.__name__ for op in OPS.values()}


def mentions(tree, names):
    """Yield each node that says one of the names: as a variable, an attribute, an import or a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) == "ast":
            continue  # Python's own trees, which name operators too
        said = {getattr(node, "id", None), getattr(node, "attr", None)}
        if isinstance(node, ast.Constant):
            said = {node.value} if isinstance(node.value, str) else set()
        elif isinstance(node, ast.ImportFrom):
            said = {alias.name for alias in node.names}
        yield from ((node, name) for name in said & names)


def test_only_ops_and_backends_know_a_concrete_op():
    """The recorder makes them; whoever else reads a graph reads what an op declares."""
    found = []
    for path in MODULES:
        part = path.relative_to(PACKAGE).as_posix()
        if not part.startswith(("graph/ops/", "backends/")) and part != "record/recorder.py":
            found += [f"{place(path, node)}: {name}" for node, name in mentions(tree_of(path), concrete_ops())]
    assert found == []


def test_no_op_makes_an_int_of_its_sizes():
    """An array or a symbolic number may stand there."""
    found = []
    for path in [PACKAGE / "graph" / "shape.py", *sorted((PACKAGE / "graph" / "ops").glob("*.py"))]:
        calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
        found += [place(path, node) for node in calls if getattr(node.func, "id", "") in ("int", "float", "round")]
    assert found == []


def test_every_attribute_of_an_op_falls_under_a_rule_of_differences():
    from archcompiler.diagnostics import CODES
    from archcompiler.graph.ops.attributes import BY_TENSORS

    rules = {(op.name, each.name): each.rule for op in OPS.values() for each in op.attributes}
    assert {key: rule for key, rule in rules.items() if rule not in (BY_TENSORS, *CODES)} == {}
    assert {op.name for op in OPS.values() if op.changed_kind not in CODES} == set()
    silent = {name for (name, _), rule in rules.items() if rule == BY_TENSORS and name in WITHOUT_TENSORS}
    assert silent == {"BlurPool"}  # its channels are those of the map


WITHOUT_TENSORS = {op.name for op in OPS.values() if op.tensors is OPS["Flatten"].tensors}


NEW_OP = """\
from archcompiler.graph.ops.attributes import size
from archcompiler.graph.ops.base import OPS
from archcompiler.graph.ops.families import AsWritten, EachPosition, Plain, SameShape, Unweighted


class Roll(Plain, SameShape, EachPosition, AsWritten, Unweighted):
    name = "Roll"
    changed_kind = "D309"
    is_view = False

    by: int = size("D308")

    def backward_reads(self):
        return "nothing"


from archcompiler.backends.pytorch import expressions
from archcompiler.backends.pytorch.rule import CALL, Rule

expressions.EXPRESSIONS[Roll] = Rule(expression=lambda op, write, _: f"torch.roll({{}}, {write(op.by)}, 1)", binds=CALL)

import torch
from op_cases import body_of, graph_of

from archcompiler.analyses.cost import total
from archcompiler.backends.pytorch.module import build_module
from archcompiler.backends.pytorch.source import source
from archcompiler.compare.facts import compare
from archcompiler.compare.hashes import function_hash
from archcompiler.compare.reading import Reading

graphs = [graph_of(body_of(lambda b, x, by: b.apply("", Roll(by), x), (4, 3, 3), by=by)[0]) for by in (2, 3)]
x = torch.randn(1, 4, 3, 3)
assert torch.equal(build_module(graphs[0])(x), x.roll(2, 1))
assert "return torch.roll(x, self.by, 1)" in source(graphs[0]).text
assert total(graphs[0]).params == 0
one, other = map(Reading, graphs)
assert function_hash(one) != function_hash(other)
found = compare(one, other, {("stage", "a"): ("stage", "a")})
assert (found.facts.weights, found.facts.function) == ("same", "changed")
"""


def test_a_new_op_is_one_declaration_and_one_rule():
    run = subprocess.run(
        [sys.executable, "-c", NEW_OP], capture_output=True, text=True, timeout=60, cwd=ROOT / "tests", check=False
    )
    assert run.returncode == 0, run.stderr


def test_an_op_that_leaves_out_an_aspect_cannot_be_declared():
    from archcompiler.graph.ops.families import EachPosition, SameShape, Unweighted

    with pytest.raises(
        TypeError, match="Half does not say: joins, commutes, changed_kind, is_view, is_training, statistic, "
    ):
        type("Half", (SameShape, EachPosition, Unweighted), {"name": "Half"})
    with pytest.raises(TypeError, match="Nameless does not say: name"):
        type("Nameless", (OPS["Flatten"],), {})
    assert "Half" not in OPS


def test_pytorch_has_a_rule_for_each_op_or_cannot_be_imported():
    script = (
        "from archcompiler.graph.ops import Flatten; type('New', (Flatten,), {'name': 'New'});"
        " import archcompiler.backends.pytorch.rules"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert "TypeError: PyTorch's rules are not those of the ops" in run.stderr


def test_every_activation_of_the_language_is_a_module_of_pytorch():
    from torch import nn

    from archcompiler.backends.pytorch import helpers
    from archcompiler.backends.pytorch.rule import Numbers
    from archcompiler.backends.pytorch.rules import RULES
    from archcompiler.graph.ops import Activation
    from archcompiler.schema.language import language

    for kind, fields in language().unions["activation"].variants.items():
        if kind != "none":
            made = RULES[Activation].module(Activation(kind, 0.1 if fields else None), Numbers({}), False)
            emitted = f"class {made.name}(nn.Module)" in Path(helpers.__file__).read_text(encoding="utf-8")
            assert emitted or issubclass(getattr(nn, made.name.removeprefix("nn.")), nn.Module)


def test_every_attribute_of_a_pytorch_module_is_a_name_that_no_layer_may_have():
    from torch import nn

    kinds = (nn.Module, nn.Sequential, nn.ModuleDict)
    every = {name for kind in kinds for name in (*dir(kind), *vars(kind()))}
    assert {name for name in every if not name.startswith("__")} - MODULE_ATTRIBUTES == set()


TOOLS = {
    "ruff check": ["ruff", "check", "archcompiler", "tests", ".github"],
    "ruff format": ["ruff", "format", "--check", "archcompiler", "tests", ".github"],
    "mypy": ["mypy"],
    "check-jsonschema": [
        *("check_jsonschema", "--schemafile", "schemas/architecture.json"),
        *(str(path) for path in sorted(SPECS.rglob("*.yaml")) if path.parent.name not in NO_SPECS),
    ],
    "check-jsonschema of blocks": [
        *("check_jsonschema", "--schemafile", "schemas/block.json"),
        *(str(path) for path in sorted(SPECS.rglob("*.yaml")) if path.parent.name in set(NO_SPECS) - {"names"}),
    ],
    "check-jsonschema of names": [
        *("check_jsonschema", "--schemafile", "schemas/names.json"),
        *(str(path) for path in sorted((SPECS / "names").rglob("*.yaml"))),
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize("arguments", TOOLS.values(), ids=TOOLS)
def test_the_tools_of_the_trade_find_nothing(arguments):
    run = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
