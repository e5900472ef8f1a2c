"""What a question is about: proved filters, each as the condition under which it matches, all of the same packet.

The condition of a filter with loops has unknowns in it: what may be so at the head of a loop (`loops`). Take any
packet, and give each unknown the value that it had when the filter's run on the packet last came to that head: then the
condition is true if the filter matches the packet, and false if it does not. Each filter has unknowns of its own, so
this can be done for several at once. Therefore a question whose opposite holds for no packet and no unknowns is
answered, whichever way round each filter stands in it. A packet that the solver finds may be none, as the unknowns may
be values that no run comes to; so for packets, loops are laid out turn by turn, and each packet is replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from dlcode_dsl.core.form import Program
from dlcode_dsl.core.text import print_program

from ..certificate import Certificate, is_live
from ..conditions import accepts, conditions
from ..facts import sites
from ..terms import TRUE, Row, Term, Terms, moved, operands
from ..unrolling import unrolled


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
    """Under which condition a filter matches, and under which this is known; in a table of their own."""

    rows: Sequence[Row]
    matches: Term
    known: Term = TRUE


_acceptances: WeakKeyDictionary[Certificate, Acceptance] = WeakKeyDictionary()


def acceptance(certificate: Certificate) -> Acceptance:
    """Under which condition a proved filter matches, worked out once."""
    made = _acceptances.get(certificate)
    if made is None:
        program = certificate.program
        if has_loops(program):
            what = conditions(program)
            made = _without_the_rest(what.terms, what.accepts)
        else:
            terms = Terms()
            made = Acceptance(terms.rows, accepts(program, terms))
        _acceptances[certificate] = made
    return made


def in_first_turns(program: Program, turns: int) -> Acceptance:
    """Under which condition a filter matches with loops of at most so many turns: known where a run has no more."""
    laid_out = unrolled(program, turns)
    what = conditions(laid_out.program)
    terms, known = what.terms, TRUE
    for one in what.obligations:
        if laid_out.fault_at(one.kind, one.node) is None:  # that a run does not come to where a loop was cut
            known = terms.both(known, terms.negate(terms.both(one.path, terms.negate(one.claim))))
    return _without_the_rest(terms, what.accepts, known)


def _without_the_rest(terms: Terms, matches: Term, known: Term = TRUE) -> Acceptance:
    rows, place = cone(terms.rows, [matches, known])
    return Acceptance(rows, place[matches], place[known])


def has_loops(program: Program) -> bool:
    """Whether the condition of a filter may have unknowns in it."""
    return bool(sites(program))


UNKNOWNS = frozenset({"any", "cells", "guard"})
"""Operations of rows that hold a name instead of operands: what stands for anything, in one filter."""


class Table:
    """One table of terms for several filters, which all speak of the same packet.

    With `turns`, loops are laid out, and cut after so many: what is found then is to be tried, and proves nothing.
    """

    def __init__(self, turns: int | None = None) -> None:
        self.turns, self.terms = turns, Terms()
        self.anything: set[Term] = set()  # the terms that have an unknown in them
        self._entered: dict[int | str, tuple[Certificate, Term]] = {}
        self._known: dict[int, Term] = {}  # by the program's identity

    def enter(self, certificate: Certificate) -> Term:
        """Under which condition a proved filter matches, as a term of this table."""
        entered = self._entered.get(id(certificate))
        if entered is None:
            entered = self._entered[id(certificate)] = certificate, self._enter(certificate)
        return entered[1]

    def known(self, program: Program) -> Term:
        """Under which condition it is known whether a filter that was entered matches: always, but for loops cut."""
        return self._known.get(id(program), TRUE)

    def _enter(self, certificate: Certificate) -> Term:
        program = certificate.program
        if not has_loops(program):
            made = acceptance(certificate)
            return self.terms.include(made.rows)[made.matches]
        if self.turns is not None:
            matches, self._known[id(program)] = self._made(in_first_turns(program, self.turns))
            return matches
        text = print_program(replace(program, name="same"))  # the same program comes to the same values on a packet
        if text not in self._entered:
            self._entered[text] = certificate, self._made(acceptance(certificate))[0]
        return self._entered[text][1]

    def _made(self, accepts: Acceptance) -> tuple[Term, Term]:
        at: list[Term] = []
        for row in accepts.rows:
            if row[0] in UNKNOWNS:
                at.append(self.terms.make(row[0], row[1], f"{row[2]} of {len(self._entered)}"))
                self.anything.add(at[-1])
            else:
                here = moved(row, at)
                at.append(self.terms.make(*here))
                if self.anything and not self.anything.isdisjoint(operands(here)):
                    self.anything.add(at[-1])
        return at[accepts.matches], at[accepts.known]

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
