"""Every diagnostic code, once. 1xxx: the source as text, names and types. 2xxx: what must be proved. 3xxx: cost."""

from __future__ import annotations

from typing import Final

from .core.faults import FaultKind
from .diagnostics import Code

SYNTAX: Final = Code("ASH1001", "this cannot stand here")
NOT_TEXT: Final = Code("ASH1002", "a source is UTF-8 text")
TOO_LARGE: Final = Code("ASH1003", "a source has at most {limit} {what}")
TOO_DEEP: Final = Code("ASH1004", "nested deeper than {limit} levels")
NOT_YET: Final = Code("ASH1005", "`{word}`: {what} are not in this version of the language")
LITERAL: Final = Code("ASH1006", "{literal} is no value")

UNKNOWN_NAME: Final = Code("ASH1010", "no {what} is called `{name}`")
DECLARED_TWICE: Final = Code("ASH1011", "`{name}` is declared twice")
NO_FIELD: Final = Code("ASH1012", "`{of}` has no `{field}`")
WRONG_TYPE: Final = Code("ASH1013", "this is {found}, where {wanted} is wanted")
DOES_NOT_FIT_LITERAL: Final = Code("ASH1014", "{value} does not fit {type}")
MAY_BE_ABSENT: Final = Code("ASH1015", "`{what}` may be absent here")
NOT_OF_ABSENT: Final = Code("ASH1016", "`!` is true where what it turns is absent", "warning")
NO_VERDICT: Final = Code("ASH1017", "the end of `{name}` can be reached without {wanted}")
UNREACHABLE: Final = Code("ASH1018", "nothing gets here")
UNUSED: Final = Code("ASH1019", "the value of this expression is lost")
NOT_ASSIGNABLE: Final = Code("ASH1020", "this cannot be assigned to")
WITHOUT_MAY: Final = Code("ASH1021", "`{name}` does not say `may {effect}`")
BAD_LAYOUT: Final = Code("ASH1022", "this is no layout of a header or message")
NO_PATH: Final = Code("ASH1023", "no path from `{link}` leads to `{header}`")
NO_END: Final = Code("ASH1024", "the packets that this accepts do not end in one header")
NO_REPLY: Final = Code("ASH1025", "the way back is not known")
NOT_CONSTANT: Final = Code("ASH1026", "this is not known before the program runs")
CIRCULAR: Final = Code("ASH1027", "`{name}` is declared by means of itself")
BAD_ARGUMENT: Final = Code("ASH1028", "`{name}` does not take this")
BAD_CLAUSE: Final = Code("ASH1029", "this clause cannot stand here")
BAD_TEST: Final = Code("ASH1030", "this test cannot be run")
PROGRAM_TOO_LARGE: Final = Code("ASH1032", "`{name}` comes to more than {limit} statements of the core form")
BAD_PIPE: Final = Code("ASH1033", "this cannot stand in a pipe")
BAD_TEMPLATE: Final = Code("ASH1034", "this is no template of frames")
CANNOT_USE: Final = Code("ASH1035", "`{name}` cannot be used")
OUTSIDE_LOOP: Final = Code("ASH1036", "`{word}` stands in no loop")
NEVER_CLAIMED: Final = Code("ASH1031", "this promise holds nowhere: `{name}` never consumes", "warning")
UNSEEN_REWRITE: Final = Code("ASH1037", "nobody sees what this writes", "warning")
UNUSED_EFFECT: Final = Code("ASH1038", "`{name}` says `may {effect}`, and never does", "warning")
UNUSED_NAME: Final = Code("ASH1039", "`{name}` is not used", "warning")

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
PART_PAST_END: Final = Code("ASH2046", "this can go past the end of the part of the packet")
OUTSIDE_TEMPLATE: Final = Code("ASH2047", "this frame can lie outside its template")
NOT_AS_DECLARED: Final = Code("ASH2048", "this pipe is not what its attributes say")

OVER_BUDGET: Final = Code("ASH3001", "the worst case costs more than the budget")
UNCHECKED_BUDGET: Final = Code("ASH3002", "this budget is in cycles, which no image has confirmed yet", "warning")

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
    FaultKind.PART_BOUNDS: PART_PAST_END,
    FaultKind.TEMPLATE: OUTSIDE_TEMPLATE,
    FaultKind.PIPE_ATTRIBUTE: NOT_AS_DECLARED,
}
