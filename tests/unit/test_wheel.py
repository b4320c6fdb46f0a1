"""What `pip install` brings: files, needs, and a clear line where an extra is missing."""

import email
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import lifecost

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
# As if only what the wheel asks for were installed.
BARE = """
import sys
sys.path[:0] = [sys.argv[1]]
sys.modules |= dict.fromkeys(["rich", "scipy", "matplotlib", "ipywidgets", "IPython"])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel with the backend that is installed: no isolation, so no network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*command, str(folder)], cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory):
    """Return the folder into which the wheel is unpacked, as an installer does."""
    folder = tmp_path_factory.mktemp("installed")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def metadata(unpacked):
    """Return the wheel's metadata."""
    (path,) = unpacked.glob("*.dist-info/METADATA")
    return email.message_from_string(path.read_text("utf-8"))


def test_files(wheel):
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert {Path(name).parts[0] for name in names} == {"lifecost"}
    # Code, the data and sources that it reads, how rules are written; no script of a page.
    known = {".py", ".toml", ".bib", ".md", ".typed"}
    assert {Path(name).suffix for name in names} == known
    assert not any("__pycache__" in name or "test" in name for name in names)
    source = {str(path.relative_to(ROOT)) for path in ROOT.glob("lifecost/**/*.*")}
    assert set(names) == {name for name in source if "__pycache__" not in name}
    assert wheel.stat().st_size < 350_000


def test_needs(metadata):
    needs = metadata.get_all("Requires-Dist")
    assert {need for need in needs if "extra ==" not in need} == {"numpy>=2.0", "sympy>=1.13"}
    assert {"cli", "optimum"} <= set(metadata.get_all("Provides-Extra"))
    assert metadata["Requires-Python"] == ">=3.11"


def test_name_version_and_license(metadata):
    assert metadata["Name"] == "lifecost"
    assert metadata["Version"] == lifecost.__version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Author"] == "The lifecost contributors"
    assert "kv_cache_size" in metadata.get_payload()  # the README


def test_backend_is_the_builds_own():
    # What the tests build with is what `pip install .` builds with.
    assert PROJECT["build-system"]["requires"] == ["hatchling==1.33.0"]
    assert "hatchling==1.33.0" in PROJECT["project"]["optional-dependencies"]["dev"]


def run(unpacked, code):
    return subprocess.run(
        [sys.executable, "-I", "-c", BARE + code, str(unpacked)],
        cwd=unpacked, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "status", "out", "err"),
    [
        (["cost", "llama-3-8b", "--json"], 0, '"kv_cache_bytes"', ""),
        (["cost", "llama-3-8b"], 2, "", "pip install 'lifecost[cli]'"),
        (["optimum", "--quality-of", "7e10", "--inference-tokens", "1e13"], 2, "", "[optimum]'"),
    ],
    ids=str,
)
def test_command_without_extras(unpacked, arguments, status, out, err):
    done = run(unpacked, f"from lifecost.__main__ import main\nsys.exit(main({arguments}))")
    assert done.returncode == status
    assert out in done.stdout
    assert err in done.stderr
    assert done.stderr.count("\n") == (status != 0)


def test_formulas_without_extras(unpacked):
    done = run(
        unpacked,
        "import lifecost\nassert lifecost.__file__.startswith(sys.argv[1])\n"
        "print(lifecost.kv_cache_size(lifecost.models['llama-3-8b'], lifecost.post))",
    )
    assert done.stdout.strip() == "68719476736", done.stderr


def test_every_extra_of_the_readme_exists():
    readme = (ROOT / "README.md").read_text("utf-8")
    extras = PROJECT["project"]["optional-dependencies"]
    named = {name for part in readme.split('".[')[1:] for name in part.split("]")[0].split(",")}
    assert named == {"cli", "optimum"} <= set(extras)


def test_binder_installs_what_runs_the_chapters():
    def pins(*path):
        lines = ROOT.joinpath(*path).read_text("utf-8").splitlines()
        return {line.split(" ")[0] for line in lines if "==" in line}

    binder = pins("binder", "requirements.txt")
    assert binder < pins("requirements.txt")
    names = {pin.split("==")[0] for pin in binder}
    assert {"jupyterlab", "jupyterlab-myst", "ipywidgets", "matplotlib", "scipy"} <= names
    assert not {"sphinx", "jupyter-book", "pytest", "nbval"} & names
    assert (ROOT / "binder/postBuild").stat().st_mode & 0o111
