"""Tests as text: files of cases, each with an input and what is expected of it.

    [case a_field_cut_short]
    filter f on ethernet { ipv4.ttl > 3 }
    [core]
    filter f on ethernet maximum 262144
    …

A case starts with its name, a section with the section's; what stands before the first section is the input. Text
before the first case is a comment. `pytest --rewrite` writes what is found in place of what is expected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

_CASE = re.compile(r"^\[case ([A-Za-z0-9_]+)\]$", re.MULTILINE)
_SECTION = re.compile(r"^\[([a-z]+)\]$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One case of a file."""

    path: Path
    name: str
    input: str
    sections: dict[str, str]

    def expect(self, found: dict[str, str], request: pytest.FixtureRequest) -> None:
        """Compare what is found, by section, with what is expected; with `--rewrite`, write it instead."""
        found = {name: _ended(text) for name, text in found.items()}
        if request.config.getoption("--rewrite"):
            _rewrite(self, found)
            return
        assert found == self.sections, f"{self.path.name}: `pytest --rewrite` writes what is found"


def cases(path: Path) -> list[Case]:
    """The cases of a file. Raises ValueError where two have one name."""
    _, *pieces = _CASE.split(path.read_text(encoding="utf-8"))
    found = [_case(path, name, body) for name, body in zip(pieces[::2], pieces[1::2], strict=True)]
    names = [case.name for case in found]
    if len(set(names)) != len(names):
        raise ValueError(f"{path} has two cases of one name")
    return found


def each_case(path: Path) -> pytest.MarkDecorator:
    """Run a test once for each case of a file, as its argument `case`."""
    found = cases(path)
    return pytest.mark.parametrize("case", found, ids=[case.name for case in found])


def _case(path: Path, name: str, body: str) -> Case:
    source, *sections = _SECTION.split(body)
    return Case(path, name, source.strip("\n") + "\n", {
        title: _ended(text) for title, text in zip(sections[::2], sections[1::2], strict=True)
    })  # fmt: skip


def _ended(text: str) -> str:
    text = text.strip("\n")
    return f"{text}\n" if text else ""


def _rewrite(case: Case, found: dict[str, str]) -> None:
    text = case.path.read_text(encoding="utf-8")
    head, *pieces = _CASE.split(text)
    out = [head]
    for name, body in zip(pieces[::2], pieces[1::2], strict=True):
        if name == case.name:
            sections = "".join(f"[{title}]\n{part}" for title, part in found.items())
            body = f"\n{case.input}{sections}\n"
        out.append(f"[case {name}]{body}")
    case.path.write_text("".join(out).rstrip("\n") + "\n", encoding="utf-8")
