"""The house's own words agree: Makefile, README, integration script, project file and changelog."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))
DOCUMENTS = [path for path in (ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / ".ci" / "run") if path.exists()]


def commands(path: Path) -> list[str]:
    """What a document tells its reader to type: lines of fenced blocks (of a script, every line), a prompt removed."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL) if path.suffix == ".md" else [text]
    return [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_that_a_document_names_exists(path: Path) -> None:
    named = {match[1] for line in commands(path) if (match := re.match(r"make (\w+)", line))}
    assert named <= TARGETS


def test_the_readme_gives_the_demonstration_and_the_tests() -> None:
    assert {"make demo", "make test"} <= {line.split("#")[0].strip() for line in commands(ROOT / "README.md")}


def test_integration_runs_the_command_that_the_readme_gives_for_the_tests() -> None:
    assert "make test" in commands(ROOT / ".ci" / "run")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_integration_stops_at_the_first_failure() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert "|| true" not in text


def test_make_alone_lists_every_target_with_a_line() -> None:
    make = shutil.which("make")
    assert make, "make is needed: apt-get install make"
    listed = subprocess.run([make, "-s", "-C", str(ROOT)], capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make (\w+) ", listed, re.MULTILINE)) == TARGETS == set(phony())


def phony() -> list[str]:
    (line,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    return [str(name) for name in line.split()]


def test_a_changed_project_file_makes_the_environment_anew() -> None:
    """Asked of make itself, without running anything: a project file of the future is newer than any stamp."""
    make = shutil.which("make")
    assert make
    command = [make, "-n", "-C", str(ROOT), "-W", "pyproject.toml", "test"]
    planned = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "-m venv --clear .venv" in planned
    assert ".[test]" in planned


def test_the_command_is_installed_from_a_function_that_exists() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        scripts = tomllib.load(file)["project"]["scripts"]
    assert scripts == {"dlcode": "dlcode.command_line:main"}
    module = (ROOT / "dlcode" / "command_line.py").read_text(encoding="utf-8")
    assert re.search(r"^def main\(", module, re.MULTILINE)


def test_every_lint_rule_that_is_off_has_its_reason_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (ignored,) = re.findall(r"^ignore = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert all(re.fullmatch(r'\s+"[A-Z]+\d+", # .{10,}', line) for line in ignored.splitlines())


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
