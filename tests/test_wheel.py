"""What users install: the wheel without the extra, an editable install, a bare checkout; all run from elsewhere."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


def run(*command, cwd, check=True, **environment):
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), **environment}
    found = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, timeout=300, env=variables
    )
    assert not check or found.returncode == 0, found.stdout + found.stderr
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    found = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stdout + found.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A fresh environment with the wheel and nothing but its own requirements; returns a function that runs `archc`."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True, timeout=120)
    pip = [folder / "env/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel]
    found = subprocess.run(pip, capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stdout + found.stderr
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    return lambda *arguments, **options: run(folder / "env/bin/archc", *arguments, cwd=elsewhere, **options)


def test_the_wheel_holds_every_spec_and_schema_and_the_types(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = [path for folder in ("specs", "schemas") for path in (ROOT / folder).rglob("*") if path.is_file()]
    assert {f"archcompiler/{path.relative_to(ROOT).as_posix()}" for path in shipped} <= names
    assert "archcompiler/py.typed" in names
    assert not [name for name in names if name.startswith(("tests", "specs", "schemas")) or "__pycache__" in name]


def test_the_wheel_is_small(wheel):
    """A megabyte with 400 networks, of which each adds less than a thousandth of one."""
    assert wheel.stat().st_size < 3_000_000


def test_without_torch_everything_works_but_building(installed, tmp_path):
    assert installed("validate", "resnext/resnext50_32x4d", "cifar/resnet20").stdout == "no faults in 2 files\n"
    assert "25,028,904" in installed("cost", "resnext/resnext50_32x4d").stdout
    assert installed("show", "resnext/resnext101_32x8d").stdout.startswith("archc: 1\nname: resnext101_32x8d\n")
    assert "resnet/resnet50 " in installed("list").stdout
    assert installed("check", "resnet/resnet50", "--fast").returncode == 0
    assert "class Resnet50(nn.Module):" in installed("build", "resnet/resnet50", "--emit", "python").stdout
    assert installed("explain", "G001").stdout.startswith("G001: cardinality does not divide the width\n")
    assert Path(installed("schema", "--path").stdout.strip()).is_file()
    installed("new", "mine", "--extends", "resnet/resnet18", "-o", tmp_path / "mine.yaml")
    assert installed("validate", tmp_path / "mine.yaml").stdout == "no faults in 1 file\n"
    assert "11,689,512" in installed("cost", tmp_path / "mine.yaml").stdout
    for options in ([], ["--summary"]):
        found = installed("build", "resnet/resnet50", *options, check=False)
        assert (found.returncode, found.stdout) == (2, "")
        assert found.stderr == "archc: this needs torch and torchinfo: pip install 'archcompiler[torch]'\n"


def test_an_editable_install_finds_specs_and_schemas(tmp_path):
    """The environment of these tests is one, as the README's test command makes it."""
    found = run(Path(sys.executable).parent / "archc", "cost", "resnet/resnet50", cwd=tmp_path)
    assert "25,557,032" in found.stdout


def test_a_bare_checkout_finds_specs_and_schemas(tmp_path):
    """Only PYTHONPATH leads to it: `-S` leaves out what is installed, but for what archcompiler itself requires."""
    (tmp_path / "checkout").mkdir()
    for folder in ("archcompiler", "specs", "schemas"):
        (tmp_path / "checkout" / folder).symlink_to(ROOT / folder)
    import yaml

    requirements = Path(yaml.__file__).parents[1]
    path = f"{tmp_path / 'checkout'}:{requirements}"
    script = (
        "import archcompiler.shipped as s, sys; print(s.__file__); from archcompiler.cli import main; sys.exit(main())"
    )
    found = run(sys.executable, "-S", "-c", script, "cost", "resnet/resnet50", cwd=tmp_path, PYTHONPATH=path)
    assert "25,557,032" in found.stdout
    assert found.stdout.startswith(str(tmp_path / "checkout"))
