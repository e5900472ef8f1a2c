"""Questions between proved filters: a pair, and the overlaps of a thousand. From certificates, in a warm worker."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bench.population import population
from dlcode_dsl import Source, compile_source
from dlcode_verifier import Certificate, Proved, verify
from dlcode_verifier.filters import FilterSet, No, Yes, disjoint, equal, implies, shadowed, subject
from dlcode_verifier.filters.signature import signature
from dlcode_verifier.filters.splitting import left_over
from dlcode_verifier.filters.subject import Table

PAUSE = 0.2
"""Seconds in which the solver's process has cleared up after the last task: it waits a tenth before it begins."""

THOUSAND = 1000

PAIRS = {
    "equal, yes": (equal, "ipv4/tcp.dport == 80", "has(ipv4/tcp) && ipv4/tcp.dport < 81 && ipv4/tcp.dport > 79", Yes),
    "equal, no": (equal, "ipv4.dst == 10.0.0.1 && tcp.dport == 80", "ipv4.dst == 10.0.0.1 && tcp.dport == 8080", No),
    "implies, yes": (implies, "ipv4.dst == 10.0.0.1 && tcp.dport == 80", "ipv4.dst & 255.0.0.0 == 10.0.0.0", Yes),
    "implies, no": (implies, "ipv4.dst & 255.0.0.0 == 10.0.0.0", "ipv4.dst & 255.255.0.0 == 10.0.0.0", No),
    "disjoint by a field": (disjoint, "ipv4/tcp.dport == 80", "ipv4/udp.dport == 80", Yes),
    "disjoint by Z3": (
        disjoint, "ipv4/tcp.dport in [53, 80]", "ipv4/tcp.dport in [79, 443] || ipv4/tcp.dport == 60", Yes
    ),
    "disjoint, no": (disjoint, "ipv4.dst == 10.0.0.1 && tcp.dport == 80", "ipv4.src == 192.0.2.1 && has(ipv4/tcp)", No),
    "bare names: equal, yes": (equal, "tcp.dport == 80", "has(tcp) && tcp.dport < 81 && tcp.dport > 79", Yes),
    "bare names: disjoint by a field": (disjoint, "tcp.dport == 80", "udp.dport == 80", Yes),
    "bare names: implies, yes": (implies, "tcp.dport == 80", "tcp.dport < 1024", Yes),
    "bare names: implies, no": (implies, "tcp.dport < 1024", "tcp.dport == 80", No),
    "bare names: disjoint, no": (disjoint, "tcp.dport == 80", "tcp.sport == 80", No),
    "bare names: disjoint by Z3": (disjoint, "tcp.dport in [53, 80]", "tcp.dport in [79, 443] || tcp.dport == 60", Yes),
}  # fmt: skip
"""A question, two filters' conditions, and the answer. A bare name means IPv4 and IPv6 with its extension headers."""


def proved(source: str) -> list[Certificate]:
    """The proofs of a source's filters."""
    compiled = compile_source(Source("bench.ash", source))
    assert not compiled.diagnostics
    answers = [verify(program) for program in compiled.programs]
    return [answer.certificate for answer in answers if isinstance(answer, Proved)]


@pytest.fixture(scope="module")
def thousand() -> list[Certificate]:
    """A thousand proved filters; to prove them takes ten seconds, which are not measured here."""
    certificates = proved(population(THOUSAND))
    assert len(certificates) == THOUSAND
    return certificates


def forget() -> None:
    """Nothing is known yet of any filter but its proof, and the worker has nothing left to clear up."""
    subject._acceptances.clear()
    time.sleep(PAUSE)


@pytest.mark.benchmark(group="compare two filters")
@pytest.mark.parametrize("case", PAIRS)
def test_pair(benchmark: Any, case: str) -> None:
    """From two certificates to the answer, with a packet that was replayed where it is no."""
    question, first, second, answer = PAIRS[case]
    a, b = proved(f"filter a on ethernet {{ {first} }}\nfilter b on ethernet {{ {second} }}\n")
    found = benchmark.pedantic(question, args=(a, b), setup=forget, rounds=9, warmup_rounds=1)
    assert isinstance(found, answer)


@pytest.mark.benchmark(group="a thousand filters")
def test_overlaps(benchmark: Any, thousand: list[Certificate]) -> None:
    """From certificates to all pairs that overlap, each with a packet that both were run on."""
    found = benchmark.pedantic(lambda: FilterSet(thousand).overlaps(), setup=forget, rounds=5, warmup_rounds=1)
    table = Table()
    left = left_over([signature(table, table.enter(one)) for one in thousand])
    benchmark.extra_info |= {
        "pairs": THOUSAND * (THOUSAND - 1) // 2, "pairs left for Z3": len(left), "overlaps": len(found),
    }  # fmt: skip
    assert all(isinstance(one.finding, No) for one in found)


@pytest.mark.benchmark(group="a thousand filters")
def test_insert_one(benchmark: Any, thousand: list[Certificate]) -> None:
    """What a kernel asks before it binds one more filter: which of those that are there it overlaps."""
    *there, new = thousand
    filters = FilterSet(there)

    def insert() -> None:
        filters.overlapping(new)
        filters.add(new)

    def without() -> None:
        if new in filters:
            filters.remove(new)
        forget()

    benchmark.pedantic(insert, setup=without, rounds=9, warmup_rounds=1)
    assert len(filters) == THOUSAND


@pytest.mark.benchmark(group="a thousand filters")
def test_shadowed(benchmark: Any, thousand: list[Certificate]) -> None:
    """Which filters of a first-match list are never reached; each of the others has a packet that reaches it."""
    found = benchmark.pedantic(shadowed, args=(thousand,), setup=forget, rounds=1)
    benchmark.extra_info["never reached"] = sum(isinstance(one, Yes) for one in found)
    assert all(isinstance(one, Yes | No) for one in found)
