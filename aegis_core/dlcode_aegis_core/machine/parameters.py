"""A model of machine as data: every number with its unit, its source and how far it can be trusted.

A model is a file `models/*.toml` with a `title`, the `board` that its station is built on, the `parts` that it shares
with other models (`models/parts/*.toml`), and the numbers that are its own. No number stands twice: a row that a model
and one of its parts both have is a mistake. An entry has

    value, unit, source
    confidence   A  read in the maker's text, or measured on the part
                 B  read in independent driver or emulator source
                 C  derived from A and B by arithmetic that the source shows
                 D  recalled or assumed: `range` says between what
    status       "calibrated" for a number set by comparison with a published figure; absent otherwise
    minimum      least value that makes sense, 0 unless given
    maximum      greatest value that makes sense, unless that of its unit will do (`MOST`)
    power_of_two whether the value must be one
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.resources import files
from typing import Any, Final, Literal

Number = int | float

Board = Literal["ioasic", "kn02", "kn01"]
"""What is around the processor: an I/O ASIC, or the LANCE with buffer memory of its own on a KN02 or KN01."""


MOST: Final[Mapping[str, Number]] = {
    "address": (1 << 29) - 1,  # what kseg0 and kseg1 reach
    "bytes": 1 << 24,
    "cycles": 1 << 31,
    "Hz": 4_000_000_000,  # and a second of it is a 32-bit number of cycles
    "ns": 1_000_000_000,
    "PRId": (1 << 32) - 1,
}
"""Greatest values of parameters that name none of their own, by unit."""


class UnknownParameter(ValueError):
    """There is no parameter, or no model, of that name."""


class BadParameter(ValueError):
    """A parameter can't have that value."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a model."""

    name: str
    value: Number
    unit: str
    source: str
    confidence: Literal["A", "B", "C", "D"]
    range: tuple[Number, Number] | None = None
    status: Literal["calibrated"] | None = None
    minimum: Number = 0
    maximum: Number | None = None
    power_of_two: bool = False

    def with_value(self, value: object) -> Entry:
        """The same row with another value, which must be of the same kind. Raises BadParameter."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise BadParameter(f"{self.name} must be a number of {self.unit}, not {value!r}")
        if isinstance(self.value, int) and isinstance(value, float):
            if not value.is_integer():
                raise BadParameter(f"{self.name} must be a whole number of {self.unit}, not {value!r}")
            value = int(value)
        if not self.minimum <= value < float("inf"):
            raise BadParameter(f"{self.name} must be at least {self.minimum} {self.unit}, not {value!r}")
        most = MOST.get(self.unit) if self.maximum is None else self.maximum
        if most is not None and value > most:
            raise BadParameter(f"{self.name} must be at most {most} {self.unit}, not {value!r}")
        if self.power_of_two and (not isinstance(value, int) or value & (value - 1)):
            raise BadParameter(f"{self.name} must be a power of two, not {value!r}")
        return replace(self, value=value)


@dataclass(frozen=True, slots=True)
class Swept:
    """A model with one assumed number moved to an end of its range."""

    name: str
    value: Number
    parameters: Parameters


class Parameters(Mapping[str, Number]):
    """A model's numbers by name, such as `cpu.clock_hz`. It never changes; `replace` gives another."""

    def __init__(self, model: str, title: str, board: Board, entries: Mapping[str, Entry]) -> None:
        self.model: Final = model
        self.title: Final = title
        self.board: Final = board
        self._entries: Final = dict(entries)

    @classmethod
    def load(cls, model: str) -> Parameters:
        """The model of that name, such as `dec5000-125`. Raises UnknownParameter."""
        if model not in models():
            raise UnknownParameter(f'no machine model "{model}"{_close(model, models())}')
        tables = _read(f"{model.replace('-', '_')}.toml")
        title, board, parts = (tables.pop(key) for key in ("title", "board", "parts"))
        entries: dict[str, Entry] = {}
        for each in (tables, *(_read(f"parts/{part}.toml") for part in parts)):
            for entry in _rows(each):
                if entry.name in entries:
                    raise AssertionError(f"{entry.name} stands twice in model {model}")
                entries[entry.name] = entry
        by_group = sorted(entries.items(), key=lambda item: item[0].partition(".")[0])
        return cls(model, title, board, dict(by_group))

    def __getitem__(self, name: str) -> Number:
        return self.entry(name).value

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def integer(self, name: str) -> int:
        """The value of a parameter that is a whole number. Raises BadParameter if it is not."""
        value = self[name]
        if not isinstance(value, int):
            raise BadParameter(f"{name} must be a whole number, not {value!r}")
        return value

    def entry(self, name: str) -> Entry:
        """The row of that name. Raises UnknownParameter, which is not a KeyError: a typing mistake must be seen."""
        if name not in self._entries:
            raise UnknownParameter(f'no parameter "{name}" in model {self.model}{_close(name, self._entries)}')
        return self._entries[name]

    def entries(self) -> Iterator[Entry]:
        """All rows, group by group."""
        return iter(self._entries.values())

    def replace(self, values: Mapping[str, object]) -> Parameters:
        """The same model with other values. Raises UnknownParameter and BadParameter."""
        changed = {name: self.entry(name).with_value(value) for name, value in values.items()}
        return Parameters(self.model, self.title, self.board, self._entries | changed)

    def sweep(self) -> Iterator[Swept]:
        """For each number with a range, the model with it at the one end of its range, then at the other."""
        for entry in self._entries.values():
            for value in entry.range or ():
                yield Swept(entry.name, value, self.replace({entry.name: value}))


def models() -> tuple[str, ...]:
    """Names of the models that there are."""
    names = (path.name for path in _MODELS.iterdir())
    return tuple(sorted(name.removesuffix(".toml").replace("_", "-") for name in names if name.endswith(".toml")))


_MODELS: Final = files(__package__) / "models"


def _close(name: str, known: Mapping[str, Entry] | tuple[str, ...]) -> str:
    close = get_close_matches(name, known, 3, 0.5)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def _read(path: str) -> dict[str, Any]:
    return tomllib.loads(_MODELS.joinpath(path).read_text("utf-8"))


def _rows(tables: dict[str, Any]) -> Iterator[Entry]:
    for group, rows in tables.items():
        for name, row in rows.items():
            full = f"{group}.{name}"
            if "range" in row:
                row["range"] = tuple(row["range"])
            try:
                entry = Entry(full, **row)
            except TypeError as error:
                raise AssertionError(f"the row of {full} in a shipped model is wrong: {error}") from error
            yield entry.with_value(entry.value)
