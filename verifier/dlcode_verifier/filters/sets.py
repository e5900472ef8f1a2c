"""Sets of filters: which of them overlap, asked of the few pairs that their signatures do not tell apart.

A set keeps one table of terms for all its filters, so that the same field is the same term in all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..certificate import Certificate
from ..options import Options
from ..terms import Term
from .questions import Case, Finding, Unknown, Yes, decided, disjoint
from .signature import Signature, apart, signature
from .splitting import left_over
from .subject import Table, filters_of

STALE = 1000
"""Filters that were taken out before the table is made anew, without what only they have in it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Member:
    certificate: Certificate
    matches: Term
    signature: Signature | None


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two filters of a set that are not shown to be disjoint: No, with a packet that both match, or Unknown."""

    first: Certificate
    second: Certificate
    finding: Finding


class FilterSet:
    """Proved filters on one link, in the order in which they were added.

    A filter is known by its certificate. Questions raise SolverFailure where the solver had to be ended.
    """

    def __init__(self, certificates: Iterable[Certificate] = (), *, options: Options | None = None) -> None:
        """Raises QuestionError as `add` does."""
        self.options = options
        self._table, self._taken_out = Table(), 0
        self._members: dict[int, _Member] = {}  # by the certificate's identity: the member keeps it alive
        for certificate in certificates:
            self.add(certificate)

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Certificate]:
        return (member.certificate for member in self._members.values())

    def __contains__(self, certificate: object) -> bool:
        return id(certificate) in self._members

    def add(self, certificate: Certificate) -> None:
        """Add a filter, whatever it overlaps; one that is there already stays where it is.

        Raises QuestionError if it is not proved here, no filter, or on another link than the others.
        """
        if certificate not in self:
            self._members[id(certificate)] = self._member(certificate)

    def remove(self, certificate: Certificate) -> None:
        """Take a filter out. Raises KeyError if it is not there."""
        del self._members[id(certificate)]
        self._taken_out += 1
        if self._taken_out > STALE:
            left, self._table, self._taken_out = list(self), Table(), 0
            self._members = {id(one): self._member(one) for one in left}

    def overlapping(self, certificate: Certificate, among: Iterable[Certificate] | None = None) -> tuple[Overlap, ...]:
        """The filters of the set, other than this one, that are not shown to be disjoint from it, in their order.

        The filter itself, which need not be in the set, is the second of each overlap. With `among`, only those of the
        set are asked about, in that order. Raises QuestionError as `add` does, and KeyError for one that is not there.
        """
        this = self._members.get(id(certificate)) or self._member(certificate)
        asked = self._members.values() if among is None else [self._members[id(one)] for one in among]
        others = [one for one in asked if one.certificate is not certificate]
        return self._asked([(one, this) for one in others if not apart(one.signature, this.signature)])

    def overlaps(self) -> tuple[Overlap, ...]:
        """All pairs of the set that are not shown to be disjoint, in their order."""
        members = list(self._members.values())
        return self._asked([(members[a], members[b]) for a, b in left_over([one.signature for one in members])])

    def _member(self, certificate: Certificate) -> _Member:
        filters_of([next(iter(self), certificate), certificate])
        matches = self._table.enter(certificate)
        return _Member(certificate, matches, signature(self._table, matches))

    def _asked(self, pairs: list[tuple[_Member, _Member]]) -> tuple[Overlap, ...]:
        cases = [
            Case((a.certificate.program, b.certificate.program), (a.matches, b.matches), (), (True, True), plain=False)
            for a, b in pairs
        ]
        found = []
        for (a, b), case, finding in zip(pairs, cases, decided(self._table, cases, self.options), strict=True):
            if isinstance(finding, Unknown) and case.has_loops:
                finding = disjoint(a.certificate, b.certificate, options=self.options)
            if not isinstance(finding, Yes):
                found.append(Overlap(a.certificate, b.certificate, finding))
        return tuple(found)
