"""Every diagnostic code, once. 1xxx: the source as text, names and types. 2xxx: what must be proved. 3xxx: cost."""

from __future__ import annotations

from typing import Final

from .core.faults import FaultKind
from .diagnostics import Code

SYNTAX: Final = Code("ASH1001", "this cannot stand here")

READ_PAST_END: Final = Code("ASH2031", "this read can go past the end of the packet")
INDEX_PAST_END: Final = Code("ASH2032", "this index can go past the end of `{region}`")
WRAPS: Final = Code("ASH2033", "this `{operator}` can wrap")
DOES_NOT_FIT: Final = Code("ASH2034", "this value may not fit the narrower type")
DIVIDES_BY_ZERO: Final = Code("ASH2035", "this can divide by zero")
SHIFTS_TOO_FAR: Final = Code("ASH2036", "this can shift by the width of the value or more")
ASSERTION_FAILS: Final = Code("ASH2037", "this assertion can be false")
ENSURES_FAILS: Final = Code("ASH2038", "this promise can be broken at `consume`")
ABORT_AFTER_WRITE: Final = Code("ASH2039", "this abort can come after a write to owned memory")
FRAME_TOO_LONG: Final = Code("ASH2040", "this frame can be longer than the link carries")
COPY_PAST_END: Final = Code("ASH2041", "this copy can go past the end")
PASSES_LIMIT: Final = Code("ASH2042", "this loop can pass its limit")
INVARIANT_FAILS: Final = Code("ASH2043", "this invariant can be false")
DOES_NOT_DECREASE: Final = Code("ASH2044", "this measure may not fall with every turn")
DOES_NOT_END: Final = Code("ASH2045", "this loop may not end")

OVER_BUDGET: Final = Code("ASH3001", "the worst case costs more than the budget")

FAULT_CODES: Final = {
    FaultKind.PACKET_BOUNDS: READ_PAST_END,
    FaultKind.OWNED_BOUNDS: INDEX_PAST_END,
    FaultKind.WRAP: WRAPS,
    FaultKind.NARROW: DOES_NOT_FIT,
    FaultKind.DIVISION: DIVIDES_BY_ZERO,
    FaultKind.SHIFT: SHIFTS_TOO_FAR,
    FaultKind.ASSERTION: ASSERTION_FAILS,
    FaultKind.ENSURES: ENSURES_FAILS,
    FaultKind.ABORT_AFTER_WRITE: ABORT_AFTER_WRITE,
    FaultKind.FRAME_LENGTH: FRAME_TOO_LONG,
    FaultKind.COPY_BOUNDS: COPY_PAST_END,
    FaultKind.LIMIT: PASSES_LIMIT,
    FaultKind.INVARIANT: INVARIANT_FAILS,
    FaultKind.DECREASES: DOES_NOT_DECREASE,
    FaultKind.ENDLESS: DOES_NOT_END,
}
