"""Host code does what the interpreter says: of each program that somebody wrote, and of generated ones that loop."""

from __future__ import annotations

from itertools import islice

from tests.pairs import Tally, compare, generated, written

FEW = 60
"""Pairs of each program here; the command `python -m tests.pairs 100000` compares more."""


def test_host_code_of_what_is_written_is_the_interpreters() -> None:
    tally = Tally()
    for certificate, inputs in written(each=FEW):
        assert list(compare(certificate, inputs, tally)) == []
    assert tally.programs > 40
    assert tally.looping > 20
    assert tally.pairs > 2000


def test_host_code_of_generated_programs_is_the_interpreters() -> None:
    tally = Tally()
    for certificate, inputs in islice(generated(5100), 24):
        assert list(compare(certificate, inputs, tally)) == []
    assert tally.looping > 15
    assert tally.pairs > 800
