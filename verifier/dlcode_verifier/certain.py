"""Claims that need no solver: those that hold by how the values in them are made, wherever they stand.

Most sums of a walk through headers add up what a byte can say, and cannot come near to wrapping. `ranges` bounds every
value from below upwards, by its operation alone, and where a claim holds for all values within the bounds, it holds. In
contrast to the hints that `ranges` gives encoders, this is relied upon: it rests on the rows of `ranges`, each of which
is right for values that come out of a run without a fault (a run that had one is over). Tests hold them against the
meaning of terms.
"""

from __future__ import annotations

from .ranges import Range
from .terms import TRUE, Row, Term


def is_certain(rows: list[Row], known: list[Range], claim: Term) -> bool:
    """Whether a claim holds whatever the packet and the memory are; `known` are the ranges of the rows."""

    def below(parts: tuple[Term, ...], constant: int = 0) -> int:
        return constant + sum(known[part].high for part in parts)

    holds: bool = claim == TRUE
    match rows[claim]:
        case ("fits", _, "+", left, right):
            holds = below((left, right)) < 1 << rows[left][1]
        case ("fits", _, "*", left, right):
            holds = known[left].high * known[right].high < 1 << rows[left][1]
        case ("<=", _, left, right):
            holds = known[left].high <= known[right].low
        case ("<", _, left, right):
            holds = known[left].high < known[right].low
        case ("within", _, limit, constant, *parts):
            holds = below(tuple(parts), constant) <= known[limit].low
        case ("and", _, left, right):
            holds = is_certain(rows, known, left) and is_certain(rows, known, right)
    return holds
