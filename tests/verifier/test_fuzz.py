"""Random programs: no proof is wrong, nearly every refusal has a packet, and hints and encoders change no verdict."""

from __future__ import annotations

import random

import pytest

from dlcode_verifier import NotProved, Options, Proved, Refuted, verify
from dlcode_verifier.terms import Row, Term
from tests.generators import random_program
from tests.verifier.fuzz import fuzz
from tests.verifier.support import HERE

PROGRAMS = 150
"""How many programs the suite tries; the command `python -m tests.verifier.fuzz 10000` tries more."""


def test_no_proved_program_faults_and_nearly_every_refusal_has_a_packet() -> None:
    tally = fuzz(range(PROGRAMS), Options())
    assert tally.wrong == []
    assert tally.share_with_witness >= 0.95
    assert tally.answers["Proved"] >= PROGRAMS // 3, "the generator makes programs that can be proved"
    assert tally.answers["Refuted"] >= PROGRAMS // 20, "and some that can't"


def lies(rows: list[Row], maximum: int) -> dict[Term, int]:
    """Hints that say anything at all, whether or not it is so, whether or not it means anything."""
    rng = random.Random(len(rows))
    return {term: rng.choice((0, 1, 3, 8, 31, 200, ~0, ~1, ~8, ~200)) for term in range(-3, len(rows) + 3)}


@pytest.mark.parametrize("seed", range(1000, 1016))
def test_lying_hints_and_either_encoder_change_no_verdict(seed: int) -> None:
    """A proof found with lies is a proof without them, and what one encoder refutes the other does not prove."""
    program = random_program(seed)
    others = (
        Options(isolated=False, hints=lies, integer_effort=300_000, bitvector_effort=3_000_000),
        Options(isolated=False, hints=lambda rows, maximum: {}, integer_effort=300_000, bitvector_effort=3_000_000),
        Options(isolated=False, integer_effort=1, bitvector_effort=3_000_000),
    )
    plain = verify(program, options=HERE)
    assert not isinstance(plain, NotProved)
    for options in others:
        other = verify(program, options=options)
        assert not (isinstance(plain, Proved) and isinstance(other, Refuted))
        assert not (isinstance(plain, Refuted) and isinstance(other, Proved))


def test_the_same_program_takes_the_same_effort_each_time() -> None:
    for seed in range(2000, 2006):
        once, again = (verify(random_program(seed)) for _ in range(2))
        apart = verify(random_program(seed), options=HERE)
        assert once.statistics == again.statistics == apart.statistics
        assert once.diagnostics == again.diagnostics == apart.diagnostics
