"""Facts and measures of a loop as terms, in the state of a run at which they are claimed.

A guess may come from a file that anybody wrote: one that speaks of what is not there, or that breaks the rules of the
core form, has no term, and is not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dlcode_dsl.core import form
from dlcode_dsl.core.form import Expression

from .facts import Measure, Sum
from .terms import FALSE, TRUE, Term, Terms

Look = Callable[[form.Variable], Term | None]
"""The term of a name in some state; None for a name that a guess may not use there."""


@dataclass(frozen=True, slots=True)
class Total:
    """`constant + coefficient * term + …`, a mathematical integer."""

    parts: tuple[tuple[int, Term], ...]
    constant: int = 0

    def plus(self, other: Total, times: int = 1) -> Total:
        """This and so many times the other."""
        added = tuple((times * by, term) for by, term in other.parts)
        return Total(self.parts + added, self.constant + times * other.constant)

    def at_most(self, terms: Terms, limit: int) -> Term:
        """Whether it is at most so much."""
        return terms.nonpositive(self.parts, self.constant - limit)

    def at_least(self, terms: Terms, limit: int) -> Term:
        """Whether it is at least so much."""
        return terms.nonpositive([(-by, term) for by, term in self.parts], limit - self.constant)


def total(terms: Terms, sum: Sum, look: Look) -> Total | None:
    """The terms of a sum; None if one of its atoms has none."""
    parts = []
    for coefficient, atom in sum.parts:
        term = _atom(terms, atom, look)
        if term is None:
            return None
        parts.append((coefficient, term))
    return Total(tuple(parts), sum.constant)


def _atom(terms: Terms, atom: Expression, look: Look) -> Term | None:
    match atom:
        case form.Constant(value, type) if 0 < type.bits <= 128 and 0 <= value < 1 << type.bits:
            return terms.constant(value, type.bits)
        case form.Variable(_, type):
            term = look(atom)
            return term if term is not None and terms.bits(term) == type.bits > 0 else None
        case form.Extent("packet"):
            return terms.make("length", 32)
        case form.Extent("wire"):
            return terms.make("wire", 32)
        case form.Convert("widen", operand, type):
            inner = _atom(terms, operand, look)
            if inner is None or not terms.bits(inner) == operand.type.bits <= type.bits <= 128:
                return None
            return terms.convert("widen", inner, type.bits)
    return None


def is_measure(measure: Measure) -> bool:
    """Whether what falls so, falls for a finite number of turns."""
    single = len(measure.parts) == 1
    return bool(measure.parts) and measure.step >= 1 and (single or (not measure.halves and measure.step == 1))


def starts(terms: Terms, measure: Measure, now: Iterable[Total]) -> Term:
    """What must hold of the parts where a turn begins: at least 0. What only halves must be 1: half of 0 is 0."""
    least = 1 if measure.halves else 0
    truth = TRUE
    for part in now:
        truth = terms.both(truth, part.at_least(terms, least))
    return truth


def falls(terms: Terms, before: Iterable[Total], now: Iterable[Total], step: int = 1, *, halves: bool = False) -> Term:
    """What must hold of the parts where a turn begins, and of the same where the turn before began."""
    truth = FALSE
    for was, part in reversed(list(zip(before, now, strict=True))):
        if halves:
            return part.plus(part).plus(was, -1).at_most(terms, 0)
        difference = part.plus(was, -1)
        lower, same = difference.at_most(terms, -step), difference.at_most(terms, 0)
        truth = terms.either(lower, terms.both(same, truth))
    return truth
