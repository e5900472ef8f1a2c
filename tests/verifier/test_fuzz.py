"""Random programs: no proof is wrong, nearly every refusal has a packet, and hints and encoders change no verdict."""

from __future__ import annotations

import random

import pytest

from dlcode_dsl.core import form
from dlcode_verifier import NotProved, Options, Proved, Refuted, verify
from dlcode_verifier.terms import Row, Term
from tests.generators import nodes, random_packets, random_program
from tests.looping import looping_program
from tests.verifier.fuzz import broken_promises, fooled, fuzz
from tests.verifier.support import HERE

PROGRAMS = 60
"""How many programs the suite tries; the command `python -m tests.verifier.fuzz 10000` tries more."""


def test_no_proved_program_faults_and_nearly_every_refusal_has_a_packet() -> None:
    tally = fuzz(range(PROGRAMS), Options())
    assert tally.wrong == []
    assert tally.share_with_witness >= 0.9, tally.left  # of so few; of many the command wants 95 %
    assert tally.answers["Proved"] >= PROGRAMS // 3, "the generator makes programs that can be proved"
    assert tally.answers["Refuted"] >= PROGRAMS // 10, "and some that can't"
    assert tally.reached > PROGRAMS // 20, "the solver makes packets for proved ones"
    assert tally.rechecked > PROGRAMS // 10


def test_the_programs_are_about_what_they_say() -> None:
    """Each kind of node appears in many; loops are nested three deep, limited, annotated and left from inside."""
    kinds: dict[type, int] = {}
    deepest, limited, measured, invariant, outward = 0, 0, 0, 0, 0
    attributes: set[tuple[str, ...]] = set()
    for seed in range(600):
        program = looping_program(seed)
        for kind in {type(node) for node in nodes(program)}:
            kinds[kind] = kinds.get(kind, 0) + 1
        deepest = max(deepest, depth(program.body))
        loops = [node for node in nodes(program) if isinstance(node, form.Loop)]
        limited += any(loop.exhausted is not None for loop in loops)
        measured += any(loop.decreases for loop in loops)
        invariant += any(loop.invariants for loop in loops)
        for outer in loops:
            inner = [loop for loop in nodes(outer.body) if isinstance(loop, form.Loop)]
            outward += any(
                leave.label == outer.label
                for loop in inner
                for leave in nodes(loop.body)
                if isinstance(leave, form.Leave)
            )
        attributes |= {pipe.attributes for pipe in program.pipes}
    for wanted in (
        form.Loop,
        form.Copy,
        form.Pipe,
        form.Rewrite,
        form.Send,
        form.Leave,
        form.Store,
        form.Fixed,
        form.Check,
    ):
        assert kinds[wanted] > 40, wanted
    assert deepest == 3
    assert min(limited, measured, invariant) > 100
    assert outward > 10
    assert attributes == {(), ("commutative",), ("readonly",), ("commutative", "readonly")}


def depth(tree: object) -> int:
    """How deep loops are nested."""
    if isinstance(tree, tuple):
        return max(map(depth, tree), default=0)
    match tree:
        case form.Loop():
            return 1 + max(depth(tree.head), depth(tree.body))
        case form.If(_, then, otherwise):
            return max(depth(then), depth(otherwise))
        case form.Block(_, body):
            return depth(body)
        case form.Read(_, _, _, otherwise) if otherwise is not None:
            return depth(otherwise)
    return 0


def lies(rows: list[Row], maximum: int) -> dict[Term, int]:
    """Hints that say anything at all, whether or not it is so, whether or not it means anything."""
    rng = random.Random(len(rows))
    return {term: rng.choice((0, 1, 3, 8, 31, 200, ~0, ~1, ~8, ~200)) for term in range(-3, len(rows) + 3)}


@pytest.mark.parametrize("seed", range(1004, 1014))
def test_lying_hints_and_either_encoder_change_no_verdict(seed: int) -> None:
    """A proof found with lies is a proof without them, and what one encoder refutes the other does not prove."""
    program = random_program(seed)
    plain = verify(program, options=HERE)
    assert not isinstance(plain, NotProved)
    for options in OTHERS:
        other = verify(program, options=options)
        assert not (isinstance(plain, Proved) and isinstance(other, Refuted))
        assert not (isinstance(plain, Refuted) and isinstance(other, Proved))


OTHERS = (
    Options(isolated=False, hints=lies, integer_effort=300_000, bitvector_effort=3_000_000),
    Options(isolated=False, hints=lambda rows, maximum: {}, integer_effort=300_000, bitvector_effort=3_000_000),
    Options(isolated=False, integer_effort=1, bitvector_effort=3_000_000),
)


@pytest.mark.parametrize("seed", range(3000, 3008))
def test_lying_hints_and_either_encoder_prove_no_loop_that_is_refuted(seed: int) -> None:
    program = looping_program(seed)
    answers = [verify(program, options=options) for options in (HERE, *OTHERS)]
    assert len({type(answer) for answer in answers} - {NotProved}) <= 1


def test_lies_about_loops_prove_nothing_that_is_not_so() -> None:
    proved = 0
    for seed in range(4000, 4030):
        program = looping_program(seed)
        answer = verify(program, options=fooled(HERE, program, seed))
        if isinstance(answer, Proved):
            proved += 1
            assert list(broken_promises(program, answer.certificate, random_packets(program, seed, 12))) == []
            assert not isinstance(verify(program, options=HERE), Refuted), seed
    assert proved > 10


def test_the_same_program_takes_the_same_effort_each_time() -> None:
    for seed in range(2000, 2006):
        once, again = (verify(random_program(seed)) for _ in range(2))
        apart = verify(random_program(seed), options=HERE)
        assert once.statistics == again.statistics == apart.statistics
        assert once.diagnostics == again.diagnostics == apart.diagnostics
