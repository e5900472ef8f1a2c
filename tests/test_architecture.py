"""The rules of the house, each phrased as what never happens. import-linter keeps the layers; these are the rest."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {"dlcode": ".", "dlcode_dsl": "dsl", "dlcode_verifier": "verifier", "dlcode_jit": "jit"}
FOLDERS["dlcode_aegis_core"] = "aegis_core"
PACKAGES = {name: ROOT / folder / name for name, folder in FOLDERS.items()}
LONGEST = 700  # lines; a file is one room


@cache
def tracked() -> tuple[Path, ...]:
    """The project's own files: those under version control or about to be, or all of them outside a checkout."""
    if (ROOT / ".git").exists():
        command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
        paths = [ROOT / name for name in names if name]
    else:
        made = {".venv", "build", "dist", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
        paths = [path for path in ROOT.rglob("*") if not made & set(path.relative_to(ROOT).parts)]
    return tuple(path for path in paths if path.is_file())


def modules(*packages: str) -> list[Path]:
    """The Python files of some of our packages, by default of all."""
    return [path for name in packages or PACKAGES for path in sorted(PACKAGES[name].rglob("*.py"))]


def imported(path: Path) -> Iterator[str]:
    """Every absolute module name that a file imports, wherever in the file, and under `if TYPE_CHECKING` too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = path.parents[node.level - 1]
            (root,) = [folder.parent for folder in PACKAGES.values() if folder in (up, *up.parents)]
            base = ".".join((*up.relative_to(root).parts, *([node.module] if node.module else [])))
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names))


def offences(paths: list[Path], *forbidden: str) -> list[str]:
    """Imports of forbidden modules or of what is in them, as `file: module`."""
    return sorted(
        f"{path.relative_to(ROOT)}: {name}"
        for path in paths
        for name in imported(path)
        if any(name == module or name.startswith(module + ".") for module in forbidden)
    )


KEPT = "dlcode_dsl.kept"
"""Files between processes: it knows nothing of the language, and everybody may use it."""


def source(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_the_rules_below_look_at_every_package() -> None:
    """An empty list would make the others pass without having looked."""
    assert all(modules(name) for name in PACKAGES)
    assert "dlcode_dsl.core.form" in {name for path in modules("dlcode_dsl") for name in imported(path)}


def test_the_language_never_knows_a_proof_a_code_generator_or_a_machine() -> None:
    others = ("dlcode", "dlcode_verifier", "dlcode_jit", "dlcode_aegis_core", "z3", "llvmlite", "numpy", "elftools")
    assert offences(modules("dlcode_dsl"), *others) == []


def test_the_verifier_never_emits_code() -> None:
    others = ("dlcode", "dlcode_jit", "dlcode_aegis_core", "llvmlite", "elftools")
    assert offences(modules("dlcode_verifier"), *others) == []


def test_the_code_generator_never_asks_a_solver_or_knows_a_kernel() -> None:
    assert offences(modules("dlcode_jit"), "dlcode", "dlcode_aegis_core", "z3") == []


def test_the_machine_never_knows_a_kernel_or_a_program() -> None:
    rooms = ("bindings", "host", "kernel", "exos", "monolith", "experiments")
    paths = sorted((PACKAGES["dlcode_aegis_core"] / "machine").rglob("*.py"))
    kernels = [f"dlcode_aegis_core.{room}" for room in rooms]
    assert paths
    found = offences(paths, "dlcode", "dlcode_dsl", "dlcode_verifier", *kernels)
    assert [line for line in found if not line.endswith((": dlcode_dsl", f": {KEPT}"))] == []


def test_the_aegis_core_never_parses_source() -> None:
    """From the language it takes the core form's meaning only, never the front end or a grammar."""
    allowed = ("dlcode_dsl.core", "dlcode_dsl.diagnostics", KEPT)
    found = offences(modules("dlcode_aegis_core"), "dlcode_dsl", "lark", "dlcode")
    names = [line.split(": ")[1] for line in found]
    assert [name for name in names if name != "dlcode_dsl" and not name.startswith(allowed)] == []
    assert [name for name in names if name.startswith("dlcode_dsl.core.parse")] == []


def test_the_face_never_parses_proves_or_emits_code_itself() -> None:
    assert offences(modules("dlcode"), "lark", "z3", "llvmlite", "elftools") == []


def test_no_module_is_without_a_docstring() -> None:
    paths = [path for path in tracked() if path.suffix == ".py"]
    assert [str(path.relative_to(ROOT)) for path in paths if not ast.get_docstring(source(path))] == []


def test_no_file_of_source_is_longer_than_a_room() -> None:
    kinds = {".py", ".ash", ".s", ".lark"}
    rows = ((path, len(path.read_text(encoding="utf-8").splitlines())) for path in tracked() if path.suffix in kinds)
    assert [f"{path.relative_to(ROOT)}: {lines}" for path, lines in rows if lines > LONGEST] == []


def test_no_package_is_without_its_type_marker() -> None:
    assert [name for name, folder in PACKAGES.items() if not (folder / "py.typed").is_file()] == []


def test_no_file_names_a_place_outside_the_checkout() -> None:
    """A fresh clone has only itself."""
    names = ("/work/" + "shared", "../" + "shared", "/work/" + "main", "/tmp/" + "v/bin")
    kinds = {".py", ".ash", ".s", ".lark", ".toml", ".md", ".sh", ""}
    texts = {path: path.read_text(encoding="utf-8") for path in tracked() if path.suffix in kinds}
    found = [f"{path.relative_to(ROOT)}: {name}" for path, text in texts.items() for name in names if name in text]
    assert found == []


def test_no_work_is_left_marked_undone() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X:")
    texts = {path: path.read_text(encoding="utf-8") for path in tracked() if path.suffix in {".py", ".s", ".ash"}}
    assert [str(path) for path, text in texts.items() for mark in marks if mark in text] == []


def test_importing_dlcode_never_imports_a_solver_a_code_generator_or_a_terminal() -> None:
    """What is slow to load is loaded when it is first used; bench/ has the time that it takes."""
    heavy = ("z3", "llvmlite", "numpy", "rich", "lark", "elftools")
    program = f"import sys, dlcode; print(*[name for name in {heavy!r} if name in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in FOLDERS.values())}
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment, cwd=ROOT
    )
    assert ran.stdout.split() == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built, by the setuptools that is installed, from a copy of the project's files."""
    copy, out = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("wheel")
    for path in tracked():
        if path.is_relative_to(ROOT / "tests"):
            continue
        target = copy / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(out)!r})"
    ran = subprocess.run([sys.executable, "-W", "ignore", "-c", build], cwd=copy, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    (built,) = out.glob("*.whl")
    return zipfile.ZipFile(built)


def test_a_wheel_never_puts_anything_but_our_packages_at_the_top(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_a_wheel_never_lacks_a_file_of_our_packages(wheel: zipfile.ZipFile) -> None:
    ours = {
        f"{name}/{path.relative_to(folder)}"
        for name, folder in PACKAGES.items()
        for path in tracked()
        if path.is_relative_to(folder)
    }
    assert ours <= set(wheel.namelist())


def test_no_dependency_is_needed_and_not_declared() -> None:
    """Every third-party module that our packages import belongs to a declared dependency."""
    distribution = {"elftools": "pyelftools", "z3": "z3-solver"}
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    extras = [row for name, rows in project["optional-dependencies"].items() if name != "test" for row in rows]
    declared = {row.split(">=")[0] for row in (*project["dependencies"], *extras)}
    tops = {name.split(".")[0] for path in modules() for name in imported(path)}
    needed = tops - set(sys.stdlib_module_names) - set(PACKAGES)
    assert {distribution.get(name, name) for name in needed} <= declared
