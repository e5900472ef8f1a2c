"""Published figures as data: what the papers print, with where they print it. Nothing here is measured."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Published:
    """One figure of a paper."""

    name: str
    value: float
    unit: str
    machine: str
    what: str
    source: str


@cache
def published() -> dict[str, Published]:
    """Every published figure by name."""
    text = files(__package__).joinpath("published.toml").read_text(encoding="utf-8")
    return {name: Published(name=name, **row) for name, row in tomllib.loads(text).items()}
