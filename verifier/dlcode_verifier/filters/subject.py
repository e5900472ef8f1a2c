"""What a question is about: proved filters, each as the condition under which it matches, all of the same packet.

The conditions of a loop speak of values that are anything that some turn of it may come to. They are unknowns of one
run of one filter, so each filter gets its own. Of every run that there is, these values make a model; that is why a
question whose opposite has no model at all is answered for loops too, whichever way it is put.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from dlcode_dsl.core.form import Program

from ..certificate import Certificate, is_live
from ..conditions import conditions
from ..terms import NOT_TERMS, Row, Term, Terms, operands


class QuestionError(ValueError):
    """A question that has no answer: about a program that is `not-proved` here, that is `not-a-filter`, about filters
    on different kinds of `link`, or about `none` at all."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def filters_of(certificates: Sequence[Certificate]) -> list[Program]:
    """Their filters, which are all on one link. Raises QuestionError for anything else."""
    programs = [_filter_of(certificate) for certificate in certificates]
    if not programs:
        raise QuestionError("none", "there is no filter to ask about")
    first = programs[0]
    for other in programs[1:]:
        if first.link != other.link:
            raise QuestionError("link", f"{first.name} is on {first.link}, {other.name} on {other.link}")
    return programs


def _filter_of(certificate: Certificate) -> Program:
    if not is_live(certificate):
        raise QuestionError("not-proved", "only a filter that this process has proved can be compared")
    if certificate.program.kind != "filter":
        reason = f"{certificate.program.name} is a {certificate.program.kind}; its binding filter can be compared"
        raise QuestionError("not-a-filter", reason)
    return certificate.program


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Under which condition a filter matches: the last row of a table of its own."""

    rows: tuple[Row, ...]


_acceptances: WeakKeyDictionary[Certificate, Acceptance] = WeakKeyDictionary()


def acceptance(certificate: Certificate) -> Acceptance:
    """Under which condition a proved filter matches, worked out once."""
    made = _acceptances.get(certificate)
    if made is None:
        what = conditions(certificate.program)
        rows, place = cone(what.terms.rows, [what.accepts])
        made = _acceptances[certificate] = Acceptance(tuple(rows[: place[what.accepts] + 1]))
    return made


UNKNOWNS = frozenset({"any", "cells", "guard"})
"""Operations of rows that hold a name instead of operands: what stands for anything, in one filter."""


class Table:
    """One table of terms for several filters, which all speak of the same packet."""

    def __init__(self) -> None:
        self.terms = Terms()
        self.anything: set[Term] = set()  # the terms that have an unknown in them
        self.entered = 0

    def enter(self, certificate: Certificate) -> Term:
        """Under which condition a proved filter matches, as a term of this table."""
        at: list[Term] = []
        self.entered += 1
        for row in acceptance(certificate).rows:
            if row[0] in UNKNOWNS:
                at.append(self.terms.make(row[0], row[1], f"{row[2]} of {self.entered}"))
                self.anything.add(at[-1])
            else:
                here = moved(row, at)
                at.append(self.terms.make(*here))
                if self.anything and not self.anything.isdisjoint(operands(here)):
                    self.anything.add(at[-1])
        return at[-1]

    def no_longer_than(self, maximum: int) -> Term:
        """Whether the packet has at most so many bytes."""
        return self.terms.compare("<=", self.terms.make("length", 32), self.terms.constant(maximum, 32))


def cone(rows: Sequence[Row], roots: Iterable[Term]) -> tuple[list[Row], dict[Term, Term]]:
    """The rows that `roots` are made of, as a table of their own, and where each stands in it.

    It takes time in the size of what it gives, not of the table.
    """
    wanted, left = {0, 1}, list(roots)  # the two truths stand first in every table
    while left:
        term = left.pop()
        if term not in wanted:
            wanted.add(term)
            left += operands(rows[term])
    place = {term: at for at, term in enumerate(sorted(wanted))}
    return [moved(rows[term], place) for term in place], place


def moved(row: Row, place: Any) -> Row:
    """A row whose operands are what `place` has for them."""
    skipped = NOT_TERMS.get(row[0], ())
    return (*row[:2], *(part if at in skipped else place[part] for at, part in enumerate(row[2:], 2)))
