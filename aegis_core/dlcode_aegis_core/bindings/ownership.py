"""Whose packets are whose: each program asks for those that one filter matches, and no two owners for the same.

A handler asks for the packets of its `on` filter, a filter for what it matches, a handler without an `on` for all. What
is decided here is proved by the solver for all packets; where it gives up, the program is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dlcode_verifier import Certificate
from dlcode_verifier.filters import FilterSet, Finding, No, Yes, contained, disjoint

from .capability import Capability
from .errors import BindCode, BindError

SPARE: Final = 64
"""Filters that are kept though nobody's program asks for them now."""


def asked_for(certificate: Certificate) -> Certificate | None:
    """The filter of the packets that a program asks for; None for one that asks for all."""
    return certificate if certificate.program.kind == "filter" else certificate.binding


def check_link(certificate: Certificate, link: str) -> None:
    """The program is for packets of the core's link."""
    program = certificate.program
    if program.link != link:
        raise BindError(BindCode.LINK, f"{program.name} is on {program.link}, not on {link}")


def check_covered(certificate: Certificate, capability: Capability) -> None:
    """The capability covers every packet that the program asks for."""
    if capability.packets is None:
        return
    asked, name = asked_for(certificate), certificate.program.name
    if asked is None:
        raise BindError(BindCode.PACKETS, f"{name} asks for every packet")
    finding = contained(asked, capability.packets)
    _require(finding, BindCode.PACKETS, name)
    assert isinstance(finding, Yes)
    if finding.maximum < asked.program.maximum:
        raise BindError(BindCode.PACKETS, f"{name} asks for packets of more than {finding.maximum} bytes")


class Claims:
    """What the bound programs of a core ask for, so that another one is compared with the few that come near it."""

    def __init__(self) -> None:
        self._filters = FilterSet()

    def check_apart(self, certificate: Certificate, others: Sequence[tuple[str, Certificate]]) -> None:
        """No other owner's program asks for a packet that this one asks for. `others` come with their owners' names."""
        asked, name = asked_for(certificate), certificate.program.name
        held: dict[int, tuple[Certificate, str]] = {}  # by the filter's identity: it is kept alive by the set
        for owner, other in others:
            filter = asked_for(other)
            about = f"{name}, and {other.program.name} of {owner}"
            if asked is None or filter is None:
                raise BindError(BindCode.OWNED, f"{about}: one of them asks for every packet")
            if filter is asked:
                _require(disjoint(asked, filter), BindCode.OWNED, about)
            held.setdefault(id(filter), (filter, about))
        if asked is None:
            return
        filters = [filter for filter, _ in held.values()]
        self._keep(filters)
        for overlap in self._filters.overlapping(asked, filters):
            _, about = held[id(overlap.first)]
            _require(overlap.finding, BindCode.OWNED, about)

    def _keep(self, filters: Sequence[Certificate]) -> None:
        """Have these in the set, and of the others no more than there are of these: an owner's own come back."""
        for filter in filters:
            self._filters.add(filter)
        if len(self._filters) > 2 * len(filters) + SPARE:
            wanted = {id(filter) for filter in filters}
            for filter in list(self._filters):
                if id(filter) not in wanted:
                    self._filters.remove(filter)


def _require(finding: Finding, code: BindCode, about: str) -> None:
    if isinstance(finding, Yes):
        return
    if isinstance(finding, No):
        raise BindError(code, about, finding.packet)
    raise BindError(BindCode.UNDECIDED, f"{about}: {finding.reason}")
