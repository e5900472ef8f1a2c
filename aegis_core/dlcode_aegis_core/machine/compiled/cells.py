"""What a record of state is made of, for the translator: cells of memory, arrays of them, pointers to them, callbacks;
and what functions that work on one are marked with.

A record is a `ctypes.Structure` whose fields are declared as annotations with these kinds, so that one declaration
serves the type checker, Python's view of the memory, and compiled code.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, MutableSequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, TypeAlias, TypeVar, get_args, get_type_hints

from dlcode_aegis_core.machine.compiled.intervals import BOOLEAN, Interval


@dataclass(frozen=True, slots=True)
class Cell:
    """An integer in memory. `values` is what it may hold; `held` is what may be stored: wider for times, which do not
    come near the end of their range. `constant`: set before any code runs. `region`: only cells of one region overlap.
    """

    ctype: Any
    values: Interval
    held: Interval
    region: str = "state"
    length: int = 0  # of an array in the record; 0 for a single cell
    pointer: bool = False  # to cells outside the record
    constant: bool = False

    @property
    def bits(self) -> int:
        """Width in memory."""
        return 8 * ctypes.sizeof(self.ctype)

    @property
    def signed(self) -> bool:
        """Whether what is loaded is sign-extended."""
        return self.values.low < 0


@dataclass(frozen=True, slots=True)
class Callback:
    """Calls back into Python."""

    ctype: Any


class Signal(Exception):
    """What ends a function and its callers, up to a `try`. `number` tells its kinds apart; 0 is none."""

    number: int


MASK: Final = 0xFFFFFFFF
FAR: Final = 1 << 62
"""A time, in cycles, that does not come: 5,000 years at 25 MHz."""

_ALL: Final = Interval(-(1 << 63), (1 << 63) - 1)
_WORD: Final = Cell(ctypes.c_uint32, Interval(0, MASK), Interval(0, MASK))
_TIME: Final = Cell(ctypes.c_int64, Interval(0, FAR), _ALL)
_FLAG: Final = Cell(ctypes.c_uint8, BOOLEAN, BOOLEAN)
_KEY: Final = Cell(ctypes.c_int64, Interval(-1, FAR), _ALL)


def _small(least: int, most: int) -> Cell:
    return Cell(ctypes.c_uint32, Interval(least, most), Interval(least, most))


Word: TypeAlias = Annotated[int, _WORD]
Time: TypeAlias = Annotated[int, _TIME]
Flag: TypeAlias = Annotated[bool, _FLAG]
Register: TypeAlias = Annotated[int, _small(0, 32)]
Key: TypeAlias = Annotated[int, _KEY]
"""What a page or address is compared with; -1 is none."""

Code: TypeAlias = Annotated[int, _small(0, 31)]
Unit: TypeAlias = Annotated[int, _small(0, 3)]
Lines: TypeAlias = Annotated[int, _small(0, 63)]
Width: TypeAlias = Annotated[int, _small(1, 4)]

FixedCount: TypeAlias = Annotated[int, replace(_small(1, 1024), constant=True)]
FixedWord: TypeAlias = Annotated[int, replace(_WORD, constant=True)]
FixedTime: TypeAlias = Annotated[int, replace(_TIME, constant=True)]
FixedFlag: TypeAlias = Annotated[bool, replace(_FLAG, constant=True)]

Registers: TypeAlias = Annotated[MutableSequence[int], replace(_WORD, region="registers", length=33)]
Pages: TypeAlias = Annotated[MutableSequence[int], replace(_KEY, length=64)]
Frames: TypeAlias = Annotated[MutableSequence[int], replace(_WORD, length=64)]
Distances: TypeAlias = Annotated[
    MutableSequence[int], Cell(ctypes.c_int64, Interval(-FAR, FAR), Interval(-FAR, FAR), length=8)
]
Bounds: TypeAlias = Annotated[MutableSequence[int], replace(_WORD, length=8)]
Words: TypeAlias = Annotated[MutableSequence[int], replace(_WORD, region="words", pointer=True)]
Tags: TypeAlias = Annotated[
    MutableSequence[int],
    Cell(ctypes.c_int32, Interval(-1, (1 << 30) - 1), Interval(-1, (1 << 30) - 1), region="tags", pointer=True),
]
Memory: TypeAlias = Annotated[MutableSequence[int], replace(_WORD, region="memory", pointer=True, constant=True)]
TlbPairs: TypeAlias = Annotated[MutableSequence[int], replace(_WORD, region="tlb", pointer=True, constant=True)]
Times: TypeAlias = Annotated[MutableSequence[int], replace(_TIME, region="times", pointer=True, constant=True)]


def kind_of(annotation: Any) -> Any:
    """The kind that an annotation stands for; the annotation itself if it is no kind."""
    return next((each for each in get_args(annotation)[1:] if isinstance(each, Cell | Callback)), annotation)


def declare(record: type[ctypes.Structure]) -> None:
    """Give a record the fields that its annotations declare."""
    fields = []
    for name, annotation in get_type_hints(record, include_extras=True).items():
        kind = kind_of(annotation)
        if isinstance(kind, Cell):
            ctype = ctypes.c_void_p if kind.pointer else kind.ctype * kind.length if kind.length else kind.ctype
            fields.append((name, ctype))
        else:
            fields.append((name, kind.ctype if isinstance(kind, Callback) else kind))
    record._fields_ = fields


@dataclass(frozen=True, slots=True)
class Field:
    """Where in a record a cell or callback lies."""

    offset: int
    kind: Cell | Callback


def layout(record: type[ctypes.Structure]) -> tuple[dict[str, Field], dict[str, type[ctypes.Structure]]]:
    """Every field by its dotted name, and every record within, of which a word is a 32-bit word."""
    fields: dict[str, Field] = {}
    records: dict[str, type[ctypes.Structure]] = {}
    hints = get_type_hints(record, include_extras=True)
    for name, ctype, *_ in record._fields_:
        offset = getattr(record, name).offset
        if isinstance(ctype, type) and issubclass(ctype, ctypes.Structure):
            records[name] = ctype
            for inner, _ in ctype._fields_:  # type: ignore[misc]
                fields[f"{name}.{inner}"] = Field(offset + getattr(ctype, inner).offset, _WORD)
        else:
            fields[name] = Field(offset, kind_of(hints[name]))
    return fields, records


_F = TypeVar("_F", bound=Callable[..., Any])


def rare(function: _F) -> _F:
    """Mark a function as not worth inlining: it works on the record in memory."""
    function.rare = True  # type: ignore[attr-defined]
    return function


def working(function: _F) -> _F:
    """Mark a function as one that makes the copy of the hot fields, works on it, and writes it back."""
    function.rare = function.working = True  # type: ignore[attr-defined]
    return function
