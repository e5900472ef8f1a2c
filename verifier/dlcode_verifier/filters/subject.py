"""What a question is about: proved filters, each as the condition under which it matches, all of the same packet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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


def filter_of(certificate: Certificate) -> Program:
    """The filter that a certificate of this process was issued for. Raises QuestionError for anything else."""
    if not is_live(certificate):
        raise QuestionError("not-proved", "only a filter that this process has proved can be compared")
    if certificate.program.kind != "filter":
        reason = f"{certificate.program.name} is a {certificate.program.kind}; its binding filter can be compared"
        raise QuestionError("not-a-filter", reason)
    return certificate.program


def filters_of(certificates: Sequence[Certificate]) -> list[Program]:
    """Their filters, which are all on one link. Raises QuestionError."""
    programs = [filter_of(certificate) for certificate in certificates]
    if not programs:
        raise QuestionError("none", "there is no filter to ask about")
    for program in programs[1:]:
        same_link(programs[0], program)
    return programs


def same_link(one: Program, other: Program) -> None:
    """Raises QuestionError for filters on different links: no packet is one of both."""
    if one.link != other.link:
        raise QuestionError("link", f"{one.name} is on {one.link}, {other.name} on {other.link}")


def matches(program: Program, terms: Terms) -> Term:
    """Under which condition a proved filter matches the packet that `terms` speak of."""
    return conditions(program, terms).accepts


def no_longer_than(terms: Terms, maximum: int) -> Term:
    """Whether the packet has at most so many bytes."""
    return terms.compare("<=", terms.make("length", 32), terms.constant(maximum, 32))


def cone(rows: list[Row], roots: Iterable[Term]) -> tuple[list[Row], dict[Term, Term]]:
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
    return [_moved(rows[term], place) for term in place], place


def _moved(row: Row, place: dict[Term, Term]) -> Row:
    skipped = NOT_TERMS.get(row[0], ())
    return (*row[:2], *(part if at in skipped else place[part] for at, part in enumerate(row[2:], 2)))
